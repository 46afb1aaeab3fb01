//! Takes out of a request what its model refuses, or refuses the request by name. Works on the
//! body in Anthropic's form, so that a body that is passed on is treated as one that is written
//! here. Changes nothing else.

use domain::{Parameter, Provider};
use serde_json::{Map, Value, json};

use super::{DEFAULT_VERSION, version};
use crate::notes::{FOLDED, PREFILL, left_out};
use crate::{Target, UpstreamError};

/// Fields that only have to be left out.
const LEFT_OUT: [(Parameter, &str); 4] = [
    (Parameter::Temperature, "temperature"),
    (Parameter::TopP, "top_p"),
    (Parameter::TopK, "top_k"),
    (Parameter::Stop, "stop_sequences"),
];

/// Whether anything may have to be taken out for this model.
pub(super) fn is_needed(target: Target<'_>) -> bool {
    !target.family.refuses.is_empty() || has_no_sampling(target)
}

/// Takes out what the model refuses, and says what that was.
pub(super) fn fit(
    body: &mut Map<String, Value>,
    target: Target<'_>,
) -> Result<Vec<String>, UpstreamError> {
    let mut notes = Vec::new();
    let refuses = |parameter| target.family.refuses(parameter);
    for (parameter, field) in LEFT_OUT {
        let is_sampling = parameter != Parameter::Stop;
        let goes = refuses(parameter) || (is_sampling && has_no_sampling(target));
        if goes && body.shift_remove(field).is_some() {
            notes.push(left_out(field));
        }
    }
    let unsupported = |what: &str| {
        Err(UpstreamError::Unsupported {
            who: target.family.title.clone(),
            what: what.to_owned(),
        })
    };
    if refuses(Parameter::Tools) && items(body, "tools").next().is_some() {
        return unsupported("tools");
    }
    if refuses(Parameter::Images) && items(body, "messages").any(has_image) {
        return unsupported("images");
    }
    if refuses(Parameter::JsonSchema) {
        let format = body
            .get("output_config")
            .and_then(|config| config.get("format"));
        if format
            .or(body.get("output_format"))
            .is_some_and(|format| !format.is_null())
        {
            return unsupported("an answer by JSON schema");
        }
        leave_out_strict(body);
    }
    if refuses(Parameter::SystemRole) && fold_system(body) {
        notes.push(FOLDED.into());
    }
    if refuses(Parameter::Prefill) && leave_out_prefill(body) {
        notes.push(PREFILL.into());
    }
    Ok(notes)
}

/// Whether the version of the API has no sampling parameters: every one after 2023-06-01.
/// Source: "Migrating to API version 2026-10-21". Versions are dates, so they compare as text.
fn has_no_sampling(target: Target<'_>) -> bool {
    target.provider == Provider::Anthropic && version(target) > DEFAULT_VERSION
}

fn items<'a>(body: &'a Map<String, Value>, field: &str) -> impl Iterator<Item = &'a Value> {
    body.get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Whether a turn, or the result of a tool in it, has a picture.
fn has_image(holder: &Value) -> bool {
    let blocks = holder.get("content").and_then(Value::as_array);
    blocks
        .into_iter()
        .flatten()
        .any(|block| block.get("type").and_then(Value::as_str) == Some("image") || has_image(block))
}

/// Strict tools are the same machinery as answers by schema, and refused by the same models.
fn leave_out_strict(body: &mut Map<String, Value>) {
    let tools = body.get_mut("tools").and_then(Value::as_array_mut);
    for tool in tools.into_iter().flatten() {
        if let Some(tool) = tool.as_object_mut() {
            tool.shift_remove("strict");
        }
    }
}

/// Puts the system text in front of the first turn of the user. Returns whether there was one.
fn fold_system(body: &mut Map<String, Value>) -> bool {
    let Some(system) = body.shift_remove("system") else {
        return false;
    };
    let turns = body.get_mut("messages").and_then(Value::as_array_mut);
    let first = turns
        .into_iter()
        .flatten()
        .find(|turn| turn.get("role").and_then(Value::as_str) == Some("user"));
    let Some(content) = first.and_then(|turn| turn.get_mut("content")) else {
        return true;
    };
    let mut blocks = blocks(system);
    blocks.extend(self::blocks(content.take()));
    *content = Value::Array(blocks);
    true
}

/// Content as a list of blocks.
fn blocks(content: Value) -> Vec<Value> {
    match content {
        Value::Array(blocks) => blocks,
        Value::Null => Vec::new(),
        text => vec![json!({"type": "text", "text": text})],
    }
}

/// Removes turns of the model at the end. A call of a tool stays: it is no beginning of an answer,
/// and the server says what is wrong with it. Returns whether there were any.
fn leave_out_prefill(body: &mut Map<String, Value>) -> bool {
    let Some(turns) = body.get_mut("messages").and_then(Value::as_array_mut) else {
        return false;
    };
    let before = turns.len();
    while turns.len() > 1 && turns.last().is_some_and(is_prefill) {
        turns.pop();
    }
    turns.len() < before
}

fn is_prefill(turn: &Value) -> bool {
    let blocks = turn.get("content").and_then(Value::as_array);
    let has_call = blocks
        .into_iter()
        .flatten()
        .any(|block| block.get("type").and_then(Value::as_str) == Some("tool_use"));
    turn.get("role").and_then(Value::as_str) == Some("assistant") && !has_call
}
