//! The database of the history: how it is opened, made, and set aside when it is damaged.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode as Code, OpenFlags, TransactionBehavior};

use crate::files::{append_private, create_folder, set_aside};
use crate::view::Notice;
use crate::{Error, ErrorCode};

/// The database inside the data folder.
const FILE: &str = "history.sqlite";

/// Lifts a database of the version of its place (from 0) to the next one.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE trials (
        row INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        title TEXT,                  -- the admin's own; none has the first words
        first_words TEXT NOT NULL,
        is_pinned INTEGER NOT NULL,
        mode TEXT NOT NULL,          -- as JSON, like the models
        models TEXT NOT NULL,
        replays TEXT,
        created_at INTEGER NOT NULL, -- milliseconds since 1970
        updated_at INTEGER NOT NULL,
        content TEXT NOT NULL        -- the trial, as JSON
    ) STRICT;
    CREATE INDEX trials_order ON trials (is_pinned DESC, updated_at DESC, row DESC);
    -- What had arrived of an answer that its trial has as arriving.
    CREATE TABLE answers (
        correlation_id TEXT PRIMARY KEY,
        trial TEXT NOT NULL,
        content TEXT NOT NULL
    ) STRICT;
    CREATE TABLE presets (name TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;
    CREATE VIRTUAL TABLE words USING fts5(text, tokenize='unicode61 remove_diacritics 2');
    -- What is removed leaves the index, too.
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
"];

const VERSION: i64 = MIGRATIONS.len() as i64;

/// Why the history cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum HistoryError {
    /// A newer program made it.
    #[error("the history has version {0}, and this Gatehouse knows up to {VERSION}")]
    Newer(i64),
    /// The file or the disk refuses.
    #[error("{0}")]
    File(#[from] io::Error),
    /// SQLite refuses.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A trial in it cannot be read.
    #[error("a trial in the history cannot be read: {0}")]
    Content(#[from] serde_json::Error),
}

impl From<HistoryError> for Error {
    fn from(error: HistoryError) -> Self {
        let code = match &error {
            HistoryError::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        };
        let (what, hint) = match (&error, code) {
            (HistoryError::Newer(_), _) => (
                error.to_string(),
                "Install the newer Gatehouse, or use another data folder.",
            ),
            (_, Some(Code::DiskFull)) => (
                "the disk is full, and the history stays as it was".into(),
                "Free some space and try again.",
            ),
            (_, Some(Code::DatabaseBusy | Code::DatabaseLocked)) => (
                "another program holds the history".into(),
                "Try again when it lets go.",
            ),
            (_, Some(Code::DatabaseCorrupt | Code::NotADatabase)) => (
                "the history is damaged".into(),
                "Start Gatehouse again: it sets the damaged file aside and begins a new history.",
            ),
            _ => (
                format!("the history cannot be used: {error}"),
                "Check the disk and the data folder, and try again.",
            ),
        };
        Self::new(ErrorCode::Failed, what, hint).with_details(error.to_string())
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Looks whether the database of a folder can be used, and sets a damaged one aside. Only for the
/// holder of the folder.
pub(super) fn inspect(folder: &Path, now: Timestamp) -> Option<Notice> {
    let path = path(folder);
    if !path.is_file() {
        return None;
    }
    let error = open(folder).err()?;
    let is_damaged = matches!(
        &error,
        HistoryError::Sqlite(error) if matches!(
            error.sqlite_error_code(),
            Some(Code::DatabaseCorrupt | Code::NotADatabase)
        )
    );
    let set_aside = match is_damaged {
        true => set_aside(&path, now).and_then(|aside| {
            // The part that is not yet in the database belongs to it.
            let beside = |path: &Path, end: &str| PathBuf::from(format!("{}{end}", path.display()));
            for end in ["-wal", "-shm"] {
                match fs::rename(beside(&path, end), beside(&aside, end)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Ok(aside)
        }),
        false => {
            let error = Error::from(error);
            return Some(Notice {
                what: "The history of the playground cannot be used.".into(),
                why: format!("{} {}", error.message, error.hint),
            });
        }
    };
    Some(match set_aside {
        Ok(place) => Notice {
            what: "The history of the playground was damaged, and a new one was begun.".into(),
            why: format!("The damaged file is kept as {}.", place.display()),
        },
        Err(error) => Notice {
            what: "The history of the playground is damaged.".into(),
            why: format!(
                "It could not be set aside: {error}. Move {} away.",
                path.display()
            ),
        },
    })
}

/// Opens the database to write, and makes it when there is none.
pub(super) fn open(folder: &Path) -> Result<Connection, HistoryError> {
    create_folder(folder)?;
    let path = path(folder);
    // Made here so that only its owner can read it; the files beside it take the same rights.
    append_private(&path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let found = version(&connection)?;
    if found > VERSION {
        return Err(HistoryError::Newer(found));
    }
    // What is removed is overwritten, and nothing is written outside of the folder.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A trial is what somebody typed: it is on the disk when it is said to be.
    connection.pragma_update(None, "synchronous", "full")?;
    let migration = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in MIGRATIONS.iter().skip(version(&migration)?.max(0) as usize) {
        migration.execute_batch(step)?;
    }
    migration.pragma_update(None, "user_version", VERSION)?;
    migration.commit()?;
    // Touches the table, so that plain damage shows now and not later.
    connection.query_row("SELECT count(*) FROM trials", [], |_| Ok(()))?;
    Ok(connection)
}

/// Opens the database to read beside another process; none when there is none.
pub(super) fn open_to_read(folder: &Path) -> Result<Option<Connection>, HistoryError> {
    let path = path(folder);
    if !path.is_file() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", true)?;
    match version(&connection)? {
        0 => Ok(None),
        found if found > VERSION => Err(HistoryError::Newer(found)),
        _ => Ok(Some(connection)),
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
