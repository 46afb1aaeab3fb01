//! Requests as tests need them.

use std::path::Path;
use std::time::Duration;

use domain::{Feature, Provider};
use gateway::{Accepted, Outcome, RequestState, Routed};
use jiff::Timestamp;
use rusqlite::Connection;

use super::database;

/// A fixed time.
pub(super) fn now() -> Timestamp {
    "2026-11-03T10:11:12Z".parse().unwrap()
}

pub(super) fn accepted(correlation_id: &str) -> Accepted {
    Accepted {
        at: now(),
        correlation_id: correlation_id.into(),
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        client: "gitlab".into(),
        address: None,
        head: None,
    }
}

pub(super) fn routed(model: &str) -> Routed {
    Routed {
        model: model.into(),
        feature: Some(Feature::DuoChat),
        streamed: true,
        family: Some("mixtral".into()),
        provider: Some(Provider::OpenaiCompatible),
    }
}

pub(super) fn outcome(state: RequestState) -> Outcome {
    Outcome {
        state,
        status: Some(200),
        content_type: None,
        answered_after: None,
        first_token_after: Some(Duration::from_millis(5)),
        between_tokens: None,
        connected_in: None,
        token: None,
        duration: Duration::from_millis(40),
        prompt_tokens: Some(10),
        completion_tokens: Some(20),
        finish_reason: Some("stop".into()),
        error: None,
        error_code: None,
        answered_by: Some("Spare".into()),
        retries: 1,
        queued: Some(Duration::from_millis(3)),
        params: Some(r#"[{"key":"model","value":"m"}]"#.into()),
        notes: vec!["tried again: \"quoted\"".into()],
    }
}

/// A connection beside those of the log.
pub(super) fn connect(folder: &Path) -> Connection {
    Connection::open(database::REQUESTS.path(folder)).unwrap()
}
