//! The gateway log and `llm.log` as the admin sees them.

use domain::LogFiles;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::OverrideView;

/// Where the gateway log and `llm.log` are written, and whether they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LogFilesView {
    /// What the admin set, with what the environment says in this run.
    pub settings: LogFiles,
    /// The variables that hold over settings.
    pub overrides: Vec<OverrideView>,
    /// Lines that were given up since the program started.
    #[ts(type = "number")]
    pub lost: u64,
    /// Why the newest line could not be written, and what to do.
    #[ts(optional = nullable)]
    pub sentence: Option<String>,
}
