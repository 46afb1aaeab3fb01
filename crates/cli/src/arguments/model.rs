//! The arguments of `gatehouse model`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Register a model
    Add(Box<ModelAdd>),
    /// List the models
    List,
    /// Show one model
    Show {
        /// Deployment name
        name: String,
    },
    /// Change a model; what is not given stays
    Edit(Box<ModelEdit>),
    /// Test a model by real calls, step by step; status 1 when it fails
    Test {
        /// Deployment name
        name: String,
    },
    /// Remove a model, its routes and its key
    Remove {
        /// Deployment name
        name: String,
        /// Also when features are routed to it
        #[arg(long)]
        anyway: bool,
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
pub(crate) struct ModelAdd {
    /// Deployment name
    pub(crate) name: String,
    #[arg(long, help = family_help())]
    pub(crate) family: String,
    #[command(flatten)]
    pub(crate) reach: ReachArguments,
    /// Read the API key, or the secret, from standard input; it goes to the system keyring
    #[arg(long)]
    pub(crate) api_key_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelEdit {
    /// Deployment name
    pub(crate) name: String,
    /// New deployment name
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) new_name: Option<String>,
    #[arg(long, help = family_help())]
    pub(crate) family: Option<String>,
    #[command(flatten)]
    pub(crate) reach: ReachArguments,
    /// Read a new API key, or secret, from standard input
    #[arg(long)]
    pub(crate) api_key_stdin: bool,
    /// Remove the stored API key
    #[arg(long, conflicts_with = "api_key_stdin")]
    pub(crate) remove_api_key: bool,
}

/// Where a model answers and how to reach it.
#[derive(Debug, Args)]
pub(crate) struct ReachArguments {
    #[arg(long, help = provider_help())]
    pub(crate) provider: Option<String>,
    /// Base URL of the server, such as http://127.0.0.1:8000/v1, or `sample` for the built-in
    /// sample model; not needed where the vendor has an address of its own
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// What the server calls the model, such as custom_openai/Mixtral-8x7B; empty lets the server
    /// decide
    #[arg(long)]
    pub(crate) identifier: Option<String>,
    /// Region of AWS, such as eu-central-1; empty finds it elsewhere
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Version of the provider's API, such as 2024-10-21; empty for the default
    #[arg(long, value_name = "VERSION")]
    pub(crate) api_version: Option<String>,
    /// How calls prove who they are
    #[arg(long, value_parser = ["key", "bearer", "entra", "aws-keys", "aws-chain"])]
    pub(crate) auth: Option<String>,
    /// Tenant of Microsoft Entra ID, for --auth entra
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// Application (client) id of Microsoft Entra ID, for --auth entra
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Access key id of AWS, for --auth aws-keys
    #[arg(long, value_name = "ID")]
    pub(crate) access_key_id: Option<String>,
    /// Profile of AWS, for --auth aws-chain; empty for the default one
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Kind of the server behind the OpenAI API
    #[arg(long, value_parser = ["auto", "vllm", "sglang", "tgi", "llama_cpp", "lm_studio", "openai", "other"])]
    pub(crate) server: Option<String>,
    /// Whether it runs in the house; what goes to one that does not is never recorded in full
    /// [default: true]
    #[arg(long, value_name = "BOOL")]
    pub(crate) self_hosted: Option<bool>,
    /// US dollars for a million tokens of prompts and of answers, such as 0.15/0.60; `none` takes it
    /// away
    #[arg(long, value_name = "IN/OUT")]
    pub(crate) price: Option<String>,
    /// Requests that the model answers at once; 0 for no limit
    #[arg(long, value_name = "N")]
    pub(crate) max_concurrent: Option<u32>,
    /// Context in tokens; 0 for the family's
    #[arg(long, value_name = "TOKENS")]
    pub(crate) context: Option<u32>,
    /// What the model refuses beside what its family refuses, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = [
        "none", "temperature", "top_p", "top_k", "max_tokens", "stop", "system_role", "prefill",
        "tools", "images", "json_schema",
    ])]
    pub(crate) refuses: Option<Vec<String>>,
}

fn family_help() -> String {
    let names: Vec<_> = domain::FAMILIES
        .iter()
        .map(|record| record.name.as_str())
        .collect();
    format!("Model family: {}, or one of your own", names.join(", "))
}

fn provider_help() -> String {
    let names: Vec<_> = domain::PROVIDERS.iter().map(|record| record.name).collect();
    format!(
        "Provider: {}; a prefix of the identifier has the last word",
        names.join(", ")
    )
}
