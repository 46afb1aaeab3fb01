//! `GET /v1/models` and `/v1/models/{id}`: what a client may put into its `model` field. The fields
//! are those of OpenAI's list and of Anthropic's, so that clients of both read it.

use domain::{FEATURES, Settings, Target, target_of};
use http::Response;
use serde_json::{Value, json};

use super::Exchange;
use crate::answer::AnswerBody;
use crate::error::GatewayError;
use crate::reading::cut;

/// The enabled models by deployment name, then the routed features (API references, "List models").
pub(super) fn list(exchange: Exchange<'_>) -> Response<AnswerBody> {
    let data = entries(&exchange.snapshot.settings);
    exchange.complete(json!({"object": "list", "data": data, "has_more": false}).to_string())
}

/// How many models a refusal names.
const MOST_NAMED: usize = 20;

/// One of them (API references, "Retrieve model").
pub(super) fn one(id: &str, exchange: Exchange<'_>) -> Response<AnswerBody> {
    let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    let entries = entries(&exchange.snapshot.settings);
    let names: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry["id"].as_str())
        .collect();
    match entries.iter().find(|entry| entry["id"] == *id) {
        Some(entry) => exchange.complete(entry.to_string()),
        None => exchange.fail(&unknown(&id, &names)),
    }
}

/// No model has this name; these are the ones that there are.
pub(super) fn unknown(name: &str, names: &[&str]) -> GatewayError {
    let known = match names {
        [] => "none yet".into(),
        _ if names.len() <= MOST_NAMED => names.join(", "),
        _ => {
            let more = names.len() - MOST_NAMED;
            format!("{} and {more} more", names[..MOST_NAMED].join(", "))
        }
    };
    GatewayError::UnknownModel {
        name: cut(name, 100),
        known,
    }
}

fn entries(settings: &Settings) -> Vec<Value> {
    let entry = |id: &str, title: &str, owner: &str| {
        json!({"id": id, "object": "model", "created": 0, "owned_by": owner,
            "type": "model", "display_name": title, "created_at": "1970-01-01T00:00:00Z"})
    };
    let enabled = settings.models.iter().filter(|model| model.enabled);
    let mut entries: Vec<Value> = enabled
        .map(|model| {
            let name = model.name.as_str();
            entry(name, name, model.family.as_str())
        })
        .collect();
    for record in FEATURES {
        if let Target::Model { .. } = target_of(settings, record.feature) {
            entries.push(entry(record.name, record.title, "gatehouse"));
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_first_models_and_counts_the_others() {
        let names: Vec<String> = (1..=22).map(|number| format!("m{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for (count, end) in [
            (0, "Known: none yet"),
            (2, "Known: m1, m2"),
            (20, "m20"),
            (22, "m20 and 2 more"),
        ] {
            let refusal = unknown("x", &names[..count]).to_string();
            assert!(refusal.ends_with(end), "{refusal}");
        }
    }
}
