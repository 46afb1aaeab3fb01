//! One correlation id on one timeline: GitLab's lines, ours, and the calls to model servers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::request::RequestId;
use crate::Error;

/// What to join.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct JoinQuery {
    /// The id that goes through every hop.
    pub correlation_id: String,
    /// Log files of GitLab on this machine, at most 16: `llm.log`, `production_json.log` and others
    /// with a JSON object a line.
    pub files: Vec<String>,
}

/// Everything that is known of one correlation id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Joined {
    /// The id.
    pub correlation_id: String,
    /// What happened, in order.
    pub moments: Vec<JoinedMoment>,
    /// What the files held, in the order in which they were named.
    pub files: Vec<JoinedFile>,
    /// Why others of those that were named could not be read, one for each.
    pub unread: Vec<Error>,
}

/// Where something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Hop {
    /// In GitLab.
    Gitlab,
    /// Here.
    Gatehouse,
    /// At a model server.
    Upstream,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct JoinedMoment {
    /// When it began, by the clock of its hop.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Where.
    pub hop: Hop,
    /// Who says so: the name of a file, `request log` or `recording`.
    pub source: String,
    /// What, in a few words.
    pub sentence: String,
    /// What else is said of it.
    pub fields: Vec<JoinedField>,
    /// How long after the moment before it.
    #[ts(optional = nullable)]
    pub after_ms: Option<f64>,
    /// How long it took, where that is known.
    #[ts(optional = nullable)]
    pub took_ms: Option<f64>,
    /// The row of the request log that it is of.
    #[ts(optional = nullable)]
    pub row: Option<RequestId>,
}

/// A name and its value, at most 300 letters of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct JoinedField {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What a file held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct JoinedFile {
    /// Where it is.
    pub path: String,
    /// Lines with the id. No more than 200 of them are on the timeline.
    pub found: u32,
    /// Lines that were read.
    #[ts(type = "number")]
    pub lines: u64,
    /// Lines that are no JSON object, longer than 1 MiB, or without a time.
    #[ts(type = "number")]
    pub damaged: u64,
    /// Whether only its last 256 MiB were read, or the first GiB of what it has packed.
    pub is_cut: bool,
    /// Where the id is not in the file: ids that are near by time, the nearest first.
    pub near: Vec<SeenId>,
}

/// A correlation id in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SeenId {
    /// The id.
    pub correlation_id: String,
    /// When it was last seen.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What its line says.
    pub sentence: String,
}

/// The newest correlation ids of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SeenIds {
    /// Where it is.
    pub path: String,
    /// The ids, newest first, at most 50.
    pub ids: Vec<SeenId>,
    /// Lines that are no JSON object, longer than 1 MiB, or without a time.
    #[ts(type = "number")]
    pub damaged: u64,
}
