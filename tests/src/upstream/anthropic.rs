//! Anthropic Messages, as strict as the real one: version, `max_tokens`, roles and fields are
//! checked. Streams have a ping, an event and a block that nobody knows, and thoughts.

use serde_json::{Map, Value, json};

use super::Received;
use super::play::{self, Answer, Step};
use super::said::{ARGUMENTS, Heard, PROMPT_TOKENS, Said, texts, words_of};
use super::script::{Direct, Problem, Server};

/// The key of the account.
pub const KEY: &str = "anthropic-key";

const FIELDS: [&str; 18] = [
    "model",
    "messages",
    "max_tokens",
    "system",
    "metadata",
    "stop_sequences",
    "stream",
    "temperature",
    "top_k",
    "top_p",
    "tools",
    "tool_choice",
    "thinking",
    "service_tier",
    "output_config",
    "output_format",
    "container",
    "anthropic_version",
];

pub fn server() -> Server {
    Server {
        hear,
        good: |_, heard, said| good(heard, said),
        error,
        error_in_stream: || vec![error_event("overloaded_error", "Overloaded")],
    }
}

fn hear(request: &Received) -> Result<Heard, Direct> {
    let path = request.path.split('?').next().unwrap_or_default();
    let bearer = request.header("authorization");
    if request.header("x-api-key") != KEY && bearer != format!("Bearer {KEY}") {
        return Err(error(&Problem::Unauthorized).into());
    }
    if request.header("anthropic-version").is_empty() {
        return refuse("anthropic-version: header is required");
    }
    match path {
        "/v1/models" => {
            let model = json!({"type": "model", "id": "claude-scripted", "display_name": "Scripted",
                "created_at": "2026-01-01T00:00:00Z"});
            let list =
                json!({"data": [model], "has_more": false, "first_id": null, "last_id": null});
            Err(play::json(200, &list).into())
        }
        "/v1/messages/count_tokens" => {
            check(&request.body, false)?;
            Err(play::json(200, &json!({"input_tokens": 4_711})).into())
        }
        "/v1/messages" => read(&request.body),
        other => Err(error(&Problem::NotFound(other.to_owned())).into()),
    }
}

/// Reads a body in this form, which Bedrock takes, too.
pub fn read(body: &Value) -> Result<Heard, Direct> {
    check(body, true)?;
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    if model.contains("4-7") && !body["temperature"].is_null() {
        return refuse("temperature: `temperature` is deprecated for this model.");
    }
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let last = messages.last().unwrap_or(&Value::Null);
    if model.contains("4-6") && last["role"] == "assistant" {
        return refuse("This model does not support assistant message prefill.");
    }
    let parts = last["content"].as_array().map_or(&[][..], Vec::as_slice);
    let result = parts.iter().find(|part| part["type"] == "tool_result");
    let tool = match body["tool_choice"]["type"].as_str() {
        Some("none") => None,
        _ => body["tools"][0]["name"].as_str(),
    };
    Ok(Heard {
        model,
        stream: body["stream"] == true,
        tool: tool.map(String::from),
        tool_result: result.map(|part| words_of(&part["content"])),
        max_tokens: body["max_tokens"].as_u64(),
        last: String::new(),
        stops: texts(&body["stop_sequences"]),
        ..Heard::default()
    })
}

/// What the real one checks before it asks a model.
fn check(body: &Value, wants_limit: bool) -> Result<(), Direct> {
    let Some(fields) = body.as_object() else {
        return refuse("The request body is not valid JSON");
    };
    if let Some((name, _)) = fields
        .iter()
        .find(|(name, _)| !FIELDS.contains(&name.as_str()))
    {
        return refuse(&format!("{name}: Extra inputs are not permitted"));
    }
    if wants_limit && body["max_tokens"].as_u64().is_none() {
        return refuse("max_tokens: Field required");
    }
    let Some(messages) = body["messages"].as_array().filter(|list| !list.is_empty()) else {
        return refuse("messages: at least one message is required");
    };
    for (place, message) in messages.iter().enumerate() {
        if message["role"] != "user" && message["role"] != "assistant" {
            return refuse(&format!(
                "messages.{place}.role: Input should be 'user' or 'assistant'"
            ));
        }
        let content = &message["content"];
        let is_empty = content == "" || content == &json!([]) || content.is_null();
        if is_empty && place + 1 < messages.len() {
            return refuse(&format!(
                "messages.{place}: all messages must have non-empty content"
            ));
        }
    }
    check_tools(fields)
}

fn check_tools(body: &Map<String, Value>) -> Result<(), Direct> {
    let tools = body.get("tools").and_then(Value::as_array);
    for tool in tools.into_iter().flatten() {
        if !tool["name"].is_string() || tool["input_schema"]["type"] != "object" {
            return refuse("tools.0: name and an input_schema of type object are required");
        }
    }
    Ok(())
}

