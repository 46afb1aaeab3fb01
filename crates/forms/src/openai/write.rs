//! Writes the parts of an answer that OpenAI's three forms share: lines of a stream, token counts,
//! reasons, errors. Knows no whole answer.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use providers::{FinishReason, Usage};
use serde_json::{Value, json};

use crate::Problem;

/// The mark of a good end, in the streams of chats and completions.
pub(crate) const DONE: &[u8] = b"data: [DONE]\n\n";

/// Appends an event of a stream.
pub(crate) fn data(bytes: &mut Vec<u8>, value: &Value) {
    bytes.extend_from_slice(format!("data: {value}\n\n").as_bytes());
}

/// Token counts of chats and completions; null when the server counted nothing.
pub(crate) fn usage(usage: &Usage) -> Value {
    if usage.prompt.or(usage.completion).is_none() {
        return Value::Null;
    }
    let prompt = usage.prompt.unwrap_or(0);
    let completion = usage.completion.unwrap_or(0);
    let mut counts = json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": u64::from(prompt) + u64::from(completion),
    });
    if let Some(cached) = usage.cached {
        counts["prompt_tokens_details"] = json!({"cached_tokens": cached});
    }
    if let Some(reasoning) = usage.reasoning {
        counts["completion_tokens_details"] = json!({"reasoning_tokens": reasoning});
    }
    counts
}

/// The word for why an answer ended. Clients look for `tool_calls`, which some servers do not say.
pub(crate) fn finish_word(finish: Option<&FinishReason>, has_calls: bool) -> &str {
    match finish {
        None | Some(FinishReason::Stop) if has_calls => FinishReason::ToolCalls.as_openai(),
        Some(reason) => reason.as_openai(),
        None => FinishReason::Stop.as_openai(),
    }
}

/// The id of a call that the server gave none.
pub(crate) fn call_id(given: Option<&str>, answer: &str, place: usize) -> String {
    match given {
        Some(id) if !id.is_empty() => id.to_owned(),
        _ => format!("call_{answer}_{place}"),
    }
}

/// The calls of an answer, numbered without gaps in the order in which they began.
#[derive(Default)]
pub(crate) struct Calls(BTreeMap<u32, usize>);

impl Calls {
    /// The place of the call that the server numbers so, and whether it is new.
    pub(crate) fn place(&mut self, index: u32, next: usize) -> (usize, bool) {
        match self.0.entry(index) {
            Entry::Occupied(place) => (*place.get(), false),
            Entry::Vacant(place) => (*place.insert(next), true),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The body of an error (OpenAI's API reference, "Errors").
pub(crate) fn error(problem: &Problem) -> Value {
    let kind = match problem.status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    json!({"error": {
        "message": problem.message,
        "type": kind,
        "param": null,
        "code": problem.code,
    }})
}
