//! What the table does not have yet, in a file that outlives this process: each step of a request is
//! taken down before its client sees the end of the answer, so that a process that is killed loses
//! no row. Replaces what must not be written, and knows no table.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gateway::{Accepted, Mark, Outcome, RecordEvent, Routed};
use serde::{Deserialize, Serialize};

use super::Shared;
use crate::files::append_private;

/// Bytes before each record that say how long it is.
const LENGTH: usize = size_of::<u32>();
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long a step may wait for the next write: under load one keeps many.
const WAIT: Duration = Duration::from_millis(1);
/// The size in bytes from which a new file is begun.
const TURN: u64 = 4 << 20;
/// The size in bytes at which nothing more is taken down: the table has refused for long.
const MOST: u64 = 64 << 20;

/// The journal of the process that holds the folder. In any other, events only pass through it.
#[derive(Debug)]
pub(super) struct Journal {
    shared: Arc<Shared>,
    /// Whether it was begun.
    is_on: AtomicBool,
    files: Mutex<Files>,
    /// The mark up to which everything is written.
    written: AtomicU64,
}

/// The file that is written, and the one before it while the table may lack something of it.
#[derive(Debug)]
struct Files {
    paths: [PathBuf; 2],
    /// None before it is begun, after its end, and when the disk refused even to cut it.
    file: Option<File>,
    /// The first record of each file.
    head: Vec<u8>,
    /// What is written together with the next step that must not be lost.
    pending: Vec<u8>,
    /// Steps that were taken down.
    taken: u64,
    /// Of the file, in bytes.
    size: u64,
    written_at: Instant,
    /// Whether the file before this one is there.
    has_old: bool,
    /// Whether the last write was refused, and that was said.
    is_refused: bool,
}

/// The first record of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// The program's: another one's records may have another form.
    version: String,
    base: i64,
}

/// One record.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Entry<A = Accepted, R = Routed, O = Outcome> {
    Started(u64, A),
    Routed(u64, R),
    Finished(u64, O),
}

impl<A, R, O> Entry<A, R, O> {
    /// The number of its request.
    pub(super) fn sequence(&self) -> u64 {
        match self {
            Self::Started(sequence, _)
            | Self::Routed(sequence, _)
            | Self::Finished(sequence, _) => *sequence,
        }
    }
}

/// What a process that was killed had taken down, in order for each request.
#[derive(Debug)]
pub(super) struct Left {
    /// What its rows have in the column `sequence` is this and the number of the request.
    pub(super) base: i64,
    pub(super) entries: Vec<Entry>,
}

impl Journal {
    /// Takes nothing down before [`Self::begin`].
    pub(super) fn new(folder: &Path, shared: Arc<Shared>) -> Self {
        let files = Files {
            paths: paths(folder),
            file: None,
            head: Vec::new(),
            pending: Vec::new(),
            taken: 0,
            size: 0,
            written_at: Instant::now(),
            has_old: false,
            is_refused: false,
        };
        Self {
            shared,
            is_on: AtomicBool::new(false),
            files: Mutex::new(files),
            written: AtomicU64::new(0),
        }
    }

    /// Begins an empty one; what an earlier one held must be in the table.
    pub(super) fn begin(&self, base: i64) -> io::Result<()> {
        self.end()?;
        let mut files = self.files();
        files.head.clear();
        let version = VERSION.to_owned();
        add(&Head { version, base }, &mut files.head);
        files.open()?;
        self.is_on.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Begins a new file when this one is large or was lost. What was handed on up to now is in the old
    /// one, which goes with [`Self::forget`].
    pub(super) fn turn(&self) {
        if !self.is_on.load(Ordering::Relaxed) {
            return;
        }
        let mut files = self.files();
        if (files.size >= TURN || files.file.is_none()) && !files.has_old {
            self.write_all(&mut files);
            if let Err(error) = files.turn() {
                files.complain(&error);
            }
        }
    }

    /// Removes the old file: the table has everything that was handed on before the last turn.
    pub(super) fn forget(&self) {
        let mut files = self.files();
        if !files.has_old {
            return;
        }
        match fs::remove_file(&files.paths[1]) {
            Ok(()) => files.has_old = false,
            Err(error) => files.complain(&error),
        }
    }

    /// Ends it: the table has everything.
    pub(super) fn end(&self) -> io::Result<()> {
        self.is_on.store(false, Ordering::Relaxed);
        self.files().remove()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, files: &mut Files) {
        if let Err(error) = files.write() {
            files.complain(&error);
        }
        // What was refused is given up: nobody waits for it.
        self.written.store(files.taken, Ordering::Release);
    }

    fn take_down(&self, files: &mut Files, step: &Step<'_>) -> Mark {
        if files.file.is_some() && files.size < MOST {
            add(step, &mut files.pending);
            files.taken += 1;
        }
        // Before a server is asked; under load the next write is not far.
        if matches!(step, Step::Routed(..)) && files.written_at.elapsed() >= WAIT {
            self.write_all(files);
        }
        Mark(files.taken)
    }
}

/// The file that is written, and the one before it.
fn paths(folder: &Path) -> [PathBuf; 2] {
    ["", ".old"].map(|end| folder.join(format!("requests.journal{end}")))
}

impl gateway::Journal for Journal {
    fn keep(&self, mut event: RecordEvent, hand_on: &dyn Fn(RecordEvent)) -> Option<Mark> {
        let redaction = self.shared.redaction.load();
        let step = match &mut event {
            RecordEvent::Started { sequence, accepted } => {
                redaction.accepted(accepted);
                Step::Started(*sequence, &**accepted)
            }
            RecordEvent::Routed { sequence, routed } => {
                redaction.routed(routed);
                Step::Routed(*sequence, &**routed)
            }
            RecordEvent::Finished {
                sequence, outcome, ..
            } => {
                redaction.outcome(outcome);
                Step::Finished(*sequence, &**outcome)
            }
            RecordEvent::Expanded { .. } => {
                hand_on(event);
                return None;
            }
        };
        if !self.is_on.load(Ordering::Relaxed) {
            hand_on(event);
            return None;
        }
        let mut files = self.files();
        let mark = self.take_down(&mut files, &step);
        hand_on(event);
        Some(mark)
    }

