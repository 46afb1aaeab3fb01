//! Reads the blocks of a turn. A block that cannot be translated is refused by name, never
//! dropped: the model would answer without it. Only thoughts that no other vendor can read are.

use providers::{Image, ImageSource, Message, Part, Role};
use serde_json::Value;

use crate::FormError;
use crate::fields::Fields;

/// A turn of the user or the model.
pub(super) fn turn(turn: &mut Fields, role: Role) -> Result<Message, FormError> {
    let of_block = match role {
        Role::Assistant => of_model,
        _ => of_user,
    };
    let parts = parts(turn, of_block)?.ok_or_else(|| turn.malformed("content", "is missing"))?;
    Ok(Message { role, parts })
}

/// An object that is passed on as it is, with its nulls.
pub(super) fn object(holder: &mut Fields, name: &str) -> Result<Value, FormError> {
    match holder.take(name) {
        Some(object @ Value::Object(_)) => Ok(object),
        Some(_) => Err(holder.malformed(name, "must be an object")),
        None => Err(holder.malformed(name, "is missing")),
    }
}

/// Text, or blocks of text, as one text; empty when there is none.
pub(super) fn words(holder: &mut Fields, name: &str) -> Result<String, FormError> {
    let place = holder.place(name);
    let blocks = match holder.take(name) {
        None => return Ok(String::new()),
        Some(Value::String(text)) => return Ok(text),
        Some(blocks) => Fields::list(&place, blocks)?,
    };
    let mut texts = Vec::new();
    for mut block in blocks {
        match block.needed_string("type")?.as_str() {
            "text" => texts.push(block.needed_string("text")?),
            kind => return Err(block.not_served("type", kind)),
        }
    }
    Ok(texts.join("\n\n"))
}

/// The parts of `content`, which is a text or a list of blocks; none when it is not there.
fn parts(
    holder: &mut Fields,
    of_block: fn(Fields) -> Result<Option<Part>, FormError>,
) -> Result<Option<Vec<Part>>, FormError> {
    let place = holder.place("content");
    match holder.take("content") {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(vec![Part::Text(text)])),
        Some(blocks) => {
            let blocks = Fields::list(&place, blocks)?.into_iter();
            let parts: Result<_, _> = blocks
                .filter_map(|block| of_block(block).transpose())
                .collect();
            parts.map(Some)
        }
    }
}

fn of_user(mut block: Fields) -> Result<Option<Part>, FormError> {
    let kind = block.needed_string("type")?;
    if kind != "tool_result" {
        return of_kind(&kind, block).map(Some);
    }
    Ok(Some(Part::ToolResult {
        id: block.needed_string("tool_use_id")?,
        parts: parts(&mut block, of_result)?.unwrap_or_default(),
        is_error: block.flag("is_error")?.unwrap_or(false),
    }))
}

fn of_result(mut block: Fields) -> Result<Option<Part>, FormError> {
    let kind = block.needed_string("type")?;
    of_kind(&kind, block).map(Some)
}

fn of_model(mut block: Fields) -> Result<Option<Part>, FormError> {
    Ok(Some(match block.needed_string("type")?.as_str() {
        "thinking" => Part::Reasoning {
            text: block.needed_string("thinking")?,
            signature: block
                .string("signature")?
                .filter(|signature| !signature.is_empty()),
        },
        "redacted_thinking" => return Ok(None),
        "tool_use" => Part::ToolCall {
            id: block.needed_string("id")?,
            name: block.needed_string("name")?,
            arguments: object(&mut block, "input")?.to_string(),
        },
        kind => of_kind(kind, block)?,
    }))
}

/// Blocks that may stand anywhere.
fn of_kind(kind: &str, mut block: Fields) -> Result<Part, FormError> {
    match kind {
        "text" => Ok(Part::Text(block.needed_string("text")?)),
        "image" => Ok(Part::Image(Image {
            source: source(block.needed_object("source")?)?,
            detail: None,
        })),
        _ => Err(block.not_served("type", kind)),
    }
}

fn source(mut source: Fields) -> Result<ImageSource, FormError> {
    match source.needed_string("type")?.as_str() {
        "base64" => Ok(ImageSource::Data {
            media_type: source.needed_string("media_type")?,
            base64: source.needed_string("data")?,
        }),
        "url" => Ok(ImageSource::Url(source.needed_string("url")?)),
        kind => Err(source.not_served("type", kind)),
    }
}
