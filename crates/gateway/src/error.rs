//! What can go wrong with a request: its status and the body in OpenAI's shape. Messages say what
//! happened and what to do; the correlation id is added where the body is written.

use domain::{Feature, SecretState};
use http::StatusCode;
use serde_json::json;

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
    #[error("the key of \"{model}\" cannot be used. {}", .state.sentence())]
    KeyUnavailable { model: String, state: SecretState },
    #[error("\"{model}\" has an identifier for {provider}, which this version does not serve yet")]
    ProviderNotServed {
        model: String,
        provider: &'static str,
    },
    #[error("{limit} requests are in flight already, which is the limit. Try again in a moment")]
    Busy { limit: u32 },
    #[error(
        "{model}: cannot reach {host}: {reason}. Check that the server runs, and its endpoint in Models"
    )]
    Unreachable {
        model: String,
        host: String,
        reason: String,
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
    #[error("{model}: the stream of {host} broke off before its end")]
    Cut { model: String, host: String },
    #[error("{model}: {host} answered {said}. Check the endpoint: a base URL usually ends in /v1")]
    NotTheApi {
        model: String,
        host: String,
        said: String,
    },
    #[error("{model}: {host} answered {status}: {words}")]
    Answered {
        model: String,
        host: String,
        status: StatusCode,
        words: String,
        retry_after: Option<String>,
    },
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
    #[error("something broke inside the gateway. The service log has the details")]
    Panicked,
}

impl GatewayError {
    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Host(_) | Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::KeyAbsent | Self::KeyWrong => StatusCode::UNAUTHORIZED,
            Self::NoRoute { .. }
            | Self::UnknownModel { .. }
            | Self::ModelOff(_)
            | Self::Unrouted(_) => StatusCode::NOT_FOUND,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyLate => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::KeyUnavailable { .. } | Self::Busy { .. } | Self::Stopping => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::ProviderNotServed { .. } => StatusCode::NOT_IMPLEMENTED,
            Self::Unreachable { .. }
            | Self::Cut { .. }
            | Self::NotTheApi { .. }
            | Self::Ambiguous { .. }
            | Self::AnswerTooLarge { .. } => StatusCode::BAD_GATEWAY,
            Self::Late { .. } | Self::TooLong { .. } | Self::Silent { .. } => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Self::Answered { status, .. } => *status,
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
            Self::NoRoute { .. } => "unknown_url",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyLate => "body_timeout",
            Self::BodyBroken | Self::Malformed(_) => "invalid_body",
            Self::UnknownModel { .. } => "model_not_found",
            Self::ModelOff(_) => "model_disabled",
            Self::Unrouted(_) => "feature_not_routed",
            Self::KeyUnavailable {
                state: SecretState::Locked,
                ..
            } => "key_locked",
            Self::KeyUnavailable { .. } => "key_unavailable",
            Self::ProviderNotServed { .. } => "provider_not_served",
            Self::Busy { .. } => "too_many_requests_in_flight",
            Self::Unreachable { .. } => "upstream_unreachable",
            Self::Late { .. } | Self::TooLong { .. } | Self::Silent { .. } => "upstream_timeout",
            Self::Cut { .. } => "upstream_cut",
            Self::NotTheApi { .. } | Self::AnswerTooLarge { .. } => "upstream_invalid",
            Self::Ambiguous { .. } => "identifier_needed",
            Self::Answered { .. } => "upstream_error",
            Self::Stopping => "gateway_stopping",
            Self::Panicked => "internal_error",
        }
    }

    /// What `Retry-After` says, in seconds or as the server said it.
    pub(crate) fn retry_after(&self) -> Option<&str> {
        match self {
            Self::Busy { .. } | Self::Stopping => Some("1"),
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
                | Self::Busy { .. }
                | Self::Stopping
        )
    }

    /// The body in OpenAI's shape (API reference, "Errors").
    pub(crate) fn body(&self, correlation_id: &str) -> Vec<u8> {
        let kind = match self.status().as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            400..=499 => "invalid_request_error",
            _ => "api_error",
        };
        let message = format!("{} (correlation id {correlation_id})", sentence(self));
        json!({"error": {"message": message, "type": kind, "param": null, "code": self.code()}})
            .to_string()
            .into_bytes()
    }
}

fn sentence(error: &GatewayError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default();
    // A model's name keeps the letters it was given.
    let capital = !matches!(
        error,
        GatewayError::Unreachable { .. }
            | GatewayError::Late { .. }
            | GatewayError::TooLong { .. }
            | GatewayError::Silent { .. }
            | GatewayError::Cut { .. }
            | GatewayError::NotTheApi { .. }
            | GatewayError::Answered { .. }
            | GatewayError::Ambiguous { .. }
            | GatewayError::AnswerTooLarge { .. }
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
