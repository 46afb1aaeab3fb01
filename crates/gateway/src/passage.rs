//! What happens to the bytes of a stream between the server and the client: they pass untouched
//! and are read on the side, or they are read, polished and written anew (`translation.rs`).

use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use forms::Form;
use providers::{Decode, Event, Splitter, UpstreamError, Usage, data_of};

use crate::error::GatewayError;
use crate::reading::{Seen, StreamReading, cut};
use crate::record::Record;
use crate::thoughts::ThoughtsApart;
use crate::translation::{Step, Translation};

/// The way of a stream.
pub(crate) enum Passage {
    /// Whole events pass as they came, in OpenAI's form.
    Openai(OpenaiPassage),
    /// Whole events pass as they came, in Anthropic's form.
    Anthropic(AnthropicPassage),
    /// Events are decoded and written anew.
    Translated(Box<Translation>),
}

/// How a stream ended, by what was read of it.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// As it should.
    Good,
    /// The server reported an error in it, in these words.
    Reported(String),
    /// Without its end.
    Cut,
}

impl Passage {
    /// Takes the next bytes of the server and returns what goes to the client at once.
    /// Text that came before an error is not lost.
    pub(crate) fn push(
        &mut self,
        piece: Bytes,
        record: &mut Record,
    ) -> (Bytes, Result<(), UpstreamError>) {
        match self {
            Self::Openai(passage) => passage.push(piece, record),
            Self::Anthropic(passage) => passage.push(piece, record),
            Self::Translated(translation) => {
                translation.push(&piece, record);
                (Bytes::new(), Ok(()))
            }
        }
    }

    /// Waits for what is being polished; `None` when nothing is. The next bytes of the server are
    /// taken only then.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        record: &mut Record,
    ) -> Poll<Option<Step>> {
        match self {
            Self::Openai(_) | Self::Anthropic(_) => Poll::Ready(None),
            Self::Translated(translation) => translation.poll(context, record),
        }
    }

    /// What the server sends after the end: comments and empty lines pass.
    pub(crate) fn after_the_end(&mut self, piece: Bytes) -> Bytes {
        let splitter = match self {
            Self::Openai(passage) => &mut passage.splitter,
            Self::Anthropic(passage) => &mut passage.splitter,
            Self::Translated(_) => return Bytes::new(),
        };
        splitter.push(piece, |_| ()).unwrap_or_default()
    }

    /// Whether the answer is over, whatever the connection does.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Openai(passage) => passage.reading.done,
            Self::Anthropic(passage) => passage.over,
            Self::Translated(translation) => translation.is_over(),
        }
    }

    /// Whether nothing that the server still sends is wanted.
    pub(crate) fn wants_no_more(&self) -> bool {
        matches!(self, Self::Translated(translation) if translation.wants_no_more())
    }

    /// The words of an error that the server reported in the stream, once.
    pub(crate) fn reported(&mut self) -> Option<String> {
        match self {
            Self::Openai(passage) => passage.reading.error.take(),
            Self::Anthropic(passage) => passage.error.take(),
            Self::Translated(_) => None,
        }
    }

    /// The server has nothing more: what is left for the client, and how the stream ended. None
    /// while the rest is being polished.
    pub(crate) fn finish(&mut self, is_cut: bool, record: &mut Record) -> Option<(Bytes, End)> {
        match self {
            Self::Openai(passage) => Some(passage.finish(is_cut, record)),
            Self::Anthropic(passage) => Some(passage.finish(is_cut, record)),
            Self::Translated(translation) => {
                translation.finish(is_cut, record);
                None
            }
        }
    }

    /// The end of the stream with an error.
    pub(crate) fn fail(&mut self, error: &GatewayError, correlation_id: &str) -> Vec<u8> {
        let problem = error.problem(correlation_id);
        match self {
            Self::Openai(passage) => {
                let mut out = passage.held();
                out.extend_from_slice(&error_event("", &Form::Chat.error(&problem)));
                out
            }
            Self::Anthropic(_) => error_event("event: error\n", &Form::Messages.error(&problem)),
            Self::Translated(translation) => translation.fail(&problem),
        }
    }
}

fn error_event(head: &str, body: &[u8]) -> Vec<u8> {
    [head.as_bytes(), b"data: ", body, b"\n\n"].concat()
}

fn too_large() -> UpstreamError {
    UpstreamError::Damaged("an event larger than 16 MiB".into())
}

/// OpenAI's events on their way.
#[derive(Default)]
pub(crate) struct OpenaiPassage {
    splitter: Splitter,
    reading: StreamReading,
    /// Thoughts inside the text, to be shown apart; none when they are left where they are.
    thoughts: Option<ThoughtsApart>,
    /// Whether token counts are kept from the client, who did not ask for them.
    hides_counts: bool,
}

impl OpenaiPassage {
    pub(crate) fn new(thoughts: Option<ThoughtsApart>, hides_counts: bool) -> Self {
        Self {
            thoughts,
            hides_counts,
            ..Self::default()
        }
    }

