//! What the table does not have yet, in a file that outlives this process: each step of a request is
//! taken down before its client sees the end of the answer, so that a process that is killed loses
//! no row. Replaces what must not be written, and knows no table.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gateway::{Accepted, Outcome, RecordEvent, Routed};
use serde::{Deserialize, Serialize};

use super::Shared;
use crate::files::append_private;

/// Parts, each of some of the requests: two requests that end at once seldom wait for one another. More
/// would be written more often.
const PARTS: usize = 4;
/// What ends a line; none has it inside (Consistent Overhead Byte Stuffing).
const END: u8 = 0;
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long a step that must stay may wait for the next one: under load one write keeps many.
const WAIT: Duration = Duration::from_millis(1);
/// The size in bytes from which a part begins a new file.
const TURN: u64 = 1 << 20;
/// The size in bytes at which a part takes nothing more down: the table has refused for long.
const MOST: u64 = 16 << 20;

/// The journal of the process that holds the folder. In any other, events only pass through it.
#[derive(Debug)]
pub(super) struct Journal {
    shared: Arc<Shared>,
    /// Whether it was begun.
    is_on: AtomicBool,
    parts: [Mutex<Part>; PARTS],
}

/// The file that is written, and the one before it while the table may lack something of it.
#[derive(Debug)]
struct Part {
    paths: [PathBuf; 2],
    /// None before it is begun, and after its end.
    file: Option<File>,
    /// The first line of each file.
    head: Vec<u8>,
    /// What is written together with the next step that must not be lost.
    pending: Vec<u8>,
    size: u64,
    written_at: Instant,
    /// Whether the file before this one is there.
    has_old: bool,
    /// Whether the last write was refused: half a line may stand at the end.
    is_torn: bool,
}

/// The first line of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// The program's: another one's lines may have another form.
    version: String,
    base: i64,
}

/// One line.
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
        let part = |number| {
            Mutex::new(Part {
                paths: paths(folder, number),
                file: None,
                head: Vec::new(),
                pending: Vec::new(),
                size: 0,
                written_at: Instant::now(),
                has_old: false,
                is_torn: false,
            })
        };
        Self {
            shared,
            is_on: AtomicBool::new(false),
            parts: std::array::from_fn(part),
        }
    }

    /// Begins an empty one; what an earlier one held must be in the table.
    pub(super) fn begin(&self, base: i64) -> io::Result<()> {
        self.end()?;
        for mut part in self.parts() {
            part.head = line(&Head {
                version: VERSION.to_owned(),
                base,
            });
            part.open()?;
        }
        self.is_on.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Begins a new file in each part that is large. What was handed on up to now is in the old one,
    /// which goes with [`Self::forget`].
    pub(super) fn turn(&self) {
        for mut part in self.parts() {
            if part.size >= TURN
                && !part.has_old
                && let Err(error) = part.turn()
            {
                part.complain(&error);
            }
        }
    }

    /// Removes the old files: the table has everything that was handed on before the last turn.
    pub(super) fn forget(&self) {
        for mut part in self.parts() {
            if !part.has_old {
                continue;
            }
            match fs::remove_file(&part.paths[1]) {
                Ok(()) => part.has_old = false,
                Err(error) => part.complain(&error),
            }
        }
    }

    /// Ends it: the table has everything.
    pub(super) fn end(&self) -> io::Result<()> {
        self.parts().try_for_each(|mut part| part.remove())
    }

    /// The part of a request: the same for all its steps.
    fn part(&self, sequence: u64) -> MutexGuard<'_, Part> {
        lock(&self.parts[sequence as usize % PARTS])
    }

    /// One after another.
    fn parts(&self) -> impl Iterator<Item = MutexGuard<'_, Part>> {
        self.parts.iter().map(lock)
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file that a part writes, and the one before it.
fn paths(folder: &Path, part: usize) -> [PathBuf; 2] {
    ["", ".old"].map(|end| folder.join(format!("requests.journal.{part}{end}")))
}

impl gateway::Journal for Journal {
    fn keep(&self, mut event: RecordEvent, hand_on: &dyn Fn(RecordEvent)) {
        let redaction = self.shared.redaction.load();
        let (step, when) = match &mut event {
            RecordEvent::Started { sequence, accepted } => {
                redaction.accepted(accepted);
                (Step::Started(*sequence, &**accepted), When::Later)
            }
            RecordEvent::Routed { sequence, routed } => {
                redaction.routed(routed);
                (Step::Routed(*sequence, &**routed), When::Soon)
            }
            RecordEvent::Finished {
                sequence, outcome, ..
            } => {
                redaction.outcome(outcome);
                (Step::Finished(*sequence, &**outcome), When::Now)
            }
            RecordEvent::Expanded { .. } => return hand_on(event),
        };
        if !self.is_on.load(Ordering::Relaxed) {
            return hand_on(event);
        }
        let text = line(&step);
        let mut part = self.part(step.sequence());
        part.take_down(&text, when);
        hand_on(event);
    }
}

/// When a step has to be in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// With the next one: nothing has come of it yet.
    Later,
    /// Before a server is asked; within [`WAIT`] under load.
    Soon,
    /// At once: its client is about to see the end.
    Now,
}

type Step<'a> = Entry<&'a Accepted, &'a Routed, &'a Outcome>;

impl Part {
    fn open(&mut self) -> io::Result<()> {
        let mut file = append_private(&self.paths[0])?;
        file.write_all(&self.head)?;
        self.file = Some(file);
        self.size = self.head.len() as u64;
        self.is_torn = false;
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

    fn take_down(&mut self, text: &[u8], when: When) {
        let Some(file) = self.file.as_mut().filter(|_| self.size < MOST) else {
            return;
        };
        self.pending.extend_from_slice(text);
        let is_due = match when {
            When::Later => false,
            When::Soon => self.written_at.elapsed() >= WAIT,
            When::Now => true,
        };
        if !is_due {
            return;
        }
        let written = file.write_all(&self.pending);
        self.written_at = Instant::now();
        self.size += self.pending.len() as u64;
        self.pending.clear();
        match written {
            Ok(()) => self.is_torn = false,
            Err(error) => {
                // Half a line is ended before the next one.
                self.pending.push(END);
                self.complain(&error);
            }
        }
    }

    /// Says once that the disk refuses; the table will say what it means for the rows.
    fn complain(&mut self, error: &io::Error) {
        if !self.is_torn {
            tracing::warn!(%error, "the journal of the request log cannot be written");
        }
        self.is_torn = true;
    }
}

/// What the files of a folder hold; none without them. Lines that cannot be read are passed over: the
/// last one may be torn. So is what a program of another version left.
pub(super) fn left(folder: &Path) -> io::Result<Option<Left>> {
    let mut found: Option<Left> = None;
    let paths = (0..PARTS).flat_map(|part| paths(folder, part).into_iter().rev());
    for path in paths {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        let mut lines = BufReader::new(file).split(END);
        let head = lines.next().transpose()?.and_then(read::<Head>);
        let Some(head) = head.filter(|head| head.version == VERSION) else {
            continue;
        };
        let left = found.get_or_insert_with(|| Left {
            base: head.base,
            entries: Vec::new(),
        });
        for line in lines {
            left.entries.extend(read::<Entry>(line?));
        }
    }
    Ok(found)
}

fn read<T: serde::de::DeserializeOwned>(mut line: Vec<u8>) -> Option<T> {
    line.push(END);
    postcard::from_bytes_cobs(&mut line).ok()
}

fn line(value: &impl Serialize) -> Vec<u8> {
    // Strings, numbers and times: there is nothing that cannot be written.
    postcard::to_stdvec_cobs(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
