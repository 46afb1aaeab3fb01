//! Reads answers of Converse, whole or as events of a stream. Events and blocks that are not known
//! are skipped; so are thoughts that only the vendor can read (`redactedContent`).

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{Answer, Delta, End, Input, Metadata, Start, Stop, Thought};
use crate::{Event, UpstreamError, words};

/// The most calls of functions that can be open at once. The service has one.
const MOST_OPEN: usize = 1_000;

/// What has been read of one stream.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Open calls of functions by the index of their block.
    open: HashMap<u64, OpenCall>,
    /// How many calls have begun.
    calls: u32,
    /// The end, which is told after the counts that come behind it.
    end: Option<Event>,
    is_stopped: bool,
}

#[derive(Debug)]
struct OpenCall {
    number: u32,
    /// Whether its arguments have begun.
    has_begun: bool,
}

impl Reading {
    /// Takes the next event and appends what it means.
    pub(super) fn on_event(
        &mut self,
        kind: &str,
        payload: &[u8],
        events: &mut Vec<Event>,
    ) -> Result<(), UpstreamError> {
        match kind {
            "messageStart" => events.push(Event::Started {
                id: None,
                model: None,
            }),
            "contentBlockStart" => self.begin(parse(payload)?, events)?,
            "contentBlockDelta" => self.go_on(parse(payload)?, events),
            "contentBlockStop" => {
                let Stop {
                    content_block_index,
                } = parse(payload)?;
                self.close(content_block_index, events);
            }
            "messageStop" => {
                self.end = Some(parse::<End>(payload)?.into_event());
                self.is_stopped = true;
            }
            "metadata" => {
                events.push(Event::Usage(parse::<Metadata>(payload)?.usage.into()));
                events.extend(self.end.take());
            }
            _ => {}
        }
        Ok(())
    }

    /// The stream has ended: an error unless `messageStop` has come.
    pub(super) fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        events.extend(self.end.take());
        if self.is_stopped {
            return Ok(());
        }
        let problem = "it ended before the event messageStop";
        Err(UpstreamError::Damaged(problem.into()))
    }

    fn begin(&mut self, start: Start, events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        let Some(call) = start.start.and_then(|start| start.tool_use) else {
            return Ok(());
        };
        if self.open.len() >= MOST_OPEN {
            let problem = format!("it has more than {MOST_OPEN} open calls");
            return Err(UpstreamError::Damaged(problem));
        }
        let open = OpenCall {
            number: self.calls,
            has_begun: false,
        };
        self.open.insert(start.content_block_index, open);
        events.push(call.into_event(self.calls, String::new()));
        self.calls = self.calls.saturating_add(1);
        Ok(())
    }

    fn go_on(&mut self, delta: Delta, events: &mut Vec<Event>) {
        let Delta {
            content_block_index,
            delta,
        } = delta;
        events.extend(delta.text.map(Event::Text));
        events.extend(delta.reasoning_content.and_then(Thought::into_event));
        let open = self.open.get_mut(&content_block_index);
        if let (Some(Input { input }), Some(open)) = (delta.tool_use, open)
            && !input.is_empty()
        {
            open.has_begun = true;
            events.push(arguments(open.number, input));
        }
    }

    fn close(&mut self, index: u64, events: &mut Vec<Event>) {
        if let Some(OpenCall {
            number,
            has_begun: false,
        }) = self.open.remove(&index)
        {
            // A call without arguments has no piece of them; their JSON text is this.
            events.push(arguments(number, "{}".into()));
        }
    }
}

/// The events of an answer in one piece.
pub(super) fn events(body: &[u8], host: &str) -> Result<Vec<Event>, UpstreamError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| UpstreamError::NotTheApi {
        host: host.to_owned(),
        said: words::describe(body),
    })?;
    let mut events = vec![Event::Started {
        id: None,
        model: None,
    }];
    let mut calls = 0;
    for block in answer.output.message.content {
        events.extend(block.text.map(Event::Text));
        let thoughts = block
            .reasoning_content
            .and_then(|block| block.reasoning_text);
        events.extend(thoughts.and_then(Thought::into_event));
        if let Some(mut call) = block.tool_use {
            let input = call
                .input
                .take()
                .unwrap_or_else(|| Value::Object(Default::default()));
            events.push(call.into_event(calls, input.to_string()));
            calls += 1;
        }
    }
    events.extend(answer.usage.map(|counts| Event::Usage(counts.into())));
    events.push(answer.end.into_event());
    Ok(events)
}

fn arguments(index: u32, piece: String) -> Event {
    Event::ToolCall {
        index,
        id: None,
        name: None,
        arguments: piece,
    }
}

fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, UpstreamError> {
    serde_json::from_slice(payload)
        .map_err(|_| UpstreamError::Damaged(format!("an event is {}", words::shape(payload))))
}
