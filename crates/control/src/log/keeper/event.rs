//! What the keeper is told of a request, and what it remembers of one until its row is written.

use gateway::{Accepted, Expanded, Outcome, RecordEvent, Room, Routed};

/// A step in the life of one request, with a room of any kind.
#[derive(Debug)]
pub(in crate::log) enum Event<R> {
    Started(u64, Box<Accepted>),
    Routed(u64, Box<Routed>),
    Expanded(u64, Box<Expanded>),
    Finished(u64, Box<Outcome>, R),
}

impl From<RecordEvent> for Event<Room> {
    fn from(event: RecordEvent) -> Self {
        match event {
            RecordEvent::Started { sequence, accepted } => Self::Started(sequence, accepted),
            RecordEvent::Routed { sequence, routed } => Self::Routed(sequence, routed),
            RecordEvent::Expanded { sequence, expanded } => Self::Expanded(sequence, expanded),
            RecordEvent::Finished {
                sequence,
                outcome,
                room,
            } => Self::Finished(sequence, outcome, room),
        }
    }
}

/// A request that was accepted, and how much of it is in the table.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) accepted: Box<Accepted>,
    pub(super) routed: Option<Box<Routed>>,
    pub(super) row: Option<i64>,
    pub(super) route_written: bool,
    /// What a recording keeps of it, until that is kept.
    pub(super) expanded: Option<Box<Expanded>>,
}

/// A request that ended and is not in the table yet.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) sequence: u64,
    pub(super) known: Known,
    pub(super) outcome: Box<Outcome>,
}
