//! A prompt to try and what happens to it.

use serde::{Deserialize, Serialize};
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
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// The text.
    pub content: String,
}

/// A prompt to try against one model, through the gateway's own pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptRequest {
    /// A deployment name or the name of a feature.
    pub model: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// The most tokens of the answer; the server's own limit when absent.
    #[ts(optional = nullable)]
    pub max_tokens: Option<u32>,
    /// Randomness, 0 to 2; the server's own when absent.
    #[ts(optional = nullable)]
    pub temperature: Option<f32>,
}

/// What happens to a prompt, in order: started, then deltas, then finished or failed.
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
        /// Text of the answer.
        text: String,
        /// Text that the model thinks aloud.
        reasoning: String,
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

/// What an answer took.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptSummary {
    /// The correlation id.
    pub correlation_id: String,
    /// Until the first token.
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
}
