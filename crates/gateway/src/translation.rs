//! A stream that is read, polished and written anew. The polish may take a while and is then done
//! elsewhere (`workshop.rs`): nothing more is read until it is back, so that order is kept.

use std::mem;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use forms::Write;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use providers::{Decode, Event, UpstreamError};

use crate::passage::{End, note, note_flowing};
use crate::polish::{Batch, Polished, Polisher};
use crate::record::Record;
use crate::workshop::Workshop;

/// What goes to the client after a batch, and what became of the stream: how it ended, if it did.
pub(crate) type Step = (Bytes, Result<Option<End>, UpstreamError>);

/// A stream on its way through the polish.
pub(crate) struct Translation {
    decoder: Box<dyn Decode>,
    workshop: Workshop,
    desk: Desk,
    writer: Box<dyn Write>,
    events: Vec<Event>,
    /// How the server says that the answer ended.
    finish: Option<Event>,
    /// What was wrong behind the events that are being polished.
    fault: Option<UpstreamError>,
    /// How the stream ended behind them.
    end: Option<End>,
    state: State,
}

/// Where the polisher is.
enum Desk {
    Idle(Box<Polisher>),
    Busy(BoxFuture<'static, (Box<Polisher>, Polished)>),
    /// Nothing is polished any more.
    Cleared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The last events are being polished.
    Closing,
    Over,
}

impl Translation {
    pub(crate) fn new(
        decoder: Box<dyn Decode>,
        polisher: Polisher,
        workshop: Workshop,
        writer: Box<dyn Write>,
    ) -> Self {
        Self {
            decoder,
            workshop,
            desk: Desk::Idle(Box::new(polisher)),
            writer,
            events: Vec::new(),
            finish: None,
            fault: None,
            end: None,
            state: State::Open,
        }
    }

    /// Whether the answer has been written to its end.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Whether the answer has ended, or the rest of it would be cut: the server need not write it.
    pub(crate) fn wants_no_more(&self) -> bool {
        self.state != State::Open
    }

    /// Takes the next bytes of the server to the polish.
    pub(crate) fn push(&mut self, piece: &[u8], record: &mut Record) {
        let decoded = self.decoder.push(piece, &mut self.events);
        let is_last = self.decoder.is_over() && decoded.is_ok();
        self.fault = decoded.err();
        self.start(is_last, record);
    }

    /// Waits for the polish of what was taken last; `None` when there is nothing.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        record: &mut Record,
    ) -> Poll<Option<Step>> {
        let Desk::Busy(work) = &mut self.desk else {
            return Poll::Ready(None);
        };
        let (polisher, polished) = ready!(work.poll_unpin(context));
        let mut out = Vec::new();
        for event in polished.events {
            out.extend_from_slice(&self.writer.event(event));
        }
        for words in polished.notes {
            record.note(words);
        }
        if self.state == State::Closing {
            let ending = polisher.ending(self.finish.take());
            note(&ending, record);
            out.extend_from_slice(&self.writer.event(ending));
            out.extend_from_slice(&self.writer.end());
            self.state = State::Over;
        }
        let is_over = polisher.is_over();
        self.desk = Desk::Idle(polisher);
        let result = match self.fault.take() {
            Some(fault) => Err(fault),
            None => Ok(self.end.take()),
        };
        if self.state == State::Open && is_over && matches!(result, Ok(None)) {
            self.start(true, record);
        }
        Poll::Ready(Some((out.into(), result)))
    }

    /// The server has nothing more.
    pub(crate) fn finish(&mut self, is_cut: bool, record: &mut Record) {
        let ended = self.decoder.finish(&mut self.events);
        let has_finish = self.finish.is_some() || self.events.iter().any(is_finish);
        let end = match ended {
            Ok(()) if !is_cut || has_finish => End::Good,
            Err(UpstreamError::Reported { words, .. }) => End::Reported(words),
            _ => End::Cut,
        };
        let is_last = end == End::Good;
        self.end = Some(end);
        self.start(is_last, record);
    }

    /// Hands the events over to the polish.
    fn start(&mut self, is_last: bool, record: &mut Record) {
        let mut batch = Batch {
            events: Vec::new(),
            is_last,
        };
        for event in self.events.drain(..) {
            note_flowing(&event, record);
            match event {
                event if is_finish(&event) => self.finish = Some(event),
                event => batch.events.push(event),
            }
        }
        if let Desk::Idle(polisher) = mem::replace(&mut self.desk, Desk::Cleared) {
            let work = self.workshop.clone().polish(polisher, batch);
            self.desk = Desk::Busy(work.boxed());
        }
        if is_last {
            self.state = State::Closing;
        }
    }

    /// The end of the stream with an error. Every token that came reaches the client before it,
    /// but for those of a batch that is not back yet.
    pub(crate) fn fail(&mut self, problem: &forms::Problem) -> Vec<u8> {
        let mut out = Vec::new();
        if let Desk::Idle(mut polisher) = mem::replace(&mut self.desk, Desk::Cleared) {
            for event in polisher.flush() {
                out.extend_from_slice(&self.writer.event(event));
            }
        }
        out.extend_from_slice(&self.writer.fail(problem));
        out
    }
}

fn is_finish(event: &Event) -> bool {
    matches!(event, Event::Finish { .. })
}
