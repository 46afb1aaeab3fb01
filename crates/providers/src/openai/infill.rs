//! llama.cpp's `/infill`: the request, and the answer, which is in no other server's form.
//! Source: `tools/server/README.md` of llama.cpp, and the real server (build b11549).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::chat::add_parameters;
use super::fill::{rename, sides};
use super::quirks::record_of;
use super::stream::Read;
use super::wire::{Timings, reported};
use crate::{Event, Fill, FinishReason, Target, UpstreamError, Usage, words};

/// The body of a request.
pub(super) fn body(target: Target<'_>, gap: &Fill) -> Map<String, Value> {
    let (prefix, suffix) = sides(&gap.way);
    let mut body = Map::new();
    body.insert("model".into(), target.name.into());
    body.insert("input_prefix".into(), prefix.into());
    body.insert("input_suffix".into(), suffix.into());
    add_parameters(&mut body, &gap.parameters, record_of(target));
    body.shift_remove("reasoning_effort");
    rename(&mut body, "max_tokens", "n_predict");
    body.insert("stream".into(), gap.stream.into());
    body
}

/// Reads an answer, whole or in pieces: each piece is an object, the last one has `stop`.
#[derive(Debug, Default)]
pub(super) struct InfillReading {
    is_complete: bool,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
    #[serde(default)]
    stop: bool,
    #[serde(borrow, default)]
    stop_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    stopping_word: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(default)]
    tokens_predicted: Option<u32>,
    #[serde(default)]
    tokens_evaluated: Option<u32>,
    #[serde(default)]
    timings: Option<Timings>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

impl Read for InfillReading {
    fn read(&mut self, data: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        if self.is_complete || data == b"[DONE]" {
            return Ok(());
        }
        let piece: Piece<'_> = serde_json::from_slice(data)
            .map_err(|_| UpstreamError::Damaged(words::shape(data).into()))?;
        let Some(content) = piece.content else {
            return Err(reported(piece.error, data));
        };
        if !content.is_empty() {
            events.push(Event::Text(content.into_owned()));
        }
        if !piece.stop {
            return Ok(());
        }
        self.is_complete = true;
        let model = piece.model.map(Cow::into_owned);
        events.push(Event::Started { id: None, model });
        events.push(Event::Usage(Usage {
            prompt: piece.tokens_evaluated,
            completion: piece.tokens_predicted,
            cached: piece.timings.and_then(|timings| timings.cache_n),
            reasoning: None,
        }));
        let reason = match piece.stop_type.as_deref() {
            Some("limit") => FinishReason::Length,
            _ => FinishReason::Stop,
        };
        let stop = piece.stopping_word.filter(|word| !word.is_empty());
        let stop = stop.map(Cow::into_owned);
        events.push(Event::Finish { reason, stop });
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }
}
