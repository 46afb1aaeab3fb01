//! Turns events into rows, one transaction for many. When the disk refuses, ended requests wait in
//! memory. Knows no thread and no channel.

mod disk;
mod event;

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use gateway::Outcome;
use rusqlite::{Connection, TransactionBehavior};

use super::Shared;
use super::care::Care;
use super::journal::Journal;
use super::retention;
use super::rows::{Statements, note};
use super::spans::Additions;
use crate::log_files::{self, LogFiles};
use crate::recordings::{Recorded, Recordings};
use crate::view::{Notice, RequestId};
pub(super) use event::Event;
use event::{Ended, Known};

/// The disk, or why it refuses.
#[derive(Debug)]
enum Disk {
    Ready(Connection),
    Refuses {
        tries: u32,
        next_try: Instant,
    },
    /// The database belongs to a newer program: rows are given up.
    Newer,
}

/// Keeps rows.
#[derive(Debug)]
pub(super) struct Keeper<R> {
    folder: PathBuf,
    holder: bool,
    shared: Arc<Shared>,
    journal: Arc<Journal>,
    /// What the numbers of requests are counted from in the table; none while nothing is taken down.
    base: Option<i64>,
    disk: Disk,
    /// Whether the file turned out to be damaged: a new one is begun at the next try.
    is_damaged: bool,
    running: HashMap<u64, Known>,
    /// Running requests whose row is behind.
    touched: Vec<u64>,
    ended: Vec<Ended>,
    waiting: VecDeque<Ended>,
    rooms: Vec<R>,
    care: Care,
    recordings: Recordings,
}

impl<R> Keeper<R> {
    /// Opens the database; what goes wrong is in the shared state and the notices.
    pub(super) fn open(
        folder: &Path,
        holder: bool,
        shared: Arc<Shared>,
        journal: Arc<Journal>,
        notices: &mut Vec<Notice>,
    ) -> Self {
        let recordings = Recordings::new(folder, Arc::clone(&shared.recordings));
        let mut keeper = Self {
            folder: folder.to_owned(),
            holder,
            shared,
            journal,
            base: None,
            disk: Disk::Refuses {
                tries: 0,
                next_try: Instant::now(),
            },
            is_damaged: false,
            running: HashMap::new(),
            touched: Vec::new(),
            ended: Vec::new(),
            waiting: VecDeque::new(),
            rooms: Vec::new(),
            care: Care::new(holder, Instant::now()),
            recordings,
        };
        notices.extend(keeper.reopen(Instant::now()));
        if holder && let Some(why) = keeper.trouble() {
            let what = "The request log cannot be written.".into();
            notices.push(Notice { what, why });
        }
        if holder && let Disk::Ready(connection) = &keeper.disk {
            let swept = connection.execute(
                "UPDATE requests SET state = 'interrupted' WHERE state = 'running'",
                [],
            );
            if let Err(error) = swept {
                keeper.refuse(&error.into(), Instant::now());
            }
        }
        keeper
    }

    /// Takes one step of a request; it is kept by the next [`Self::commit`].
    /// What must not be written has been replaced in it, except in what was expanded.
    pub(super) fn take(&mut self, event: Event<R>) {
        let redaction = self.shared.redaction.load();
        match event {
            Event::Started(sequence, accepted) => {
                let known = Known {
                    accepted,
                    routed: None,
                    row: None,
                    route_written: false,
                    expanded: None,
                };
                self.running.insert(sequence, known);
                self.touched.push(sequence);
            }
            Event::Routed(sequence, routed) => {
                if let Some(known) = self.running.get_mut(&sequence) {
                    // A row that is not written yet is in the list already.
                    if known.row.is_some() {
                        self.touched.push(sequence);
                    }
                    known.routed = Some(routed);
                    known.route_written = false;
                }
            }
            Event::Expanded(sequence, mut expanded) => {
                if let Some(known) = self.running.get_mut(&sequence) {
                    if self.shared.files.as_ref().is_some_and(LogFiles::is_on) {
                        expanded.redact(&|bytes| redaction.bytes(bytes));
                    }
                    known.expanded = Some(expanded);
                }
            }
            Event::Finished(sequence, outcome, room) => {
                if let Some(known) = self.running.remove(&sequence) {
                    if let Some(files) = &self.shared.files {
                        files.ended(&log_files::Ended {
                            accepted: &known.accepted,
                            routed: known.routed.as_deref(),
                            outcome: &outcome,
                            expanded: known.expanded.as_deref(),
                            user_api_key: redaction.user_api_key(&known.accepted.client),
                        });
                    }
                    self.ended.push(Ended {
                        sequence,
                        known,
                        outcome,
                    });
                }
                self.rooms.push(room);
            }
        }
    }

