//! Answers of the OpenAI API as they stand on the wire, with what servers do differently: nearly
//! every field may be missing or null. Gives them no meaning; that is `reading.rs`.

use std::borrow::Cow;

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{UpstreamError, Usage, words};

/// An answer, or one chunk of it.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    /// Read by itself, so that a count in another form does not spoil the answer.
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    /// llama.cpp counts here when the request did not ask for usage.
    #[serde(borrow, default)]
    timings: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
    /// The words of an error that has no frame around it: llama.cpp's `error:` field, older vLLM.
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    /// FastAPI's words of an error.
    #[serde(borrow, default)]
    detail: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub(super) index: Option<u32>,
    /// Of a chunk.
    #[serde(borrow, default)]
    pub(super) delta: Option<Delta<'a>>,
    /// Of a whole answer; some servers repeat all of it in every chunk.
    #[serde(borrow, default)]
    pub(super) message: Option<Delta<'a>>,
    /// Of a raw completion.
    #[serde(borrow, default)]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Option<Cow<'a, str>>,
    /// vLLM: the stop text, or the number of the token.
    #[serde(borrow, default)]
    pub(super) stop_reason: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<&'a RawValue>,
    /// vLLM and many others.
    #[serde(borrow, default)]
    pub(super) reasoning: Option<&'a RawValue>,
    /// Older vLLM, llama.cpp, DeepSeek.
    #[serde(borrow, default)]
    pub(super) reasoning_content: Option<&'a RawValue>,
    /// Ollama.
    #[serde(borrow, default)]
    pub(super) thinking: Option<&'a RawValue>,
    /// OpenAI: said instead of an answer.
    #[serde(borrow, default)]
    pub(super) refusal: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<CallPart<'a>>>,
}

/// A part of a call of a function, or a whole one.
#[derive(Debug, Deserialize)]
pub(super) struct CallPart<'a> {
    #[serde(default)]
    pub(super) index: Option<u32>,
    #[serde(borrow, default)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) function: Option<FunctionPart<'a>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct FunctionPart<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Cow<'a, str>>,
    /// JSON as text; some servers write the object itself.
    #[serde(borrow, default)]
    pub(super) arguments: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
struct Counts {
    #[serde(default)]
    prompt_tokens: Option<u32>,
    #[serde(default)]
    completion_tokens: Option<u32>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Default, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u32>,
}

/// llama.cpp's own counts.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Timings {
    #[serde(default)]
    prompt_n: Option<u32>,
    /// Tokens of the prompt that were in the cache already.
    #[serde(default)]
    pub(super) cache_n: Option<u32>,
    #[serde(default)]
    predicted_n: Option<u32>,
}

impl Answer<'_> {
    /// Whether it is an error.
    pub(super) fn is_error(&self) -> bool {
        let is_there = |field: Option<&RawValue>| field.is_some_and(|raw| raw.get() != "null");
        is_there(self.error)
            || (self.choices.is_none() && (is_there(self.message) || is_there(self.detail)))
    }

    /// The token counts, from wherever they are.
    pub(super) fn usage(&self) -> Option<Usage> {
        let counts = self.usage.filter(|usage| usage.get() != "null");
        if let Some(counts) = counts {
            let counts: Counts = serde_json::from_str(counts.get()).ok()?;
            return Some(Usage {
                prompt: counts.prompt_tokens,
                completion: counts.completion_tokens,
                cached: counts
                    .prompt_tokens_details
                    .unwrap_or_default()
                    .cached_tokens,
                reasoning: counts
                    .completion_tokens_details
                    .unwrap_or_default()
                    .reasoning_tokens,
            });
        }
        let timings: Timings = serde_json::from_str(self.timings?.get()).ok()?;
        let cached = timings.cache_n.unwrap_or(0);
        Some(Usage {
            prompt: timings.prompt_n.map(|count| count.saturating_add(cached)),
            completion: timings.predicted_n,
            cached: timings.cache_n,
            reasoning: None,
        })
    }
}

/// What `stop_reason` says, when it is a text.
pub(super) fn stop_text(reason: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(reason?.get()).ok()
}

/// The error that an object under status 200 reports: its `error`, or the object itself, which
/// has nothing of an answer.
pub(super) fn reported(error: Option<&RawValue>, data: &[u8]) -> UpstreamError {
    #[derive(Deserialize)]
    struct Coded {
        code: serde_json::Value,
    }
    let Some(error) = error.filter(|error| error.get() != "null") else {
        return UpstreamError::Reported {
            words: words::words_of_error(data),
            status: None,
        };
    };
    let code = serde_json::from_str::<Coded>(error.get()).ok();
    let number = code.and_then(|coded| match coded.code {
        serde_json::Value::String(text) => text.parse().ok(),
        code => code.as_u64(),
    });
    let status = number
        .and_then(|number| StatusCode::from_u16(u16::try_from(number).ok()?).ok())
        .filter(|status| status.is_client_error() || status.is_server_error());
    UpstreamError::Reported {
        words: words::words_of_error(error.get().as_bytes()),
        status,
    }
}
