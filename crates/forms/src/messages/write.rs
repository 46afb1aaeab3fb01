//! Writes a stream in Anthropic's form: blocks one after the other, each opened, filled and
//! closed; reason and token counts at the end.

use std::collections::HashMap;

use providers::{Event, FinishReason, Usage};
use serde_json::{Value, json};

use super::{call_id, error, message, stop, usage};
use crate::{Head, Problem, Write};

/// A writer for one answer.
pub(crate) fn writer(head: Head) -> Box<dyn Write> {
    Box::new(Writer {
        head,
        out: Vec::new(),
        has_begun: false,
        has_ended: false,
        open: None,
        blocks: 0,
        calls: HashMap::new(),
        usage: Usage::default(),
        finish: None,
    })
}

#[derive(Debug)]
struct Writer {
    head: Head,
    out: Vec<u8>,
    has_begun: bool,
    has_ended: bool,
    /// The block that is being filled: the last one.
    open: Option<Kind>,
    /// How many blocks have been opened.
    blocks: u32,
    /// The block of each call.
    calls: HashMap<u32, u32>,
    usage: Usage,
    finish: Option<(FinishReason, Option<String>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Thoughts; nothing follows their signature.
    Thinking {
        is_signed: bool,
    },
    Call,
}

impl Write for Writer {
    fn event(&mut self, event: Event) -> Vec<u8> {
        if self.has_ended {
            return Vec::new();
        }
        match event {
            Event::Started { .. } => {}
            Event::Text(text) => self.text(&text),
            Event::Reasoning { text, signature } => self.thoughts(&text, signature.as_deref()),
            Event::ToolCall {
                index,
                id,
                name,
                arguments,
            } => self.call(index, id.as_deref(), name.as_deref(), &arguments),
            Event::Usage(usage) => self.usage.update(usage),
            Event::Finish { reason, stop } => self.finish = Some((reason, stop)),
        }
        std::mem::take(&mut self.out)
    }

    fn end(&mut self) -> Vec<u8> {
        if self.has_ended {
            return Vec::new();
        }
        self.begin();
        self.close();
        let (reason, text) = self.finish.take().unzip();
        let delta = stop(
            reason.as_ref(),
            text.flatten().as_deref(),
            !self.calls.is_empty(),
        );
        let usage = usage(&self.usage);
        self.put(json!({"type": "message_delta", "delta": delta, "usage": usage}));
        self.put(json!({"type": "message_stop"}));
        self.has_ended = true;
        std::mem::take(&mut self.out)
    }

    fn fail(&mut self, problem: &Problem) -> Vec<u8> {
        if self.has_ended {
            return Vec::new();
        }
        let mut error = error(problem);
        error["request_id"] = format!("req_{}", self.head.id).into();
        self.put(error);
        self.has_ended = true;
        std::mem::take(&mut self.out)
    }
}

impl Writer {
    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.open != Some(Kind::Text) {
            self.open(Kind::Text, json!({"type": "text", "text": ""}));
        }
        self.fill(json!({"type": "text_delta", "text": text}));
    }

    fn thoughts(&mut self, text: &str, signature: Option<&str>) {
        if text.is_empty() && signature.is_none() {
            return;
        }
        let unsigned = Kind::Thinking { is_signed: false };
        if self.open != Some(unsigned) {
            let block = json!({"type": "thinking", "thinking": "", "signature": ""});
            self.open(unsigned, block);
        }
        if !text.is_empty() {
            self.fill(json!({"type": "thinking_delta", "thinking": text}));
        }
        if let Some(signature) = signature {
            self.fill(json!({"type": "signature_delta", "signature": signature}));
            self.open = Some(Kind::Thinking { is_signed: true });
        }
    }

    fn call(&mut self, index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) {
        let block = match self.calls.get(&index) {
            Some(block) => *block,
            None => {
                let block = json!({
                    "type": "tool_use",
                    "id": call_id(&self.head, self.calls.len(), id),
                    "name": name.unwrap_or_default(),
                    "input": {},
                });
                self.open(Kind::Call, block);
                self.calls.insert(index, self.blocks - 1);
                self.blocks - 1
            }
        };
        if !arguments.is_empty() {
            // By the call's own block: clients add pieces up by index, should a server mix calls.
            let delta = json!({"type": "input_json_delta", "partial_json": arguments});
            self.put(json!({"type": "content_block_delta", "index": block, "delta": delta}));
        }
    }

    /// Opens a block after closing the one before it.
    fn open(&mut self, kind: Kind, block: Value) {
        self.begin();
        self.close();
        let index = self.blocks;
        self.put(json!({"type": "content_block_start", "index": index, "content_block": block}));
        self.blocks += 1;
        self.open = Some(kind);
    }

    fn fill(&mut self, delta: Value) {
        let index = self.blocks.saturating_sub(1);
        self.put(json!({"type": "content_block_delta", "index": index, "delta": delta}));
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            let index = self.blocks.saturating_sub(1);
            self.put(json!({"type": "content_block_stop", "index": index}));
        }
    }

    /// Begins the answer, as late as possible: by then the server may have said its counts.
    fn begin(&mut self) {
        if !self.has_begun {
            self.has_begun = true;
            let message = message(&self.head, &self.usage);
            self.put(json!({"type": "message_start", "message": message}));
        }
    }

    /// Writes an event under the name that its type is.
    fn put(&mut self, data: Value) {
        let name = data["type"].as_str().unwrap_or_default();
        let event = format!("event: {name}\ndata: {data}\n\n");
        self.out.extend_from_slice(event.as_bytes());
    }
}
