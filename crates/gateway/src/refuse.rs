//! Answers that say why there is none: in the client's form, with the record or without one.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::answer::{AnswerBody, Ticket};
use crate::counters::Slot;
use crate::error::GatewayError;
use crate::record::{Record, RequestState};
use crate::voice::Voice;

/// OpenAI's and Anthropic's header by which a server says whether to send a request again.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// An answer that says why there is none, with its record.
pub(crate) fn refuse(
    mut record: Record,
    slot: Option<Slot>,
    error: &GatewayError,
    voice: &Voice,
    correlation_id: &str,
) -> Response<AnswerBody> {
    let (status, kind, body) = voice.error(error, correlation_id);
    record.answers(status, kind);
    let outcome = record.outcome();
    outcome.error = Some(error.for_record());
    outcome.error_code = Some(error.code());
    let verdict = if error.is_refusal() {
        RequestState::Refused
    } else {
        RequestState::Failed
    };
    let ticket = Ticket {
        record,
        verdict,
        _slot: slot,
        _place: None,
    };
    let body = AnswerBody::recorded(body, ticket);
    with_error(error, status, kind, body)
}

/// The same for a request that is not recorded.
pub(crate) fn unrecorded(
    error: &GatewayError,
    voice: &Voice,
    correlation_id: &str,
) -> Response<AnswerBody> {
    let (status, kind, body) = voice.error(error, correlation_id);
    with_error(error, status, kind, AnswerBody::plain(body))
}

fn with_error(
    error: &GatewayError,
    status: StatusCode,
    kind: &'static str,
    body: AnswerBody,
) -> Response<AnswerBody> {
    let mut response = json_response(status, body);
    if let Some(advice) = error.advice() {
        response.extensions_mut().insert(advice.clone());
    }
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if *error == GatewayError::Cancelled {
        // OpenAI's and Anthropic's libraries would send it again (their `_should_retry`).
        let no = HeaderValue::from_static("false");
        response.headers_mut().insert(SHOULD_RETRY, no);
    }
    if let Some(value) = error
        .retry_after()
        .and_then(|value| HeaderValue::from_str(value).ok())
    {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// A JSON answer with this status.
pub(crate) fn json_response(status: StatusCode, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
