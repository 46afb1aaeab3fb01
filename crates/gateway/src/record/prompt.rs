//! The prompt before a template is applied, as JSON: what a recording shows beside the bytes that
//! were sent.

use code::Gap;
use providers::{Message, Part, Role};
use serde_json::{Value, json};

/// A conversation.
pub(crate) fn conversation(messages: &[Message]) -> Value {
    let turns = messages.iter().map(|message| {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        json!({"role": role, "content": content(&message.parts)})
    });
    json!({"messages": turns.collect::<Vec<_>>()})
}

/// The code around a gap, cut to the model's context.
pub(crate) fn gap(gap: &Gap) -> Value {
    json!({"prefix": gap.prefix, "suffix": gap.suffix})
}

/// A raw prompt.
pub(crate) fn raw(prompt: &str) -> Value {
    json!({"prompt": prompt})
}

/// One text where there is nothing else, else the parts.
fn content(parts: &[Part]) -> Value {
    match parts {
        [Part::Text(text)] => Value::from(text.as_str()),
        parts => parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({"text": text}),
        Part::Image(_) => json!({"image": "…"}),
        Part::Reasoning { text, .. } => json!({"reasoning": text}),
        Part::ToolCall {
            name, arguments, ..
        } => json!({"tool_call": {"name": name, "arguments": arguments}}),
        Part::ToolResult { parts, .. } => json!({"tool_result": content(parts)}),
    }
}
