//! What a line of a log means: GitLab's `llm.log`, `production_json.log`, `graphql_json.log` and
//! `api_json.log` (gateway.md §7.4), and those of a gateway (§7.1). Only fields that are listed here
//! are shown: prompts, answers, parameters and keys stand in others.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::redaction::Redaction;
use crate::view::{Hop, JoinedField, JoinedMoment};

/// Letters of a value that are shown.
const SHOWN: usize = 300;

/// The fields that are shown, with the names under which they are.
const FIELDS: [(&str, &str); 43] = [
    ("severity", "severity"),
    ("ai_event_name", "event"),
    ("ai_component", "component"),
    ("unit_primitive", "unit primitive"),
    ("ai_request_type", "request type"),
    ("completion_service_name", "service"),
    ("class", "class"),
    ("action_name", "action"),
    ("duo_chat_tool", "tool"),
    ("picked_tool", "tool"),
    ("tool_name", "tool"),
    ("react_turn", "turn"),
    ("request_id", "request"),
    ("source", "source"),
    ("timeout", "timeout"),
    ("error_type", "error type"),
    ("error_message", "error"),
    ("error", "error"),
    ("ai_error_code", "error code"),
    ("duo_chat_error_code", "error code"),
    ("exception.class", "exception"),
    ("exception.message", "exception"),
    ("exception_message", "error"),
    ("controller", "controller"),
    ("action", "action"),
    ("route", "route"),
    ("meta.caller_id", "caller"),
    ("meta.feature_category", "feature"),
    ("meta.unit_primitive", "unit primitive"),
    ("status", "status"),
    ("status_code", "status"),
    ("db_duration_s", "database"),
    ("queue_duration_s", "queue"),
    ("view_duration_s", "view"),
    ("external_http_count", "calls"),
    ("external_http_duration_s", "calls took"),
    ("complexity", "complexity"),
    ("model_name", "model"),
    ("model_engine", "engine"),
    ("first_chunk_duration_s", "first chunk"),
    ("auth_duration_s", "auth"),
    ("tokens_consumption_input", "tokens in"),
    ("tokens_consumption_output", "tokens out"),
];

/// A line of a log.
pub(super) struct Line(Map<String, Value>);

impl Line {
    /// Reads a line; none when it is no JSON object.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }

    /// Its correlation id.
    pub(super) fn correlation_id(&self) -> Option<&str> {
        self.text("correlation_id").filter(|id| !id.is_empty())
    }

    /// When it happened: a line about a whole request was written at its end.
    pub(super) fn at(&self) -> Option<Timestamp> {
        let written = ["time", "timestamp"].into_iter();
        let written = written.filter_map(|name| self.text(name)).next()?;
        let written: Timestamp = written.parse().ok()?;
        let took = self.took().filter(|_| self.is_of_a_request());
        let took = took.and_then(|took| SignedDuration::try_from_secs_f64(took).ok());
        written.checked_sub(took.unwrap_or_default()).ok()
    }

    /// What it says, in a few words that have passed the rules.
    pub(super) fn sentence(&self, redaction: &Redaction) -> String {
        let of_request = || {
            let status = ["status", "status_code"].into_iter();
            let status = status.filter_map(|name| self.0.get(name)).next();
            let status = status.map_or(String::new(), |status| {
                format!(" answered {}", plain(status))
            });
            Some(format!(
                "{} {}{status}",
                self.text("method")?,
                path(self.text("path")?)
            ))
        };
        let of_call = || {
            let (method, url) = (self.text("request_method")?, self.text("request_url")?);
            Some(format!("{method} {}", path(url)))
        };
        let of_graphql = || {
            let name = self
                .text("operation_name")
                .filter(|name| !name.is_empty())?;
            Some(format!("GraphQL {name}"))
        };
        let said = of_request().or_else(of_call).or_else(of_graphql);
        let said = said.or_else(|| {
            ["message", "msg"]
                .into_iter()
                .find_map(|name| self.text(name))
                .map(str::to_owned)
        });
        shown(
            said.unwrap_or_else(|| "a line without a message".into()),
            redaction,
        )
    }

    /// The line on the timeline.
    pub(super) fn moment(
        &self,
        at: Timestamp,
        source: &str,
        redaction: &Redaction,
    ) -> JoinedMoment {
        let fields = FIELDS.iter().filter_map(|(field, name)| {
            let value = self.0.get(*field)?;
            let value = match value {
                Value::Null | Value::Object(_) | Value::Array(_) => return None,
                value => plain(value),
            };
            let unit = if field.ends_with("_s") { " s" } else { "" };
            Some(JoinedField {
                name: (*name).to_owned(),
                value: shown(value + unit, redaction),
            })
        });
        JoinedMoment {
            at,
            hop: self.hop(),
            source: source.to_owned(),
            sentence: self.sentence(redaction),
            fields: fields.collect(),
            after_ms: None,
            took_ms: self.took().map(|took| took * 1e3),
            row: None,
        }
    }

    fn hop(&self) -> Hop {
        match (self.text("type"), self.text("logger")) {
            // A gateway's own lines.
            (Some("mlops"), Some("llm")) => Hop::Upstream,
            (Some("mlops"), _) => Hop::Gatehouse,
            _ => Hop::Gitlab,
        }
    }

    fn is_of_a_request(&self) -> bool {
        self.text("method").is_some() && self.text("path").is_some()
    }

    fn took(&self) -> Option<f64> {
        let took = self.0.get("duration_s")?.as_f64()?;
        (took.is_finite() && took >= 0.0).then_some(took)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }
}

/// A path or an address without its query, whose values may be keys.
fn path(text: &str) -> &str {
    text.split_once('?').map_or(text, |(path, _)| path)
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The text after the rules, on one line.
fn shown(mut text: String, redaction: &Redaction) -> String {
    redaction.text(&mut text);
    let mut letters = text.chars();
    let mut shown: String = letters.by_ref().take(SHOWN).collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown.replace(char::is_control, " ")
}
