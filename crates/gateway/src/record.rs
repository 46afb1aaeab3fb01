//! One record per accepted request, from its start to its end.
//! Holds no prompt and no answer unless the request is recorded (`record/tape.rs`), and no key.

mod body;
mod echo;
mod expanded;
mod facts;
mod head;
mod headers;
mod mask;
pub(crate) mod params;
pub(crate) mod prompt;
mod running;
mod sink;
mod tape;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
pub use domain::RequestState;
use domain::{Model, Settings};
use http::StatusCode;
use http::request::Parts;
use jiff::Timestamp;
use providers::{ConnectTime, without_content};
use tokio_util::sync::CancellationToken;

use crate::error::GatewayError;
use crate::inside::{Watched, Watcher};
pub use body::{BODY_MOST, Body, Cut, Piece};
use echo::Asked;
pub use expanded::{
    Expanded, ExpandedBy, Headers, Incoming, MEMORY_MOST, REQUEST_MOST, UpstreamCall,
};
pub use facts::{Accepted, Outcome, Routed, Token};
pub use head::Head;
pub(crate) use sink::Unwritten;
pub use sink::{Journal, Mark, RecordEvent, Room, Sink, record_channel};
pub(crate) use tape::{CallTape, Tape};

/// The record of one running request. Dropped without a verdict it says *cancelled*: the client
/// hung up.
#[derive(Debug)]
pub(crate) struct Record {
    sink: Sink,
    sequence: u64,
    started: Instant,
    room: Option<Room>,
    cancel: CancellationToken,
    streamed: bool,
    /// Whom it was routed to, for who watches it.
    model: Option<String>,
    tokens: Tokens,
    outcome: Outcome,
    tape: Option<Tape>,
    asked: Asked,
    watcher: Option<Watcher>,
    connect_time: ConnectTime,
    has_ended: bool,
}

/// The events with text of a stream that is handed on as it comes.
#[derive(Debug, Default)]
struct Tokens {
    count: u32,
    first: Duration,
    last: Duration,
}

impl Record {
    /// Records the request, if a recording is on, and tapes it for who watches it. Which features
    /// are recorded is looked at when the feature is known.
    pub(crate) fn tape_if_wanted(
        &mut self,
        parts: &Parts,
        settings: &Arc<Settings>,
        watcher: Option<&Watcher>,
    ) {
        let by = match settings.recording.is_on(Timestamp::now) {
            true => ExpandedBy::Recording,
            false => ExpandedBy::Playground,
        };
        if by == ExpandedBy::Recording || watcher.is_some() {
            let tape = Tape::new(by, parts, settings, self.sink.shelf(), self.started);
            self.tape = Some(tape);
            self.watcher = watcher.cloned();
            if let (Some(tape), true) = (&self.tape, self.watcher.is_some()) {
                tape.is_watched();
            }
        }
    }

    /// Records the request because GitLab asks for it.
    pub(crate) fn tape_for_gitlab(&mut self, parts: &Parts, settings: &Arc<Settings>) {
        match &self.tape {
            Some(tape) => tape.want(),
            None => {
                let by = ExpandedBy::Gitlab;
                self.tape = Some(Tape::new(
                    by,
                    parts,
                    settings,
                    self.sink.shelf(),
                    self.started,
                ));
            }
        }
    }

    /// Where to take down what happens, when the request is recorded.
    pub(crate) fn tape(&self) -> Option<&Tape> {
        self.tape.as_ref()
    }

    /// Keeps nothing of a request that was refused.
    pub(crate) fn leave_untaped(&mut self) {
        self.tape = None;
    }

    /// Notes the model that answers.
    pub(crate) fn routed(&mut self, routed: Routed, model: Option<&Model>) {
        if let Some(tape) = &self.tape {
            if let Some(model) = model {
                tape.asks(model, None);
            }
            if !tape.routed(routed.feature) {
                self.tape = None;
            }
        }
        self.streamed = routed.streamed;
        self.model = self.watcher.is_some().then(|| routed.model.clone());
        self.sink.send(RecordEvent::Routed {
            sequence: self.sequence,
            routed: Box::new(routed),
        });
    }

    /// How long the request has run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What will be written at the end.
    pub(crate) fn outcome(&mut self) -> &mut Outcome {
        &mut self.outcome
    }

