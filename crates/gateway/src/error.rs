//! What can go wrong with a request: its status and the body in OpenAI's shape. Messages say what
//! happened and what to do; the correlation id is added where the body is written.

use domain::{Feature, SecretState};
use forms::{FormError, Problem};
use gitlab::wire::Refusal;
use http::StatusCode;
use providers::{UpstreamError, status_words};

use crate::gitlab::TOKEN_REFUSED;

mod advice;
mod refusal;
mod trouble;

pub use advice::{Advice, advice};
pub(crate) use trouble::Trouble;

impl From<FormError> for GatewayError {
    fn from(error: FormError) -> Self {
        match error {
            FormError::Malformed(problem) => Self::Malformed(problem),
            FormError::NotServed(what) => Self::NotServed(what),
        }
    }
}

/// Why a request was not answered by a model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum GatewayError {
    #[error(
        "the host \"{0}\" is not allowed. Use localhost or the gateway's address, or add the name to the allowed hosts"
    )]
    Host(String),
    #[error(
        "web pages from \"{0}\" may not call the gateway. Add the origin to the allowed origins"
    )]
    Origin(String),
    #[error("a client key is needed: send Authorization: Bearer with a key from Gateway › Access")]
    KeyAbsent,
    #[error(
        "the client key is not valid. Create one in Gateway › Access or with `gatehouse key create`"
    )]
    KeyWrong,
    #[error("{TOKEN_REFUSED}: {reason}")]
    TokenRefused { text: String, reason: String },
    #[error("{}", refusal::for_admins(.0))]
    Gitlab(Box<Refusal>),
    #[error("there is no {method} {path} here")]
    NoRoute { method: String, path: String },
    #[error(
        "the request body is larger than the limit of {limit} bytes. Send less, or raise the limit"
    )]
    BodyTooLarge { limit: u32 },
    #[error("the request body did not arrive within 60 seconds")]
    BodyLate,
    #[error("the request body broke off before its end")]
    BodyBroken,
    #[error("the request body is not a JSON object of this API: {0}")]
    Malformed(String),
    #[error("no model is named \"{name}\". Known: {known}")]
    UnknownModel { name: String, known: String },
    #[error("the model \"{0}\" is switched off. Switch it on in Models")]
    ModelOff(String),
    #[error("{} is not routed to a model. Choose one in Features", .0.record().title)]
    Unrouted(Feature),
    #[error("{} is disabled. Choose a model for it in Features", .0.record().title)]
    FeatureOff(Feature),
    #[error("the key of \"{model}\" cannot be used. {}", .state.sentence())]
    KeyUnavailable { model: String, state: SecretState },
    #[error("{0} is not served here")]
    NotServed(String),
    #[error("{model}: {who} does not take {what}")]
    Unsupported {
        model: String,
        who: String,
        what: String,
    },
    #[error("{model}: {problem}")]
    Unsendable { model: String, problem: String },
    #[error("{model}: {problem}")]
    Credentials { model: String, problem: String },
    #[error(
        "{model} answers no more than {limit} at once, and no place came free in time. Try again in a moment, or raise its limit in Models"
    )]
    Crowded { model: String, limit: u32 },
    #[error("{limit} requests are in flight already, which is the limit. Try again in a moment")]
    Busy { limit: u32 },
    #[error("{model}: cannot reach {host}: {reason}")]
    Unreachable {
        model: String,
        host: String,
        reason: String,
        advice: Option<Box<Advice>>,
    },
    #[error("{model}: {host} did not answer within {seconds} s")]
    Late {
        model: String,
        host: String,
        seconds: u32,
    },
    #[error("{model}: {host} did not finish within {seconds} s")]
    TooLong {
        model: String,
        host: String,
        seconds: u32,
    },
    #[error("{model}: the stream of {host} fell silent for {seconds} s")]
    Silent {
        model: String,
        host: String,
        seconds: u32,
    },
    #[error("{model}: the answer of {host} broke off before its end")]
    Cut { model: String, host: String },
    #[error("{model}: {host} answered {said}")]
    NotTheApi {
        model: String,
        host: String,
        said: String,
        advice: Option<Box<Advice>>,
    },
    #[error("{model}: {host} answered {}: {words}", status_words(*.status))]
    Answered {
        model: String,
        host: String,
        status: StatusCode,
        words: String,
        retry_after: Option<String>,
        advice: Option<Box<Advice>>,
    },
    #[error("{model}: the server reported an error: {words}")]
    Reported {
        model: String,
        words: String,
        status: StatusCode,
    },
    #[error("{model}: the answer is damaged: {problem}")]
    Damaged { model: String, problem: String },
    #[error("{model}: {host} lists several models ({names}). Set the model identifier")]
    Ambiguous {
        model: String,
        host: String,
        names: String,
    },
    #[error("{model}: the answer of {host} is larger than 16 MiB")]
    AnswerTooLarge { model: String, host: String },
    #[error("the gateway is stopping. Try again when it runs")]
    Stopping,
    #[error("the admin of the gateway cancelled this request")]
    Cancelled,
    #[error("something broke inside the gateway. The service log has the details")]
    Panicked,
}

