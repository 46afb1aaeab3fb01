//! Writes a request in Anthropic's form. Knows no URL and no header; what the model refuses is
//! taken out by `fit`.

use serde_json::{Map, Value, json};

use super::fit;
use crate::notes::missing;
use crate::{
    Ask, Format, FunctionTool, Image, ImageSource, Part, Role, Target, ToolChoice, UpstreamError,
};

/// The most tokens of an answer, where the client leaves it open: the form requires a number, and
/// every model of the vendor takes this one.
const DEFAULT_MAX_TOKENS: u64 = 4096;

/// Stands in front of a conversation that begins with a turn of the model, which the form refuses.
const MISSING_TURN: &str = "(The conversation continues.)";

/// A body, and what was left out of it or changed.
pub(crate) type Written = (Map<String, Value>, Vec<String>);

/// The body of a request, without `model` and `stream`: Bedrock takes it so. What the form has no
/// field for is left out: `seed`, the penalties, and the effort of thinking, which older models
/// refuse as an unknown field.
pub(crate) fn body(target: Target<'_>, ask: &Ask) -> Result<Written, UpstreamError> {
    let mut body = Map::new();
    let turns = turns(ask)?;
    let (system, turns) = match (ask.system(), turns.is_empty()) {
        (Some(system), true) => (None, vec![turn("user", vec![text_block(&system)])]),
        (None, true) => {
            let problem = "the conversation has no words of the user";
            return Err(UpstreamError::Invalid(problem.into()));
        }
        (system, false) => (system, turns),
    };
    if let Some(system) = system.filter(|text| !text.trim().is_empty()) {
        body.insert("system".into(), system.into());
    }
    body.insert("messages".into(), turns.into());
    parameters(&mut body, ask);
    tools(&mut body, ask);
    match &ask.format {
        Format::Text => {}
        Format::JsonObject => {
            return Err(UpstreamError::Unsupported {
                who: "Anthropic Messages".into(),
                what: "JSON answers without a schema".into(),
            });
        }
        // Without a beta header since it is generally available; older models refuse it.
        // Source: platform.claude.com, "Structured outputs".
        Format::JsonSchema { schema, .. } => {
            let format = json!({"format": {"type": "json_schema", "schema": schema}});
            body.insert("output_config".into(), format);
        }
    }
    // What was left out before has no field of this form, or says nothing.
    let mut notes = missing(&ask.parameters, &ask.rest, &body);
    notes.extend(fit::fit(&mut body, target)?);
    Ok((body, notes))
}

fn parameters(body: &mut Map<String, Value>, ask: &Ask) {
    let given = &ask.parameters;
    let thinking = ask
        .rest
        .get("thinking")
        .filter(|value| value.get("type").is_some());
    let budget = thinking.and_then(|thinking| thinking.get("budget_tokens")?.as_u64());
    // The budget of thoughts has to be below the most tokens.
    let open = DEFAULT_MAX_TOKENS.saturating_add(budget.unwrap_or(0));
    let most = given.max_tokens.map_or(open, u64::from);
    body.insert("max_tokens".into(), most.into());
    if let Some(thinking) = thinking {
        body.insert("thinking".into(), thinking.clone());
    }
    if let Some(temperature) = given.temperature {
        // OpenAI's scale ends at 2, this one at 1, and beyond it is refused.
        body.insert("temperature".into(), temperature.clamp(0.0, 1.0).into());
    }
    // Newer models refuse both at once; a `top_p` of 1 says nothing.
    let says_nothing = |top_p: f64| given.temperature.is_some() && top_p >= 1.0;
    if let Some(top_p) = given.top_p.filter(|top_p| !says_nothing(*top_p)) {
        body.insert("top_p".into(), top_p.into());
    }
    if let Some(top_k) = given.top_k {
        body.insert("top_k".into(), top_k.into());
    }
    // The API refuses stop texts without a visible character.
    let stops = given.stop.iter().filter(|text| !text.trim().is_empty());
    let stops: Vec<Value> = stops.map(|text| text.as_str().into()).collect();
    if !stops.is_empty() {
        body.insert("stop_sequences".into(), stops.into());
    }
}

