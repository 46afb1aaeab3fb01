//! Recordings: whether one is on, and what is kept of one request.

use domain::Feature;
use gateway::{Cut, ExpandedBy};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::request::RequestId;

/// Whether requests are recorded in full, and what is kept of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RecordingView {
    /// Whether a recording is on.
    pub is_on: bool,
    /// Since when.
    #[ts(type = "string | null")]
    pub since: Option<Timestamp>,
    /// When it ends by itself; none when somebody has to stop it.
    #[ts(type = "string | null")]
    pub until: Option<Timestamp>,
    /// The features that are recorded, each with those that follow it; empty means every request.
    pub features: Vec<Feature>,
    /// Whether GitLab's requests may ask to be recorded one by one.
    pub by_gitlab: bool,
    /// Requests of which something is kept.
    #[ts(type = "number")]
    pub requests: u64,
    /// Bodies that are kept.
    #[ts(type = "number")]
    pub bodies: u64,
    /// Bytes of these bodies.
    #[ts(type = "number")]
    pub bytes: u64,
    /// What happened and what to do, when the newest recording could not be kept.
    #[ts(optional = nullable)]
    pub sentence: Option<String>,
}

/// Starts a recording, in the place of one that is on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(export)]
pub struct StartRecording {
    /// After how many seconds it ends by itself, 1 to 604,800 (a week); none when somebody stops it.
    #[ts(optional = nullable)]
    pub for_seconds: Option<u32>,
    /// The features to record; empty records every request.
    pub features: Vec<Feature>,
}

/// What is kept of one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RecordedRequest {
    /// Its row.
    pub id: RequestId,
    /// What is kept.
    #[serde(flatten)]
    pub content: RecordedContent,
}

/// What a prompt of the playground was, while the program remembers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptExchange {
    /// The prompt.
    pub correlation_id: String,
    /// Its row of the request log; none while it has none.
    #[ts(optional = nullable)]
    pub row: Option<RequestId>,
    /// What was sent and what came back.
    #[serde(flatten)]
    pub content: RecordedContent,
}

/// What was sent and what came back for one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RecordedContent {
    /// Why it was recorded.
    pub by: ExpandedBy,
    /// The client's headers, as far as they are kept.
    pub headers: Vec<RecordedHeader>,
    /// The client's body as received, but for values of fields named `api_key`.
    pub received: BodyView,
    /// The prompt before its template, as JSON; none where the body passed as it came.
    #[ts(optional = nullable)]
    pub preprocessed: Option<BodyView>,
    /// The calls to model servers in order, with every retry and every fallback.
    pub calls: Vec<RecordedCall>,
    /// What the client was given.
    pub answer: BodyView,
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RecordedHeader {
    /// Its name, in lower case.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One call to a model server. Times are since the request was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RecordedCall {
    /// The deployment name of the model.
    pub model: String,
    /// When it was sent.
    pub at_ms: f64,
    /// The method; empty when nothing could be sent.
    pub method: String,
    /// The address, without the values of its query.
    pub url: String,
    /// The headers as sent, as far as they are kept; never a credential.
    pub headers: Vec<RecordedHeader>,
    /// The body as sent: the final prompt is in it.
    pub body: BodyView,
    /// When the headers of the answer came.
    #[ts(optional = nullable)]
    pub answered_at_ms: Option<f64>,
    /// The status of the answer.
    #[ts(optional = nullable)]
    pub status: Option<u16>,
    /// The headers of the answer, as far as they are kept.
    pub answer_headers: Vec<RecordedHeader>,
    /// The body of the answer as it came.
    pub answer: BodyView,
    /// What went wrong, in a sentence.
    #[ts(optional = nullable)]
    pub error: Option<String>,
}

/// A page of a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct BodyView {
    /// Its number in this request, to ask for more of it.
    pub body: u32,
    /// How many bytes there were, kept or not.
    #[ts(type = "number")]
    pub size: u64,
    /// How many of them are kept.
    #[ts(type = "number")]
    pub kept: u64,
    /// Why not all are kept.
    #[ts(optional = nullable)]
    pub cut: Option<Cut>,
    /// Whether it is no text: the content is base64 then.
    pub is_binary: bool,
    /// The bytes of this page.
    pub content: String,
    /// Where this page begins, in bytes.
    #[ts(type = "number")]
    pub offset: u64,
    /// Where the next page begins; none at the end.
    #[ts(type = "number | null")]
    pub next: Option<u64>,
    /// The pieces of this page with their times; empty for a body that was there at once.
    pub pieces: Vec<PieceView>,
}

/// A piece of a body as it came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PieceView {
    /// When it came, since the request was accepted.
    pub at_ms: f64,
    /// How many bytes of the page it is.
    pub bytes: u32,
}

/// Which page of which body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RecordedBody {
    /// The request's row.
    pub id: RequestId,
    /// The number of the body.
    pub body: u32,
    /// Where the page begins, in bytes.
    #[ts(type = "number")]
    pub offset: u64,
}