fn stop_reason(said: &Said) -> &'static str {
    match (said.finish(), &said.stop) {
        ("tool_calls", _) => "tool_use",
        ("length", _) => "max_tokens",
        (_, Some(_)) => "stop_sequence",
        _ => "end_turn",
    }
}

fn usage(output: usize) -> Value {
    // Five of the prompt's tokens come from a cache and are counted apart.
    json!({"input_tokens": PROMPT_TOKENS - 5, "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 5, "output_tokens": output})
}

pub fn good(heard: &Heard, said: &Said) -> Answer {
    if heard.stream {
        let steps = events(heard, said).into_iter();
        let steps =
            steps.map(|event| Step::named(event["type"].as_str().unwrap_or_default(), &event));
        return play::events(steps.collect(), heard.pace);
    }
    play::json(200, &message(heard, said))
}

/// An answer in one piece.
pub fn message(heard: &Heard, said: &Said) -> Value {
    let mut content = Vec::new();
    if !said.thoughts.is_empty() {
        content.push(
            json!({"type": "thinking", "thinking": said.thoughts.concat(), "signature": "c2ln"}),
        );
    }
    if !said.words.is_empty() {
        content.push(json!({"type": "text", "text": said.text()}));
    }
    if let Some(name) = &said.call {
        let input: Value = serde_json::from_str(&ARGUMENTS.concat()).expect("they are JSON");
        content.push(json!({"type": "tool_use", "id": "toolu_1", "name": name, "input": input}));
    }
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": heard.model,
        "content": content, "stop_reason": stop_reason(said), "stop_sequence": said.stop,
        "usage": usage(said.tokens())})
}

/// The events of a stream.
pub fn events(heard: &Heard, said: &Said) -> Vec<Value> {
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": heard.model,
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage(1)});
    let mut events = vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "ping"}),
        json!({"type": "vendor_news", "headline": "nobody knows this event"}),
    ];
    let mut index = 0;
    let mut block = |start: Value, deltas: Vec<Value>| {
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        for delta in deltas {
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
        index += 1;
    };
    if !said.thoughts.is_empty() {
        let thought = |text: &String| json!({"type": "thinking_delta", "thinking": text});
        let mut deltas: Vec<Value> = said.thoughts.iter().map(thought).collect();
        deltas.push(json!({"type": "signature_delta", "signature": "c2ln"}));
        block(
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            deltas,
        );
    }
    block(
        json!({"type": "vendor_block", "data": 1}),
        vec![json!({"type": "vendor_delta", "data": 2})],
    );
    if !said.words.is_empty() {
        let word = |text: &String| json!({"type": "text_delta", "text": text});
        block(
            json!({"type": "text", "text": ""}),
            said.words.iter().map(word).collect(),
        );
    }
    if let Some(name) = &said.call {
        let piece = |text: &str| json!({"type": "input_json_delta", "partial_json": text});
        let start = json!({"type": "tool_use", "id": "toolu_1", "name": name, "input": {}});
        block(
            start,
            [""].iter()
                .chain(&ARGUMENTS)
                .map(|text| piece(text))
                .collect(),
        );
    }
    let delta = json!({"stop_reason": stop_reason(said), "stop_sequence": said.stop});
    events.push(
        json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": said.tokens()}}),
    );
    events.push(json!({"type": "message_stop"}));
    events
}

fn error_event(kind: &str, words: &str) -> Step {
    let error = json!({"type": "error", "error": {"type": kind, "message": words}});
    Step::named("error", &error)
}

fn refuse<T>(words: &str) -> Result<T, Direct> {
    Err(error(&Problem::BadRequest(words.into())).into())
}

fn error(problem: &Problem) -> Answer {
    let (status, kind, words) = match problem {
        Problem::BadRequest(words) => (400, "invalid_request_error", words.clone()),
        Problem::Unauthorized => (401, "authentication_error", "invalid x-api-key".into()),
        Problem::NotFound(what) => (404, "not_found_error", what.clone()),
        Problem::Busy(_) => (
            429,
            "rate_limit_error",
            "overloaded: too many requests".into(),
        ),
        Problem::Down => (503, "api_error", "Service Unavailable".into()),
        Problem::Overloaded => (529, "overloaded_error", "Overloaded".into()),
    };
    let error =
        json!({"type": "error", "error": {"type": kind, "message": words}, "request_id": "req_1"});
    let mut answer = play::json(status, &error);
    answer.headers.push(("request-id", "req_1".into()));
    if let Problem::Busy(seconds) = problem {
        answer.headers.push(("retry-after", (*seconds).into()));
    }
    answer
}
