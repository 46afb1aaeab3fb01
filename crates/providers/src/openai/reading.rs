//! Reads answers of the OpenAI API, conversations and raw completions, whole or in chunks. Knows
//! no frames; those are `stream.rs`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::stream::Read;
use super::wire::{Answer, CallPart, Choice, Delta, reported, stop_text};
use crate::{Event, FinishReason, UpstreamError, words};

/// What has been read of one answer. Only its first choice is read; Gatehouse asks for no other.
#[derive(Debug, Default)]
pub(super) struct OpenaiReading {
    has_started: bool,
    has_choice: bool,
    /// How many calls of functions have begun.
    calls: u32,
    has_finished: bool,
    is_done: bool,
}

impl Read for OpenaiReading {
    fn read(&mut self, data: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        if self.is_done {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let answer: Answer<'_> = serde_json::from_slice(data)
            .map_err(|_| UpstreamError::Damaged(words::shape(data).into()))?;
        if answer.is_error() {
            return Err(reported(answer.error, data));
        }
        let usage = answer.usage();
        self.start(answer.id, answer.model, events);
        let choices = answer.choices.into_iter().flatten();
        for choice in choices.filter(|choice| choice.index.unwrap_or(0) == 0) {
            self.has_choice = true;
            self.choice(choice, events);
        }
        events.extend(usage.map(Event::Usage));
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.is_done || self.has_finished
    }

    fn is_over(&self) -> bool {
        self.is_done
    }

    fn is_answer(&self) -> bool {
        self.has_choice
    }
}

impl OpenaiReading {
    /// Azure's first chunk and the last of Text Generation Inference have empty names.
    fn start(&mut self, id: Option<&RawValue>, model: Option<&RawValue>, events: &mut Vec<Event>) {
        let filled = |raw| string(raw).filter(|text| !text.is_empty());
        let (id, model) = (id.and_then(filled), model.and_then(filled));
        if !self.has_started && (id.is_some() || model.is_some()) {
            self.has_started = true;
            events.push(Event::Started { id, model });
        }
    }

    fn choice(&mut self, choice: Choice<'_>, events: &mut Vec<Event>) {
        if let Some(text) = choice.text.filter(|text| !text.is_empty()) {
            events.push(Event::Text(text.into_owned()));
        }
        if let Some(delta) = choice.delta.or(choice.message) {
            self.delta(delta, events);
        }
        let Some(reason) = choice.finish_reason.filter(|_| !self.has_finished) else {
            return;
        };
        self.has_finished = true;
        events.push(Event::Finish {
            reason: finish_reason(&reason),
            stop: stop_text(choice.stop_reason),
        });
    }

    fn delta(&mut self, delta: Delta<'_>, events: &mut Vec<Event>) {
        // Some servers write the same thoughts under two names.
        let thoughts = [delta.reasoning, delta.reasoning_content, delta.thinking];
        let thoughts = thoughts.into_iter().flatten().map(string);
        if let Some(text) = thoughts.flatten().find(|text| !text.is_empty()) {
            events.push(Event::Reasoning {
                text,
                signature: None,
            });
        }
        for said in [delta.content, delta.refusal].into_iter().flatten() {
            content(said, events);
        }
        for call in delta.tool_calls.into_iter().flatten() {
            self.call(call, events);
        }
    }

    /// A part of a call. Without a number, a part with an id begins the next call.
    fn call(&mut self, call: CallPart<'_>, events: &mut Vec<Event>) {
        let filled =
            |text: Option<Cow<'_, str>>| text.filter(|text| !text.is_empty()).map(Cow::into_owned);
        let function = call.function.unwrap_or_default();
        let (id, name) = (filled(call.id), filled(function.name));
        let begins = id.is_some() || name.is_some();
        let index = call.index.unwrap_or(if begins {
            self.calls
        } else {
            self.calls.saturating_sub(1)
        });
        self.calls = self.calls.max(index.saturating_add(1));
        let arguments = function.arguments.filter(|raw| raw.get() != "null");
        let arguments = arguments.map(|raw| string(raw).unwrap_or_else(|| raw.get().to_owned()));
        events.push(Event::ToolCall {
            index,
            id,
            name,
            arguments: arguments.unwrap_or_default(),
        });
    }
}

/// Content is a text; of Mistral's thinking models a list of parts.
fn content(said: &RawValue, events: &mut Vec<Event>) {
    #[derive(Deserialize)]
    struct Part {
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        thinking: Option<Vec<Part>>,
    }
    let words = string(said);
    let parts = match words {
        Some(_) => Vec::new(),
        None => serde_json::from_str::<Vec<Part>>(said.get()).unwrap_or_default(),
    };
    if let Some(text) = words.filter(|text| !text.is_empty()) {
        events.push(Event::Text(text));
    }
    for part in parts {
        let thoughts = part.thinking.into_iter().flatten();
        let thoughts: String = thoughts.filter_map(|part| part.text).collect();
        if !thoughts.is_empty() {
            events.push(Event::Reasoning {
                text: thoughts,
                signature: None,
            });
        }
        events.extend(part.text.filter(|text| !text.is_empty()).map(Event::Text));
    }
}

/// A JSON text; none when it is something else.
fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// The reasons of OpenAI, vLLM, Text Generation Inference, Mistral.
fn finish_reason(word: &str) -> FinishReason {
    match word {
        "stop" | "eos_token" | "stop_sequence" => FinishReason::Stop,
        "length" | "model_length" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        other => FinishReason::Other(words::cut(other, 40)),
    }
}
