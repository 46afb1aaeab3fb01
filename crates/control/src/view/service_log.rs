//! Lines of the service log: what the program says of itself.

use domain::LogLevel;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which lines to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ServiceLogQuery {
    /// The most lines. 1 to 500.
    pub limit: u32,
    /// Where the page before this one ended; none for the newest lines.
    #[ts(optional = nullable)]
    pub before: Option<String>,
    /// The least weight of a line.
    pub level: LogLevel,
    /// Words that all stand in a line.
    pub search: String,
}

impl Default for ServiceLogQuery {
    fn default() -> Self {
        Self {
            limit: 100,
            before: None,
            level: LogLevel::Debug,
            search: String::new(),
        }
    }
}

/// Lines, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServiceLogPage {
    /// The lines.
    pub rows: Vec<ServiceLogLine>,
    /// Where older lines go on; none when all were looked through. A page may have fewer lines
    /// than asked for and still go on: one call reads so many bytes and no more.
    #[ts(optional = nullable)]
    pub next: Option<String>,
    /// The folder of the files.
    pub folder: String,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServiceLogLine {
    /// When it was written.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// How much it weighs.
    pub level: LogLevel,
    /// The part of the program that says it, such as `gateway::server`.
    pub target: String,
    /// The sentence.
    pub message: String,
    /// What else it says, by name.
    pub fields: Vec<ServiceLogField>,
    /// The request that it is about.
    #[ts(optional = nullable)]
    pub correlation_id: Option<String>,
}

/// A named value of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServiceLogField {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}
