//! What the keeper does when the disk refuses, and when it is back.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Disk, Keeper};
use crate::log::{database, journal, replay};
use crate::sqlite::DatabaseError;
use crate::view::Notice;

/// Ended requests that wait in memory when the disk refuses; the oldest are given up.
pub(super) const WAITING_MOST: usize = 2_000;
/// How many tries follow each other by a second, before they follow by a minute.
pub(super) const QUICK_TRIES: u32 = 30;

impl<R> Keeper<R> {
    /// Moves ended requests into the memory ring, or gives up the oldest. One whose row is there
    /// already stays: nothing else would end it.
    pub(super) fn set_waiting(&mut self) {
        let ring = if matches!(self.disk, Disk::Newer) {
            0
        } else {
            WAITING_MOST
        };
        self.waiting.extend(self.ended.drain(..));
        let too_many = self.waiting.len().saturating_sub(ring);
        let mut lost = 0;
        self.waiting.retain(|ended| {
            let gives_up = lost < too_many && ended.known.row.is_none();
            lost += usize::from(gives_up);
            !gives_up
        });
        let before = self.shared.lost.fetch_add(lost as u64, Ordering::Relaxed);
        if before == 0 && lost > 0 {
            tracing::warn!("more requests wait than memory is kept for: the oldest are given up");
        }
        // All running rows are behind now; the list is made anew when the disk is back.
        self.touched.clear();
    }

    pub(super) fn reopen(&mut self, now: Instant) -> Option<Notice> {
        let (opened, notice) = match std::mem::take(&mut self.is_damaged) {
            true => database::replace(&self.folder, Timestamp::now()),
            false => database::open(&self.folder, self.holder, Timestamp::now()),
        };
        if notice.is_some() {
            self.shared.replaced.fetch_add(1, Ordering::Relaxed);
            // The new file has none of the rows.
            let waiting = self.waiting.iter_mut().map(|ended| &mut ended.known);
            for known in self.running.values_mut().chain(waiting) {
                known.row = None;
            }
        }
        match opened {
            Ok(mut connection) => match self.begin_journal(&mut connection, notice.is_some()) {
                Err(error) if error.is_damage() => self.refuse(&error, now),
                begun => {
                    if let Err(error) = begun {
                        tracing::warn!(%error, "the request log has no journal");
                    }
                    self.disk = Disk::Ready(connection);
                    self.touched = self.running.keys().copied().collect();
                    self.tell_trouble(None);
                }
            },
            Err(error) => self.refuse(&error, now),
        }
        notice
    }

    /// Brings into the table what a killed process left in its journal, and begins a new one; once,
    /// or when the table is new. Without a journal rows are kept as ever.
    fn begin_journal(
        &mut self,
        connection: &mut Connection,
        is_new: bool,
    ) -> Result<(), DatabaseError> {
        if !self.holder || self.base.is_some() && !is_new {
            return Ok(());
        }
        if self.base.is_none()
            && let Some(left) = journal::left(&self.folder)?
        {
            let rows = replay::replay(connection, left)?;
            tracing::info!(
                rows,
                "rows of a process that was killed came from its journal"
            );
        }
        let base = replay::next_base(connection)?;
        self.journal.begin(base)?;
        self.base = Some(base);
        Ok(())
    }

    /// Notes that the disk refuses, and when to try again.
    pub(super) fn refuse(&mut self, error: &DatabaseError, now: Instant) {
        let tries = match self.disk {
            Disk::Refuses { tries, .. } => tries + 1,
            _ => 1,
        };
        let pause = if tries <= QUICK_TRIES { 1 } else { 60 };
        self.is_damaged = self.holder && error.is_damage();
        if tries == 1 {
            tracing::warn!(%error, "the request log cannot be written; rows wait in memory");
        }
        self.disk = match error {
            DatabaseError::Newer { .. } => Disk::Newer,
            _ => Disk::Refuses {
                tries,
                next_try: now + Duration::from_secs(pause),
            },
        };
        self.tell_trouble(Some(database::sentence(error)));
    }

    /// Why the disk refuses, and what to do, for the admin.
    pub(super) fn trouble(&self) -> Option<String> {
        let trouble = self.shared.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn tell_trouble(&self, trouble: Option<String>) {
        self.shared
            .writing
            .store(trouble.is_none(), Ordering::Relaxed);
        *self
            .shared
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = trouble;
        self.tell();
    }

    pub(super) fn tell(&self) {
        self.shared
            .waiting
            .store(self.waiting.len() as u64, Ordering::Relaxed);
        self.shared.changes.send_modify(|change| *change += 1);
    }
}
