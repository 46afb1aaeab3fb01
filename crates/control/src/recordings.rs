//! What recordings keep of requests, in a database of their own beside the request log: a purge
//! deletes its files, and with them every byte of a body. Knows nothing of when a recording is on.

mod database;
mod read;
mod said;
mod words;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use gateway::Expanded;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

pub(crate) use database::{RECORDINGS, check};
pub(crate) use read::{
    body_page, content_in_memory, mark, page_in_memory, received_body, recorded_request,
};
pub(crate) use said::{Library, Said};

use crate::sqlite::DatabaseError;

/// Replaces what must not be written down; what needs no change comes back as it is.
pub(crate) type Redactor = Arc<dyn for<'a> Fn(&'a [u8]) -> Cow<'a, [u8]> + Send + Sync>;

/// The most bytes of bodies that are kept; the oldest recordings are removed beyond it.
const KEPT_MOST: u64 = 1024 * 1024 * 1024;

/// What the writer of recordings shares with the rest of the program.
pub(crate) struct Shared {
    requests: AtomicU64,
    bodies: AtomicU64,
    bytes: AtomicU64,
    trouble: Mutex<Option<String>>,
    /// What became of a damaged database, until a purge.
    damage: Mutex<Option<String>>,
    redactor: Mutex<Redactor>,
    // Taken to write by a purge alone: nobody may have the files open then.
    reading: RwLock<()>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            requests: AtomicU64::default(),
            bodies: AtomicU64::default(),
            bytes: AtomicU64::default(),
            trouble: Mutex::default(),
            damage: Mutex::default(),
            redactor: Mutex::new(Arc::new(|bytes| Cow::Borrowed(bytes))),
            reading: RwLock::default(),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shared")
    }
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    /// Requests.
    pub(crate) requests: u64,
    /// Bodies of these requests and of their calls.
    pub(crate) bodies: u64,
    /// Bytes of these bodies.
    pub(crate) bytes: u64,
}

impl Totals {
    fn take_away(&mut self, other: Self) {
        self.requests = self.requests.saturating_sub(other.requests);
        self.bodies = self.bodies.saturating_sub(other.bodies);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

impl Shared {
    /// How much is kept.
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            requests: self.requests.load(Ordering::Relaxed),
            bodies: self.bodies.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Why the newest recording could not be kept, or what became of older ones.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = lock(&self.trouble).clone();
        trouble.or_else(|| lock(&self.damage).clone())
    }

    fn redactor(&self) -> Redactor {
        Arc::clone(&lock(&self.redactor))
    }

    /// Replaces what must not be written down from now on.
    pub(crate) fn redact_with(&self, redactor: Redactor) {
        *lock(&self.redactor) = redactor;
    }

    /// Keeps the files from being purged while they are read.
    pub(crate) fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.reading.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, totals: Totals) {
        self.requests.store(totals.requests, Ordering::Relaxed);
        self.bodies.store(totals.bodies, Ordering::Relaxed);
        self.bytes.store(totals.bytes, Ordering::Relaxed);
    }
}

/// A request that was recorded, with its row of the request log.
#[derive(Debug)]
pub(crate) struct Recorded<'a> {
    /// The row.
    pub(crate) row: i64,
    /// The request's correlation id: a row of another log with the same number is another request.
    pub(crate) correlation_id: &'a str,
    /// What is to be kept.
    pub(crate) expanded: &'a mut Expanded,
}

/// Writes recordings. Opens the database with the first of them.
#[derive(Debug)]
pub(crate) struct Recordings {
    folder: PathBuf,
    shared: Arc<Shared>,
    connection: Option<Connection>,
}

impl Recordings {
    /// The recordings of a data folder.
    pub(crate) fn new(folder: &Path, shared: Arc<Shared>) -> Self {
        match totals_of(folder) {
            Ok(found) => shared.set(found),
            Err(error) => *lock(&shared.trouble) = Some(unreadable(&error)),
        }
        Self {
            folder: folder.to_owned(),
            shared,
            connection: None,
        }
    }

