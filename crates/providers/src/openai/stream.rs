//! Frames of streams, whatever is read in them: server-sent events and lines of JSON. Knows no
//! field of an answer.

use bytes::Bytes;
use memchr::memchr;

use crate::sse::LARGEST_EVENT;
use crate::{Decode, Event, Splitter, UpstreamError, data_of};

/// Reads the objects of one answer.
pub(super) trait Read: Send {
    /// Takes the next object and appends what it means.
    fn read(&mut self, data: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError>;

    /// Whether the stream may end here.
    fn is_complete(&self) -> bool;

    /// Whether the end mark has come.
    fn is_over(&self) -> bool {
        self.is_complete()
    }

    /// Whether what was read is a whole answer, when it came in one piece.
    fn is_answer(&self) -> bool {
        self.is_complete()
    }
}

/// The events of an answer in one piece. An error under status 200 is an error.
pub(super) fn whole(
    mut reading: impl Read,
    body: &[u8],
    host: &str,
) -> Result<Vec<Event>, UpstreamError> {
    let mut events = Vec::new();
    let said = match reading.read(body, &mut events) {
        Ok(()) if reading.is_answer() => return Ok(events),
        Ok(()) => "JSON without an answer in it".into(),
        Err(UpstreamError::Reported { words, .. }) => format!("an error: {words}"),
        Err(UpstreamError::Damaged(said)) => said,
        Err(error) => return Err(error),
    };
    Err(UpstreamError::NotTheApi {
        host: host.to_owned(),
        said,
    })
}

/// Decodes server-sent events.
#[derive(Debug, Default)]
pub(super) struct EventDecoder<R> {
    splitter: Splitter,
    reading: R,
}

impl<R: Read> Decode for EventDecoder<R> {
    fn push(&mut self, piece: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        let Self { splitter, reading } = self;
        let mut outcome = Ok(());
        splitter
            .push(Bytes::copy_from_slice(piece), |event| {
                if outcome.is_ok() {
                    outcome = read_event(reading, event, events);
                }
            })
            .map_err(|error| UpstreamError::Damaged(error.to_string()))?;
        outcome
    }

    fn is_over(&self) -> bool {
        self.reading.is_over()
    }

    fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        let left = self.splitter.finish();
        let last = read_event(&mut self.reading, &left, events);
        end(last, &self.reading)
    }
}

fn read_event(
    reading: &mut impl Read,
    event: &[u8],
    events: &mut Vec<Event>,
) -> Result<(), UpstreamError> {
    match data_of(event) {
        Some(data) if !data.trim_ascii().is_empty() => reading.read(data.trim_ascii(), events),
        _ => Ok(()),
    }
}

/// Decodes lines of JSON.
#[derive(Debug, Default)]
pub(super) struct LineDecoder<R> {
    held: Vec<u8>,
    reading: R,
}

impl<R: Read> Decode for LineDecoder<R> {
    fn push(&mut self, mut piece: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        while let Some(end) = memchr(b'\n', piece) {
            let (line, rest) = (&piece[..end], &piece[end + 1..]);
            if self.held.is_empty() {
                read_line(&mut self.reading, line, events)?;
            } else {
                hold(&mut self.held, line)?;
                let line = std::mem::take(&mut self.held);
                read_line(&mut self.reading, &line, events)?;
            }
            piece = rest;
        }
        hold(&mut self.held, piece)
    }

    fn is_over(&self) -> bool {
        self.reading.is_over()
    }

    fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), UpstreamError> {
        let left = std::mem::take(&mut self.held);
        let last = read_line(&mut self.reading, &left, events);
        end(last, &self.reading)
    }
}

fn hold(held: &mut Vec<u8>, piece: &[u8]) -> Result<(), UpstreamError> {
    if held.len() + piece.len() > LARGEST_EVENT {
        let said = "a line of the stream is larger than 16 MiB";
        return Err(UpstreamError::Damaged(said.into()));
    }
    held.extend_from_slice(piece);
    Ok(())
}

fn read_line(
    reading: &mut impl Read,
    line: &[u8],
    events: &mut Vec<Event>,
) -> Result<(), UpstreamError> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(());
    }
    if line.len() > LARGEST_EVENT {
        return hold(&mut Vec::new(), line);
    }
    reading.read(line, events)
}

/// The end of a stream whose last object may have come without what ends it. Half of one is a
/// stream that broke off.
fn end(last: Result<(), UpstreamError>, reading: &impl Read) -> Result<(), UpstreamError> {
    if let Err(error @ UpstreamError::Reported { .. }) = last {
        return Err(error);
    }
    if reading.is_complete() {
        return Ok(());
    }
    Err(UpstreamError::Damaged(
        "it broke off before the end of the answer".into(),
    ))
}
