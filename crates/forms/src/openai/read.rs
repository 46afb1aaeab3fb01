//! Reads the parts of a request that OpenAI's three forms share: sampling, functions, schemas,
//! pictures, results of functions. Knows no whole request.

use providers::{
    Format, FunctionTool, Image, ImageSource, Message, Parameters, Part, Role, ToolChoice,
};
use serde_json::{Value, json};

use crate::FormError;
use crate::fields::{Fields, quote};

/// How to sample. How much is named differently in each form.
pub(crate) fn parameters(body: &mut Fields) -> Result<Parameters, FormError> {
    Ok(Parameters {
        max_tokens: None,
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        top_k: top_k(body)?,
        stop: body.strings("stop")?,
        seed: body.integer("seed")?,
        frequency_penalty: body.number("frequency_penalty")?,
        presence_penalty: body.number("presence_penalty")?,
        reasoning_effort: None,
    })
}

/// Clients of vLLM say 0 or −1 for "all candidates".
fn top_k(body: &mut Fields) -> Result<Option<u32>, FormError> {
    match body.integer("top_k")? {
        Some(count) if count > 0 => u32::try_from(count)
            .map(Some)
            .map_err(|_| body.malformed("top_k", "is too large")),
        _ => Ok(None),
    }
}

/// A function, from the object that has its name.
pub(crate) fn function(tool: &mut Fields) -> Result<FunctionTool, FormError> {
    let parameters = match tool.take("parameters") {
        // "Omitting parameters defines a function with an empty parameter list."
        None => json!({"type": "object", "properties": {}}),
        Some(schema @ Value::Object(_)) => schema,
        Some(_) => return Err(tool.malformed("parameters", "must be an object")),
    };
    Ok(FunctionTool {
        name: tool.needed_string("name")?,
        description: tool.string("description")?,
        parameters,
        strict: tool.flag("strict")?,
    })
}

/// Whether a function has to be called. The chat form wraps the name of a function, the Responses
/// form does not.
pub(crate) fn tool_choice(body: &mut Fields, is_wrapped: bool) -> Result<ToolChoice, FormError> {
    let place = body.place("tool_choice");
    let word = match body.take("tool_choice") {
        None => return Ok(ToolChoice::Auto),
        Some(Value::String(word)) => word,
        Some(value) => {
            let mut choice = Fields::of(place, value)?;
            return match choice.needed_string("type")?.as_str() {
                "function" if is_wrapped => choice.needed_object("function")?.needed_string("name"),
                "function" => choice.needed_string("name"),
                other => Err(choice.not_served("type", other)),
            }
            .map(ToolChoice::Function);
        }
    };
    match word.as_str() {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        "required" => Ok(ToolChoice::Required),
        other => Err(body.malformed(
            "tool_choice",
            &format!("{} is none of auto, none and required", quote(other)),
        )),
    }
}

/// The form of the answer. The chat form wraps the schema, the Responses form does not.
pub(crate) fn format(format: Option<Fields>, is_wrapped: bool) -> Result<Format, FormError> {
    let Some(mut format) = format else {
        return Ok(Format::Text);
    };
    match format.needed_string("type")?.as_str() {
        "text" => Ok(Format::Text),
        "json_object" => Ok(Format::JsonObject),
        "json_schema" if is_wrapped => schema(format.needed_object("json_schema")?),
        "json_schema" => schema(format),
        other => Err(format.not_served("type", other)),
    }
}

fn schema(mut format: Fields) -> Result<Format, FormError> {
    let schema = match format.take("schema") {
        Some(schema @ Value::Object(_)) => schema,
        Some(_) => return Err(format.malformed("schema", "must be an object")),
        None => return Err(format.malformed("schema", "is missing")),
    };
    Ok(Format::JsonSchema {
        name: format.needed_string("name")?,
        schema,
        strict: format.flag("strict")?,
    })
}

/// A picture, from the field that has its address.
pub(crate) fn image(fields: &mut Fields, name: &str) -> Result<Part, FormError> {
    let url = fields.needed_string(name)?;
    let detail = fields.string("detail")?;
    let starts = |with: &str| {
        url.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    let source = if starts("data:") {
        data(&url)
            .ok_or_else(|| fields.malformed(name, "must be a picture as data:image/…;base64,…"))?
    } else if starts("https://") || starts("http://") {
        ImageSource::Url(url)
    } else {
        return Err(fields.malformed(name, "must start with http://, https:// or data:"));
    };
    Ok(Part::Image(Image { source, detail }))
}

/// What a `data:` address holds (RFC 2397), when it is a picture in base64.
fn data(url: &str) -> Option<ImageSource> {
    let (head, base64) = url.split_once(',')?;
    let mut words = head.get("data:".len()..)?.split(';');
    let media_type = words.next()?.to_ascii_lowercase();
    let is_base64 = words.next_back()?.eq_ignore_ascii_case("base64");
    (is_base64 && media_type.starts_with("image/") && !base64.is_empty()).then(|| {
        ImageSource::Data {
            media_type,
            base64: base64.to_owned(),
        }
    })
}

/// Adds the result of a function. Results that follow each other are one turn of the user.
pub(crate) fn add_result(messages: &mut Vec<Message>, id: String, parts: Vec<Part>) {
    let result = Part::ToolResult {
        id,
        parts,
        is_error: false,
    };
    match messages.last_mut() {
        Some(Message {
            role: Role::User,
            parts,
        }) if matches!(parts.last(), Some(Part::ToolResult { .. })) => parts.push(result),
        _ => messages.push(Message {
            role: Role::User,
            parts: vec![result],
        }),
    }
}
