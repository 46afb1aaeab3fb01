//! What a record says of a request: at its start, when its model is found, at its end. Sends nothing.
//! A journal writes it in a form without names: no field may be left out of it by its value.

use std::net::SocketAddr;
use std::time::Duration;

use domain::{Feature, Provider, RequestState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Head;

/// What is known when a request is accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// When it was accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub at: Timestamp,
    /// The id that goes through every hop.
    pub correlation_id: String,
    /// The HTTP method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The name of a client key, `playground`, or the program by its user agent.
    pub client: String,
    /// Where it came from; none from inside the program.
    pub address: Option<SocketAddr>,
    /// More of it, when the gateway log is written. No row holds it.
    #[serde(skip)]
    pub head: Option<Box<Head>>,
}

/// What is known when the body has been read and the model found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Routed {
    /// The deployment name, or what the client asked for when there is no such model.
    pub model: String,
    /// The feature that the client named.
    pub feature: Option<Feature>,
    /// Whether the client wants a stream.
    pub streamed: bool,
    /// The family of the model that is asked first; none when there is no such model.
    pub family: Option<String>,
    /// How that model is spoken to.
    pub provider: Option<Provider>,
}

/// What is known at the end. Without a verdict the client hung up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended; never `Running` or `Interrupted`.
    pub state: RequestState,
    /// The HTTP status of the answer; none when the client left before it.
    pub status: Option<u16>,
    /// The content type of the answer; none when the client left before it.
    #[serde(skip)]
    pub content_type: Option<&'static str>,
    /// Until the answer began; none when the client left before it.
    pub answered_after: Option<Duration>,
    /// Until the first token of the answer; none unless the client was given a stream.
    pub first_token_after: Option<Duration>,
    /// Mean time between two events with text of a stream; none of fewer than two.
    pub between_tokens: Option<Duration>,
    /// How long it took to connect to servers: names, TCP and TLS. None when the connections were
    /// there already.
    pub connected_in: Option<Duration>,
    /// The token of GitLab that was shown.
    pub token: Option<Box<Token>>,
    /// From start to end.
    pub duration: Duration,
    /// Tokens of the prompt, when the server counted them.
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer, when the server counted them.
    pub completion_tokens: Option<u32>,
    /// The fallback that answered in the place of the model that was asked first.
    pub answered_by: Option<String>,
    /// How often a call was made again.
    pub retries: u32,
    /// How long the request waited for its turn.
    pub queued: Option<Duration>,
    /// What was asked for, with content filtered: a JSON array of keys and values (`params.rs`).
    pub params: Option<String>,
    /// What else was done to it, in order, each in a few words.
    pub notes: Vec<String>,
    /// Why the answer ended, in the server's word.
    pub finish_reason: Option<String>,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
    /// The same in one word, as clients are told it.
    #[serde(skip)]
    pub error_code: Option<&'static str>,
}

/// A token that a request showed on one of GitLab's paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// How long it took to check it, with the keys that had to be asked for.
    pub checked_in: Duration,
    /// Who issued it; none of one that was refused.
    pub issuer: Option<String>,
    /// The instance that it is of; none of one that was refused.
    pub instance: Option<String>,
}
