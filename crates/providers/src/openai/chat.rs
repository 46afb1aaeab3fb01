//! Writes a conversation in OpenAI's form. What a model or a server refuses is taken out
//! afterwards, in `fit.rs`, as from a body that is passed on.

use domain::UpstreamPath;
use serde_json::{Map, Value, json};

use super::fit::{Fitted, adjust};
use super::quirks::{ServerRecord, record_of};
use crate::notes::missing;
use crate::{
    Ask, Format, Image, ImageSource, Message, Parameters, Part, Role, Target, ToolChoice,
    UpstreamError,
};

/// The body of `/chat/completions`.
pub(crate) fn body(target: Target<'_>, ask: &Ask) -> Result<Fitted, UpstreamError> {
    let record = record_of(target);
    let mut body = Map::new();
    body.insert("model".into(), target.name.into());
    body.insert("messages".into(), messages(&ask.messages).into());
    add_tools(&mut body, ask);
    match &ask.format {
        Format::Text => {}
        Format::JsonObject => {
            body.insert("response_format".into(), json!({"type": "json_object"}));
        }
        Format::JsonSchema {
            name,
            schema,
            strict,
        } => {
            let mut inner = Map::new();
            inner.insert("name".into(), name.as_str().into());
            inner.insert("schema".into(), schema.clone());
            inner.extend(strict.map(|strict| ("strict".to_owned(), strict.into())));
            let format = json!({"type": "json_schema", "json_schema": inner});
            body.insert("response_format".into(), format);
        }
    }
    add_parameters(&mut body, &ask.parameters, record);
    add_stream(&mut body, ask.stream, record);
    if record.takes_unknown_fields {
        for (name, value) in &ask.rest {
            body.entry(name).or_insert_with(|| value.clone());
        }
    }
    let missing = missing(&ask.parameters, &ask.rest, &body);
    let body = Value::Object(body).to_string();
    let mut fitted = adjust(body.into(), target, UpstreamPath::ChatCompletions)?;
    fitted.notes.extend(missing);
    Ok(fitted)
}

/// How to sample, and how much, in OpenAI's names.
pub(super) fn add_parameters(
    body: &mut Map<String, Value>,
    parameters: &Parameters,
    record: &ServerRecord,
) {
    let mut set = |name: &str, value: Option<Value>| {
        body.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("max_tokens", parameters.max_tokens.map(Value::from));
    set("temperature", parameters.temperature.map(Value::from));
    set("top_p", parameters.top_p.map(Value::from));
    if record.takes_unknown_fields {
        set("top_k", parameters.top_k.map(Value::from));
    }
    let most = record.most_stops.unwrap_or(usize::MAX);
    let stop: Vec<&str> = parameters
        .stop
        .iter()
        .take(most)
        .map(String::as_str)
        .collect();
    set("stop", (!stop.is_empty()).then(|| stop.into()));
    set("seed", parameters.seed.map(Value::from));
    set(
        "frequency_penalty",
        parameters.frequency_penalty.map(Value::from),
    );
    set(
        "presence_penalty",
        parameters.presence_penalty.map(Value::from),
    );
    let effort = parameters.reasoning_effort.as_deref();
    set("reasoning_effort", effort.map(Value::from));
}

/// `stream`, and the question for token counts: vLLM refuses the latter without the former.
pub(super) fn add_stream(body: &mut Map<String, Value>, stream: bool, record: &ServerRecord) {
    if !stream {
        return;
    }
    body.insert("stream".into(), true.into());
    if record.takes_stream_options {
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
}

fn add_tools(body: &mut Map<String, Value>, ask: &Ask) {
    if ask.tools.is_empty() {
        return;
    }
    let tools = ask.tools.iter().map(|tool| {
        let mut function = Map::new();
        function.insert("name".into(), tool.name.as_str().into());
        let description = tool.description.as_deref();
        function.extend(description.map(|text| ("description".to_owned(), text.into())));
        function.insert("parameters".into(), tool.parameters.clone());
        function.extend(
            tool.strict
                .map(|strict| ("strict".to_owned(), strict.into())),
        );
        json!({"type": "function", "function": function})
    });
    body.insert("tools".into(), tools.collect());
    let choice = match &ask.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!("none")),
        ToolChoice::Required => Some(json!("required")),
        ToolChoice::Function(name) => Some(json!({"type": "function", "function": {"name": name}})),
    };
    body.extend(choice.map(|choice| ("tool_choice".to_owned(), choice)));
    let parallel = ask.parallel_tool_calls;
    body.extend(parallel.map(|parallel| ("parallel_tool_calls".to_owned(), parallel.into())));
}

