//! The arguments of `gatehouse redact`.

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum RedactCommand {
    /// List the rules
    List,
    /// Switch a rule of Gatehouse on or off
    Set {
        /// api_keys, bearer_tokens, private_keys, aws_keys or emails
        rule: String,
        /// On or off
        state: OnOff,
    },
    /// Add a rule of your own, or change the pattern of one
    Add {
        /// Name of the rule
        name: String,
        /// Regular expression; only its group (?P<secret>…) is replaced, where it has one
        #[arg(allow_hyphen_values = true)]
        pattern: String,
    },
    /// Remove a rule of your own
    Remove {
        /// Name of the rule
        name: String,
    },
    /// Show what the rules make of the text on standard input
    Preview,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnOff {
    On,
    Off,
}
