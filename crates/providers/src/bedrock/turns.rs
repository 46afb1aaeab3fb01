//! Writes the turns of a conversation in the form of Converse: roles alternate, the first is the
//! user's, no text is blank.

use std::collections::BTreeSet;

use domain::{FamilyRecord, Parameter};
use serde_json::{Map, Value, json};

use crate::notes::{FOLDED, PREFILL};
use crate::{Ask, Image, ImageSource, Message, Part, Role, UpstreamError, words};

/// Stands in front of a conversation that begins with a turn of the model, which the form refuses.
const MISSING_TURN: &str = "(The conversation continues.)";

/// Stands for the result of a function that gave nothing back: models refuse an empty result.
const NO_RESULT: &str = "(no output)";

/// A turn: whose it is, and its blocks.
type Turn = (Role, Vec<Value>);

/// The system text and the turns, without what the family refuses.
pub(super) fn write(
    family: &FamilyRecord,
    ask: &Ask,
    notes: &mut Vec<String>,
) -> Result<(Option<String>, Vec<Value>), UpstreamError> {
    let mut turns = merged(family, ask)?;
    if family.refuses(Parameter::Prefill) {
        while turns.len() > 1 && turns.last().is_some_and(is_prefill) {
            turns.pop();
            notes.push(PREFILL.into());
        }
    }
    if let Some((Role::Assistant, blocks)) = turns.last_mut() {
        trim_prefill(blocks);
    }
    let mut system = ask.system().filter(|text| !text.trim().is_empty());
    if turns
        .first()
        .is_some_and(|(role, _)| *role == Role::Assistant)
    {
        turns.insert(0, (Role::User, vec![text_block(MISSING_TURN)]));
    }
    if family.refuses(Parameter::SystemRole) || turns.is_empty() {
        match (system.take(), turns.first_mut()) {
            (Some(text), Some((_, blocks))) => {
                notes.push(FOLDED.into());
                blocks.insert(0, text_block(&text));
            }
            (Some(text), None) => turns.push((Role::User, vec![text_block(&text)])),
            (None, Some(_)) => {}
            (None, None) => {
                let problem = "the conversation has no words of the user";
                return Err(UpstreamError::Invalid(problem.into()));
            }
        }
    }
    let turn = |(role, blocks)| {
        let role = if role == Role::Assistant {
            "assistant"
        } else {
            "user"
        };
        json!({"role": role, "content": blocks})
    };
    Ok((system, turns.into_iter().map(turn).collect()))
}

/// The functions that the model has called so far.
pub(super) fn called(ask: &Ask) -> BTreeSet<&str> {
    let parts = ask.messages.iter().flat_map(|message| &message.parts);
    parts
        .filter_map(|part| match part {
            Part::ToolCall { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

/// The turns with neighbours of one role made one.
fn merged(family: &FamilyRecord, ask: &Ask) -> Result<Vec<Turn>, UpstreamError> {
    let mut turns: Vec<Turn> = Vec::new();
    let spoken = |message: &&Message| message.role != Role::System;
    for message in ask.messages.iter().filter(spoken) {
        let blocks = blocks(family, &message.parts)?;
        match turns.last_mut() {
            Some((last, held)) if *last == message.role => held.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => turns.push((message.role, blocks)),
        }
    }
    Ok(turns)
}

/// Whether a turn is the beginning of an answer. A call of a function is not.
fn is_prefill((role, blocks): &Turn) -> bool {
    *role == Role::Assistant && blocks.iter().all(|block| block.get("toolUse").is_none())
}

/// The beginning of an answer must not end in white space.
fn trim_prefill(blocks: &mut [Value]) {
    if let Some(Value::String(text)) = blocks.last_mut().and_then(|block| block.get_mut("text")) {
        text.truncate(text.trim_end().len());
    }
}

fn text_block(text: &str) -> Value {
    json!({"text": text})
}

fn blocks(family: &FamilyRecord, parts: &[Part]) -> Result<Vec<Value>, UpstreamError> {
    parts
        .iter()
        .filter_map(|part| block(family, part).transpose())
        .collect()
}

/// A part as a block; none where the form has no place for it.
fn block(family: &FamilyRecord, part: &Part) -> Result<Option<Value>, UpstreamError> {
    Ok(match part {
        // Blank texts are refused.
        Part::Text(text) if text.trim().is_empty() => None,
        Part::Text(text) => Some(text_block(text)),
        Part::Image(_) if family.refuses(Parameter::Images) => {
            return Err(unsupported(&family.title, "images"));
        }
        Part::Image(image) => Some(image_block(image)?),
        // Thoughts of another vendor, or of no proof, are refused.
        Part::Reasoning {
            signature: None, ..
        } => None,
        Part::Reasoning {
            text,
            signature: Some(signature),
        } => {
            let thoughts = json!({"text": text, "signature": signature});
            Some(json!({"reasoningContent": {"reasoningText": thoughts}}))
        }
        Part::ToolCall {
            id,
            name,
            arguments,
        } => {
            let input = input(name, arguments)?;
            Some(json!({"toolUse": {"toolUseId": id, "name": name, "input": input}}))
        }
        Part::ToolResult {
            id,
            parts,
            is_error,
        } => {
            let mut content = blocks(family, parts)?;
            if content.is_empty() {
                content.push(text_block(NO_RESULT));
            }
            let mut result = json!({"toolUseId": id, "content": content});
            if *is_error {
                result["status"] = "error".into();
            }
            Some(json!({"toolResult": result}))
        }
    })
}

fn unsupported(who: &str, what: &str) -> UpstreamError {
    UpstreamError::Unsupported {
        who: who.to_owned(),
        what: what.to_owned(),
    }
}

fn image_block(image: &Image) -> Result<Value, UpstreamError> {
    let refuse = |what: &str| unsupported("AWS Bedrock", what);
    let ImageSource::Data { media_type, base64 } = &image.source else {
        return Err(refuse(
            "an image by its address: send its bytes as base64 instead",
        ));
    };
    let format = match media_type.to_ascii_lowercase().as_str() {
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => {
            return Err(refuse(&format!(
                "images of the type {}",
                words::cut(media_type, 100)
            )));
        }
    };
    Ok(json!({"image": {"format": format, "source": {"bytes": base64}}}))
}

/// The arguments of a call as the object that the form wants.
fn input(name: &str, arguments: &str) -> Result<Map<String, Value>, UpstreamError> {
    if arguments.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(arguments).map_err(|_| {
        UpstreamError::Invalid(format!(
            "the arguments of a call of \"{name}\" in the conversation are no JSON object"
        ))
    })
}