    fn write(&self, mark: Mark) {
        if self.written.load(Ordering::Acquire) >= mark.0 {
            return;
        }
        let mut files = self.files();
        // Another one may have written it meanwhile.
        if self.written.load(Ordering::Acquire) < mark.0 {
            self.write_all(&mut files);
        }
    }
}

type Step<'a> = Entry<&'a Accepted, &'a Routed, &'a Outcome>;

impl Files {
    fn open(&mut self) -> io::Result<()> {
        let mut file = append_private(&self.paths[0])?;
        file.write_all(&self.head)?;
        self.file = Some(file);
        self.size = self.head.len() as u64;
        self.is_refused = false;
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        // When no new one can be made, nothing is taken down into one that will be removed.
        self.file = None;
        match fs::rename(&self.paths[0], &self.paths[1]) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            renamed => self.has_old = renamed.is_ok(),
        }
        self.open()
    }

    fn remove(&mut self) -> io::Result<()> {
        self.file = None;
        self.pending.clear();
        self.has_old = false;
        for path in self.paths.iter().rev() {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes what is pending. When the disk refuses, what it took goes again: nothing may be written
    /// behind half a record, where none would be looked for.
    fn write(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = file.write_all(&self.pending);
        match written {
            Ok(()) => {
                self.size += self.pending.len() as u64;
                self.is_refused = false;
            }
            Err(_) if file.set_len(self.size).is_err() => self.file = None,
            Err(_) => {}
        }
        self.pending.clear();
        self.written_at = Instant::now();
        written
    }

    /// Says once that the disk refuses; the table will say what it means for the rows.
    fn complain(&mut self, error: &io::Error) {
        if !self.is_refused {
            tracing::warn!(%error, "the journal of the request log cannot be written");
        }
        self.is_refused = true;
    }
}

/// What the files of a folder hold; none without them. The last record may be torn, and is passed over.
/// So is what a program of another version left.
pub(super) fn left(folder: &Path) -> io::Result<Option<Left>> {
    let mut found: Option<Left> = None;
    for path in paths(folder).into_iter().rev() {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            bytes => bytes?,
        };
        let mut rest = bytes.as_slice();
        let head = next(&mut rest).and_then(read::<Head>);
        let Some(head) = head.filter(|head| head.version == VERSION) else {
            continue;
        };
        let left = found.get_or_insert_with(|| Left {
            base: head.base,
            entries: Vec::new(),
        });
        while let Some(record) = next(&mut rest) {
            left.entries.extend(read::<Entry>(record));
        }
    }
    Ok(found)
}

/// Takes the next whole record, without its length.
fn next<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
    let (record, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *rest = behind;
    Some(record)
}

fn read<T: serde::de::DeserializeOwned>(record: &[u8]) -> Option<T> {
    postcard::from_bytes(record).ok()
}

/// Adds a record behind others.
fn add(value: &impl Serialize, records: &mut Vec<u8>) {
    let start = records.len();
    records.extend([0; LENGTH]);
    // Strings, numbers and times: there is nothing that cannot be written.
    *records = postcard::to_extend(value, std::mem::take(records)).unwrap_or_default();
    if let Some((length, record)) = records
        .get_mut(start..)
        .and_then(<[u8]>::split_first_chunk_mut::<LENGTH>)
    {
        // Smaller than what a request may bring along.
        *length = (record.len() as u32).to_le_bytes();
    }
}

#[cfg(test)]
mod tests;
