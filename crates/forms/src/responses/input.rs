//! Reads the input items of a request into turns. Knows none of its other fields.

use providers::{Message, Part, Role};
use serde_json::Value;

use crate::FormError;
use crate::fields::{Fields, quote};
use crate::openai::read::{add_result, image};

/// Adds the turns that the items are.
pub(super) fn read(items: Vec<Fields>, messages: &mut Vec<Message>) -> Result<(), FormError> {
    for item in items {
        add(item, messages)?;
    }
    Ok(())
}

fn add(mut item: Fields, messages: &mut Vec<Message>) -> Result<(), FormError> {
    // A message may leave its type out.
    let kind = item.string("type")?.unwrap_or_else(|| "message".into());
    match kind.as_str() {
        "message" => add_message(item, messages),
        "reasoning" => {
            let thoughts = thoughts(&mut item)?;
            add_to_assistant(messages, thoughts);
            Ok(())
        }
        "function_call" => {
            let call = Part::ToolCall {
                id: item.needed_string("call_id")?,
                name: item.needed_string("name")?,
                arguments: item.needed_string("arguments")?,
            };
            add_to_assistant(messages, [call]);
            Ok(())
        }
        "function_call_output" => {
            let id = item.needed_string("call_id")?;
            add_result(messages, id, content(&mut item, "output")?);
            Ok(())
        }
        "item_reference" => Err(FormError::NotServed(format!(
            "{} {} (no answer is kept: send the item itself)",
            item.place("type"),
            quote(&kind)
        ))),
        other => Err(item.not_served("type", other)),
    }
}

fn add_message(mut item: Fields, messages: &mut Vec<Message>) -> Result<(), FormError> {
    let role = match item.needed_string("role")?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" | "developer" => Role::System,
        other => return Err(item.malformed("role", &format!("{} is no role", quote(other)))),
    };
    let parts = content(&mut item, "content")?;
    let has_picture = parts.iter().any(|part| matches!(part, Part::Image(_)));
    if has_picture && role != Role::User {
        return Err(item.malformed("content", "only users and tools may send pictures"));
    }
    if role == Role::Assistant {
        add_to_assistant(messages, parts);
    } else {
        messages.push(Message { role, parts });
    }
    Ok(())
}

/// The items of one answer — thoughts, words, calls — are one turn.
fn add_to_assistant(messages: &mut Vec<Message>, more: impl IntoIterator<Item = Part>) {
    let more = more.into_iter();
    match messages.last_mut() {
        Some(Message {
            role: Role::Assistant,
            parts,
        }) => parts.extend(more),
        _ => {
            let parts: Vec<Part> = more.collect();
            if !parts.is_empty() {
                let role = Role::Assistant;
                messages.push(Message { role, parts });
            }
        }
    }
}

/// Thoughts as this module writes them, or their summary; what proves them is `encrypted_content`.
fn thoughts(item: &mut Fields) -> Result<Option<Part>, FormError> {
    let whole = texts(item.objects("content")?)?;
    let summary = texts(item.objects("summary")?)?;
    let text = if whole.is_empty() {
        summary.join("\n\n")
    } else {
        whole.concat()
    };
    let signature = item.string("encrypted_content")?;
    let has_any = !text.is_empty() || signature.is_some();
    Ok(has_any.then_some(Part::Reasoning { text, signature }))
}

fn texts(parts: Vec<Fields>) -> Result<Vec<String>, FormError> {
    let parts = parts.into_iter();
    parts.map(|mut part| part.needed_string("text")).collect()
}

fn content(item: &mut Fields, name: &str) -> Result<Vec<Part>, FormError> {
    let place = item.place(name);
    match item.take(name) {
        Some(Value::String(text)) => Ok(vec![Part::Text(text)]),
        Some(list @ Value::Array(_)) => Fields::list(&place, list)?.into_iter().map(part).collect(),
        Some(_) => Err(item.malformed(name, "must be a string or a list of parts")),
        None => Err(item.malformed(name, "is missing")),
    }
}

fn part(mut part: Fields) -> Result<Part, FormError> {
    match part.needed_string("type")?.as_str() {
        "input_text" | "output_text" | "text" => part.needed_string("text").map(Part::Text),
        "refusal" => part.needed_string("refusal").map(Part::Text),
        "input_image" if part.take("file_id").is_some() => Err(FormError::NotServed(format!(
            "{} (no file is kept: send the picture as image_url)",
            part.place("file_id")
        ))),
        "input_image" => image(&mut part, "image_url"),
        other => Err(part.not_served("type", other)),
    }
}
