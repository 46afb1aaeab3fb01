//! Reads answers in Anthropic's form, whole or as a stream. Events and blocks that are not known
//! are skipped, as the vendor asks of every client; thoughts that only the vendor can read
//! (`redacted_thinking`) are among them.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;

use super::wire::{Block, Counts, Delta, Failed, Line, Message};
use crate::{Decode, Event, Splitter, UpstreamError, Usage, data_of, words};

/// The most blocks that can be open at once. The vendor has one; llama.cpp one for each call.
const MOST_OPEN: usize = 1_000;

/// What has been read of one stream. Takes the data of its events, however they are framed.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    counts: Counts,
    /// Open blocks by index, without those of words.
    open: HashMap<u64, Open>,
    /// How many calls of functions have begun.
    calls: u32,
    is_complete: bool,
}

/// An open block that is not of words.
#[derive(Debug, Clone, Copy)]
enum Open {
    /// A call of a function: its number, and whether its arguments have begun.
    Call { number: u32, has_begun: bool },
    /// A block that nobody here knows.
    Unknown,
}

impl Reading {
    /// Takes the data of the next event and appends what it means.
    pub(crate) fn on_data(
        &mut self,
        json: &[u8],
        events: &mut Vec<Event>,
    ) -> Result<(), UpstreamError> {
        // Nothing after the end counts: vLLM writes OpenAI's `[DONE]` there.
        if self.is_complete {
            return Ok(());
        }
        match serde_json::from_slice(json).map_err(|_| unreadable(json))? {
            Line::MessageStart { message } => {
                self.counts.update(message.usage.unwrap_or_default());
                events.push(Event::Started {
                    id: message.id,
                    model: message.model,
                });
                // The tokens of the answer are only a first guess here.
                let completion = None;
                self.tell(events, completion);
            }
            Line::ContentBlockStart {
                index,
                content_block,
            } => self.begin(index, content_block, events)?,
            Line::ContentBlockDelta { index, delta } => self.go_on(index, delta, events),
            Line::ContentBlockStop { index } => self.close(index, events),
            Line::MessageDelta { delta, usage } => {
                self.counts.update(usage.unwrap_or_default());
                self.tell(events, self.counts.output_tokens);
                events.extend(delta.into_event());
            }
            Line::MessageStop => self.is_complete = true,
            Line::Error { error } => return Err(error.into_error()),
            Line::Unknown => {}
        }
        Ok(())
    }

    /// Whether `message_stop` has come.
    pub(crate) fn is_over(&self) -> bool {
        self.is_complete
    }

    /// The stream has ended: an error unless `message_stop` has come.
    pub(crate) fn finish(&self) -> Result<(), UpstreamError> {
        if self.is_complete {
            return Ok(());
        }
        let problem = "it ended before the event message_stop";
        Err(UpstreamError::Damaged(problem.into()))
    }

    fn begin(
        &mut self,
        index: u64,
        block: Block,
        events: &mut Vec<Event>,
    ) -> Result<(), UpstreamError> {
        if self.open.len() >= MOST_OPEN {
            let problem = format!("it has more than {MOST_OPEN} open blocks");
            return Err(UpstreamError::Damaged(problem));
        }
        let open = match &block {
            Block::Text { .. } | Block::Thinking { .. } => {
                self.open.remove(&index);
                events.extend(block.into_event(0));
                return Ok(());
            }
            Block::ToolUse { input, .. } => Open::Call {
                number: self.calls,
                has_begun: !input.is_empty(),
            },
            Block::Unknown => Open::Unknown,
        };
        self.open.insert(index, open);
        if let Some(event) = block.into_event(self.calls) {
            events.push(event);
            self.calls = self.calls.saturating_add(1);
        }
        Ok(())
    }

    fn go_on(&mut self, index: u64, delta: Delta, events: &mut Vec<Event>) {
        match (delta, self.open.get_mut(&index)) {
            (Delta::TextDelta { text }, None) => events.push(Event::Text(text)),
            (Delta::ThinkingDelta { thinking }, None) => events.push(Event::Reasoning {
                text: thinking,
                signature: None,
            }),
            (Delta::SignatureDelta { signature }, None) => events.push(Event::Reasoning {
                text: String::new(),
                signature: Some(signature),
            }),
            (Delta::InputJsonDelta { partial_json }, Some(Open::Call { number, has_begun }))
                if !partial_json.is_empty() =>
            {
                *has_begun = true;
                events.push(arguments(*number, partial_json));
            }
            _ => {}
        }
    }

    fn close(&mut self, index: u64, events: &mut Vec<Event>) {
        if let Some(Open::Call {
            number,
            has_begun: false,
        }) = self.open.remove(&index)
        {
            // A call without arguments has no piece of them; their JSON text is this.
            events.push(arguments(number, "{}".into()));
        }
    }

    fn tell(&self, events: &mut Vec<Event>, completion: Option<u64>) {
        let usage = self.counts.usage(completion);
        if usage != Usage::default() {
            events.push(Event::Usage(usage));
        }
    }
}

fn arguments(number: u32, piece: String) -> Event {
    Event::ToolCall {
        index: number,
        id: None,
        name: None,
        arguments: piece,
    }
}

/// What an event that is none of the form's says: an error of another form, or nothing readable.
fn unreadable(json: &[u8]) -> UpstreamError {
    match serde_json::from_slice::<Value>(json) {
        Ok(value) if value.get("error").is_some() => UpstreamError::Reported {
            words: words::words_of_error(json),
            status: None,
        },
        _ => UpstreamError::Damaged(format!("an event is {}", words::shape(json))),
    }
}

/// Reads a stream of server-sent events.
#[derive(Debug, Default)]
pub(super) struct Stream {
    splitter: Splitter,
    reading: Reading,
}

impl Decode for Stream {
    fn push(&mut self, piece: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        let Self { splitter, reading } = self;
        let mut outcome = Ok(());
        let split = splitter.push(Bytes::copy_from_slice(piece), |event| {
            if outcome.is_ok()
                && let Some(data) = data_of(event)
            {
                outcome = reading.on_data(&data, events);
            }
        });
        outcome?;
        split.map_err(|error| UpstreamError::Damaged(error.to_string()))?;
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.reading.is_over()
    }

    fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        let last = data_of(&self.splitter.finish())
            .map_or(Ok(()), |data| self.reading.on_data(&data, events));
        match last {
            Err(error @ UpstreamError::Reported { .. }) => Err(error),
            // Of half an event the missing `message_stop` says more.
            _ => self.reading.finish(),
        }
    }
}

/// The events of an answer in one piece.
pub(super) fn events(body: &[u8], host: &str) -> Result<Vec<Event>, UpstreamError> {
    if let Ok(Failed { error }) = serde_json::from_slice(body) {
        return Err(error.into_error());
    }
    let message: Message = serde_json::from_slice(body).map_err(|_| UpstreamError::NotTheApi {
        host: host.to_owned(),
        said: words::describe(body),
    })?;
    let mut events = vec![Event::Started {
        id: message.id,
        model: message.model,
    }];
    let mut calls = 0;
    for block in message.content {
        let is_call = matches!(block, Block::ToolUse { .. });
        let has_input = matches!(&block, Block::ToolUse { input, .. } if !input.is_empty());
        events.extend(block.into_event(calls));
        if is_call {
            if !has_input {
                events.push(arguments(calls, "{}".into()));
            }
            calls += 1;
        }
    }
    let counts = message.usage.unwrap_or_default();
    events.push(Event::Usage(counts.usage(counts.output_tokens)));
    events.extend(message.end.into_event());
    Ok(events)
}
