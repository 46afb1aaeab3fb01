//! Changes the turns of a body in OpenAI's form for models without a system role, or without
//! turns to continue. Turns that stay as they are keep their bytes.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::fields::Fields;
use super::fit::raw;
use crate::UpstreamError;
use crate::notes::{FOLDED, PREFILL};

/// What is looked at in a turn.
#[derive(Deserialize)]
struct Turn<'a> {
    #[serde(borrow, default)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Option<&'a RawValue>,
}

/// What is looked at in a part of a turn.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'a, str>,
}

/// Whether a turn has a picture. Turns of another form have none that would be known.
pub(super) fn have_images(messages: &RawValue) -> bool {
    let Ok(turns) = serde_json::from_str::<Vec<Turn<'_>>>(messages.get()) else {
        return false;
    };
    turns
        .iter()
        .filter_map(|turn| turn.content)
        .filter_map(|content| serde_json::from_str::<Vec<Part<'_>>>(content.get()).ok())
        .flatten()
        .any(|part| part.kind == "image_url")
}

/// The turns with the system turns folded into the first turn of the user, and without turns of
/// the model at the end; none when nothing changes.
pub(super) fn changed(
    messages: &RawValue,
    folds: bool,
    drops: bool,
    notes: &mut Vec<String>,
) -> Result<Option<Box<RawValue>>, UpstreamError> {
    let wrong = |error: serde_json::Error| {
        UpstreamError::Invalid(format!("\"messages\" is no list of turns: {error}"))
    };
    let all: Vec<&RawValue> = serde_json::from_str(messages.get()).map_err(wrong)?;
    let mut turns = Vec::with_capacity(all.len());
    let mut system = Vec::new();
    for text in &all {
        let turn: Turn<'_> = serde_json::from_str(text.get()).map_err(wrong)?;
        if folds && matches!(turn.role.as_ref(), "system" | "developer") {
            system.extend(turn.content.map(text_of));
        } else {
            turns.push((turn, Cow::Borrowed(*text)));
        }
    }
    if turns.len() < all.len() {
        notes.push(FOLDED.into());
    }
    let spoken = turns.len();
    if drops {
        while turns.len() > 1 && turns.last().is_some_and(|(turn, _)| is_prefill(turn)) {
            turns.pop();
        }
    }
    if turns.len() < spoken {
        notes.push(PREFILL.into());
    }
    if turns.len() == all.len() {
        return Ok(None);
    }
    let system = system.join("\n\n");
    if !system.is_empty() {
        match turns.iter_mut().find(|(turn, _)| turn.role == "user") {
            Some((turn, text)) => *text = Cow::Owned(with_system(text.get(), turn, &system)?),
            None => {
                let user = raw(&json!({"role": "user", "content": system}))?;
                let turn = Turn {
                    role: "user".into(),
                    content: None,
                    tool_calls: None,
                };
                turns.insert(0, (turn, Cow::Owned(user)));
            }
        }
    }
    let turns: Vec<&RawValue> = turns.iter().map(|(_, text)| text.as_ref()).collect();
    raw(&turns).map(Some)
}

/// A turn of the model that the server would continue. A call of a tool is none.
fn is_prefill(turn: &Turn<'_>) -> bool {
    let has_calls = turn
        .tool_calls
        .is_some_and(|calls| !matches!(calls.get(), "null" | "[]"));
    turn.role == "assistant" && !has_calls
}

/// A turn of the user with the system text in front of its own.
fn with_system(text: &str, turn: &Turn<'_>, system: &str) -> Result<Box<RawValue>, UpstreamError> {
    let content = turn.content.map_or("null", RawValue::get);
    let content = match serde_json::from_str(content) {
        Ok(Value::Array(parts)) => {
            let mut all = vec![json!({"type": "text", "text": system})];
            all.extend(parts);
            Value::Array(all)
        }
        Ok(Value::String(words)) if !words.is_empty() => {
            Value::String(format!("{system}\n\n{words}"))
        }
        _ => Value::String(system.to_owned()),
    };
    let mut fields: Fields<'_> = serde_json::from_str(text)
        .map_err(|error| UpstreamError::Invalid(format!("a turn is no object: {error}")))?;
    fields.set("content", Cow::Owned(raw(&content)?));
    raw(&fields)
}

/// The words of a turn's content, which is a text or a list of parts.
fn text_of(content: &RawValue) -> String {
    match serde_json::from_str(content.get()) {
        Ok(Value::String(words)) => words,
        Ok(Value::Array(parts)) => {
            let words = parts.iter().filter_map(|part| part.get("text")?.as_str());
            words.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}
