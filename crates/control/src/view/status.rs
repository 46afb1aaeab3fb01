//! The state of everything.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::recording::RecordingView;
use super::request::RequestId;
use crate::Error;

/// The state of everything, pushed whenever it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Status {
    /// The gateway.
    pub gateway: GatewayState,
    /// Requests being answered now.
    pub in_flight: u32,
    /// The most requests at once since the program started.
    pub most_in_flight: u32,
    /// Requests accepted since the program started.
    #[ts(type = "number")]
    pub accepted: u64,
    /// Of those, the ones that the request log holds.
    #[ts(type = "number")]
    pub logged: u64,
    /// Requests refused by the guard since the program started.
    #[ts(type = "number")]
    pub refused: u64,
    /// Clients that hung up before the end, since the program started.
    #[ts(type = "number")]
    pub hung_up: u64,
    /// How many client keys exist.
    pub client_keys: u32,
    /// Whether programs on this machine use GitLab's paths without any token in this run.
    pub open_on_loopback: bool,
    /// Changes of the settings that the audit kept since the program started.
    #[ts(type = "number")]
    pub audited: u64,
    /// The newest failure of a request.
    #[ts(optional = nullable)]
    pub last_error: Option<LastError>,
    /// The system keyring.
    pub keyring: KeyringView,
    /// The request log.
    pub log: LogView,
    /// Whether requests are recorded in full.
    pub recording: RecordingView,
    /// What the admin should know: restored settings, a newer document, a last run that crashed.
    pub notices: Vec<Notice>,
    /// Why settings cannot be changed, when they cannot.
    #[ts(optional = nullable)]
    pub read_only: Option<String>,
    /// The version of the program.
    pub version: String,
    /// The folder with settings and logs.
    pub data_dir: String,
}

/// The gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum GatewayState {
    /// It does not listen.
    Stopped,
    /// It is about to listen.
    Starting,
    /// It answers.
    Running {
        /// The address, such as `127.0.0.1:5052`.
        address: String,
        /// What clients are given: `http://127.0.0.1:5052/v1`.
        base_url: String,
        /// Since when.
        #[ts(type = "string")]
        since: Timestamp,
        /// Whether only this machine reaches it.
        loopback: bool,
    },
    /// It no longer accepts and waits for running requests.
    Draining {
        /// Requests that still run.
        left: u32,
    },
    /// It could not start.
    Failed {
        /// Why, and what to do.
        error: Error,
    },
}

/// The newest failure of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LastError {
    /// The row in the request log.
    pub request: RequestId,
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What happened, in a few words.
    pub sentence: String,
}

/// The state of the system keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum KeyringState {
    /// Not asked yet, because no model has a key.
    Unasked,
    /// It answers.
    Ready,
    /// A question waits for it, perhaps for a person at its prompt.
    Waiting,
    /// It is locked.
    Locked,
    /// None answers.
    Unavailable,
}

/// The system keyring.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct KeyringView {
    /// Its state.
    pub state: KeyringState,
    /// What happened and what to do.
    pub sentence: String,
}

/// The request log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LogView {
    /// Whether rows reach the disk.
    pub writing: bool,
    /// Rows that wait in memory because the disk refuses them.
    #[ts(type = "number")]
    pub waiting: u64,
    /// Rows that were given up.
    #[ts(type = "number")]
    pub lost: u64,
    /// What happened and what to do, when rows do not reach the disk or were given up.
    #[ts(optional = nullable)]
    pub sentence: Option<String>,
    /// What the rows take; none when there is no log yet.
    #[ts(optional = nullable)]
    pub space: Option<LogSpace>,
}

/// What the rows of the request log take.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LogSpace {
    /// How many rows there are.
    #[ts(type = "number")]
    pub rows: u64,
    /// Bytes on the disk, with what finds them.
    #[ts(type = "number")]
    pub bytes: u64,
    /// When the oldest request was accepted.
    #[ts(type = "string", optional = nullable)]
    pub oldest: Option<Timestamp>,
}

/// Something that the admin should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Notice {
    /// What happened.
    pub what: String,
    /// Why, and what to do.
    pub why: String,
}
