//! The request log: one row per accepted request in SQLite, written by one thread, read page by
//! page. Holds no prompt, no answer and no key, and never keeps the gateway from answering.

mod care;
mod count;
mod database;
mod evidence;
mod export;
mod index;
mod journal;
mod keeper;
mod list;
pub mod measure;
mod reader;
mod replay;
mod retention;
mod rows;
mod schema;
mod search;
mod spans;
mod strip;
mod summary;
mod sums;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arc_swap::{ArcSwap, ArcSwapOption};
use domain::{LogSettings, RedactionSettings};
use gateway::{Room, Sink, record_channel};
use jiff::Zoned;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{mpsc, oneshot, watch};

use crate::Error;
use crate::log_files::LogFiles;
use crate::recordings;
use crate::redaction::Redaction;
use crate::view::{
    ExportFormat, Exported, LogSpace, LogView, Notice, RequestId, RequestPage, RequestQuery,
    RequestView,
};
use journal::Journal;
use keeper::{Event, Keeper};
use list::Wanted;
use reader::Reader;
use writer::Command;

/// The request log of a data folder.
#[derive(Debug)]
pub(crate) struct RequestLog {
    folder: PathBuf,
    reader: Arc<Reader>,
    shared: Arc<Shared>,
    commands: Option<mpsc::Sender<Command>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    evidence: evidence::Known,
}

/// What the writer tells the rest of the program.
#[derive(Debug)]
struct Shared {
    logged: AtomicU64,
    waiting: AtomicU64,
    lost: AtomicU64,
    writing: AtomicBool,
    trouble: Mutex<Option<String>>,
    /// How often a new database took the place of a damaged one.
    replaced: AtomicU64,
    changes: watch::Sender<u64>,
    /// How long rows are kept; as long as it is not known, none is removed.
    keep: ArcSwapOption<LogSettings>,
    recordings: Arc<recordings::Shared>,
    /// What is replaced before anything is written.
    redaction: ArcSwap<Redaction>,
    /// The gateway log and `llm.log`; only the process that holds the folder writes them.
    files: Option<LogFiles>,
}

impl Shared {
    fn new(has_files: bool) -> Arc<Self> {
        let redaction = Arc::new(Redaction::of_rules(&RedactionSettings::default()));
        let recordings = recordings::Shared::default();
        recordings.redact_with(redaction.redactor());
        Arc::new(Self {
            logged: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            writing: AtomicBool::new(true),
            trouble: Mutex::new(None),
            replaced: AtomicU64::new(0),
            changes: watch::Sender::new(0),
            keep: ArcSwapOption::empty(),
            recordings: Arc::new(recordings),
            redaction: ArcSwap::new(redaction),
            files: has_files.then(LogFiles::start),
        })
    }
}

impl RequestLog {
    /// Opens the log and starts its writer; never fails. `sweep` says that this process holds the
    /// folder: rows that still run are from a dead process and become interrupted, and a damaged
    /// database is set aside.
    pub(crate) fn open(folder: &Path, sweep: bool) -> (Self, Sink, Vec<Notice>) {
        let shared = Shared::new(sweep);
        let journal = Arc::new(Journal::new(folder, Arc::clone(&shared)));
        let (sink, events) = record_channel(Some(Arc::clone(&journal) as _));
        let (log, notices) = Self::keep::<_, Room>(folder, sweep, shared, journal, events);
        (log, sink, notices)
    }

    fn keep<E, R>(
        folder: &Path,
        sweep: bool,
        shared: Arc<Shared>,
        journal: Arc<Journal>,
        events: UnboundedReceiver<E>,
    ) -> (Self, Vec<Notice>)
    where
        E: Into<Event<R>> + Send + 'static,
        R: Send + 'static,
    {
        let mut notices = Vec::new();
        let keeper = Keeper::open(folder, sweep, Arc::clone(&shared), journal, &mut notices);
        let (commands, receiver) = mpsc::channel(16);
        let thread = Mutex::new(writer::start(events, receiver, keeper));
        let reader = Arc::new(Reader::new(folder, Arc::clone(&shared)));
        (
            Self {
                folder: folder.to_owned(),
                reader,
                shared,
                commands: Some(commands),
                thread,
                evidence: evidence::Known::default(),
            },
            notices,
        )
    }

