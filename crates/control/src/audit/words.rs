//! Changes in words: where they are, what they are, and what was done in a sentence. Decides
//! nothing.

use domain::Settings;
use serde_json::Value;

use super::diff::{Change, KEY, get};

/// Phrases that a sentence spells out; more are counted.
const PHRASES: usize = 3;

/// Two settings, to call things by their names.
pub(super) struct Names<'s> {
    /// Before the change.
    pub(super) before: (&'s Settings, &'s Value),
    /// Since.
    pub(super) after: (&'s Settings, &'s Value),
}

impl Names<'_> {
    /// A place for people, such as `models › gpu-3 › endpoint`.
    pub(super) fn path(&self, place: &[String]) -> String {
        let keys = (0..place.len()).map(|at| match at {
            0 if place[0] == "log" => "request log".into(),
            1 if has_ids(&place[0]) => self.name(&place[..2]),
            at if is_own_word(place, at) => place[at].clone(),
            at => place[at].replace('_', " "),
        });
        keys.collect::<Vec<_>>().join(" › ")
    }

    /// What the entry of a list is called: as it was called before, or else since.
    fn name(&self, place: &[String]) -> String {
        let named = |document| get(document, place).and_then(|entry| entry["name"].as_str());
        let name = named(self.before.1).or_else(|| named(self.after.1));
        name.unwrap_or(&place[1]).to_owned()
    }

    fn model(&self, id: &Value) -> String {
        let place = [
            "models".to_owned(),
            id.as_str().unwrap_or_default().to_owned(),
        ];
        let name = self.name(&place);
        if name == place[1] {
            "a model that is gone".into()
        } else {
            name
        }
    }

    /// The value of a route names models by their ids; people know their names.
    pub(super) fn route(&self, route: &Value) -> String {
        if route["kind"] == "disabled" {
            return "disabled".into();
        }
        let fallback = match &route["fallback"] {
            Value::Null => String::new(),
            fallback => format!(", else {}", self.model(fallback)),
        };
        format!("{}{fallback}", self.model(&route["model"]))
    }

    /// What was done, such as `Changed the endpoint of gpu-3`.
    pub(super) fn sentence(&self, changes: &[Change]) -> String {
        let mut phrases: Vec<String> = Vec::new();
        for change in changes {
            let phrase = self.phrase(change);
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
        let more = phrases.len().saturating_sub(PHRASES);
        phrases.truncate(PHRASES);
        let mut sentence = phrases.join("; ");
        if more > 0 {
            sentence += &format!("; and {more} more");
        }
        let mut letters = sentence.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect()
    }

    fn phrase(&self, change: &Change) -> String {
        let place: Vec<_> = change.place.iter().map(String::as_str).collect();
        let verb = match (&change.before, &change.after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        let is_on = change.after == Some(Value::Bool(true));
        match place[..] {
            ["models", _] => format!("{verb} the model {}", self.name(&change.place)),
            ["models", _, KEY] => {
                let verb = match (&change.before, &change.after) {
                    (_, None) => "removed",
                    (Some(_), _) => "replaced",
                    _ => "stored",
                };
                format!("{verb} the key of {}", self.name(&change.place[..2]))
            }
            ["models", _, "enabled"] => {
                let state = if is_on { "on" } else { "off" };
                format!("switched {} {state}", self.name(&change.place[..2]))
            }
            ["models", _, .., field] => {
                let name = self.name(&change.place[..2]);
                format!("changed the {} of {name}", spaced(field))
            }
            ["routes", feature] => {
                let title = title(feature);
                match &change.after {
                    None => format!("took the route of {title} away"),
                    Some(route) if route["kind"] == "disabled" => format!("disabled {title}"),
                    Some(route) => format!("routed {title} to {}", self.route(route)),
                }
            }
            ["families", name] => format!("{verb} the model family {name}"),
            ["families", name, ..] => format!("changed the model family {name}"),
            ["client_keys", _] => {
                let verb = if change.after.is_some() {
                    "created"
                } else {
                    "revoked"
                };
                format!("{verb} the client key {}", self.name(&change.place))
            }
            ["prompts", name, ..] if place.len() == 2 && change.after.is_none() => {
                format!("reset the prompt {name}")
            }
            ["prompts", name, ..] => format!("changed the prompt {name}"),
            ["views", name, ..] => {
                let verb = if change.after.is_some() {
                    "saved"
                } else {
                    "removed"
                };
                format!("{verb} the view {name}")
            }
            ["log", ..] => "changed how long requests are kept".into(),
            ["recording", "state"] => match &change.after {
                Some(state) if state["state"] == "off" => "stopped the recording".into(),
                _ => "started a recording".into(),
            },
            ["recording", "features"] => "chose what is recorded".into(),
            ["recording", "by_gitlab"] if is_on => "let GitLab's requests be recorded".into(),
            ["recording", "by_gitlab"] => "let GitLab's requests not be recorded".into(),
            ["redaction", "off"] => "switched the default redaction rules".into(),
            ["redaction", "own", name, ..] => {
                let verb = if place.len() > 3 { "changed" } else { verb };
                format!("{verb} the redaction rule {name}")
            }
            ["redaction", ..] => "changed the redaction rules".into(),
            [section, field, ..] => {
                let of = match section {
                    "log_files" => "log files",
                    "gitlab" => "GitLab settings",
                    section => section,
                };
                format!("changed {} of the {}", spaced(field), spaced(of))
            }
            [] | [_] => "changed the settings".into(),
        }
    }
}

fn has_ids(section: &str) -> bool {
    matches!(section, "models" | "client_keys")
}

/// Whether the key at this place is a word of the admin's, which is shown as it is.
fn is_own_word(place: &[String], at: usize) -> bool {
    let own = ["routes", "families", "views", "prompts"];
    (at == 1 && own.contains(&place[0].as_str())) || (at == 2 && place[0] == "redaction")
}

fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

/// The title of a feature by its name.
fn title(name: &str) -> &str {
    let feature = name.parse::<domain::Feature>();
    feature.map_or(name, |feature| feature.record().title)
}

/// A value for people; none for none.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("on".into()),
        Value::Bool(false) => Some("off".into()),
        Value::String(text) => Some(text.clone()),
        Value::Array(entries) if entries.is_empty() => Some("(none)".into()),
        Value::Array(entries) if entries.iter().all(Value::is_string) => {
            let entries = entries.iter().filter_map(Value::as_str);
            Some(entries.collect::<Vec<_>>().join("\n"))
        }
        Value::Object(_) | Value::Array(_) => {
            let mut lines = Vec::new();
            spell(value, &mut Vec::new(), &mut lines);
            Some(lines.join("\n"))
        }
        Value::Number(number) => Some(number.to_string()),
    }
}

/// One line for each value inside, with the way to it; what is not set has none.
fn spell(value: &Value, way: &mut Vec<String>, lines: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                way.push(spaced(key));
                spell(value, way, lines);
                way.pop();
            }
        }
        Value::Array(entries) if entries.iter().any(|entry| !entry.is_string()) => {
            for (place, value) in entries.iter().enumerate() {
                way.push((place + 1).to_string());
                spell(value, way, lines);
                way.pop();
            }
        }
        value => {
            let text = text(value).map(|text| text.replace('\n', ", "));
            lines.extend(text.map(|text| format!("{}: {text}", way.join(" › "))));
        }
    }
}
