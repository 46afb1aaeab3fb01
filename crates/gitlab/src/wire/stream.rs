//! Writes answers as streams. What is written for one piece is to reach the client at once.

use providers::Usage;
use serde_json::{Value, json};

use super::answer::{CodeModel, prompt_answer_v2};

/// The content type of raw text and of server-sent events.
pub const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";
/// The content type of lines of JSON.
pub const NDJSON: &str = "application/x-ndjson; charset=utf-8";
/// The content type of an answer in one piece.
pub const JSON: &str = "application/json";
/// The header that tells an editor to read server-sent events, and its value. Without it the
/// editor takes a stream as raw text.
pub const STREAMING_FORMAT: (&str, &str) = ("x-streaming-format", "sse");

/// Writes one streamed answer.
pub trait Write: Send {
    /// What comes before the text.
    fn start(&mut self) -> Vec<u8>;
    /// A piece of the text.
    fn text(&mut self, text: &str) -> Vec<u8>;
    /// The end of the answer, with the counts where they are known.
    fn end(&mut self, usage: Option<&Usage>) -> Vec<u8>;
    /// An error instead of the end, in words. Raw text has no place for it: the connection has to
    /// break off.
    fn fail(&mut self, message: &str) -> Vec<u8>;
}

/// The text and nothing else: v2 and v3 of code, v1 of prompts and of chat.
#[derive(Debug, Default)]
pub struct Raw;

impl Write for Raw {
    fn start(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        text.as_bytes().to_vec()
    }

    fn end(&mut self, _: Option<&Usage>) -> Vec<u8> {
        Vec::new()
    }

    fn fail(&mut self, _: &str) -> Vec<u8> {
        Vec::new()
    }
}

/// Server-sent events: v4 of code.
#[derive(Debug)]
pub struct Sse {
    /// What the first event says.
    pub model: CodeModel,
    /// Seconds since 1970.
    pub created: i64,
}

impl Write for Sse {
    fn start(&mut self) -> Vec<u8> {
        let model = self.model.short_json();
        let metadata = json!({"model": model, "timestamp": self.created});
        event("stream_start", &json!({"metadata": metadata}))
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        if text.is_empty() {
            return Vec::new();
        }
        let choice = json!({"index": 0, "delta": {"content": text}});
        event("content_chunk", &json!({"choices": [choice]}))
    }

    fn end(&mut self, _: Option<&Usage>) -> Vec<u8> {
        event("stream_end", &Value::Null)
    }

    /// Editors know no such event and pass over it; what is missing is the end.
    fn fail(&mut self, message: &str) -> Vec<u8> {
        event("error", &json!({"message": message}))
    }
}

fn event(name: &str, data: &Value) -> Vec<u8> {
    format!("event: {name}\ndata: {data}\n\n").into_bytes()
}

/// Lines of JSON: v2 of prompts.
#[derive(Debug)]
pub struct UsageLines {
    /// The model that the counts are of.
    pub model: String,
}

impl Write for UsageLines {
    fn start(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        if text.is_empty() {
            return Vec::new();
        }
        line(&prompt_answer_v2(text, &self.model, None))
    }

    fn end(&mut self, usage: Option<&Usage>) -> Vec<u8> {
        match usage {
            Some(usage) => line(&prompt_answer_v2("", &self.model, Some(usage))),
            None => Vec::new(),
        }
    }

    fn fail(&mut self, message: &str) -> Vec<u8> {
        line(&json!({"error": message}))
    }
}

/// One value in one line.
pub(super) fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
