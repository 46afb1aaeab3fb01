//! Ollama's `/api/generate`: the request, and the answer in lines of JSON.
//! Source: `docs/api.md` of Ollama.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::chat::add_parameters;
use super::fill::rename;
use super::quirks::record_of;
use super::stream::{LineDecoder, Read, whole};
use super::wire::reported;
use crate::{Decode, Event, Fill, FinishReason, Target, UpstreamError, Usage, Way, words};

/// The body of a request. A raw prompt passes the server's template by.
pub(super) fn body(target: Target<'_>, gap: &Fill) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), target.name.into());
    match &gap.way {
        Way::Raw { prompt } => {
            body.insert("prompt".into(), prompt.as_str().into());
            body.insert("raw".into(), true.into());
        }
        Way::Server { prefix, suffix } => {
            body.insert("prompt".into(), prefix.as_str().into());
            body.insert("suffix".into(), suffix.as_str().into());
        }
    }
    let mut options = Map::new();
    add_parameters(&mut options, &gap.parameters, record_of(target));
    options.shift_remove("reasoning_effort");
    rename(&mut options, "max_tokens", "num_predict");
    // It streams unless told otherwise.
    body.insert("stream".into(), gap.stream.into());
    body.insert("options".into(), options.into());
    body
}

/// A decoder of a stream.
pub(crate) fn decoder() -> Box<dyn Decode> {
    Box::new(LineDecoder::<OllamaReading>::default())
}

/// The events of an answer in one piece.
pub(crate) fn events(body: &[u8], host: &str) -> Result<Vec<Event>, UpstreamError> {
    whole(OllamaReading::default(), body, host)
}

/// Reads an answer, whole or in pieces: each piece is an object, the last one is `done`.
#[derive(Debug, Default)]
struct OllamaReading {
    has_started: bool,
    is_complete: bool,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    response: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    thinking: Option<Cow<'a, str>>,
    #[serde(default)]
    done: bool,
    #[serde(borrow, default)]
    done_reason: Option<Cow<'a, str>>,
    #[serde(default)]
    prompt_eval_count: Option<u32>,
    #[serde(default)]
    eval_count: Option<u32>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

impl Read for OllamaReading {
    fn read(&mut self, data: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        if self.is_complete {
            return Ok(());
        }
        let piece: Piece<'_> = serde_json::from_slice(data)
            .map_err(|_| UpstreamError::Damaged(words::shape(data).into()))?;
        let Some(response) = piece.response else {
            return Err(reported(piece.error, data));
        };
        if !self.has_started {
            self.has_started = true;
            let model = piece.model.map(Cow::into_owned);
            events.push(Event::Started { id: None, model });
        }
        if let Some(thoughts) = piece.thinking.filter(|text| !text.is_empty()) {
            events.push(Event::Reasoning {
                text: thoughts.into_owned(),
                signature: None,
            });
        }
        if !response.is_empty() {
            events.push(Event::Text(response.into_owned()));
        }
        if !piece.done {
            return Ok(());
        }
        self.is_complete = true;
        events.push(Event::Usage(Usage {
            prompt: piece.prompt_eval_count,
            completion: piece.eval_count,
            ..Usage::default()
        }));
        let reason = match piece.done_reason.as_deref() {
            Some("length") => FinishReason::Length,
            None | Some("stop") => FinishReason::Stop,
            Some(other) => FinishReason::Other(words::cut(other, 40)),
        };
        events.push(Event::Finish { reason, stop: None });
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }
}
