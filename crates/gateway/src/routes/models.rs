//! `GET /v1/models`: what a client may put into its `model` field.

use domain::{FEATURES, Target, target_of};
use http::Response;
use serde_json::{Value, json};

use super::Exchange;
use crate::answer::AnswerBody;

/// The enabled models by deployment name, then the routed features (API reference, "List models").
pub(super) fn list(exchange: Exchange<'_>) -> Response<AnswerBody> {
    let settings = &exchange.snapshot.settings;
    let entry = |id: &str, owner: &str| json!({"id": id, "object": "model", "created": 0, "owned_by": owner});
    let enabled = settings.models.iter().filter(|model| model.enabled);
    let mut data: Vec<Value> = enabled
        .map(|model| entry(model.name.as_str(), model.family.as_str()))
        .collect();
    for record in FEATURES {
        if let Target::Model { .. } = target_of(settings, record.feature) {
            data.push(entry(record.name, "gatehouse"));
        }
    }
    exchange.complete(json!({"object": "list", "data": data}).to_string())
}
