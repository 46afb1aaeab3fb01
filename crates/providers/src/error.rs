//! Everything that can go wrong with a call, in words for people.

use std::time::Duration;

use http::StatusCode;

use crate::{is_about_context, status_words};

/// A model server did not do what was asked. Host and port come first where they are known, so
/// that the reader sees who is meant.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UpstreamError {
    /// No connection.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// Why, in a few words.
        reason: String,
        /// Whether the connection broke after the request was sent and before a byte came back.
        closed: bool,
    },
    /// No answer in time.
    #[error("{host} did not answer within {} s", .after.as_secs())]
    Late {
        /// Host and port.
        host: String,
        /// How long it was waited.
        after: Duration,
    },
    /// An answer with an error status.
    #[error("{host} answered {}: {words}", status_words(*.status))]
    Answered {
        /// Host and port.
        host: String,
        /// The status.
        status: StatusCode,
        /// The server's own words, and what they mean where that is known.
        words: String,
        /// When to come back, as the server said it.
        retry_after: Option<String>,
        /// Whether to try again, where the server says so (`x-should-retry`).
        should_retry: Option<bool>,
    },
    /// An answer that is not of this API.
    #[error("{host} answered {said}")]
    NotTheApi {
        /// Host and port.
        host: String,
        /// What it looks like.
        said: String,
    },
    /// An answer that broke off before its end.
    #[error("the answer of {host} broke off before its end")]
    BrokeOff {
        /// Host and port.
        host: String,
    },
    /// An answer beyond 16 MiB.
    #[error("the answer of {host} is larger than 16 MiB")]
    TooLarge {
        /// Host and port.
        host: String,
    },
    /// The server reports an error inside its stream, under status 200.
    #[error("the server reported in the stream: {words}")]
    Reported {
        /// Its own words.
        words: String,
        /// The status that the error would have had outside a stream, where the form says it.
        status: Option<StatusCode>,
    },
    /// The stream is not of its form.
    #[error("the stream is damaged: {0}")]
    Damaged(String),
    /// The provider or the model cannot do what the request asks for.
    #[error("{who} does not take {what}")]
    Unsupported {
        /// The provider or the family.
        who: String,
        /// What was asked for, such as `tools`.
        what: String,
    },
    /// A value of the request cannot be sent.
    #[error("{0}")]
    Invalid(String),
    /// A setting of the model cannot be used, and why.
    #[error("{problem}")]
    Setting {
        /// The setting.
        field: domain::Field,
        /// What is wrong with it.
        problem: String,
    },
    /// There are no credentials, or they cannot be used, and why.
    #[error("{0}")]
    Credentials(String),
}

impl UpstreamError {
    /// Whether the same call may succeed a moment later: no connection, a connection that closed
    /// before the first byte, 429, 502, 503, 504, 529. What the server says of it wins.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Answered {
                status,
                should_retry,
                ..
            } => should_retry
                .unwrap_or_else(|| matches!(status.as_u16(), 429 | 502 | 503 | 504 | 529)),
            _ => false,
        }
    }

    /// Whether another model may do better: the trouble is passing, late, a fault of the server, or
    /// something that this model cannot do.
    pub fn is_of_the_server(&self) -> bool {
        match self {
            Self::Answered { status, words, .. } => {
                // Another model may have a longer context.
                let is_too_long = *status == StatusCode::BAD_REQUEST && is_about_context(words);
                is_too_long
                    || status.is_server_error()
                    || matches!(status.as_u16(), 401 | 403 | 404 | 408 | 429)
            }
            Self::Unreachable { .. }
            | Self::Late { .. }
            | Self::NotTheApi { .. }
            | Self::BrokeOff { .. }
            | Self::Reported { .. }
            | Self::Unsupported { .. }
            | Self::TooLarge { .. }
            | Self::Credentials(_)
            | Self::Damaged(_) => true,
            Self::Invalid(_) | Self::Setting { .. } => false,
        }
    }
}
