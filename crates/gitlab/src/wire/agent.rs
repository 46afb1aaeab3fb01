//! Writes the answer to a turn of Duo Chat: a line of compact JSON for each event, as Rails cuts
//! the stream at line ends. Decides nothing.

use serde_json::json;

use super::stream::line;
use crate::react::{Action, Event};

/// The line of an event, to be sent at once. The content type is [`super::NDJSON`].
pub fn agent_line(event: &Event) -> Vec<u8> {
    let (kind, data) = match event {
        Event::Delta(text) => ("final_answer_delta", json!({"text": text})),
        Event::Action(Action {
            thought,
            tool,
            tool_input,
        }) => (
            "action",
            json!({"thought": thought, "tool": tool, "tool_input": tool_input}),
        ),
        Event::Unknown(text) => ("unknown", json!({"text": text})),
        Event::Error { message, retryable } => {
            ("error", json!({"message": message, "retryable": retryable}))
        }
    };
    line(&json!({"type": kind, "data": data}))
}
