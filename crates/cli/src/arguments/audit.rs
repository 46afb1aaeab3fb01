//! `gatehouse audit …` and `gatehouse logs service`, as types.

use clap::{Args, Subcommand};
use domain::LogLevel;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,
    /// The newest N changes
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
    /// Only changes that have all these words in their sentence, settings or values
    #[arg(long, value_name = "WORDS", default_value = "")]
    pub(crate) search: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Take a change back; refused when one of its settings has changed since
    Undo {
        /// Number of the change
        id: i64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ServiceLog {
    /// The newest N lines
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
    /// The least weight: debug, info, warning or error
    #[arg(long, value_name = "LEVEL", default_value = "debug")]
    pub(crate) level: LogLevel,
    /// Only lines that have all these words
    #[arg(long, value_name = "WORDS", default_value = "")]
    pub(crate) search: String,
}
