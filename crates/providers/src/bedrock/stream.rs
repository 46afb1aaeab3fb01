//! Reads the streams of Bedrock: frames with events of Converse, or with pieces of a vendor's own
//! stream.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::frames::{Frame, Frames};
use super::{invoke, kind, reading};
use crate::{AnswerForm, Decode, Event, UpstreamError, anthropic, words};

/// A decoder for a stream of this form; forms that are not of Bedrock are read as Converse.
pub(super) fn decoder(form: AnswerForm) -> Box<dyn Decode> {
    Box::new(Stream {
        frames: Frames::default(),
        reading: match form {
            AnswerForm::InvokeAnthropic => Reading::Anthropic(anthropic::Reading::default()),
            AnswerForm::InvokeMistral => Reading::Mistral(invoke::Reading::default()),
            _ => Reading::Converse(reading::Reading::default()),
        },
    })
}

struct Stream {
    frames: Frames,
    reading: Reading,
}

enum Reading {
    Converse(reading::Reading),
    Anthropic(anthropic::Reading),
    Mistral(invoke::Reading),
}

impl Decode for Stream {
    fn push(&mut self, piece: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        self.frames.push(piece);
        while let Some(frame) = self.frames.next()? {
            match frame {
                Frame::Event(kind, payload) => self.reading.on_event(&kind, &payload, events)?,
                Frame::Exception(name, payload) => {
                    return Err(kind::reported(&name, &words::words_of_error(&payload)));
                }
                Frame::Error(code, message) => return Err(kind::reported(&code, &message)),
            }
        }
        Ok(())
    }

    fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        self.frames.finish()?;
        match &mut self.reading {
            Reading::Converse(reading) => reading.finish(events),
            Reading::Anthropic(reading) => reading.finish(),
            Reading::Mistral(reading) => reading.finish(),
        }
    }
}

impl Reading {
    fn on_event(
        &mut self,
        kind: &str,
        payload: &[u8],
        events: &mut Vec<Event>,
    ) -> Result<(), UpstreamError> {
        match self {
            Self::Converse(reading) => reading.on_event(kind, payload, events),
            Self::Anthropic(_) | Self::Mistral(_) if kind != "chunk" => Ok(()),
            Self::Anthropic(reading) => reading.on_data(&inner(payload)?, events),
            Self::Mistral(reading) => reading.on_data(&inner(payload)?, events),
        }
    }
}

/// The vendor's JSON inside a `chunk`.
fn inner(payload: &[u8]) -> Result<Vec<u8>, UpstreamError> {
    #[derive(Deserialize)]
    struct Chunk {
        bytes: String,
    }
    let damaged = || UpstreamError::Damaged(format!("a chunk is {}", words::shape(payload)));
    let chunk: Chunk = serde_json::from_slice(payload).map_err(|_| damaged())?;
    STANDARD.decode(chunk.bytes).map_err(|_| damaged())
}

/// What the frames of a stream say, a JSON document a line: whole frames alone, and what a chunk wraps
/// unwrapped. For whoever looks for a text that the frames bring in parts.
pub fn event_stream_lines(bytes: &[u8]) -> Vec<u8> {
    let mut frames = Frames::default();
    frames.push(bytes);
    let mut lines = Vec::with_capacity(bytes.len());
    while let Ok(Some(frame)) = frames.next() {
        match frame {
            Frame::Event(_, payload) | Frame::Exception(_, payload) => match inner(&payload) {
                Ok(inner) => lines.extend_from_slice(&inner),
                Err(_) => lines.extend_from_slice(&payload),
            },
            Frame::Error(_, message) => lines.extend_from_slice(message.as_bytes()),
        }
        lines.push(b'\n');
    }
    lines
}
