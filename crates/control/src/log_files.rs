//! Writes the gateway log and `llm.log` on a thread of their own, which a slow disk or a full pipe
//! may hold up: then lines are given up and counted, and nobody waits. Knows nothing of what stands
//! in a line.

mod file;
mod lines;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use domain::{LogFiles as Settings, LogTarget};
use jiff::Timestamp;

use file::RotatingFile;
pub(crate) use lines::Ended;

/// Lines that may wait.
const LINES_MOST: usize = 8_192;
/// Bytes of lines that may wait; a line of a recorded request may have megabytes.
const BYTES_MOST: usize = 64 * 1024 * 1024;
/// How long the end of the program waits for lines that are not written yet.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Which of the two logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The gateway log.
    Gateway,
    /// `llm.log`.
    Llm,
}

impl Which {
    /// Where it goes.
    fn target(self, settings: &Settings) -> &LogTarget {
        match self {
            Self::Gateway => &settings.gateway,
            Self::Llm => &settings.llm,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gateway => "the gateway log",
            Self::Llm => "llm.log",
        }
    }
}

#[derive(Debug)]
enum Work {
    /// What may be wrong with a file is known before its first line.
    Open,
    Line(Which, Vec<u8>),
    Close(SyncSender<()>),
}

/// Whether lines could be added to a file. Makes it where there is none.
pub(crate) fn check(path: &Path) -> io::Result<()> {
    RotatingFile::open(path).map(drop)
}

/// The writer of the two logs.
#[derive(Debug)]
pub(crate) struct LogFiles {
    shared: Arc<Shared>,
    work: SyncSender<Work>,
}

/// What the writer shares with the rest of the program.
#[derive(Debug, Default)]
struct Shared {
    settings: ArcSwap<Settings>,
    waiting: AtomicUsize,
    lost: AtomicU64,
    request_timeout: AtomicU32,
    is_to_reopen: AtomicBool,
    trouble: Mutex<Option<String>>,
}

impl LogFiles {
    /// Starts the writer. Without a thread every line is given up, and the trouble says so.
    pub(crate) fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let (work, receiver) = sync_channel(LINES_MOST);
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("log files".into())
            .spawn(move || run(&theirs, &receiver));
        if let Err(error) = thread {
            shared.tell(Some(format!("The log files have no thread: {error}.")));
        }
        Self { shared, work }
    }

    /// Writes there from the next line on.
    pub(crate) fn apply(&self, settings: Settings, request_timeout: u32) {
        self.shared
            .request_timeout
            .store(request_timeout, Ordering::Relaxed);
        if *self.shared.settings.load_full() != settings {
            self.shared.settings.store(Arc::new(settings));
            self.shared.tell(None);
            // Where too many lines wait, the next of them opens it.
            let _ = self.work.try_send(Work::Open);
        }
    }

    /// Whether anything is written anywhere.
    pub(crate) fn is_on(&self) -> bool {
        let settings = self.shared.settings.load();
        settings.gateway != LogTarget::Off || settings.llm != LogTarget::Off
    }

    /// Writes the lines of a request, from which secrets are gone.
    pub(crate) fn ended(&self, ended: &Ended<'_>) {
        if self.is_on() {
            let timeout = self.shared.request_timeout.load(Ordering::Relaxed);
            for (which, line) in lines::lines_of(ended, timeout, &self.shared.settings.load()) {
                self.write(which, line);
            }
        }
    }

    /// Hands a line to the writer, or gives it up where too many wait.
    fn write(&self, which: Which, line: Vec<u8>) {
        let length = line.len();
        let waiting = self.shared.waiting.fetch_add(length, Ordering::Relaxed);
        let fits = waiting + length <= BYTES_MOST;
        if !fits || self.work.try_send(Work::Line(which, line)).is_err() {
            self.shared.waiting.fetch_sub(length, Ordering::Relaxed);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Opens every file anew with the next line: another program has moved it away.
    pub(crate) fn reopen(&self) {
        self.shared.is_to_reopen.store(true, Ordering::Relaxed);
    }

    /// Lines that were given up.
    pub(crate) fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Why the newest line could not be written, and what to do.
    pub(crate) fn trouble(&self) -> Option<String> {
        lock(&self.shared.trouble).clone()
    }

    /// Waits until the lines so far are written, but not for long.
    pub(crate) fn close(&self) {
        let (done, wait) = sync_channel(1);
        let end = Instant::now() + LAST_LINES;
        let mut close = Work::Close(done);
        while let Err(error) = self.work.try_send(close) {
            close = match error {
                std::sync::mpsc::TrySendError::Full(work) if Instant::now() < end => work,
                _ => return,
            };
            std::thread::sleep(Duration::from_millis(10));
        }
        // A writer that is held up is left where it is.
        let _ = wait.recv_timeout(end.saturating_duration_since(Instant::now()));
    }
}

impl Shared {
    fn tell(&self, trouble: Option<String>) {
        *lock(&self.trouble) = trouble;
    }

    /// Says once in the service log, and until it is over in the status, what is wrong.
    fn refused(&self, which: Which, what: &str) {
        let name = which.name();
        if lock(&self.trouble).is_none() {
            tracing::warn!("{name} {what}");
        }
        self.tell(Some(format!(
            "Trouble with {name}: it {what}. Check the disk and the folder of the file."
        )));
    }
}

fn run(shared: &Shared, work: &Receiver<Work>) {
    let mut files = HashMap::new();
    for work in work {
        let (which, line) = match work {
            Work::Line(which, line) => (which, line),
            Work::Open => {
                let settings = shared.settings.load_full();
                for which in [Which::Gateway, Which::Llm] {
                    if let LogTarget::File { path } = which.target(&settings)
                        && let Err(error) = open(&mut files, Path::new(path), &settings)
                    {
                        let why = crate::files::reason(&error);
                        shared.refused(which, &format!("cannot be written to {path}: {why}"));
                    }
                }
                continue;
            }
            Work::Close(done) => {
                let _ = done.send(());
                continue;
            }
        };
        if shared.is_to_reopen.swap(false, Ordering::Relaxed) {
            files.clear();
        }
        let settings = shared.settings.load_full();
        match write(&mut files, which, &settings, &line) {
            Ok(()) => shared.tell(None),
            Err(error) => {
                shared.lost.fetch_add(1, Ordering::Relaxed);
                shared.refused(
                    which,
                    &format!("lost a line: {}", crate::files::reason(&error)),
                );
            }
        }
        shared.waiting.fetch_sub(line.len(), Ordering::Relaxed);
    }
}

fn write(
    files: &mut HashMap<PathBuf, RotatingFile>,
    which: Which,
    settings: &Settings,
    line: &[u8],
) -> io::Result<()> {
    let path = match which.target(settings) {
        LogTarget::Off => return Ok(()),
        LogTarget::Stdout => {
            let mut stdout = io::stdout().lock();
            return stdout.write_all(line).and_then(|()| stdout.flush());
        }
        LogTarget::File { path } => Path::new(path),
    };
    let written = open(files, path, settings)?.write(line, settings, Timestamp::now());
    if written.is_err() {
        files.remove(path);
    }
    written
}

/// A file, open; one that is not written any more is closed.
fn open<'a>(
    files: &'a mut HashMap<PathBuf, RotatingFile>,
    path: &Path,
    settings: &Settings,
) -> io::Result<&'a mut RotatingFile> {
    files.retain(|open, _| settings.paths().any(|path| Path::new(path) == open));
    Ok(match files.entry(path.to_owned()) {
        Entry::Occupied(open) => open.into_mut(),
        Entry::Vacant(place) => place.insert(RotatingFile::open(path)?),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
