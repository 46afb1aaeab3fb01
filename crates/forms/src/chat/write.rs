//! Writes the answer of a chat, as a stream of chunks or in one piece.

use providers::{Event, FinishReason, Reply, Usage};
use serde_json::{Value, json};

use crate::openai::write::{Calls, DONE, call_id, data, error, finish_word, usage};
use crate::{Head, Problem, Write};

/// A writer for a stream of `chat.completion.chunk`.
pub(crate) fn writer(head: Head) -> Box<dyn Write> {
    Box::new(Writer {
        head,
        has_started: false,
        calls: Calls::default(),
        usage: Usage::default(),
        finish: None,
    })
}

struct Writer {
    head: Head,
    has_started: bool,
    calls: Calls,
    usage: Usage,
    /// Kept to the end: a stream that breaks off says no reason.
    finish: Option<FinishReason>,
}

impl Write for Writer {
    fn event(&mut self, event: Event) -> Vec<u8> {
        let mut bytes = self.start();
        match event {
            Event::Started { .. } => {}
            Event::Text(text) if text.is_empty() => {}
            Event::Text(text) => self.delta(&mut bytes, json!({"content": text})),
            Event::Reasoning { text, .. } if text.is_empty() => {}
            Event::Reasoning { text, .. } => {
                self.delta(&mut bytes, json!({"reasoning_content": text}));
            }
            Event::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                let (place, is_new) = self.calls.place(index, self.calls.len());
                let mut call = json!({"index": place, "function": {"arguments": arguments}});
                if is_new {
                    let id = call_id(id.as_deref(), &self.head.id, place);
                    let name = name.unwrap_or_default();
                    call = json!({
                        "index": place,
                        "id": id,
                        "type": "function",
                        "function": {"name": name, "arguments": arguments},
                    });
                }
                self.delta(&mut bytes, json!({"tool_calls": [call]}));
            }
            Event::Usage(counts) => self.usage.update(counts),
            Event::Finish { reason, .. } => self.finish = Some(reason),
        }
        bytes
    }

    fn end(&mut self) -> Vec<u8> {
        let mut bytes = self.start();
        let word = finish_word(self.finish.as_ref(), self.calls.len() > 0);
        self.chunk(&mut bytes, json!([choice(json!({}), Some(word))]), None);
        if self.head.include_usage {
            self.chunk(&mut bytes, json!([]), Some(usage(&self.usage)));
        }
        bytes.extend_from_slice(DONE);
        bytes
    }

    fn fail(&mut self, problem: &Problem) -> Vec<u8> {
        let mut bytes = Vec::new();
        data(&mut bytes, &error(problem));
        bytes
    }
}

impl Writer {
    fn start(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if !self.has_started {
            self.has_started = true;
            self.delta(&mut bytes, json!({"role": "assistant", "content": ""}));
        }
        bytes
    }

    fn delta(&self, bytes: &mut Vec<u8>, delta: Value) {
        self.chunk(bytes, json!([choice(delta, None)]), None);
    }

    fn chunk(&self, bytes: &mut Vec<u8>, choices: Value, counts: Option<Value>) {
        let mut chunk = json!({
            "id": id(&self.head),
            "object": "chat.completion.chunk",
            "created": self.head.created,
            "model": self.head.model,
            "choices": choices,
        });
        // A client that asked for counts finds null in every chunk but the last.
        if self.head.include_usage {
            chunk["usage"] = counts.unwrap_or(Value::Null);
        }
        data(bytes, &chunk);
    }
}

fn choice(delta: Value, finish: Option<&str>) -> Value {
    json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish})
}

fn id(head: &Head) -> String {
    format!("chatcmpl-{}", head.id)
}

/// An answer in one piece: a `chat.completion`.
pub(crate) fn whole(head: Head, reply: &Reply) -> Value {
    let has_calls = !reply.tool_calls.is_empty();
    let content = if has_calls && reply.text.is_empty() {
        Value::Null
    } else {
        json!(reply.text)
    };
    let mut message = json!({"role": "assistant", "content": content, "refusal": null});
    if !reply.reasoning.is_empty() {
        message["reasoning_content"] = json!(reply.reasoning);
    }
    if has_calls {
        let calls = reply.tool_calls.iter().enumerate();
        message["tool_calls"] = calls
            .map(|(place, (id, name, arguments))| {
                json!({
                    "id": call_id(Some(id), &head.id, place),
                    "type": "function",
                    "function": {"name": name, "arguments": arguments},
                })
            })
            .collect();
    }
    json!({
        "id": id(&head),
        "object": "chat.completion",
        "created": head.created,
        "model": head.model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": finish_word(reply.finish.as_ref(), has_calls),
        }],
        "usage": usage(&reply.usage),
    })
}
