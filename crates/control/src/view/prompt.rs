//! A prompt to try and what happens to it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::Error;

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Role {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// What a tool answered.
    Tool,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// The text.
    pub content: String,
    /// Images of a user, each a `data:` URL of PNG, JPEG, GIF or WebP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub images: Vec<String>,
    /// Calls that the model made in this message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<ToolCall>>", optional)]
    pub tool_calls: Vec<ToolCall>,
    /// Which call a tool's answer belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A message of nothing but text.
    pub fn text(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
            images: Vec::new(),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }
}

/// A call of a tool that a model wants made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ToolCall {
    /// Its id, in the model's word.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments: JSON as the model wrote it, which may be no JSON at all.
    pub arguments: String,
}

/// A tool that a model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Tool {
    /// Its name: letters, digits, `_` and `-`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The JSON schema of its arguments.
    #[ts(type = "unknown")]
    pub parameters: Value,
}

/// What is asked, and in which of the ways that clients ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "mode", rename_all = "snake_case")]
#[ts(export)]
pub enum PromptAsk {
    /// A conversation.
    Chat {
        /// Its messages in order.
        messages: Vec<Message>,
    },
    /// What stands between a prefix and a suffix in a file.
    Completion {
        /// The file's name; its ending tells the language.
        file_name: String,
        /// The text before the cursor.
        prefix: String,
        /// The text behind the cursor.
        suffix: String,
    },
    /// Code by an instruction, at a place in a file.
    Generation {
        /// The file's name; its ending tells the language.
        file_name: String,
        /// The text before the cursor.
        prefix: String,
        /// The text behind the cursor.
        suffix: String,
        /// What to write.
        instruction: String,
    },
    /// The body of a request as it is. Its answer comes as the bytes that the client would get.
    Raw {
        /// The path, such as `/v1/chat/completions`.
        path: String,
        /// The body; JSON.
        body: String,
    },
}

/// As which client a prompt is put to the gateway. A raw one has its path instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SentAs {
    /// As an OpenAI-style client does.
    #[default]
    Openai,
    /// As a GitLab instance does, with its prompts and its features. Its requests carry no
    /// parameters, so those stay here; instructions, images and tools are refused.
    Gitlab,
}

/// What a model may be told beside the prompt; what is absent is left to the server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(export)]
pub struct PromptParameters {
    /// Randomness, 0 to 2.
    #[ts(optional = nullable)]
    pub temperature: Option<f64>,
    /// Only the likeliest tokens that together have this probability, above 0 to 1.
    #[ts(optional = nullable)]
    pub top_p: Option<f64>,
    /// The most tokens of the answer, from 1.
    #[ts(optional = nullable)]
    pub max_tokens: Option<u32>,
    /// Texts at which the answer ends; at most 4.
    #[ts(as = "Option<Vec<String>>", optional)]
    pub stop: Vec<String>,
    /// Makes the same prompt give the same answer, where the server can.
    #[ts(type = "number | null", optional)]
    pub seed: Option<i64>,
    /// Less of what was often said, -2 to 2.
    #[ts(optional = nullable)]
    pub frequency_penalty: Option<f64>,
    /// Less of what was said at all, -2 to 2.
    #[ts(optional = nullable)]
    pub presence_penalty: Option<f64>,
    /// The JSON schema that the answer must follow.
    #[ts(type = "unknown", optional)]
    pub schema: Option<Value>,
    /// The tools that it may call.
    #[ts(as = "Option<Vec<Tool>>", optional)]
    pub tools: Vec<Tool>,
}

/// A prompt to try against one model, through the gateway's own pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptRequest {
    /// A deployment name or the name of a feature. A raw body names its own.
    pub model: String,
    /// What is asked.
    pub ask: PromptAsk,
    /// As which client.
    #[serde(default)]
    #[ts(as = "Option<SentAs>", optional)]
    pub sent_as: SentAs,
    /// What else it is told.
    #[serde(default)]
    #[ts(as = "Option<PromptParameters>", optional)]
    pub parameters: PromptParameters,
}

impl PromptRequest {
    /// A conversation, as an OpenAI-style client sends it.
    pub fn chat(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            model: model.into(),
            ask: PromptAsk::Chat { messages },
            sent_as: SentAs::default(),
            parameters: PromptParameters::default(),
        }
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What happens to a prompt, in order: started, then deltas, then finished or failed. One that is
/// refused before it is sent only fails, with the place in its error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum PromptEvent {
    /// The request is on its way.
    Started {
        /// Its correlation id.
        correlation_id: String,
    },
    /// More of the answer.
    Delta {
        /// Text of the answer; of a raw prompt the bytes of the answer.
        text: String,
        /// Text that the model thinks aloud.
        reasoning: String,
        /// Pieces of calls of tools.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<ToolCallPiece>>", optional)]
        tool_calls: Vec<ToolCallPiece>,
        /// In how many chunks the server sent it, which most send token by token. None of bare text.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[ts(as = "Option<u32>", optional)]
        chunks: u32,
    },
    /// The answer is complete.
    Finished {
        /// What it took.
        summary: PromptSummary,
    },
    /// The answer failed; what arrived before stays valid.
    Failed {
        /// Why, and what to do.
        error: Error,
        /// What it took until then.
        summary: PromptSummary,
    },
}

/// A piece of a call of a tool; pieces with the same place belong together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ToolCallPiece {
    /// Which call of the message.
    pub index: u32,
    /// Its id, in the first piece.
    pub id: String,
    /// More of the tool's name.
    pub name: String,
    /// More of the arguments.
    pub arguments: String,
}

/// What an answer took.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct PromptSummary {
    /// The correlation id.
    pub correlation_id: String,
    /// The HTTP status that a client would have got.
    #[ts(optional = nullable)]
    pub status: Option<u16>,
    /// Until the first token; none of an answer that comes in one piece.
    #[ts(optional = nullable)]
    pub first_token_ms: Option<f64>,
    /// From start to end.
    pub duration_ms: f64,
    /// Tokens of the prompt, when the server counts them.
    #[ts(optional = nullable)]
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer, when the server counts them.
    #[ts(optional = nullable)]
    pub completion_tokens: Option<u32>,
    /// Tokens after the first one, per second between the first and the last.
    #[ts(optional = nullable)]
    pub tokens_per_second: Option<f64>,
    /// Why the answer ended, in the server's word.
    #[ts(optional = nullable)]
    pub finish_reason: Option<String>,
    /// What it cost in US dollars, when the model has a price and the server counts.
    #[ts(optional = nullable)]
    pub cost: Option<f64>,
}

/// How large a prompt is beside what its model can read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptMeasure {
    /// Its tokens.
    pub prompt_tokens: u32,
    /// Whether they were estimated from characters, because the server cannot count.
    pub is_estimate: bool,
    /// What the model reads and writes at most, when that is known.
    #[ts(optional = nullable)]
    pub context_tokens: Option<u32>,
}

/// More of a body of a prompt of the playground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptBody {
    /// The prompt.
    pub correlation_id: String,
    /// The number of the body.
    pub body: u32,
    /// Where the page begins, in bytes.
    #[ts(type = "number")]
    pub offset: u64,
}
