//! Rows of the request log and what they sum up to.

use domain::{Feature, Provider};
use gateway::RequestState;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Identifies a row of the request log; a later request has a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export, type = "number")]
pub struct RequestId(pub i64);

/// One row of the request log. It holds no prompt, no answer and no key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RequestView {
    /// The row.
    pub id: RequestId,
    /// When the request was accepted.
    #[ts(type = "string")]
    pub started_at: Timestamp,
    /// The id that goes through every hop.
    pub correlation_id: String,
    /// How it ended, or that it runs.
    pub state: RequestState,
    /// The HTTP method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// Who asked: the name of a client key, `playground`, or the program by its user agent.
    pub client: String,
    /// The deployment name that answered, or the name that was asked for.
    pub model: String,
    /// The feature that the client named.
    #[ts(optional = nullable)]
    pub feature: Option<Feature>,
    /// Whether the answer was streamed.
    pub streamed: bool,
    /// The HTTP status of the answer.
    #[ts(optional = nullable)]
    pub status: Option<u16>,
    /// Until the first token or byte of the answer.
    #[ts(optional = nullable)]
    pub first_token_ms: Option<f64>,
    /// From start to end.
    #[ts(optional = nullable)]
    pub duration_ms: Option<f64>,
    /// Tokens of the prompt, when the server counted them.
    #[ts(optional = nullable)]
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer, when the server counted them.
    #[ts(optional = nullable)]
    pub completion_tokens: Option<u32>,
    /// Why the answer ended, in the server's word.
    #[ts(optional = nullable)]
    pub finish_reason: Option<String>,
    /// What went wrong, in a sentence.
    #[ts(optional = nullable)]
    pub error: Option<String>,
    /// The family of the model that was asked first.
    #[ts(optional = nullable)]
    pub family: Option<String>,
    /// How that model is spoken to.
    #[ts(optional = nullable)]
    pub provider: Option<Provider>,
    /// The fallback that answered in its place.
    #[ts(optional = nullable)]
    pub answered_by: Option<String>,
    /// How often a call was made again.
    pub retries: u32,
    /// How long the request waited for its turn.
    #[ts(optional = nullable)]
    pub queued_ms: Option<f64>,
    /// Where it came from, as address and port; none for one from inside the program.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub address: Option<String>,
    /// How long it took to connect to servers: names, TCP and TLS. None when the connections were
    /// there already.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub connect_ms: Option<f64>,
    /// Mean time between two tokens of a stream; events with text are taken for tokens.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub gap_ms: Option<f64>,
    /// How long GitLab's token took to check, where one was shown.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub auth_ms: Option<f64>,
    /// Who issued that token; none when it was refused, and of one that the gateway issued.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub token_issuer: Option<String>,
    /// The GitLab instance of that token; none when it was refused.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub instance_id: Option<String>,
    /// What was asked for, with `[FILTERED]` in the place of content, in the shape of GitLab's own logs.
    #[serde(default)]
    pub params: Vec<RequestParam>,
    /// What else was done to it: translated, cut, polished; in order.
    pub notes: Vec<String>,
    /// Whether a recording keeps it in full.
    #[serde(default)]
    pub recorded: bool,
}

/// A parameter of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RequestParam {
    /// Its name.
    pub key: String,
    /// Its value without content.
    #[ts(type = "unknown")]
    pub value: serde_json::Value,
}

/// Which rows to read, newest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct RequestQuery {
    /// The most rows to return.
    pub limit: u32,
    /// Only rows older than this one.
    #[ts(optional = nullable)]
    pub before: Option<RequestId>,
    /// How far to count what matches.
    #[ts(as = "Option<Counting>", optional)]
    pub count: Counting,
    /// Only rows for which every term of this query holds, such as `model:mixtral status:5xx
    /// -client:curl* "timed out"`. Without one, all.
    #[ts(optional = nullable)]
    pub query: Option<String>,
}

/// How far to count the rows that match a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Counting {
    /// As many as can be counted in 200 ms.
    #[default]
    Quick,
    /// All of them, however long it takes.
    Whole,
    /// None.
    Skip,
}

/// Rows of the request log.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RequestPage {
    /// The rows, newest first.
    pub rows: Vec<RequestView>,
    /// How many rows match, loaded or not; when not all were counted, at least so many.
    #[ts(type = "number")]
    pub matching: u64,
    /// Whether all rows that match were counted.
    pub counted: bool,
    /// How many rows there are.
    #[ts(type = "number")]
    pub total: u64,
}

/// How rows are written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ExportFormat {
    /// One JSON object a line.
    Jsonl,
    /// A table; no cell of it is read as a formula.
    Csv,
}

/// Which rows to write to a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExportRequest {
    /// What must hold of them; empty for all.
    pub query: String,
    /// How they are written.
    pub format: ExportFormat,
}

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Exported {
    /// Where it is.
    pub path: String,
    /// How many rows it has.
    #[ts(type = "number")]
    pub rows: u64,
}

/// What the requests of a model or a feature showed in a period.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Evidence {
    /// How many requests ended.
    pub requests: u32,
    /// How many of them failed.
    pub errors: u32,
    /// Time to first token, median.
    #[ts(optional = nullable)]
    pub first_token_p50_ms: Option<f64>,
    /// Time to first token, 95th percentile.
    #[ts(optional = nullable)]
    pub first_token_p95_ms: Option<f64>,
}

/// The period to sum up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ActivityQuery {
    /// Minutes back from now, 1 to 100,000.
    pub minutes: u32,
    /// Only rows for which every term of this query holds. Without one, all.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub query: Option<String>,
}

/// What happened in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Activity {
    /// When the period begins. Its parts are those of the clock; the last one holds now and is not over.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// The period in 60 equal parts, oldest first.
    pub buckets: Vec<ActivityBucket>,
    /// All of them together.
    pub evidence: Evidence,
    /// Tokens of all answers.
    #[ts(type = "number")]
    pub completion_tokens: u64,
    /// Whether there was no time to look at every row: the newest were looked at.
    #[serde(default)]
    pub partial: bool,
}

/// One sixtieth of a period.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ActivityBucket {
    /// Requests that started in it.
    pub requests: u32,
    /// Of those, the failed ones.
    pub errors: u32,
    /// Their median time to first token.
    #[ts(optional = nullable)]
    pub first_token_p50_ms: Option<f64>,
    /// Tokens of their answers.
    pub completion_tokens: u32,
}
