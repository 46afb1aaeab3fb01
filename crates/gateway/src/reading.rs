//! Reads answers of the OpenAI API on the side: tokens, finish reason, errors. The bytes go to the
//! client as they came. Fields as OpenAI's API reference names them; what servers do differently
//! is noted where it is handled.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

pub(crate) use providers::cut;
use providers::{describe, words_of_error};

use crate::depth::is_too_deep;
use crate::record::Outcome;

/// The part of an answer, or of one chunk of it, that is worth knowing.
#[derive(Debug, Default, Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    usage: Option<Usage>,
    /// llama.cpp counts here when the client did not ask for usage.
    #[serde(default)]
    timings: Option<Timings>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    /// llama.cpp writes an error of a stream without a field around it.
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

/// What shows of an answer whose other fields are of odd types.
#[derive(Debug, Deserialize)]
struct Rough<'a> {
    #[serde(default)]
    choices: Option<Vec<IgnoredAny>>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

impl<'a> From<Rough<'a>> for Answer<'a> {
    fn from(rough: Rough<'a>) -> Self {
        Self {
            choices: rough.choices.map(|_| Vec::new()),
            error: rough.error,
            ..Self::default()
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    finish_reason: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    reasoning_content: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    reasoning: Option<Cow<'a, str>>,
    #[serde(default)]
    tool_calls: Option<IgnoredAny>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Option<u32>,
    #[serde(default)]
    completion_tokens: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Timings {
    #[serde(default)]
    prompt_n: Option<u32>,
    /// Tokens of the prompt that were in the cache already.
    #[serde(default)]
    cache_n: Option<u32>,
    #[serde(default)]
    predicted_n: Option<u32>,
}

impl Choice<'_> {
    fn has_token(&self) -> bool {
        let filled =
            |text: &Option<Cow<'_, str>>| text.as_ref().is_some_and(|text| !text.is_empty());
        filled(&self.text)
            || self.delta.as_ref().is_some_and(|delta| {
                filled(&delta.content)
                    || filled(&delta.reasoning)
                    || filled(&delta.reasoning_content)
                    || delta.tool_calls.is_some()
            })
    }
}

/// Shorter events cannot be nested without end.
const LONG: usize = 400;

/// What one event of a stream showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A chunk with text, or with a part of a tool call.
    Token,
    /// Token counts and nothing else.
    Counts,
    /// A chunk without any of these: role, finish.
    Other,
    /// The end mark.
    Done,
    /// The server reports an error in the stream.
    Error,
    /// Something that is no JSON, or nested without end.
    Garbage,
}

/// What a stream has shown so far.
#[derive(Debug, Default)]
pub(crate) struct StreamReading {
    /// Whether the end mark came.
    pub(crate) done: bool,
    /// The server's own words of an error inside the stream.
    pub(crate) error: Option<String>,
}

impl StreamReading {
    /// Reads the data of one event into the outcome.
    pub(crate) fn event(&mut self, data: &[u8], outcome: &mut Outcome) -> Seen {
        if data == b"[DONE]" {
            self.done = true;
            return Seen::Done;
        }
        let Ok(answer) = serde_json::from_slice::<Answer<'_>>(data) else {
            // A field of an odd type is the client's matter.
            let is_json = serde_json::from_slice::<IgnoredAny>(data).is_ok();
            return if is_json && !is_too_deep(data) {
                Seen::Other
            } else {
                Seen::Garbage
            };
        };
        if data.len() > LONG && is_too_deep(data) {
            return Seen::Garbage;
        }
        note(&answer, outcome);
        let is_bare = answer.choices.is_none() && answer.message.is_some();
        let error = answer.error.filter(|raw| raw.get() != "null");
        if error.is_some() || is_bare {
            let words = error.map_or(data, |error| error.get().as_bytes());
            self.error = Some(words_of_error(words));
            return Seen::Error;
        }
        let choices = answer.choices.as_deref().unwrap_or_default();
        if choices.iter().any(Choice::has_token) {
            Seen::Token
        } else if answer.usage.is_some() && choices.is_empty() {
            Seen::Counts
        } else {
            Seen::Other
        }
    }
}

/// Reads the token counts of an answer that has no words.
pub(crate) fn note_tokens(body: &[u8], outcome: &mut Outcome) {
    if let Ok(answer) = serde_json::from_slice::<Answer<'_>>(body) {
        note(&answer, outcome);
    }
}

/// Reads a whole answer into the outcome. Says what is wrong with it when it is none: a status
/// 200 alone is no success.
pub(crate) fn whole_answer(body: &[u8], outcome: &mut Outcome) -> Result<(), String> {
    if is_too_deep(body) {
        return Err("JSON that is nested deeper than 200 levels".into());
    }
    let answer: Answer<'_> = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        // A field of an odd type is the client's matter, as in a stream.
        Err(_) => match serde_json::from_slice::<Rough<'_>>(body) {
            Ok(rough) => rough.into(),
            Err(_) => return Err(describe(body)),
        },
    };
    note(&answer, outcome);
    if let Some(error) = answer.error.filter(|raw| raw.get() != "null") {
        return Err(format!(
            "an error: {}",
            words_of_error(error.get().as_bytes())
        ));
    }
    if answer.choices.is_none() {
        return Err("JSON without choices".into());
    }
    Ok(())
}

fn note(answer: &Answer<'_>, outcome: &mut Outcome) {
    if let Some(usage) = answer.usage {
        outcome.prompt_tokens = usage.prompt_tokens.or(outcome.prompt_tokens);
        outcome.completion_tokens = usage.completion_tokens.or(outcome.completion_tokens);
    } else if let (Some(timings), None) = (answer.timings, outcome.completion_tokens) {
        let prompt = timings
            .prompt_n
            .map(|count| count + timings.cache_n.unwrap_or(0));
        outcome.prompt_tokens = prompt.or(outcome.prompt_tokens);
        outcome.completion_tokens = timings.predicted_n;
    }
    let reasons = answer
        .choices
        .iter()
        .flatten()
        .filter_map(|choice| choice.finish_reason.as_ref());
    for reason in reasons {
        outcome.finish_reason = Some(cut(reason, 40));
    }
}

#[cfg(test)]
mod tests;
