//! `gatehouse gitlab`, as types.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum GitlabCommand {
    /// Accept the tokens of this GitLab instance
    Set {
        /// Its address, such as https://gitlab.example.com
        url: Option<String>,
        #[command(flatten)]
        options: GitlabOptions,
    },
    /// Accept tokens of no instance
    Clear,
    /// Ask for the keys that sign tokens; show them and the last refusal
    Status,
    /// The prompts that GitLab asks for by name
    #[command(subcommand)]
    Prompt(PromptCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PromptCommand {
    /// List the prompts, each with the families that have texts of their own
    List,
    /// Show a prompt; with --json as `edit` takes it
    Show {
        #[command(flatten)]
        prompt: PromptName,
    },
    /// Give a family texts of its own, to change them
    Copy {
        /// Prompt to copy, such as chat/explain_code
        id: String,
        /// The family that gets it
        #[arg(long)]
        family: String,
        /// The family whose texts are copied; base for those of all families [default: what the
        /// family is asked now]
        #[arg(long, value_name = "FAMILY")]
        from: Option<String>,
    },
    /// Change a prompt; one that could not be sent is refused
    Edit {
        #[command(flatten)]
        prompt: PromptName,
        /// A JSON file as `show --json` prints it; `-` reads it from standard input
        #[arg(long)]
        file: PathBuf,
    },
    /// Make a prompt again what Gatehouse brings
    Reset {
        #[command(flatten)]
        prompt: PromptName,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PromptName {
    /// Prompt, such as chat/explain_code
    pub(crate) id: String,
    /// The family that is asked with it; base for all that have no texts of their own
    #[arg(long, default_value = "base")]
    pub(crate) family: String,
}

#[derive(Debug, Args)]
pub(crate) struct GitlabOptions {
    /// A second signer, GitLab's customers portal; none for none
    #[arg(long, value_name = "URL")]
    pub(crate) customers_portal: Option<String>,
    /// Folder of Markdown that Duo Chat may search; none for none
    #[arg(long, value_name = "DIR")]
    pub(crate) documentation: Option<String>,
    /// Whether programs on this machine may use GitLab's paths without any token
    #[arg(long, value_name = "true|false")]
    pub(crate) open_on_loopback: Option<bool>,
    /// Whether models that only GitLab knows are called at the address that it names
    #[arg(long, value_name = "true|false")]
    pub(crate) accept_named_models: Option<bool>,
}
