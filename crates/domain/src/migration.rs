//! Reads and writes the settings document: `{"schema_version": 2, "settings": {…}}`. Lifts older
//! documents, refuses newer ones, keeps what it does not know.

use serde_json::{Map, Value, json};

use crate::{DomainError, Settings};

/// The version of the document that this program writes.
pub const SCHEMA_VERSION: u64 = 2;

/// Turns a document of the version of its place (from 1) into the next one.
const MIGRATIONS: [fn(&mut Value); SCHEMA_VERSION as usize - 1] = [routes_may_be_disabled];

/// Version 2: a route says its kind, because a feature can be disabled and have a fallback.
fn routes_may_be_disabled(settings: &mut Value) {
    let Some(routes) = settings.get_mut("routes").and_then(Value::as_object_mut) else {
        return;
    };
    for route in routes.values_mut().filter(|route| route.is_string()) {
        *route = json!({"kind": "model", "model": route.take()});
    }
}

/// The settings in a document, and the keys beside them, which belong to others.
pub fn read_document(document: &Value) -> Result<(Settings, Map<String, Value>), DomainError> {
    let unreadable = |problem: String| DomainError::Settings(problem);
    let Some(map) = document.as_object() else {
        return Err(unreadable("the document is not an object".into()));
    };
    let version = match map.get("schema_version") {
        None => return Err(unreadable("schema_version is missing".into())),
        Some(value) => value
            .as_u64()
            .filter(|version| *version > 0)
            .ok_or_else(|| unreadable(format!("schema_version is {value}")))?,
    };
    if version > SCHEMA_VERSION {
        return Err(DomainError::NewerSettings {
            found: version,
            known: SCHEMA_VERSION,
        });
    }
    let mut settings = map.get("settings").cloned().unwrap_or_else(|| json!({}));
    for migrate in MIGRATIONS.iter().skip(version as usize - 1) {
        migrate(&mut settings);
    }
    let settings: Settings =
        serde_json::from_value(settings).map_err(|error| unreadable(error.to_string()))?;
    settings
        .gateway
        .check()
        .map_err(|error| unreadable(error.to_string()))?;
    let others = map
        .iter()
        .filter(|(key, _)| !["schema_version", "settings"].contains(&key.as_str()));
    Ok((
        settings,
        others
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    ))
}

/// The document for these settings; `others` are the keys that stood beside them.
pub fn write_document(settings: &Settings, others: &Map<String, Value>) -> Value {
    let mut map = others.clone();
    map.insert("schema_version".into(), SCHEMA_VERSION.into());
    let settings = serde_json::to_value(settings).expect("settings have string keys only");
    map.insert("settings".into(), settings);
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Connection, Target, target_for};

    /// Documents as each version wrote them, with keys that only a newer program knows.
    const VERSION_1: &str = include_str!("../tests/settings-v1.json");
    const VERSION_2: &str = include_str!("../tests/settings-v2.json");

    #[test]
    fn unknown_keys_survive_a_load_and_a_save() {
        let document: Value = serde_json::from_str(VERSION_2).unwrap();
        let (settings, others) = read_document(&document).unwrap();
        assert_eq!(settings.models.len(), 3);
        assert_eq!(write_document(&settings, &others), document);
    }

    #[test]
    fn a_document_of_version_1_keeps_its_models_and_routes() {
        let document: Value = serde_json::from_str(VERSION_1).unwrap();
        let (settings, others) = read_document(&document).unwrap();
        let mixtral = settings.model_named("Mixtral 8x7B-it").unwrap();
        let target = target_for(&settings, "duo_chat");
        assert!(matches!(target, Target::Model { model, fallback: None, .. } if model == mixtral));
        assert_eq!(mixtral.connection, Connection::default());
        let written = write_document(&settings, &others);
        assert_eq!(written["schema_version"], 2);
        assert_eq!(
            read_document(&written),
            Ok((settings, others)),
            "what was lifted stays"
        );
        assert_eq!(written["window"], document["window"]);
        assert_eq!(
            written["settings"]["appearance"],
            document["settings"]["appearance"]
        );
    }

    #[test]
    fn a_newer_document_is_refused_with_both_versions() {
        let refusal = read_document(&json!({"schema_version": 7, "settings": {"models": 3}}));
        assert_eq!(
            refusal,
            Err(DomainError::NewerSettings {
                found: 7,
                known: SCHEMA_VERSION
            })
        );
    }

    #[test]
    fn what_is_not_our_document_is_refused() {
        for document in [
            json!([]),
            json!({}),
            json!({"schema_version": "1"}),
            json!({"schema_version": 0}),
            json!({"schema_version": 1, "settings": {"models": [{"name": "x"}]}}),
            json!({"schema_version": 1, "settings": {"gateway": {"max_in_flight": 0}}}),
        ] {
            assert!(
                matches!(read_document(&document), Err(DomainError::Settings(_))),
                "{document}"
            );
        }
    }

    #[test]
    fn a_document_without_settings_holds_the_defaults() {
        let (settings, _) = read_document(&json!({"schema_version": 1})).unwrap();
        assert_eq!(settings, Settings::default());
    }
}
