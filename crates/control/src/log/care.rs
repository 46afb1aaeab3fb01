//! When the work that can wait is done: rows are indexed when it is quiet, or when too many are
//! behind, and old ones are removed. Knows no rows.

use std::time::{Duration, Instant};

use domain::LogSettings;
use jiff::Timestamp;
use rusqlite::Connection;

use super::{index, retention};

/// How soon after new rows there is something to do.
const SOON: Duration = Duration::from_secs(1);
/// The same when no rows come: they grow old all the same.
const LATER: Duration = Duration::from_secs(600);
/// The pause between two steps, for whoever else writes.
const PAUSE: Duration = Duration::from_millis(20);
/// It is quiet when fewer rows than this came since the last step.
const QUIET: u64 = 300;
/// Rows that are not indexed, at most: each search looks through them.
const BEHIND_MOST: i64 = 100_000;

/// When the next step is, and what came since the last one.
#[derive(Debug)]
pub(super) struct Care {
    /// None in a process that does not hold the folder.
    next: Option<Instant>,
    written: u64,
}

impl Care {
    /// The holder of the folder soon does what was left undone.
    pub(super) fn new(holder: bool, now: Instant) -> Self {
        let next = holder.then_some(now + SOON);
        Self { next, written: 0 }
    }

    /// When the next step is.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// So many rows were written.
    pub(super) fn wrote(&mut self, rows: u64, now: Instant) {
        self.written += rows;
        self.next = self.next.map(|next| next.min(now + SOON));
    }

    /// Takes a step when it is time. Whether rows were removed.
    pub(super) fn step(
        &mut self,
        connection: &mut Connection,
        keep: Option<&LogSettings>,
        now: Instant,
    ) -> rusqlite::Result<bool> {
        if self.next.is_none_or(|next| now < next) {
            return Ok(false);
        }
        self.next = Some(now + SOON);
        let is_quiet = std::mem::take(&mut self.written) < QUIET;
        let removes = match keep {
            Some(keep) => retention::step(connection, keep, Timestamp::now())?,
            None => false,
        };
        let behind = index::behind(connection)?;
        let indexes = (is_quiet || behind > BEHIND_MOST) && index::step(connection)?;
        let pause = match (removes || indexes, behind > 0) {
            (true, _) => PAUSE,
            (false, true) => SOON,
            (false, false) => LATER,
        };
        self.next = Some(now + pause);
        Ok(removes)
    }
}
