//! Writes a completion, as a stream or in one piece. Thoughts and calls have no place in it.

use providers::{Event, FinishReason, Reply, Usage};
use serde_json::{Value, json};

use crate::openai::write::{DONE, data, error, finish_word, usage};
use crate::{Head, Problem, Write};

/// A writer for a stream of `text_completion`.
pub(crate) fn writer(head: Head) -> Box<dyn Write> {
    Box::new(Writer {
        head,
        usage: Usage::default(),
        finish: None,
    })
}

struct Writer {
    head: Head,
    usage: Usage,
    /// Kept to the end: a stream that breaks off says no reason.
    finish: Option<FinishReason>,
}

impl Write for Writer {
    fn event(&mut self, event: Event) -> Vec<u8> {
        let mut bytes = Vec::new();
        match event {
            Event::Text(text) if !text.is_empty() => {
                self.chunk(&mut bytes, json!([choice(&text, None)]), None);
            }
            Event::Usage(counts) => self.usage.update(counts),
            Event::Finish { reason, .. } => self.finish = Some(reason),
            _ => {}
        }
        bytes
    }

    fn end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let word = word(self.finish.as_ref());
        self.chunk(&mut bytes, json!([choice("", Some(word))]), None);
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
    fn chunk(&self, bytes: &mut Vec<u8>, choices: Value, counts: Option<Value>) {
        let mut chunk = object(&self.head, choices);
        if self.head.include_usage {
            chunk["usage"] = counts.unwrap_or(Value::Null);
        }
        data(bytes, &chunk);
    }
}

/// The form knows no calls; an answer that ends with one has simply stopped.
fn word(finish: Option<&FinishReason>) -> &str {
    match finish {
        Some(FinishReason::ToolCalls) => FinishReason::Stop.as_openai(),
        other => finish_word(other, false),
    }
}

fn choice(text: &str, finish: Option<&str>) -> Value {
    json!({"index": 0, "text": text, "logprobs": null, "finish_reason": finish})
}

fn object(head: &Head, choices: Value) -> Value {
    json!({
        "id": format!("cmpl-{}", head.id),
        "object": "text_completion",
        "created": head.created,
        "model": head.model,
        "choices": choices,
    })
}

/// An answer in one piece.
pub(crate) fn whole(head: Head, reply: &Reply) -> Value {
    let word = word(reply.finish.as_ref());
    let mut whole = object(&head, json!([choice(&reply.text, Some(word))]));
    whole["usage"] = usage(&reply.usage);
    whole
}