    /// Keeps what was taken: in the table, or in memory when the disk refuses. Gives the rooms
    /// back then, and not before.
    pub(super) fn commit(&mut self, now: Instant) {
        if let Disk::Refuses { next_try, .. } = self.disk
            && now >= next_try
        {
            self.reopen(now);
        }
        let idle = self.touched.is_empty() && self.ended.is_empty() && self.waiting.is_empty();
        if !idle && matches!(self.disk, Disk::Ready(_)) {
            match self.write() {
                Ok(rows) => self.care.wrote(rows, now),
                Err(error) => self.refuse(&error.into(), now),
            }
        }
        if !matches!(self.disk, Disk::Ready(_)) {
            self.set_waiting();
        }
        self.rooms.clear();
        if !idle {
            self.tell();
        }
    }

    /// When it has something to do by itself: to try the disk again, or [`Self::look_after`].
    pub(super) fn next_step(&self) -> Option<Instant> {
        match self.disk {
            Disk::Refuses { next_try, .. } => Some(next_try),
            Disk::Ready(_) => self.care.next(),
            Disk::Newer => None,
        }
    }

    /// Takes a step of the work that can wait, when it is time.
    pub(super) fn look_after(&mut self, now: Instant) {
        let Disk::Ready(connection) = &mut self.disk else {
            return;
        };
        let keep = self.shared.keep.load_full();
        match self.care.step(connection, keep.as_deref(), now) {
            Ok(false) => {}
            Ok(true) => {
                if let Ok(Some(row)) = retention::first_row(connection) {
                    self.recordings.forget_before(row);
                }
                self.tell();
            }
            Err(error) => self.refuse(&error.into(), now),
        }
    }