fn tools(body: &mut Map<String, Value>, ask: &Ask) {
    if ask.tools.is_empty() {
        return;
    }
    let tools: Vec<Value> = ask.tools.iter().map(tool).collect();
    body.insert("tools".into(), tools.into());
    let mut choice = match &ask.tool_choice {
        ToolChoice::Auto if ask.parallel_tool_calls != Some(false) => return,
        ToolChoice::Auto => json!({"type": "auto"}),
        ToolChoice::None => json!({"type": "none"}),
        ToolChoice::Required => json!({"type": "any"}),
        ToolChoice::Function(name) => json!({"type": "tool", "name": name}),
    };
    if ask.parallel_tool_calls == Some(false) && ask.tool_choice != ToolChoice::None {
        choice["disable_parallel_tool_use"] = true.into();
    }
    body.insert("tool_choice".into(), choice);
}

fn tool(tool: &FunctionTool) -> Value {
    let mut schema = tool.parameters.as_object().cloned().unwrap_or_default();
    // OpenAI lets a function without arguments go without a schema.
    schema.entry("type").or_insert_with(|| "object".into());
    let mut written = json!({"name": tool.name, "input_schema": schema});
    if let Some(description) = &tool.description {
        written["description"] = description.as_str().into();
    }
    if tool.strict == Some(true) {
        written["strict"] = true.into();
    }
    written
}

/// The turns of user and model: neighbours of one role are one turn, the first is the user's.
fn turns(ask: &Ask) -> Result<Vec<Value>, UpstreamError> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in &ask.messages {
        let role = match message.role {
            Role::System => continue,
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let blocks = blocks(&message.parts)?;
        match turns.last_mut() {
            Some((last, held)) if *last == role => held.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => turns.push((role, blocks)),
        }
    }
    if let Some(("assistant", blocks)) = turns.last_mut() {
        trim_prefill(blocks);
    }
    if turns.first().is_some_and(|(role, _)| *role == "assistant") {
        turns.insert(0, ("user", vec![text_block(MISSING_TURN)]));
    }
    Ok(turns
        .into_iter()
        .map(|(role, blocks)| turn(role, blocks))
        .collect())
}

fn turn(role: &str, blocks: Vec<Value>) -> Value {
    json!({"role": role, "content": blocks})
}

fn text_block(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// The beginning of an answer must not end in white space.
fn trim_prefill(blocks: &mut [Value]) {
    if let Some(Value::String(text)) = blocks.last_mut().and_then(|block| block.get_mut("text")) {
        text.truncate(text.trim_end().len());
    }
}

fn blocks(parts: &[Part]) -> Result<Vec<Value>, UpstreamError> {
    parts
        .iter()
        .filter_map(|part| block(part).transpose())
        .collect()
}

/// A part as a block; none where the form has no place for it.
fn block(part: &Part) -> Result<Option<Value>, UpstreamError> {
    Ok(match part {
        // Blocks without a visible character are refused.
        Part::Text(text) if text.trim().is_empty() => None,
        Part::Text(text) => Some(text_block(text)),
        Part::Image(image) => Some(image_block(image)),
        // Thoughts of another vendor, or of no proof, are refused.
        Part::Reasoning {
            signature: None, ..
        } => None,
        Part::Reasoning {
            text,
            signature: Some(signature),
        } => Some(json!({"type": "thinking", "thinking": text, "signature": signature})),
        Part::ToolCall {
            id,
            name,
            arguments,
        } => Some(json!({
            "type": "tool_use",
            "id": id,
            "name": name,
            "input": input(name, arguments)?,
        })),
        Part::ToolResult {
            id,
            parts,
            is_error,
        } => {
            let mut result = json!({"type": "tool_result", "tool_use_id": id});
            let content = blocks(parts)?;
            if !content.is_empty() {
                result["content"] = content.into();
            }
            if *is_error {
                result["is_error"] = true.into();
            }
            Some(result)
        }
    })
}

fn image_block(image: &Image) -> Value {
    let source = match &image.source {
        ImageSource::Data { media_type, base64 } => {
            json!({"type": "base64", "media_type": media_type, "data": base64})
        }
        ImageSource::Url(url) => json!({"type": "url", "url": url}),
    };
    json!({"type": "image", "source": source})
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
