//! How a request of the log ended. Knows no row and no time.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a request ended, or that it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RequestState {
    /// It is being answered.
    Running,
    /// It was answered in full.
    Completed,
    /// It was answered with an error, or its stream broke.
    Failed,
    /// The guard refused it, or too many were in flight.
    Refused,
    /// The client hung up, or the admin stopped it.
    #[default]
    Cancelled,
    /// The program ended while it ran.
    Interrupted,
}

impl RequestState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Refused,
        Self::Cancelled,
        Self::Interrupted,
    ];

    /// The state with this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The word for it, the same in the log, in JSON and on a terminal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}