    /// Takes down a body that was read: its parameters, and all of it when the request is recorded.
    pub(crate) fn received(&mut self, body: &Bytes) {
        self.outcome.params = params::filtered(body);
        self.asked = Asked::new(body);
        if let Some(tape) = &self.tape {
            tape.received(body);
        }
    }

    /// Notes that the answer begins, and with what status and content type.
    pub(crate) fn answers(&mut self, status: StatusCode, content_type: &'static str) {
        self.outcome.status = Some(status.as_u16());
        self.outcome.content_type = Some(content_type);
        self.outcome.answered_after = Some(self.started.elapsed());
    }

    /// Adds what was done to the request, in a few words. More than 32 are not kept.
    pub(crate) fn note(&mut self, words: impl Into<String>) {
        if self.outcome.notes.len() < 32 {
            self.outcome.notes.push(words.into());
        }
    }

    /// The same with a server's words behind it.
    pub(crate) fn note_said(&mut self, words: &str, said: &str) {
        let said = self.asked.without_echo(&without_content(said));
        self.note(format!("{words}: {said}"));
    }

    /// Cancelled when the admin ends the request.
    pub(crate) fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Notes the first token of a stream, once. An answer in one piece has none before its end.
    pub(crate) fn first_token(&mut self) {
        if self.streamed && self.outcome.first_token_after.is_none() {
            self.outcome.first_token_after = Some(self.started.elapsed());
        }
    }

    /// Notes a token of a stream that is handed on as it comes.
    pub(crate) fn token(&mut self) {
        self.first_token();
        let tokens = &mut self.tokens;
        tokens.last = self.started.elapsed();
        if tokens.count == 0 {
            tokens.first = tokens.last;
        }
        tokens.count = tokens.count.saturating_add(1);
    }

    /// What counts the connections that are made for the request.
    pub(crate) fn connect_time(&self) -> ConnectTime {
        self.connect_time.clone()
    }

    /// Writes down what is known at the end alone.
    fn conclude(&mut self) {
        let tokens = &self.tokens;
        self.outcome.duration = self.started.elapsed();
        self.outcome.connected_in = self.connect_time.get();
        if let Some(words) = &mut self.outcome.error {
            *words = self.asked.without_echo(words);
        }
        self.outcome.between_tokens = match tokens.count {
            0 | 1 => None,
            count => Some((tokens.last - tokens.first) / (count - 1)),
        };
        if self.outcome.state != RequestState::Cancelled {
            return;
        }
        if self.cancel.is_cancelled() {
            self.note("cancelled by the admin");
            let status = GatewayError::Cancelled.status().as_u16();
            self.outcome.status.get_or_insert(status);
        } else {
            self.sink.note_hang_up();
        }
    }

    fn end_tape(&mut self, tape: Tape) {
        let mut ended = tape.finish();
        if let (Some(watcher), Some(watched)) = (self.watcher.take(), ended.watched.take()) {
            watcher.hand_over(Watched {
                expanded: watched,
                model: self.model.take(),
                outcome: self.outcome.clone(),
            });
        }
        match ended.recorded {
            Ok(expanded) => {
                if expanded.had_no_room() {
                    self.note("recorded in part: the memory for recordings was full");
                }
                self.sink.send(RecordEvent::Expanded {
                    sequence: self.sequence,
                    expanded,
                });
            }
            Err(reason) => reason.into_iter().for_each(|reason| self.note(reason)),
        }
    }

    /// Ends the record as its outcome says. It is not written yet: its client must not see the end of
    /// the answer before it is.
    pub(crate) fn end(mut self) -> Unwritten {
        let mark = self.take_down_end();
        self.sink.unwritten(mark)
    }

    /// Takes the end down, once; how far the journal has to be written for it to be kept.
    fn take_down_end(&mut self) -> Option<Mark> {
        if std::mem::replace(&mut self.has_ended, true) {
            return None;
        }
        self.conclude();
        if let Some(tape) = self.tape.take() {
            self.end_tape(tape);
        }
        let room = self.room.take()?;
        let outcome = Box::new(std::mem::take(&mut self.outcome));
        self.sink.send(RecordEvent::Finished {
            sequence: self.sequence,
            outcome,
            room,
        })
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let mark = self.take_down_end();
        if mark.is_some() {
            self.sink.unwritten(mark).write();
        }
        self.sink.remove(self.sequence);
    }
}
