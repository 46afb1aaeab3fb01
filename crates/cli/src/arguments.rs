//! The command line, as types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod audit;
mod gitlab;
mod model;
mod prompt;
mod record;
mod redact;

pub(crate) use audit::{Audit, AuditCommand, ServiceLog};
pub(crate) use gitlab::{GitlabCommand, GitlabOptions, PromptCommand, PromptName};
pub(crate) use model::{ModelAdd, ModelCommand, ModelEdit, ReachArguments};
pub(crate) use prompt::{Parameters, Prompt, SentAs, TrialCommand};
pub(crate) use record::RecordCommand;
pub(crate) use redact::{OnOff, RedactCommand};

/// Gatehouse without a window: configure models, route features, run the AI gateway.
#[derive(Debug, Parser)]
#[command(name = "gatehouse", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The folder with settings and logs [default: the desktop app's own folder]
    #[arg(long, global = true, env = "GATEHOUSE_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway in the foreground; SIGTERM and SIGINT let running requests end
    Serve(Serve),
    /// Register models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Model families: how each kind of model is asked
    #[command(subcommand)]
    Family(FamilyCommand),
    /// Route features to models
    #[command(subcommand)]
    Feature(FeatureCommand),
    /// Ask models; the answer of one streams to standard output
    Prompt(Box<Prompt>),
    /// What was tried in the playground
    #[command(subcommand)]
    Trial(TrialCommand),
    /// Show the request log, newest last
    Logs(Logs),
    /// Record requests in full, for a time or until stopped
    #[command(subcommand)]
    Record(RecordCommand),
    /// What is replaced before anything is written to a log: keys, tokens, your own patterns
    #[command(subcommand)]
    Redact(RedactCommand),
    /// Show the changes of the settings, newest last, and undo them
    Audit(Audit),
    /// Keys that clients show to the gateway
    #[command(subcommand)]
    Key(KeyCommand),
    /// How the gateway listens and what it bears
    #[command(subcommand)]
    Gateway(GatewayCommand),
    /// The GitLab instance whose tokens are accepted
    #[command(subcommand)]
    Gitlab(GitlabCommand),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Listen here instead of where the settings say, such as 127.0.0.1:5052
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Also serve the control panel to a browser on this machine, and print its address
    #[arg(long)]
    pub(crate) admin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FamilyCommand {
    /// List the model families
    List,
    /// Show one family; with --json its record, which `save` takes
    Show {
        /// Family
        name: String,
    },
    /// Copy a family under a new name, to change the copy
    Copy {
        /// Family to copy
        name: String,
        /// Name of the copy
        new: String,
        /// The copy's name to show
        #[arg(long)]
        title: Option<String>,
    },
    /// Add or change a family of your own by its record
    Save {
        /// A JSON file with the record; `-` reads it from standard input
        file: PathBuf,
    },
    /// Remove a family of your own
    Remove {
        /// Family
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeatureCommand {
    /// List the features and who answers them
    List,
    /// Route a feature, such as code_completions or duo_chat, to a model
    Set {
        /// Feature
        feature: String,
        /// Deployment name
        model: String,
        /// The model that answers when that one cannot
        #[arg(long, value_name = "MODEL")]
        fallback: Option<String>,
        /// Also when the model does not suit the feature
        #[arg(long)]
        anyway: bool,
    },
    /// Let nobody answer a feature
    Disable {
        /// Feature
        feature: String,
    },
    /// Let a feature follow the one above it
    Inherit {
        /// Feature
        feature: String,
    },
    /// Take a feature's own route away
    Clear {
        /// Feature
        feature: String,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Logs {
    #[command(subcommand)]
    pub(crate) command: Option<LogsCommand>,
    /// The newest N rows
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
    /// Go on with each request that ends
    #[arg(long)]
    pub(crate) follow: bool,
    /// Only rows for which every term holds, such as 'model:x status:5xx -client:curl* "timed out"'
    ///
    /// A term is words or key:value, with - before what must not be. Words are looked up in all
    /// texts of a row; in quotes they may have spaces, and a star at the end stands for the rest of
    /// a word. Keys: model, client, family, path, id (they take a star, too); feature, provider, state, method, streamed:yes;
    /// status:500, status:4xx, status:>=500; retries:>0; duration:>2s, first:<300ms (time to
    /// first token), gap:>50ms (between tokens), connect:>100ms, queued:>1s; address:127.0.0.1,
    /// issuer, instance (of GitLab's token); since and until with 2026-11-03, 2026-11-03T10:30, 10:30, 10m, 2h or 1d.
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// Show how many of all rows match, instead of the rows
    #[arg(long, conflicts_with = "follow")]
    pub(crate) count: bool,
    /// Only the rows of this correlation id
    #[arg(long, value_name = "ID")]
    pub(crate) correlation_id: Option<String>,
    /// Only the rows of this saved view
    #[arg(long, value_name = "NAME")]
    pub(crate) view: Option<String>,
    /// Write all rows that match to this new file, newest first
    #[arg(long, value_name = "FILE", conflicts_with_all = ["follow", "count"])]
    pub(crate) export: Option<PathBuf>,
    /// How to write them
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "jsonl",
        requires = "export"
    )]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line
    Jsonl,
    /// A table
    Csv,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogsCommand {
    /// End a running request; its client is told that the admin did it
    Cancel {
        /// Its correlation id, or the number of its row
        id: String,
    },
    /// Show what GitLab's log files, the request log and model servers say of a correlation id
    ///
    /// Without an id, the newest ids of the files are listed.
    Join {
        /// Correlation id
        #[arg(required_unless_present = "files")]
        id: Option<String>,
        /// A log file of GitLab: llm.log, production_json.log, graphql_json.log, api_json.log
        #[arg(long = "file", value_name = "PATH")]
        files: Vec<PathBuf>,
    },
    /// List the saved views
    Views,
    /// Keep a query under a name
    SaveView {
        /// Name of the view
        name: String,
        /// Query
        #[arg(allow_hyphen_values = true)]
        query: String,
    },
    /// Remove a saved view
    RemoveView {
        /// Name of the view
        name: String,
    },
    /// Show or change how long rows are kept, and what they take
    Keep {
        /// Days after which a row is removed
        #[arg(long, value_name = "N")]
        days: Option<u32>,
        /// Megabytes that the log may take; then its oldest rows are removed
        #[arg(long, value_name = "N")]
        megabytes: Option<u32>,
    },
    /// Show or change where the gateway log and llm.log are written, as JSON lines
    Files(LogFilesSet),
    /// Show the service log, what Gatehouse says of itself, newest last
    Service(ServiceLog),
}

#[derive(Debug, Args)]
pub(crate) struct LogFilesSet {
    /// A file, `stdout` or `off`: one line for each request
    #[arg(long, value_name = "WHERE")]
    pub(crate) gateway: Option<String>,
    /// A file, `stdout` or `off`: the calls of requests that are recorded
    #[arg(long, value_name = "WHERE")]
    pub(crate) llm: Option<String>,
    /// debug, info, warning or error
    #[arg(long, value_name = "LEVEL")]
    pub(crate) level: Option<String>,
    /// Whether lines are JSON: `true` or `false`
    #[arg(long)]
    pub(crate) format_json: Option<bool>,
    /// Megabytes after which a new file is begun
    #[arg(long, value_name = "N")]
    pub(crate) rotate_megabytes: Option<u32>,
    /// Days after which a new file is begun
    #[arg(long, value_name = "N")]
    pub(crate) rotate_days: Option<u32>,
    /// Files that are kept beside the one that is written
    #[arg(long, value_name = "N")]
    pub(crate) keep_files: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Create a client key and show it, once
    Create {
        /// What to call it
        name: String,
    },
    /// List the client keys
    List,
    /// Revoke a client key
    Revoke {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GatewayCommand {
    /// Show the settings
    Show,
    /// Change settings; what is not given stays
    Set(GatewaySet),
}

#[derive(Debug, Args)]
pub(crate) struct GatewaySet {
    /// Address and port, such as 127.0.0.1:5052
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Requests in flight; one more is answered 503
    #[arg(long, value_name = "N")]
    pub(crate) max_in_flight: Option<u32>,
    /// Largest request body in bytes
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_body_bytes: Option<u32>,
    /// Longest wait for the first byte of a streamed answer, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) first_byte_timeout: Option<u32>,
    /// The same for a code completion, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) completion_timeout: Option<u32>,
    /// Longest silence inside a stream, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) idle_timeout: Option<u32>,
    /// Longest answer from start to end, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) total_timeout: Option<u32>,
    /// How long a stop waits for running requests, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) drain_timeout: Option<u32>,
    /// How often a call that failed before its first byte is tried again
    #[arg(long, value_name = "N")]
    pub(crate) retries: Option<u32>,
    /// Longest wait for a model that is busy, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) queue_timeout: Option<u32>,
    /// Host names that clients may use beside the loopback ones, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// Origins of web pages that may call, separated by commas
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',')]
    pub(crate) allowed_origins: Option<Vec<String>>,
}