    /// Keeps these, and returns for each that could not be kept its row with the reason.
    pub(crate) fn keep<'a>(
        &mut self,
        recorded: impl Iterator<Item = Recorded<'a>>,
    ) -> Vec<(i64, String)> {
        let mut refused = Vec::new();
        for one in recorded {
            if one.expanded.is_purged() {
                refused.push((one.row, "its recording was purged".to_owned()));
                continue;
            }
            one.expanded.redact(self.shared.redactor().as_ref());
            if let Err(error) = self.write_or_begin_anew(&one) {
                tracing::warn!(%error, "a recording could not be kept");
                // Opened anew by the next one: the file may have been replaced.
                self.connection = None;
                let reason = format!("its recording could not be kept: {error}");
                *lock(&self.shared.trouble) = Some(format!(
                    "The newest recording could not be kept: {error}. Check the disk and the data folder."
                ));
                refused.push((one.row, reason));
                continue;
            }
            *lock(&self.shared.trouble) = None;
        }
        refused
    }

    /// Deletes every recording and every file that has held one, as far as the disk lets it.
    pub(crate) fn purge(&mut self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let _nobody_reads = shared.reading.write();
        self.connection = None;
        let outcome = database::delete(&self.folder);
        // What could not be deleted is still there, and is said to be.
        if let Ok(left) = totals_of(&self.folder) {
            shared.set(left);
        }
        if outcome.is_ok() {
            *lock(&shared.damage) = None;
            *lock(&shared.trouble) = None;
        }
        outcome
    }

    /// Removes the recordings of all rows before this one: the rows are not kept any more.
    pub(crate) fn forget_before(&mut self, row: i64) {
        if self.shared.totals().requests == 0 {
            return;
        }
        if let Err(error) = self.remove_before(row) {
            tracing::warn!(%error, "recordings of removed rows are not removed yet");
            self.connection = None;
        }
    }

    fn remove_before(&mut self, row: i64) -> Result<(), DatabaseError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(RECORDINGS.open(&self.folder)?),
        };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut sum = self.shared.totals();
        let old: Vec<i64> = transaction
            .prepare_cached("SELECT id FROM recordings WHERE id < ?")?
            .query_map([row], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for id in old {
            sum.take_away(remove(&transaction, id)?);
        }
        transaction.commit()?;
        self.shared.set(sum);
        Ok(())
    }

    /// Writes it. A damaged database is set aside first, where a purge finds it.
    fn write_or_begin_anew(&mut self, one: &Recorded<'_>) -> Result<(), DatabaseError> {
        match self.write(one) {
            Err(error) if error.is_damage() => {
                self.connection = None;
                let aside = RECORDINGS.set_aside(&self.folder, Timestamp::now())?;
                self.shared.set(Totals::default());
                *lock(&self.shared.damage) = Some(format!(
                    "The recordings were damaged, and new ones were begun. {} is kept until a purge.",
                    aside.display()
                ));
                self.write(one)
            }
            outcome => outcome,
        }
    }

    fn write(&mut self, one: &Recorded<'_>) -> Result<(), DatabaseError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(RECORDINGS.open(&self.folder)?),
        };
        let head = serde_json::to_string(&one.expanded).map_err(io::Error::from)?;
        let bodies: Vec<&[u8]> = one.expanded.bodies().map(|body| &*body.bytes).collect();
        let bytes: usize = bodies.iter().map(|body| body.len()).sum();
        let count = bodies.iter().filter(|body| !body.is_empty()).count();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut sum = self.shared.totals();
        sum.take_away(remove(&transaction, one.row)?);
        transaction
            .prepare_cached(
                "INSERT INTO recordings (id, correlation_id, head, bodies, bytes) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![one.row, one.correlation_id, head, count as i64, bytes as i64])?;
        for (place, body) in bodies
            .iter()
            .enumerate()
            .filter(|(_, body)| !body.is_empty())
        {
            transaction
                .prepare_cached("INSERT INTO bodies (recording, place, content) VALUES (?, ?, ?)")?
                .execute(params![one.row, place as i64, body])?;
        }
        let words = words::words_of(&bodies);
        // Words that stood apart in a body may stand together here.
        let redactor = self.shared.redactor();
        let words = redactor(words.as_bytes());
        transaction
            .prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?
            .execute(params![one.row, String::from_utf8_lossy(&words)])?;
        sum.requests += 1;
        sum.bodies += count as u64;
        sum.bytes += bytes as u64;
        while sum.bytes > KEPT_MOST && sum.requests > 1 {
            let oldest = "SELECT min(id) FROM recordings";
            let oldest = transaction.query_row(oldest, [], |row| row.get(0))?;
            sum.take_away(remove(&transaction, oldest)?);
        }
        transaction.commit()?;
        self.shared.set(sum);
        Ok(())
    }
}

/// Removes the recording of a row, if there is one, and returns how much it held.
fn remove(connection: &Connection, row: i64) -> rusqlite::Result<Totals> {
    let removed = connection
        .prepare_cached("DELETE FROM recordings WHERE id = ? RETURNING 1, bodies, bytes")?
        .query_row([row], counted)
        .optional()?;
    for statement in [
        "DELETE FROM bodies WHERE recording = ?",
        "DELETE FROM words WHERE rowid = ?",
    ] {
        connection.prepare_cached(statement)?.execute([row])?;
    }
    Ok(removed.unwrap_or_default())
}

/// How much a database holds.
pub(crate) fn totals(connection: &Connection) -> rusqlite::Result<Totals> {
    let sums = "SELECT count(*), coalesce(sum(bodies), 0), coalesce(sum(bytes), 0) FROM recordings";
    connection.query_row(sums, [], counted)
}

/// Requests, bodies and bytes in the first columns.
fn counted(row: &Row<'_>) -> rusqlite::Result<Totals> {
    let number = |place| row.get::<_, i64>(place).map(|number| number.max(0) as u64);
    Ok(Totals {
        requests: number(0)?,
        bodies: number(1)?,
        bytes: number(2)?,
    })
}

/// How much the recordings of a folder hold, for a process that does not write them.
pub(crate) fn totals_of(folder: &Path) -> rusqlite::Result<Totals> {
    Ok(database::read(folder, totals)?.unwrap_or_default())
}

/// What to say where nobody knows how much is kept.
pub(crate) fn unreadable(error: &rusqlite::Error) -> String {
    format!("What is kept cannot be read: {error}. Check the data folder; a purge deletes it.")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
