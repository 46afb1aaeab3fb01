//! One record per accepted request, from its start to its end, sent to whoever keeps them.
//! Holds no prompt and no answer unless the request is recorded (`record/tape.rs`), and no key.

mod body;
mod expanded;
mod facts;
mod head;
mod headers;
mod mask;
pub(crate) mod params;
pub(crate) mod prompt;
mod running;
mod tape;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
pub use domain::RequestState;
use domain::{Model, Settings};
use http::StatusCode;
use http::request::Parts;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::error::GatewayError;
use crate::inside::{Watched, Watcher};
pub use body::{BODY_MOST, Body, Cut, Piece};
use expanded::Shelf;
pub use expanded::{
    Expanded, ExpandedBy, Headers, Incoming, MEMORY_MOST, REQUEST_MOST, UpstreamCall,
};
pub use facts::{Accepted, Outcome, Routed, Token};
pub use head::Head;
use running::Running;
pub(crate) use tape::{CallTape, Tape};

/// A step in the life of one request. Events of one request come in this order; those between the
/// first and the last may be absent.
#[derive(Debug)]
pub enum RecordEvent {
    /// It was accepted.
    Started {
        /// Tells the requests of this process apart.
        sequence: u64,
        /// What is known.
        accepted: Box<Accepted>,
    },
    /// Its model was found.
    Routed {
        /// The same number as at the start.
        sequence: u64,
        /// What is known now.
        routed: Box<Routed>,
    },
    /// It was recorded; its end follows at once.
    Expanded {
        /// The same number as at the start.
        sequence: u64,
        /// What the recording keeps.
        expanded: Box<Expanded>,
    },
    /// It ended.
    Finished {
        /// The same number as at the start.
        sequence: u64,
        /// How it ended.
        outcome: Box<Outcome>,
        /// The room of this request; to be dropped when the row is kept.
        room: Room,
    },
}

/// A request's place between the gateway and the keeper of records.
#[derive(Debug)]
pub struct Room {
    _permit: OwnedSemaphorePermit,
}

/// Where records go. A request takes its room before it starts, so back-pressure falls on new
/// requests, and to finish a record can neither wait nor fail.
#[derive(Debug, Clone)]
pub struct Sink {
    // Not bounded by itself: `room` bounds it to four events for each request with room.
    events: UnboundedSender<RecordEvent>,
    room: Arc<Semaphore>,
    next: Arc<AtomicU64>,
    hung_up: Arc<AtomicU64>,
    shelf: Arc<Shelf>,
    running: Arc<Running>,
}

/// Requests that may stand between the gateway and the keeper of records: more than can be in
/// flight.
const ROOM: usize = 16_384;

/// Makes a sink and the end from which its keeper reads.
pub fn record_channel() -> (Sink, UnboundedReceiver<RecordEvent>) {
    let (events, receiver) = unbounded_channel();
    let room = Arc::new(Semaphore::new(ROOM));
    (
        Sink {
            events,
            room,
            next: Arc::new(AtomicU64::new(1)),
            hung_up: Arc::default(),
            shelf: Arc::default(),
            running: Arc::default(),
        },
        receiver,
    )
}

impl Sink {
    /// Requests accepted so far.
    pub fn accepted(&self) -> u64 {
        self.next.load(Ordering::Relaxed) - 1
    }

    /// Requests whose client left before the end, so far.
    pub fn hung_up(&self) -> u64 {
        self.hung_up.load(Ordering::Relaxed)
    }

    /// Drops what running requests have recorded so far, and makes what was sent before this moment
    /// such that it must not be kept ([`Expanded::is_purged`]).
    pub fn purge(&self) {
        self.shelf.purge();
    }

    /// Ends a running request as if its client had left; its client is told that the admin did it.
    /// Returns when it has ended; false when it ran no more.
    pub async fn cancel(&self, sequence: u64) -> bool {
        self.running.cancel(sequence).await
    }

    /// Begins a record. Waits while the keeper is far behind. `hang_up` closes the connection.
    pub(crate) async fn begin(
        &self,
        accepted: Accepted,
        hang_up: Option<CancellationToken>,
    ) -> Record {
        let permit = Arc::clone(&self.room).acquire_owned().await.ok();
        let sequence = self.next.fetch_add(1, Ordering::Relaxed);
        self.send(RecordEvent::Started {
            sequence,
            accepted: Box::new(accepted),
        });
        Record {
            sink: self.clone(),
            sequence,
            started: Instant::now(),
            room: permit.map(|permit| Room { _permit: permit }),
            cancel: self.running.add(sequence, hang_up),
            streamed: false,
            model: None,
            tokens: Tokens::default(),
            outcome: Outcome::default(),
            tape: None,
            watcher: None,
        }
    }

    fn send(&self, event: RecordEvent) {
        // A keeper that is gone cannot be told; the gateway goes on answering.
        let _ = self.events.send(event);
    }
}

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
    watcher: Option<Watcher>,
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
            let tape = Tape::new(by, parts, settings, &self.sink.shelf, self.started);
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
                    &self.sink.shelf,
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

    /// Writes down what is known at the end alone.
    fn conclude(&mut self) {
        let tokens = &self.tokens;
        self.outcome.duration = self.started.elapsed();
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
            self.sink.hung_up.fetch_add(1, Ordering::Relaxed);
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
}

impl Drop for Record {
    fn drop(&mut self) {
        self.conclude();
        if let Some(tape) = self.tape.take() {
            self.end_tape(tape);
        }
        if let Some(room) = self.room.take() {
            let outcome = Box::new(std::mem::take(&mut self.outcome));
            self.sink.send(RecordEvent::Finished {
                sequence: self.sequence,
                outcome,
                room,
            });
        }
        self.sink.running.remove(self.sequence);
    }
}