    /// The log of a folder that another process may write. Without a database it is empty.
    pub(crate) fn read_only(folder: &Path) -> Self {
        let shared = Shared::new(false);
        let reader = Arc::new(Reader::new(folder, Arc::clone(&shared)));
        Self {
            folder: folder.to_owned(),
            reader,
            shared,
            commands: None,
            thread: Mutex::new(None),
            evidence: evidence::Known::default(),
        }
    }

    /// Rows, newest first; a limit of 0 means 100. A query that cannot be read is an error.
    pub(crate) async fn list(&self, query: RequestQuery, now: Zoned) -> Result<RequestPage, Error> {
        let mut wanted = self.wanted(&query, now)?;
        let mut page = self
            .read(move |connection| list::page(connection, wanted.looked_up()))
            .await?;
        page.rows = self.marked(page.rows).await;
        Ok(page)
    }

    /// Writes every row that the query finds to a new file, newest first.
    pub(crate) async fn export(
        &self,
        query: &str,
        format: ExportFormat,
        path: PathBuf,
        now: Zoned,
    ) -> Result<Exported, Error> {
        let query = RequestQuery {
            query: Some(query.to_owned()),
            ..RequestQuery::default()
        };
        let wanted = self.wanted(&query, now)?;
        let reader = Arc::clone(&self.reader);
        let (folder, shared) = (self.folder.clone(), self.recordings());
        let mark = move |rows: &mut [RequestView]| recordings::mark(&folder, &shared, rows);
        let write = move || export::to_file(&reader, mark, wanted, format, &path);
        tokio::task::spawn_blocking(write)
            .await
            .map_err(|error| crate::control::broken(&error))?
    }

    /// One row.
    pub(crate) async fn get(&self, id: RequestId) -> Result<Option<RequestView>, Error> {
        let row = self.read(move |connection| list::by_id(connection, id));
        let rows = row.await?.into_iter().collect();
        Ok(self.marked(rows).await.pop())
    }

    /// These rows as far as they exist and the query wants them, in this order: to see how
    /// running ones ended.
    pub(crate) async fn among(
        &self,
        ids: Vec<RequestId>,
        query: RequestQuery,
        now: Zoned,
    ) -> Result<Vec<RequestView>, Error> {
        let mut wanted = self.wanted(&query, now)?;
        let rows = self.read(move |connection| list::among(connection, wanted.looked_up(), &ids));
        Ok(self.marked(rows.await?).await)
    }

    /// The rows after this one, oldest first.
    pub(crate) async fn newer_than(
        &self,
        id: RequestId,
        limit: u32,
    ) -> Result<Vec<RequestView>, Error> {
        let rows = self.read(move |connection| list::newer_than(connection, id, limit));
        Ok(self.marked(rows.await?).await)
    }

    fn wanted(&self, query: &RequestQuery, now: Zoned) -> Result<Wanted, Error> {
        let library = recordings::Library {
            folder: self.folder.clone(),
            shared: self.recordings(),
        };
        Wanted::of(query, now, library)
    }

    /// What the rows take; none without a database.
    pub(crate) async fn space(&self) -> Result<Option<LogSpace>, Error> {
        self.read(|connection| retention::view(connection).map(Some))
            .await
    }

    /// Keeps rows so long from now on.
    pub(crate) fn keep_for(&self, settings: LogSettings) {
        self.shared.keep.store(Some(Arc::new(settings)));
    }

    /// Replaces this before anything is written, from the next request on.
    pub(crate) fn redact(&self, redaction: Redaction) {
        let redaction = Arc::new(redaction);
        self.recordings().redact_with(redaction.redactor());
        self.shared.redaction.store(redaction);
    }