    /// Ends the rows of requests that will not be heard of again, and leaves one tidy file.
    pub(super) fn close(mut self, now: Instant) {
        self.commit(now);
        let Disk::Ready(connection) = &self.disk else {
            return;
        };
        let rows = self.running.values().filter_map(|known| known.row);
        let ended = rows.map(|row| {
            connection.execute(
                "UPDATE requests SET state = 'interrupted' WHERE state = 'running' AND id = ?",
                [row],
            )
        });
        let outcome = ended
            .collect::<Result<Vec<_>, _>>()
            .and_then(|_| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        match outcome {
            Err(error) => tracing::warn!(%error, "the request log was not closed in order"),
            Ok(()) if self.base.is_none() => {}
            Ok(()) => {
                if let Err(error) = self.journal.end() {
                    tracing::warn!(%error, "the journal of the request log stays");
                }
            }
        }
    }

    /// Before everything that was sent so far is taken: has the journal begin a new file, if it is
    /// time for one.
    pub(super) fn turn_journal(&self) {
        self.journal.turn();
    }

    /// After it was committed: the journal need not know it any more, if it is in the table.
    pub(super) fn forget_journal(&self) {
        if matches!(self.disk, Disk::Ready(_)) && self.waiting.is_empty() && self.ended.is_empty() {
            self.journal.forget();
        }
    }

    /// Writes everything that is behind, in one transaction. Returns how many rows are new.
    fn write(&mut self) -> rusqlite::Result<u64> {
        let Disk::Ready(connection) = &mut self.disk else {
            return Ok(0);
        };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut statements = Statements::new(&transaction)?;
        let mut additions = Additions::default();
        let running = &self.running;
        // New rows in the order of their requests, so that a later request has a higher id.
        let mut new: Vec<(u64, &Known, Option<&Outcome>)> = Vec::with_capacity(self.ended.len());
        let mut recorded = HashMap::new();
        for ended in self.waiting.iter().chain(&self.ended) {
            let Some(row) = ended.known.row else {
                new.push((ended.sequence, &ended.known, Some(&ended.outcome)));
                continue;
            };
            if let (Some(routed), false) = (&ended.known.routed, ended.known.route_written) {
                statements.route(row, routed)?;
            }
            if !statements.end(row, &ended.outcome)? {
                new.push((ended.sequence, &ended.known, Some(&ended.outcome)));
                continue;
            }
            additions.ended(ended.known.accepted.at, row, &ended.outcome);
            if ended.known.expanded.is_some() {
                recorded.insert(ended.sequence, row);
            }
        }
        for sequence in &self.touched {
            let Some(known) = running.get(sequence) else {
                continue;
            };
            match (known.row, &known.routed) {
                (None, _) => new.push((*sequence, known, None)),
                (Some(row), Some(routed)) if !known.route_written => {
                    statements.route(row, routed)?
                }
                (Some(_), _) => {}
            }
        }
        new.sort_unstable_by_key(|(sequence, ..)| *sequence);
        let mut rows = Vec::new();
        let mut clients = HashMap::new();
        for (sequence, known, outcome) in &new {
            let number = self.base.map(|base| base + *sequence as i64);
            let (accepted, routed) = (&known.accepted, known.routed.as_deref());
            let row = statements.insert(accepted, routed, *outcome, number)?;
            additions.began(known.accepted.at, row);
            match outcome {
                Some(outcome) => additions.ended(known.accepted.at, row, outcome),
                None => rows.push((*sequence, row)),
            }
            if outcome.is_some() && known.expanded.is_some() {
                recorded.insert(*sequence, row);
            }
            clients.insert(known.accepted.client.as_str(), known.accepted.at);
        }
        for (client, at) in clients {
            statements.used(client, at)?;
        }
        additions.write(&transaction)?;
        let inserted = new.len() as u64;
        drop(new);
        drop(statements);
        let ended = self.waiting.iter_mut().chain(&mut self.ended);
        let recorded = ended.filter_map(|ended| {
            Some(Recorded {
                row: *recorded.get(&ended.sequence)?,
                correlation_id: &ended.known.accepted.correlation_id,
                expanded: ended.known.expanded.as_deref_mut()?,
            })
        });
        // Before the rows are seen, so that they never say less than there is.
        for (row, words) in self.recordings.keep(recorded) {
            note(&transaction, row, &words)?;
        }
        transaction.commit()?;
        for (sequence, row) in rows {
            if let Some(known) = self.running.get_mut(&sequence) {
                known.row = Some(row);
            }
        }
        for sequence in self.touched.drain(..) {
            if let Some(known) = self.running.get_mut(&sequence) {
                known.route_written = known.routed.is_some();
            }
        }
        self.ended.clear();
        self.waiting.clear();
        self.shared.logged.fetch_add(inserted, Ordering::Relaxed);
        Ok(inserted)
    }

    /// The running request that has this row.
    pub(super) fn sequence_of(&self, id: RequestId) -> Option<u64> {
        let mut running = self.running.iter();
        let found = running.find(|(_, known)| known.row == Some(id.0));
        found.map(|(sequence, _)| *sequence)
    }

    /// Deletes everything that recordings kept.
    pub(super) fn purge(&mut self) -> std::io::Result<()> {
        let purged = self.recordings.purge();
        self.tell();
        purged
    }
}

#[cfg(test)]
mod tests;
