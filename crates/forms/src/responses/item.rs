//! The output items of an answer, and the answer that holds them. Knows no stream.

use providers::{FinishReason, Reply, Usage};
use serde_json::{Map, Value, json};

use crate::openai::write::call_id;
use crate::{Head, Problem};

/// One item of the output.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) kind: Kind,
    /// Words, thoughts or arguments, as far as they have come.
    pub(super) text: String,
    pub(super) status: Status,
}

/// What an item is.
pub(super) enum Kind {
    Message,
    Reasoning {
        /// Anthropic's signature; goes out and comes back as `encrypted_content`.
        signature: Option<String>,
    },
    Call {
        call_id: String,
        name: String,
    },
}

/// How far an item or an answer is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
    Failed,
}

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }
}

impl Item {
    /// An item that begins, at its place in the output.
    pub(super) fn new(head: &Head, place: usize, kind: Kind) -> Self {
        let prefix = match kind {
            Kind::Message => "msg",
            Kind::Reasoning { .. } => "rs",
            Kind::Call { .. } => "fc",
        };
        Self {
            id: format!("{prefix}_{}_{place}", head.id),
            kind,
            text: String::new(),
            status: Status::InProgress,
        }
    }

    /// The part that holds the words or thoughts; calls have none.
    pub(super) fn part(&self) -> Option<Value> {
        match self.kind {
            Kind::Message => Some(json!({
                "type": "output_text",
                "annotations": [],
                "logprobs": [],
                "text": self.text,
            })),
            Kind::Reasoning { .. } => Some(json!({"type": "reasoning_text", "text": self.text})),
            Kind::Call { .. } => None,
        }
    }

    /// The item. One that begins has no part yet.
    pub(super) fn json(&self) -> Value {
        let has_begun = self.status != Status::InProgress || !self.text.is_empty();
        let content: Vec<Value> = self.part().filter(|_| has_begun).into_iter().collect();
        let (id, status) = (&self.id, self.status.word());
        match &self.kind {
            Kind::Message => json!({
                "id": id,
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": content,
            }),
            Kind::Reasoning { signature } => json!({
                "id": id,
                "type": "reasoning",
                "status": status,
                "summary": [],
                "content": content,
                "encrypted_content": signature,
            }),
            Kind::Call { call_id, name } => json!({
                "id": id,
                "type": "function_call",
                "status": status,
                "call_id": call_id,
                "name": name,
                "arguments": self.text,
            }),
        }
    }
}

/// The items of an answer in one piece.
pub(super) fn items(head: &Head, reply: &Reply) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut add = |kind, text: &str| {
        let mut item = Item::new(head, items.len(), kind);
        item.text = text.to_owned();
        item.status = Status::Completed;
        items.push(item);
    };
    if !reply.reasoning.is_empty() || reply.signature.is_some() {
        let signature = reply.signature.clone();
        add(Kind::Reasoning { signature }, &reply.reasoning);
    }
    if !reply.text.is_empty() {
        add(Kind::Message, &reply.text);
    }
    for (place, (id, name, arguments)) in reply.tool_calls.iter().enumerate() {
        let call_id = call_id(Some(id), &head.id, place);
        let name = name.clone();
        add(Kind::Call { call_id, name }, arguments);
    }
    items
}

/// How an answer ended, and why when it is not complete.
pub(super) fn ending(finish: Option<&FinishReason>) -> (Status, Option<&'static str>) {
    match finish {
        Some(FinishReason::Length) => (Status::Incomplete, Some("max_output_tokens")),
        Some(FinishReason::ContentFilter) => (Status::Incomplete, Some("content_filter")),
        _ => (Status::Completed, None),
    }
}

/// What an answer says besides its head and its items.
#[derive(Default)]
pub(super) struct State<'a> {
    pub(super) reason: Option<&'static str>,
    pub(super) usage: Usage,
    pub(super) problem: Option<&'a Problem>,
}

/// The answer, as far as it is.
pub(super) fn response(head: &Head, status: Status, items: &[Item], state: &State<'_>) -> Value {
    let mut response = json!({
        "id": format!("resp_{}", head.id),
        "object": "response",
        "created_at": head.created,
        "status": status.word(),
        "model": head.model,
        "output": items.iter().map(Item::json).collect::<Vec<_>>(),
        "error": state.problem.map(|it| json!({"code": it.code, "message": it.message})),
        "incomplete_details": state.reason.map(|reason| json!({"reason": reason})),
        "usage": usage(&state.usage),
        "store": false,
        "background": false,
        "previous_response_id": null,
        "truncation": "disabled",
    });
    let settings = defaults().into_iter().chain(head.echo.clone());
    for (name, value) in settings {
        response[name] = value;
    }
    response
}

/// What the answer says of fields that the client did not send.
fn defaults() -> Map<String, Value> {
    let fields = [
        ("instructions", Value::Null),
        ("max_output_tokens", Value::Null),
        ("metadata", json!({})),
        ("parallel_tool_calls", json!(true)),
        ("reasoning", json!({"effort": null, "summary": null})),
        ("temperature", Value::Null),
        ("text", json!({"format": {"type": "text"}})),
        ("tool_choice", json!("auto")),
        ("tools", json!([])),
        ("top_p", Value::Null),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Token counts; null when the server counted nothing. The form has no place for "not known".
fn usage(usage: &Usage) -> Value {
    if usage.prompt.or(usage.completion).is_none() {
        return Value::Null;
    }
    let input = usage.prompt.unwrap_or(0);
    let output = usage.completion.unwrap_or(0);
    json!({
        "input_tokens": input,
        "input_tokens_details": {
            "cached_tokens": usage.cached.unwrap_or(0),
            "cache_write_tokens": 0,
        },
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning.unwrap_or(0)},
        "total_tokens": u64::from(input) + u64::from(output),
    })
}
