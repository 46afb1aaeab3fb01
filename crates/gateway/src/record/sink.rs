//! Where records go: to a journal at once, and to their keeper in a moment. Builds none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use providers::ConnectTime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::echo::Asked;
use super::expanded::Shelf;
use super::running::Running;
use super::{Accepted, Expanded, Outcome, Record, Routed, Tokens};

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

/// Takes records down before they are handed on. The last event of a request is written before its
/// client sees the end of the answer, so that what is taken down here outlives this process.
pub trait Journal: std::fmt::Debug + Send + Sync {
    /// Takes the event down and hands it on, as one step: what was handed on before another event
    /// was taken down before it. Must not wait for anything but a write. None when there is nothing
    /// to write.
    fn keep(&self, event: RecordEvent, hand_on: &dyn Fn(RecordEvent)) -> Option<Mark>;

    /// Writes what was taken down up to there, unless it is written. Must not wait for anything else.
    fn write(&self, mark: Mark);
}

/// How far a journal had come when it had taken something down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub u64);

/// The end of a request that was taken down, and is not written yet.
#[derive(Debug)]
#[must_use]
pub(crate) struct Unwritten {
    journal: Option<Arc<dyn Journal>>,
    mark: Option<Mark>,
}

impl Unwritten {
    /// Lets other requests end first: one write does for all of them.
    pub(crate) async fn write_together(self) {
        if self.mark.is_some() {
            tokio::task::yield_now().await;
            self.write();
        }
    }

    /// Writes it.
    pub(crate) fn write(&self) {
        if let (Some(journal), Some(mark)) = (&self.journal, self.mark) {
            journal.write(mark);
        }
    }
}

/// Where records go. A request takes its room before it starts, so back-pressure falls on new
/// requests, and to finish a record can neither wait nor fail.
#[derive(Debug, Clone)]
pub struct Sink {
    // Not bounded by itself: `room` bounds it to four events for each request with room.
    events: UnboundedSender<RecordEvent>,
    journal: Option<Arc<dyn Journal>>,
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
pub fn record_channel(journal: Option<Arc<dyn Journal>>) -> (Sink, UnboundedReceiver<RecordEvent>) {
    let (events, receiver) = unbounded_channel();
    let room = Arc::new(Semaphore::new(ROOM));
    (
        Sink {
            events,
            journal,
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
            asked: Asked::default(),
            watcher: None,
            connect_time: ConnectTime::default(),
            has_ended: false,
        }
    }

    /// Sends an event; how far the journal has to be written for it to be kept.
    pub(super) fn send(&self, event: RecordEvent) -> Option<Mark> {
        let hand_on = |event| {
            // A keeper that is gone cannot be told; the gateway goes on answering.
            let _ = self.events.send(event);
        };
        let Some(journal) = &self.journal else {
            hand_on(event);
            return None;
        };
        journal.keep(event, &hand_on)
    }

    /// What was taken down and is not written yet.
    pub(super) fn unwritten(&self, mark: Option<Mark>) -> Unwritten {
        let journal = self.journal.clone();
        Unwritten { journal, mark }
    }

    /// A client left before the end of its answer.
    pub(super) fn note_hang_up(&self) {
        self.hung_up.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn shelf(&self) -> &Arc<Shelf> {
        &self.shelf
    }

    /// The request ended.
    pub(super) fn remove(&self, sequence: u64) {
        self.running.remove(sequence);
    }
}