fn messages(turns: &[Message]) -> Vec<Value> {
    let mut messages = Vec::with_capacity(turns.len());
    for turn in turns {
        match turn.role {
            Role::System => {
                messages.push(json!({"role": "system", "content": content(&turn.parts)}))
            }
            Role::User => add_user(&mut messages, turn),
            Role::Assistant => messages.push(assistant(turn)),
        }
    }
    messages
}

/// A turn of the user. Results of tools are messages of their own there and come first, because
/// they have to follow the calls; their pictures, which those messages cannot carry, come after.
fn add_user(messages: &mut Vec<Value>, turn: &Message) {
    let mut rest = Vec::new();
    for part in &turn.parts {
        let Part::ToolResult { id, parts, .. } = part else {
            rest.push(part);
            continue;
        };
        let words: Vec<&str> = parts.iter().filter_map(text).collect();
        messages.push(json!({"role": "tool", "tool_call_id": id, "content": words.join("\n")}));
        rest.extend(parts.iter().filter(|part| matches!(part, Part::Image(_))));
    }
    if !rest.is_empty() || turn.parts.is_empty() {
        messages.push(json!({"role": "user", "content": content(rest)}));
    }
}

/// A turn of the model, without its thoughts: servers want none in the history.
fn assistant(turn: &Message) -> Value {
    let calls: Vec<Value> = turn.parts.iter().filter_map(call).collect();
    let words: Vec<&str> = turn.parts.iter().filter_map(text).collect();
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    let content = if words.is_empty() && !calls.is_empty() {
        Value::Null
    } else {
        words.concat().into()
    };
    message.insert("content".into(), content);
    if !calls.is_empty() {
        message.insert("tool_calls".into(), calls.into());
    }
    message.into()
}

fn call(part: &Part) -> Option<Value> {
    let Part::ToolCall {
        id,
        name,
        arguments,
    } = part
    else {
        return None;
    };
    Some(json!({
        "id": id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }))
}

fn text(part: &Part) -> Option<&str> {
    match part {
        Part::Text(text) => Some(text),
        _ => None,
    }
}

/// Words as one text, because some templates know nothing else; a list only with pictures.
fn content<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Value {
    let parts: Vec<&Part> = parts.into_iter().collect();
    if !parts.iter().any(|part| matches!(part, Part::Image(_))) {
        let words: Vec<&str> = parts.into_iter().filter_map(text).collect();
        return words.join("\n").into();
    }
    let parts = parts.into_iter().filter_map(|part| match part {
        Part::Text(text) => Some(json!({"type": "text", "text": text})),
        Part::Image(image) => Some(picture(image)),
        _ => None,
    });
    parts.collect()
}

fn picture(image: &Image) -> Value {
    let url = match &image.source {
        ImageSource::Data { media_type, base64 } => format!("data:{media_type};base64,{base64}"),
        ImageSource::Url(url) => url.clone(),
    };
    let mut inner = Map::new();
    inner.insert("url".into(), url.into());
    let detail = image.detail.as_deref();
    inner.extend(detail.map(|detail| ("detail".to_owned(), detail.into())));
    json!({"type": "image_url", "image_url": inner})
}
