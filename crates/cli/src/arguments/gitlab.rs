//! `gatehouse gitlab`, as types.

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