impl GatewayError {
    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Host(_) | Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::KeyAbsent | Self::KeyWrong | Self::TokenRefused { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::Gitlab(refusal) => {
                StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
            Self::NoRoute { .. }
            | Self::UnknownModel { .. }
            | Self::ModelOff(_)
            | Self::FeatureOff(_)
            | Self::Unrouted(_) => StatusCode::NOT_FOUND,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyLate => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::KeyUnavailable { .. } | Self::Busy { .. } | Self::Stopping | Self::Cancelled => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::NotServed(_) | Self::Unsupported { .. } | Self::Unsendable { .. } => {
                StatusCode::BAD_REQUEST
            }
            Self::Crowded { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unreachable { .. }
            | Self::Cut { .. }
            | Self::NotTheApi { .. }
            | Self::Credentials { .. }
            | Self::Damaged { .. }
            | Self::Ambiguous { .. }
            | Self::AnswerTooLarge { .. } => StatusCode::BAD_GATEWAY,
            Self::Late { .. } | Self::TooLong { .. } | Self::Silent { .. } => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Self::Answered { status, .. } | Self::Reported { status, .. } => *status,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A word for programs, in the `code` field.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Host(_) => "host_refused",
            Self::Origin(_) => "origin_refused",
            Self::KeyAbsent => "client_key_missing",
            Self::KeyWrong => "invalid_api_key",
            Self::TokenRefused { .. } => "token_refused",
            Self::Gitlab(_) => "refused",
            Self::NoRoute { .. } => "unknown_url",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyLate => "body_timeout",
            Self::BodyBroken | Self::Malformed(_) => "invalid_body",
            Self::UnknownModel { .. } => "model_not_found",
            Self::ModelOff(_) => "model_disabled",
            Self::Unrouted(_) => "feature_not_routed",
            Self::FeatureOff(_) => "feature_disabled",
            Self::KeyUnavailable {
                state: SecretState::Locked,
                ..
            } => "key_locked",
            Self::KeyUnavailable { .. } => "key_unavailable",
            Self::NotServed(_) => "not_served",
            Self::Unsupported { .. } => "unsupported",
            Self::Unsendable { .. } => "invalid_value",
            Self::Credentials { .. } => "credentials_unavailable",
            Self::Crowded { .. } => "model_busy",
            Self::Busy { .. } => "too_many_requests_in_flight",
            Self::Unreachable { .. } => "upstream_unreachable",
            Self::Late { .. } | Self::TooLong { .. } | Self::Silent { .. } => "upstream_timeout",
            Self::Cut { .. } | Self::Damaged { .. } => "upstream_cut",
            Self::NotTheApi { .. } | Self::AnswerTooLarge { .. } => "upstream_invalid",
            Self::Ambiguous { .. } => "identifier_needed",
            Self::Answered { words, .. } | Self::Reported { words, .. }
                if providers::is_about_context(words) =>
            {
                "context_length_exceeded"
            }
            Self::Answered { .. } | Self::Reported { .. } => "upstream_error",
            Self::Stopping => "gateway_stopping",
            Self::Cancelled => "cancelled_by_admin",
            Self::Panicked => "internal_error",
        }
    }

    /// What `Retry-After` says, in seconds or as the server said it.
    pub(crate) fn retry_after(&self) -> Option<&str> {
        match self {
            Self::Busy { .. } | Self::Crowded { .. } | Self::Stopping => Some("1"),
            Self::Answered { retry_after, .. } => retry_after.as_deref(),
            _ => None,
        }
    }

    /// Whether the request was turned away before a model was asked.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Host(_)
                | Self::Origin(_)
                | Self::KeyAbsent
                | Self::KeyWrong
                | Self::TokenRefused { .. }
                | Self::Busy { .. }
                | Self::Crowded { .. }
                | Self::Stopping
        ) || matches!(self, Self::Gitlab(refusal) if [401, 403].contains(&refusal.status()))
    }

    /// Whether it is about the request itself or the way here, before any model matters.
    pub(crate) fn is_of_the_request(&self) -> bool {
        let is_of_the_body = matches!(
            self,
            Self::Gitlab(_)
                | Self::NoRoute { .. }
                | Self::BodyTooLarge { .. }
                | Self::BodyLate
                | Self::BodyBroken
                | Self::Malformed(_)
        );
        is_of_the_body || (self.is_refusal() && !matches!(self, Self::Crowded { .. }))
    }

    /// Whether a model was to answer and its server did not.
    pub(crate) fn is_of_a_server(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Late { .. }
                | Self::TooLong { .. }
                | Self::Silent { .. }
                | Self::Cut { .. }
                | Self::NotTheApi { .. }
                | Self::Answered { .. }
                | Self::Reported { .. }
                | Self::Damaged { .. }
                | Self::AnswerTooLarge { .. }
        )
    }

    /// What the forms write down.
    pub(crate) fn problem(&self, correlation_id: &str) -> Problem {
        Problem {
            status: self.status().as_u16(),
            message: format!("{} (correlation id {correlation_id})", self.in_full()),
            code: self.code().to_owned(),
        }
    }

    /// What a server did, as an answer to the client.
    pub(crate) fn of_upstream(error: UpstreamError, model: &str) -> Self {
        let model = model.to_owned();
        match error {
            UpstreamError::Unreachable { host, reason, .. } => Self::Unreachable {
                model,
                host,
                reason,
                advice: None,
            },
            UpstreamError::Late { host, after } => Self::Late {
                model,
                host,
                seconds: after.as_secs() as u32,
            },
            UpstreamError::Answered {
                host,
                status,
                words,
                retry_after,
                ..
            } => Self::Answered {
                model,
                host,
                status,
                words,
                retry_after,
                advice: None,
            },
            UpstreamError::NotTheApi { host, said } => Self::NotTheApi {
                model,
                host,
                said,
                advice: None,
            },
            UpstreamError::BrokeOff { host } => Self::Cut { model, host },
            UpstreamError::TooLarge { host } => Self::AnswerTooLarge { model, host },
            UpstreamError::Reported { words, status } => Self::Reported {
                model,
                words,
                status: status.unwrap_or(StatusCode::BAD_GATEWAY),
            },
            UpstreamError::Damaged(problem) => Self::Damaged { model, problem },
            UpstreamError::Unsupported { who, what } => Self::Unsupported { model, who, what },
            UpstreamError::Invalid(problem) | UpstreamError::Setting { problem, .. } => {
                Self::Unsendable { model, problem }
            }
            UpstreamError::Credentials(problem) => Self::Credentials { model, problem },
        }
    }
}

fn sentence(error: &GatewayError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default();
    // The names of models and of fields keep the letters they were given.
    let capital = !matches!(
        error,
        GatewayError::NotServed(_)
            | GatewayError::Unreachable { .. }
            | GatewayError::Late { .. }
            | GatewayError::TooLong { .. }
            | GatewayError::Silent { .. }
            | GatewayError::Cut { .. }
            | GatewayError::NotTheApi { .. }
            | GatewayError::Answered { .. }
            | GatewayError::Ambiguous { .. }
            | GatewayError::AnswerTooLarge { .. }
            | GatewayError::Unsupported { .. }
            | GatewayError::Unsendable { .. }
            | GatewayError::Credentials { .. }
            | GatewayError::Crowded { .. }
            | GatewayError::Reported { .. }
            | GatewayError::Damaged { .. }
    );
    let text = if capital {
        first + letters.as_str()
    } else {
        text
    };
    if text.ends_with(['.', '?', '!']) {
        text
    } else {
        text + "."
    }
}
