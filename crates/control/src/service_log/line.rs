//! One line of the service log: read from JSON, and searched. A line that cannot be read is none.

use domain::LogLevel;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::view::{ServiceLogField, ServiceLogLine};

/// The field that names a request.
const CORRELATION_ID: &str = "correlation_id";

/// As `tracing_subscriber` writes it.
#[derive(Deserialize)]
struct Written {
    timestamp: Timestamp,
    level: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    spans: Vec<Map<String, Value>>,
}

/// As `telemetry` writes a panic.
#[derive(Deserialize)]
struct Panic {
    at: Timestamp,
    message: String,
    location: Option<String>,
    thread: Option<String>,
    version: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Option<ServiceLogLine> {
    let mut written: Written = serde_json::from_slice(bytes).ok()?;
    let message = written.fields.shift_remove("message").map(text);
    let of_spans = written
        .spans
        .into_iter()
        .flatten()
        .filter(|(name, _)| name != "name");
    let mut fields: Vec<ServiceLogField> = Vec::new();
    let mut correlation_id = None;
    for (name, value) in written.fields.into_iter().chain(of_spans) {
        let value = text(value);
        if name == CORRELATION_ID {
            correlation_id = Some(value);
        } else if fields.iter().all(|field| field.name != name) {
            fields.push(ServiceLogField { name, value });
        }
    }
    Some(ServiceLogLine {
        at: written.timestamp,
        level: level(&written.level),
        target: written.target,
        message: message.unwrap_or_default(),
        fields,
        correlation_id,
    })
}

pub(super) fn read_panic(bytes: &[u8]) -> Option<ServiceLogLine> {
    let panic: Panic = serde_json::from_slice(bytes).ok()?;
    let named = [
        ("location", panic.location),
        ("thread", panic.thread),
        ("version", panic.version),
    ];
    let fields = named.into_iter().filter_map(|(name, value)| {
        let name = name.to_owned();
        value.map(|value| ServiceLogField { name, value })
    });
    Some(ServiceLogLine {
        at: panic.at,
        level: LogLevel::Error,
        target: "panic".into(),
        message: panic.message,
        fields: fields.collect(),
        correlation_id: None,
    })
}

/// Whether all these words, in lower case, stand in the line.
pub(super) fn has_words(line: &ServiceLogLine, words: &[&str]) -> bool {
    let mut all = format!("{}\n{}\n{}", line.message, line.target, line.level.name());
    let fields = line
        .fields
        .iter()
        .flat_map(|field| [&field.name, &field.value]);
    for part in fields.chain(&line.correlation_id) {
        all.push('\n');
        all.push_str(part);
    }
    let all = all.to_lowercase();
    words.iter().all(|word| all.contains(word))
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

/// What is finer than *debug* counts as that.
fn level(name: &str) -> LogLevel {
    match name {
        "ERROR" => LogLevel::Error,
        "WARN" => LogLevel::Warning,
        "INFO" => LogLevel::Info,
        _ => LogLevel::Debug,
    }
}
