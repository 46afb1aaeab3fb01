//! One record per accepted request, from its start to its end, sent to whoever keeps them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a request ended, or that it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
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
    Cancelled,
    /// The program ended while it ran.
    Interrupted,
}