    /// The writer of the gateway log and of `llm.log`, where this process has one.
    pub(crate) fn files(&self) -> Option<&LogFiles> {
        self.shared.files.as_ref()
    }

    /// Rows of this process that reached the table.
    pub(crate) fn logged(&self) -> u64 {
        self.shared.logged.load(Ordering::Relaxed)
    }

    /// A number that changes whenever rows or the state of the log change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Whether rows reach the disk, and what to do when they do not; not what they take, which
    /// [`Self::space`] reads.
    pub(crate) fn view(&self) -> LogView {
        let trouble = self
            .shared
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let lost = self.shared.lost.load(Ordering::Relaxed);
        LogView {
            writing: self.shared.writing.load(Ordering::Relaxed),
            waiting: self.shared.waiting.load(Ordering::Relaxed),
            lost,
            sentence: with_lost(trouble.clone(), lost),
            space: None,
        }
    }

    /// The same rows, with the sign of those that were recorded.
    async fn marked(&self, mut rows: Vec<RequestView>) -> Vec<RequestView> {
        let (folder, shared) = (self.folder.clone(), self.recordings());
        let bare = rows.clone();
        let mark = move || {
            recordings::mark(&folder, &shared, &mut rows);
            rows
        };
        tokio::task::spawn_blocking(mark).await.unwrap_or(bare)
    }

    /// How much recordings hold, and why the newest could not be kept.
    pub(crate) fn recorded(&self) -> (recordings::Totals, Option<String>) {
        match self.commands {
            Some(_) => {
                let shared = &self.shared.recordings;
                (shared.totals(), shared.trouble())
            }
            None => match recordings::totals_of(&self.folder) {
                Ok(totals) => (totals, None),
                Err(error) => (Default::default(), Some(recordings::unreadable(&error))),
            },
        }
    }

    /// What the writer of recordings shares.
    pub(crate) fn recordings(&self) -> Arc<recordings::Shared> {
        Arc::clone(&self.shared.recordings)
    }

    /// Has the writer delete everything that recordings kept; none without a writer.
    pub(crate) async fn purge(&self) -> Option<std::io::Result<()>> {
        let (done, wait) = oneshot::channel();
        self.command(Command::Purge(done)).await;
        wait.await.ok()
    }

    /// The number of a running request in the gateway of this process, by its row.
    pub(crate) async fn sequence_of(&self, id: RequestId) -> Option<u64> {
        let (done, wait) = oneshot::channel();
        self.command(Command::Sequence(id, done)).await;
        wait.await.ok().flatten()
    }

    /// Waits until everything sent so far is in the table, or in memory when the disk refuses.
    pub(crate) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        self.command(Command::Flush(done)).await;
        let _ = wait.await;
    }

    /// Writes what is left and ends the writer. Later records go nowhere.
    pub(crate) async fn close(&self) {
        self.command(Command::Close).await;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
        let shared = Arc::clone(&self.shared);
        let close = move || shared.files.iter().for_each(LogFiles::close);
        let _ = tokio::task::spawn_blocking(close).await;
    }

    async fn command(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A writer that is gone has written everything.
            let _ = commands.send(command).await;
        }
    }

    async fn read<T, F>(&self, read: F) -> Result<T, Error>
    where
        T: Default + Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let reader = Arc::clone(&self.reader);
        tokio::task::spawn_blocking(move || reader.read(read))
            .await
            .unwrap_or_else(|error| {
                let hint = "Try again; when it happens twice, see the service log.";
                Err(Error::new(
                    crate::ErrorCode::Failed,
                    "the request log could not be read",
                    hint,
                )
                .with_details(error.to_string()))
            })
    }
}

/// What is wrong now, and what was given up since the start.
fn with_lost(trouble: Option<String>, lost: u64) -> Option<String> {
    if lost == 0 {
        return trouble;
    }
    let lost = format!(
        "{lost} requests were given up: the disk refused for longer than memory is kept for."
    );
    Some(trouble.map_or(lost.clone(), |trouble| format!("{trouble} {lost}")))
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
