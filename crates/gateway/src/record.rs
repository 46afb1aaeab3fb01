//! One record per accepted request, from its start to its end, sent to whoever keeps them.
//! Holds no prompt and no answer unless the request is recorded (`record/tape.rs`), and no key.

mod expanded;
mod head;
mod headers;
mod mask;
pub(crate) mod prompt;
mod tape;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use domain::RequestState;
use domain::{Feature, Model, Provider, Settings};
use http::request::Parts;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use expanded::Shelf;
pub use expanded::{
    BODY_MOST, Body, Cut, Expanded, ExpandedBy, Headers, Incoming, MEMORY_MOST, Piece,
    REQUEST_MOST, UpstreamCall,
};
pub use head::Head;
pub(crate) use tape::{CallTape, Tape};

/// What is known when a request is accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// When it was accepted.
    pub at: Timestamp,
    /// The id that goes through every hop.
    pub correlation_id: String,
    /// The HTTP method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The name of a client key, `playground`, or the program by its user agent.
    pub client: String,
    /// More of it, when the gateway log is written.
    pub head: Option<Box<Head>>,
}

/// What is known when the body has been read and the model found.
#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    /// The deployment name, or what the client asked for when there is no such model.
    pub model: String,
    /// The feature that the client named.
    pub feature: Option<Feature>,
    /// Whether the client wants a stream.
    pub streamed: bool,
    /// The family of the model that is asked first; none when there is no such model.
    pub family: Option<String>,
    /// How that model is spoken to.
    pub provider: Option<Provider>,
}

/// What is known at the end. Without a verdict the client hung up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// How it ended; never `Running` or `Interrupted`.
    pub state: RequestState,
    /// The HTTP status of the answer; none when the client left before it.
    pub status: Option<u16>,
    /// Until the first token of the answer; none unless the client was given a stream.
    pub first_token_after: Option<Duration>,
    /// From start to end.
    pub duration: Duration,
    /// Tokens of the prompt, when the server counted them.
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer, when the server counted them.
    pub completion_tokens: Option<u32>,
    /// The fallback that answered in the place of the model that was asked first.
    pub answered_by: Option<String>,
    /// How often a call was made again.
    pub retries: u32,
    /// How long the request waited for its turn.
    pub queued: Option<Duration>,
    /// What else was done to it, in order, each in a few words.
    pub notes: Vec<String>,
    /// Why the answer ended, in the server's word.
    pub finish_reason: Option<String>,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
}

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

    /// Begins a record. Waits while the keeper is far behind.
    pub(crate) async fn begin(&self, accepted: Accepted) -> Record {
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
            streamed: false,
            outcome: Outcome::default(),
            tape: None,
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
    streamed: bool,
    outcome: Outcome,
    tape: Option<Tape>,
}

impl Record {
    /// Records the request, if a recording is on. Which features are recorded is looked at when the
    /// feature is known.
    pub(crate) fn tape_if_recording(&mut self, parts: &Parts, settings: &Arc<Settings>) {
        if settings.recording.is_on(Timestamp::now) {
            let by = ExpandedBy::Recording;
            self.tape = Some(Tape::new(
                by,
                parts,
                settings,
                &self.sink.shelf,
                self.started,
            ));
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

    /// Adds what was done to the request, in a few words. More than 32 are not kept.
    pub(crate) fn note(&mut self, words: impl Into<String>) {
        if self.outcome.notes.len() < 32 {
            self.outcome.notes.push(words.into());
        }
    }

    /// Notes the first token of a stream, once. An answer in one piece has none before its end.
    pub(crate) fn first_token(&mut self) {
        if self.streamed && self.outcome.first_token_after.is_none() {
            self.outcome.first_token_after = Some(self.started.elapsed());
        }
    }

    fn end_tape(&mut self, tape: Tape) {
        match tape.finish() {
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
        self.outcome.duration = self.started.elapsed();
        if self.outcome.state == RequestState::Cancelled {
            self.sink.hung_up.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(tape) = self.tape.take() {
            self.end_tape(tape);
        }
        let Some(room) = self.room.take() else { return };
        let outcome = Box::new(std::mem::take(&mut self.outcome));
        self.sink.send(RecordEvent::Finished {
            sequence: self.sequence,
            outcome,
            room,
        });
    }
}