    fn push(&mut self, piece: Bytes, record: &mut Record) -> (Bytes, Result<(), UpstreamError>) {
        let (reading, hides_counts) = (&mut self.reading, self.hides_counts);
        let (mut good, mut garbage, mut hidden) = (0, None, Vec::new());
        let passed = self.splitter.push(piece, |event| {
            let Some(data) = data_of(event).filter(|_| garbage.is_none()) else {
                return;
            };
            match reading.event(&data, record.outcome()) {
                Seen::Token => record.token(),
                Seen::Garbage => garbage = Some(good),
                Seen::Counts if hides_counts => hidden.push(good),
                _ => {}
            }
            good += 1;
        });
        let Ok(mut events) = passed else {
            return (Bytes::new(), Err(too_large()));
        };
        if !hidden.is_empty() || garbage.is_some() {
            let most = garbage.unwrap_or(good);
            events = picked(&events, |place| place < most && !hidden.contains(&place));
        }
        if garbage.is_some() {
            let error = UpstreamError::Damaged("an event is no JSON that can be read".into());
            return (events, Err(error));
        }
        let events = match &mut self.thoughts {
            Some(thoughts) if !events.is_empty() && thoughts.wants_more() => {
                thoughts.rewrite(events)
            }
            _ => events,
        };
        (events, Ok(()))
    }

    /// Text that was held back because thoughts might begin in it.
    fn held(&mut self) -> Vec<u8> {
        let held = self.thoughts.as_mut().and_then(ThoughtsApart::flush);
        held.unwrap_or_default().into_bytes()
    }

    /// A last event may lack its empty line; an end without end mark and without finish reason is
    /// a cut.
    fn finish(&mut self, is_cut: bool, record: &mut Record) -> (Bytes, End) {
        let left = self.splitter.finish();
        let mut out = BytesMut::from(self.held().as_slice());
        if let Some(data) = data_of(&left).filter(|data| is_whole(data)) {
            let seen = self.reading.event(&data, record.outcome());
            if seen != Seen::Counts || !self.hides_counts {
                out.extend_from_slice(left.trim_ascii_end());
                out.extend_from_slice(b"\n\n");
            }
        }
        let end = match self.reading.error.take() {
            Some(words) => End::Reported(words),
            None if self.reading.done => End::Good,
            None if !is_cut && record.outcome().finish_reason.is_some() => End::Good,
            None => End::Cut,
        };
        (out.freeze(), end)
    }
}

/// The events of a run of whole ones whose places are wanted, counted by those with data, and what
/// stands before each. They keep their bytes.
fn picked(events: &Bytes, is_wanted: impl Fn(usize) -> bool) -> Bytes {
    let (mut starts, mut place) = (Vec::new(), 0);
    // The events are whole, so that none is held back.
    let _ = Splitter::default().push(events.clone(), |event| {
        starts.push((
            event.as_ptr() as usize - events.as_ptr() as usize,
            is_wanted(place),
        ));
        place += usize::from(data_of(event).is_some());
    });
    let ends = starts
        .iter()
        .skip(1)
        .map(|(start, _)| *start)
        .chain([events.len()]);
    let mut out = BytesMut::with_capacity(events.len());
    for ((start, is_wanted), end) in starts.iter().zip(ends) {
        if *is_wanted {
            out.extend_from_slice(&events[*start..end]);
        }
    }
    out.freeze()
}

fn is_whole(data: &[u8]) -> bool {
    data == b"[DONE]" || serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
}

/// Anthropic's events on their way.
pub(crate) struct AnthropicPassage {
    splitter: Splitter,
    decoder: Box<dyn Decode>,
    events: Vec<Event>,
    over: bool,
    error: Option<String>,
}

impl AnthropicPassage {
    pub(crate) fn new(decoder: Box<dyn Decode>) -> Self {
        Self {
            splitter: Splitter::default(),
            decoder,
            events: Vec::new(),
            over: false,
            error: None,
        }
    }

    fn push(&mut self, piece: Bytes, record: &mut Record) -> (Bytes, Result<(), UpstreamError>) {
        let Ok(passed) = self.splitter.push(piece, |_| ()) else {
            return (Bytes::new(), Err(too_large()));
        };
        let decoded = self.decoder.push(&passed, &mut self.events);
        self.note(record);
        self.over |= self.decoder.is_over();
        match decoded {
            // The server's own error event has passed already.
            Err(UpstreamError::Reported { words, .. }) => {
                self.error = Some(words);
                self.over = true;
                (passed, Ok(()))
            }
            decoded => (passed, decoded),
        }
    }

    fn note(&mut self, record: &mut Record) {
        for event in self.events.drain(..) {
            note_flowing(&event, record);
        }
    }

    fn finish(&mut self, is_cut: bool, record: &mut Record) -> (Bytes, End) {
        let left = self.splitter.finish();
        if let Some(words) = self.error.take() {
            return (left, End::Reported(words));
        }
        let ended = self.decoder.finish(&mut self.events).is_ok() && !is_cut;
        self.note(record);
        if self.over || ended {
            (left, End::Good)
        } else {
            // Half an event would garble the error event that follows.
            (Bytes::new(), End::Cut)
        }
    }
}

/// Writes what an event shows into the record.
pub(crate) fn note(event: &Event, record: &mut Record) {
    match event {
        Event::Text(_) | Event::Reasoning { .. } | Event::ToolCall { .. } => record.first_token(),
        Event::Usage(usage) => note_usage(*usage, record),
        Event::Finish { reason, .. } => {
            record.outcome().finish_reason = Some(cut(reason.as_openai(), 40));
        }
        Event::Started { .. } => {}
    }
}

/// The same of an event that is handed on as it comes.
pub(crate) fn note_flowing(event: &Event, record: &mut Record) {
    match event {
        Event::Text(_) | Event::Reasoning { .. } | Event::ToolCall { .. } => record.token(),
        other => note(other, record),
    }
}

/// Writes token counts into the record.
pub(crate) fn note_usage(usage: Usage, record: &mut Record) {
    let outcome = record.outcome();
    outcome.prompt_tokens = usage.prompt.or(outcome.prompt_tokens);
    outcome.completion_tokens = usage.completion.or(outcome.completion_tokens);
}
