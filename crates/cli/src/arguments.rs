//! The command line, as types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Route features to models
    #[command(subcommand)]
    Feature(FeatureCommand),
    /// Ask a model; the answer streams to standard output
    Prompt(Prompt),
    /// Show the request log, newest last
    Logs(Logs),
    /// Keys that clients show to the gateway
    #[command(subcommand)]
    Key(KeyCommand),
    /// How the gateway listens and what it bears
    #[command(subcommand)]
    Gateway(GatewayCommand),
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

const FAMILY_HELP: &str = "Model family: mistral, mixtral, codestral, codellama, codegemma, \
                           deepseekcoder, claude_3, gpt, llama3 or general";

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Register a model
    Add {
        /// Deployment name
        name: String,
        #[arg(long, help = FAMILY_HELP)]
        family: String,
        /// Base URL of the server, such as http://127.0.0.1:8000/v1, or `sample` for the built-in
        /// sample model
        #[arg(long)]
        endpoint: String,
        /// What the server calls the model, such as custom_openai/Mixtral-8x7B
        #[arg(long)]
        identifier: Option<String>,
        /// Read the API key from standard input; it goes to the system keyring
        #[arg(long)]
        api_key_stdin: bool,
    },
    /// List the models
    List,
    /// Show one model
    Show {
        /// Deployment name
        name: String,
    },
    /// Change a model; what is not given stays
    Edit(ModelEdit),
    /// Remove a model, its routes and its key
    Remove {
        /// Deployment name
        name: String,
    },
    /// Let clients use a model
    Enable {
        /// Deployment name
        name: String,
    },
    /// Keep clients from using a model
    Disable {
        /// Deployment name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ModelEdit {
    /// Deployment name
    pub(crate) name: String,
    /// New deployment name
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) new_name: Option<String>,
    #[arg(long, help = FAMILY_HELP)]
    pub(crate) family: Option<String>,
    /// Base URL of the server, or `sample`
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// What the server calls the model; empty lets the server decide
    #[arg(long)]
    pub(crate) identifier: Option<String>,
    /// Read a new API key from standard input
    #[arg(long)]
    pub(crate) api_key_stdin: bool,
    /// Remove the stored API key
    #[arg(long, conflicts_with = "api_key_stdin")]
    pub(crate) remove_api_key: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeatureCommand {
    /// List the features and their models
    List,
    /// Route a feature (code_completions, code_generations, duo_chat) to a model
    Set {
        /// Feature
        feature: String,
        /// Deployment name
        model: String,
    },
    /// Take a feature's route away
    Clear {
        /// Feature
        feature: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Prompt {
    /// Deployment name or feature
    pub(crate) model: String,
    /// The prompt; `-` or nothing reads it from standard input
    pub(crate) text: Option<String>,
    /// System prompt
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// The most tokens of the answer
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u32>,
    /// Randomness, 0 to 2
    #[arg(long, value_name = "T")]
    pub(crate) temperature: Option<f32>,
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// The newest N rows
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
    /// Go on with each request that ends
    #[arg(long)]
    pub(crate) follow: bool,
    /// Only the rows of this correlation id
    #[arg(long, value_name = "ID")]
    pub(crate) correlation_id: Option<String>,
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
    /// Longest wait for the first byte of an answer, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) first_byte_timeout: Option<u32>,
    /// Longest silence inside a stream, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) idle_timeout: Option<u32>,
    /// Longest answer from start to end, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) total_timeout: Option<u32>,
    /// How long a stop waits for running requests, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) drain_timeout: Option<u32>,
    /// Host names that clients may use beside the loopback ones, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// Origins of web pages that may call, separated by commas
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',')]
    pub(crate) allowed_origins: Option<Vec<String>>,
}
