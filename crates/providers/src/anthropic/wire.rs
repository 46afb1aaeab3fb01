//! Answers in Anthropic's form, as types, and what their parts mean. Fields that no event here
//! carries are not read.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Event, FinishReason, UpstreamError, Usage, words};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        index: u64,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    ContentBlockStop {
        index: u64,
    },
    MessageDelta {
        delta: End,
        usage: Option<Counts>,
    },
    MessageStop,
    Error {
        error: Problem,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub(super) struct Start {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) usage: Option<Counts>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) content: Vec<Block>,
    #[serde(flatten)]
    pub(super) end: End,
    pub(super) usage: Option<Counts>,
}

#[derive(Deserialize)]
pub(super) struct Failed {
    pub(super) error: Problem,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
        signature: Option<String>,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Map<String, Value>,
    },
    #[serde(other)]
    Unknown,
}

impl Block {
    /// What the block says by itself. `call` is the number of the next call of a function.
    pub(super) fn into_event(self, call: u32) -> Option<Event> {
        match self {
            Self::Text { text } => (!text.is_empty()).then_some(Event::Text(text)),
            Self::Thinking {
                thinking,
                signature,
            } => {
                let signature = signature.filter(|text| !text.is_empty());
                (!thinking.is_empty() || signature.is_some()).then_some(Event::Reasoning {
                    text: thinking,
                    signature,
                })
            }
            Self::ToolUse { id, name, input } => Some(Event::ToolCall {
                index: call,
                id: Some(id),
                name: Some(name),
                // Empty in streams, where the pieces follow.
                arguments: if input.is_empty() {
                    String::new()
                } else {
                    Value::Object(input).to_string()
                },
            }),
            Self::Unknown => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the names are the form's")]
pub(super) enum Delta {
    TextDelta {
        text: String,
    },
    ThinkingDelta {
        thinking: String,
    },
    SignatureDelta {
        signature: String,
    },
    InputJsonDelta {
        partial_json: String,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub(super) struct End {
    pub(super) stop_reason: Option<String>,
    pub(super) stop_sequence: Option<String>,
}

impl End {
    pub(super) fn into_event(self) -> Option<Event> {
        let reason = match self.stop_reason?.as_str() {
            "end_turn" | "stop_sequence" => FinishReason::Stop,
            "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
            "tool_use" => FinishReason::ToolCalls,
            "refusal" => FinishReason::ContentFilter,
            word => FinishReason::Other(words::cut(word, 100)),
        };
        Some(Event::Finish {
            reason,
            stop: self.stop_sequence,
        })
    }
}

/// Token counts as the form has them: input tokens are those that no cache had. Cumulative.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Counts {
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
    pub(super) output_tokens_details: Option<Details>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Details {
    pub(super) thinking_tokens: Option<u64>,
}

impl Counts {
    /// Takes over every count that the other has.
    pub(super) fn update(&mut self, other: Self) {
        self.input_tokens = other.input_tokens.or(self.input_tokens);
        self.output_tokens = other.output_tokens.or(self.output_tokens);
        self.cache_read_input_tokens = other
            .cache_read_input_tokens
            .or(self.cache_read_input_tokens);
        self.cache_creation_input_tokens = other
            .cache_creation_input_tokens
            .or(self.cache_creation_input_tokens);
        self.output_tokens_details = other.output_tokens_details.or(self.output_tokens_details);
    }

    pub(super) fn usage(self, completion: Option<u64>) -> Usage {
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let cached = self.cache_read_input_tokens;
        let prompt = self.input_tokens.map(|input| {
            input
                .saturating_add(cached.unwrap_or(0))
                .saturating_add(self.cache_creation_input_tokens.unwrap_or(0))
        });
        Usage {
            prompt: prompt.map(small),
            completion: completion.map(small),
            cached: cached.map(small),
            reasoning: self
                .output_tokens_details
                .and_then(|details| details.thinking_tokens)
                .map(small),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Problem {
    pub(super) r#type: Option<String>,
    pub(super) message: Option<String>,
}

impl Problem {
    /// The error, with the status that it has outside a stream.
    /// Source: platform.claude.com, "Errors".
    pub(super) fn into_error(self) -> UpstreamError {
        let kind = self.r#type.unwrap_or_default();
        let status = match kind.as_str() {
            "invalid_request_error" => Some(400),
            "authentication_error" => Some(401),
            "billing_error" => Some(402),
            "permission_error" => Some(403),
            "not_found_error" => Some(404),
            "request_too_large" => Some(413),
            "rate_limit_error" => Some(429),
            "api_error" => Some(500),
            "timeout_error" => Some(504),
            "overloaded_error" => Some(529),
            _ => None,
        };
        let message = self.message.unwrap_or_default();
        let said = if message.is_empty() {
            kind
        } else {
            format!("{kind}: {message}")
        };
        UpstreamError::Reported {
            words: words::cut(&said, 2_000),
            status: status.and_then(|status| StatusCode::from_u16(status).ok()),
        }
    }
}
