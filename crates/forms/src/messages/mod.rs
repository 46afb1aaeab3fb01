//! Anthropic's `POST /v1/messages` and `/v1/messages/count_tokens`, as clients speak them.
//! Requests are read in `read` and `content`, streams written in `write`.

use providers::{FinishReason, Reply, Usage};
use serde_json::{Map, Value, json};

use crate::{Head, Problem};

mod content;
mod read;
mod write;

pub(crate) use read::{read, read_count};
pub(crate) use write::writer;

/// The answer to `POST /v1/messages/count_tokens`, as JSON.
pub fn count_tokens_answer(tokens: u32) -> Vec<u8> {
    json!({"input_tokens": tokens}).to_string().into_bytes()
}

/// An answer in one piece.
pub(crate) fn whole(head: Head, reply: &Reply) -> Value {
    let mut content = Vec::new();
    if !reply.reasoning.is_empty() || reply.signature.is_some() {
        content.push(json!({
            "type": "thinking",
            "thinking": reply.reasoning,
            "signature": reply.signature.as_deref().unwrap_or_default(),
        }));
    }
    if !reply.text.is_empty() {
        content.push(json!({"type": "text", "text": reply.text}));
    }
    for (number, (id, name, arguments)) in reply.tool_calls.iter().enumerate() {
        let id = call_id(&head, number, Some(id));
        let input = input(arguments);
        content.push(json!({"type": "tool_use", "id": id, "name": name, "input": input}));
    }
    let mut message = message(&head, &reply.usage);
    let stop = stop(
        reply.finish.as_ref(),
        reply.stop.as_deref(),
        !reply.tool_calls.is_empty(),
    );
    for (name, value) in stop {
        message[name] = value;
    }
    message["content"] = content.into();
    message["usage"] = usage(&reply.usage);
    message
}

/// The body of an error.
pub(crate) fn error(problem: &Problem) -> Value {
    json!({
        "type": "error",
        "error": {
            "type": kind_of(problem.status),
            "message": problem.message,
            // Where the vendor's packages look for a word for programs.
            "details": {"error_code": problem.code},
        },
    })
}

/// The vendor's word for an error of this status. Source: platform.claude.com, "Errors", and
/// `types/shared/error_type.py` of the package `anthropic`.
fn kind_of(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        408 | 504 => "timeout_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        // Clients come back later on this word, which is what a full queue asks for as well.
        503 | 529 => "overloaded_error",
        400..500 => "invalid_request_error",
        _ => "api_error",
    }
}

/// An answer that has not begun.
fn message(head: &Head, counts: &Usage) -> Value {
    json!({
        "id": format!("msg_{}", head.id),
        "type": "message",
        "role": "assistant",
        "model": head.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage(counts),
    })
}

/// Token counts: here input tokens are those that no cache had. Clients require both numbers.
fn usage(counts: &Usage) -> Value {
    let cached = counts.cached.unwrap_or(0);
    let mut usage = json!({
        "input_tokens": counts.prompt.unwrap_or(0).saturating_sub(cached),
        "output_tokens": counts.completion.unwrap_or(0),
    });
    if let Some(cached) = counts.cached {
        usage["cache_read_input_tokens"] = cached.into();
    }
    if let Some(thoughts) = counts.reasoning {
        usage["output_tokens_details"] = json!({"thinking_tokens": thoughts});
    }
    usage
}

/// Why the answer ended. `has_calls` counts more than what the server said: some servers call
/// functions and say `stop`.
fn stop(finish: Option<&FinishReason>, text: Option<&str>, has_calls: bool) -> Map<String, Value> {
    let reason = match finish {
        Some(FinishReason::Length) => "max_tokens",
        Some(FinishReason::ContentFilter) => "refusal",
        Some(FinishReason::Other(word)) if word == "pause_turn" => "pause_turn",
        _ if has_calls => "tool_use",
        Some(FinishReason::Stop) if text.is_some() => "stop_sequence",
        _ => "end_turn",
    };
    let text = text.filter(|_| reason == "stop_sequence");
    Map::from_iter([
        ("stop_reason".to_owned(), reason.into()),
        ("stop_sequence".to_owned(), text.into()),
    ])
}

/// The id of a call; one of our own where the server gave none.
fn call_id(head: &Head, number: usize, id: Option<&str>) -> String {
    id.filter(|id| !id.is_empty())
        .map_or_else(|| format!("toolu_{}_{number}", head.id), str::to_owned)
}

/// The arguments of a call as the object that the form requires; empty where a model wrote
/// something else, which a function refuses by what it misses.
fn input(arguments: &str) -> Value {
    serde_json::from_str(arguments).map_or_else(|_| json!({}), Value::Object)
}

#[cfg(test)]
mod tests;
