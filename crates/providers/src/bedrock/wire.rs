//! Answers of Converse, as types, and what their parts mean. Fields that no event here carries are
//! not read. Source: botocore's model of the service.

use serde::Deserialize;
use serde_json::Value;

use crate::{Event, FinishReason, Usage, words};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    pub(super) content_block_index: u64,
    pub(super) start: Option<StartOf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartOf {
    pub(super) tool_use: Option<ToolUse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delta {
    pub(super) content_block_index: u64,
    pub(super) delta: DeltaOf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeltaOf {
    pub(super) text: Option<String>,
    pub(super) tool_use: Option<Input>,
    pub(super) reasoning_content: Option<Thought>,
}

#[derive(Deserialize)]
pub(super) struct Input {
    pub(super) input: String,
}

#[derive(Deserialize)]
pub(super) struct Thought {
    pub(super) text: Option<String>,
    pub(super) signature: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stop {
    pub(super) content_block_index: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct End {
    pub(super) stop_reason: String,
    /// Has the stop text, as it was asked for.
    pub(super) additional_model_response_fields: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) usage: Counts,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counts {
    pub(super) input_tokens: Option<u32>,
    pub(super) output_tokens: Option<u32>,
    pub(super) cache_read_input_tokens: Option<u32>,
    pub(super) cache_write_input_tokens: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    pub(super) output: Output,
    pub(super) usage: Option<Counts>,
    #[serde(flatten)]
    pub(super) end: End,
}

#[derive(Deserialize)]
pub(super) struct Output {
    pub(super) message: AnswerMessage,
}

#[derive(Deserialize)]
pub(super) struct AnswerMessage {
    pub(super) content: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Block {
    pub(super) text: Option<String>,
    pub(super) tool_use: Option<ToolUse>,
    pub(super) reasoning_content: Option<ThoughtBlock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThoughtBlock {
    pub(super) reasoning_text: Option<Thought>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolUse {
    pub(super) tool_use_id: String,
    pub(super) name: String,
    pub(super) input: Option<Value>,
}

impl ToolUse {
    pub(super) fn into_event(self, index: u32, arguments: String) -> Event {
        Event::ToolCall {
            index,
            id: Some(self.tool_use_id),
            name: Some(self.name),
            arguments,
        }
    }
}

impl Thought {
    pub(super) fn into_event(self) -> Option<Event> {
        let is_empty = self.text.is_none() && self.signature.is_none();
        (!is_empty).then(|| Event::Reasoning {
            text: self.text.unwrap_or_default(),
            signature: self.signature,
        })
    }
}

impl End {
    pub(super) fn into_event(self) -> Event {
        let fields = self.additional_model_response_fields;
        let stop =
            fields.and_then(|fields| Some(fields.get("stop_sequence")?.as_str()?.to_owned()));
        let reason = match self.stop_reason.as_str() {
            "end_turn" | "stop_sequence" => FinishReason::Stop,
            "tool_use" => FinishReason::ToolCalls,
            "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
            "content_filtered" | "guardrail_intervened" => FinishReason::ContentFilter,
            other => FinishReason::Other(words::cut(other, 100)),
        };
        Event::Finish { reason, stop }
    }
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        let caches = [
            counts.cache_read_input_tokens,
            counts.cache_write_input_tokens,
        ];
        let cached: u32 = caches.into_iter().flatten().fold(0, u32::saturating_add);
        Self {
            // Input tokens are without those of the cache.
            prompt: counts
                .input_tokens
                .map(|input| input.saturating_add(cached)),
            completion: counts.output_tokens,
            cached: counts.cache_read_input_tokens,
            reasoning: None,
        }
    }
}
