//! The forms that clients speak: reads their requests into an `Ask`, writes answers and errors as
//! they expect them. Pure: no HTTP, no clock, no model server.
#![warn(missing_docs)]

mod chat;
mod completions;
mod error;
mod fields;
mod messages;
mod openai;
mod responses;

use providers::{Ask, Event, Reply};
use serde_json::{Map, Value};

pub use completions::{GapRequest, read_gap, read_prompt};
pub use error::FormError;
pub use messages::count_tokens_answer;

/// A form that clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// OpenAI's `/v1/chat/completions`.
    Chat,
    /// OpenAI's `/v1/completions`; only its answers, as its requests are raw prompts.
    Completions,
    /// OpenAI's `/v1/responses`.
    Responses,
    /// Anthropic's `/v1/messages`.
    Messages,
}

/// A request as a client sent it, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The model that the client named.
    pub model: String,
    /// What it asks for.
    pub ask: Ask,
    /// Whether the stream is to end with token counts (OpenAI's `stream_options.include_usage`).
    pub include_usage: bool,
    /// Fields of the request that the answer repeats (Responses).
    pub echo: Map<String, Value>,
}

/// What every answer says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Tells the answer apart: the correlation id. Each form puts its own prefix before it.
    pub id: String,
    /// The model as the client named it.
    pub model: String,
    /// Seconds since 1970.
    pub created: i64,
    /// Whether a stream ends with token counts, where the form leaves it to the client.
    pub include_usage: bool,
    /// Fields of the request that the answer repeats.
    pub echo: Map<String, Value>,
}

/// Why there is no answer, or no more of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What happened and what to do, as a sentence.
    pub message: String,
    /// A word for programs.
    pub code: String,
}

/// Writes one streamed answer in a client's form, as server-sent events.
pub trait Write: Send {
    /// What this event means for the client; may be nothing.
    fn event(&mut self, event: Event) -> Vec<u8>;
    /// The end of the answer.
    fn end(&mut self) -> Vec<u8>;
    /// An error instead of the end. Never followed by the mark of a good end.
    fn fail(&mut self, problem: &Problem) -> Vec<u8>;
}

impl Form {
    /// Reads a request.
    pub fn read(self, body: &[u8]) -> Result<Asked, FormError> {
        match self {
            Self::Chat => chat::read(body),
            Self::Responses => responses::read(body),
            Self::Messages => messages::read(body),
            Self::Completions => Err(FormError::Malformed(
                "a raw prompt is no conversation".into(),
            )),
        }
    }

    /// A writer for a stream.
    pub fn writer(self, head: Head) -> Box<dyn Write> {
        match self {
            Self::Chat => chat::writer(head),
            Self::Completions => completions::writer(head),
            Self::Responses => responses::writer(head),
            Self::Messages => messages::writer(head),
        }
    }

    /// An answer in one piece, as JSON.
    pub fn whole(self, head: Head, reply: &Reply) -> Vec<u8> {
        let value = match self {
            Self::Chat => chat::whole(head, reply),
            Self::Completions => completions::whole(head, reply),
            Self::Responses => responses::whole(head, reply),
            Self::Messages => messages::whole(head, reply),
        };
        value.to_string().into_bytes()
    }

    /// The body of an error, as JSON.
    pub fn error(self, problem: &Problem) -> Vec<u8> {
        match self {
            Self::Messages => messages::error(problem),
            _ => openai::write::error(problem),
        }
        .to_string()
        .into_bytes()
    }
}

/// Reads a request of Anthropic's `/v1/messages/count_tokens`: one of `/v1/messages` that needs no
/// `max_tokens`.
pub fn read_count_tokens(body: &[u8]) -> Result<Asked, FormError> {
    messages::read_count(body)
}
