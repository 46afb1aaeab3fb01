//! `/monitoring/healthz` and `/monitoring/ready`. Probes come every few seconds, so they are not
//! recorded; the Host check holds for them all the same.

use std::sync::Arc;

use forms::Form;
use gitlab::wire::Endpoint;
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::answer::AnswerBody;
use crate::guard::{self, Via};
use crate::refuse::{json_response, unrecorded};
use crate::snapshot::Snapshot;

/// Answers a probe; `None` when the request is none. Probes carry no key and no token, and are asked
/// for none (gateway.md §2.1).
pub(crate) fn monitoring(
    parts: &Parts,
    snapshot: &Arc<Snapshot>,
    via: Via<'_>,
    correlation_id: &str,
) -> Option<Response<AnswerBody>> {
    // GitLab puts paths behind the URL that its admin typed, with a slash at its end or without.
    let endpoint = Endpoint::from_path(parts.method.as_str(), parts.uri.path()).ok()?;
    let settings = &snapshot.settings;
    let checked = match (&endpoint, via) {
        (Endpoint::Healthz | Endpoint::Ready, Via::Network { local, .. }) => {
            guard::check_host(parts, settings, local)
        }
        (Endpoint::Healthz | Endpoint::Ready, Via::Inside(_)) => Ok(()),
        _ => return None,
    };
    if let Err(error) = checked {
        return Some(unrecorded(
            &error,
            &crate::voice::Voice::Form(Form::Chat),
            correlation_id,
        ));
    }
    let (status, body) = match endpoint {
        Endpoint::Healthz => (StatusCode::OK, json!({"status": "ok"})),
        _ => ready(snapshot),
    };
    Some(json_response(status, AnswerBody::plain(body.to_string())))
}

/// Ready means that a client can be answered: at least one model is switched on.
fn ready(snapshot: &Snapshot) -> (StatusCode, Value) {
    let enabled = snapshot
        .settings
        .models
        .iter()
        .filter(|model| model.enabled)
        .count();
    if enabled > 0 {
        (StatusCode::OK, json!({"status": "ok", "models": enabled}))
    } else {
        let reason = "No model is switched on. Add one in Models or with `gatehouse model add`.";
        (
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"status": "unready", "reason": reason}),
        )
    }
}
