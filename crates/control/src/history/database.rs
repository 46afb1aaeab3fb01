//! The database of the history, and what the admin is told when it cannot be used.

use std::path::Path;

use rusqlite::{Connection, ErrorCode as Code};

use crate::sqlite::{DatabaseError, Schema};
use crate::view::Notice;
use crate::{Error, ErrorCode};

/// The database inside the data folder.
pub(super) static HISTORY: Schema = Schema {
    what: "the history",
    file: "history.sqlite",
    migrations: &["
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
"],
    prepare,
    probes: &["SELECT count(*), max(content) FROM trials"],
};

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // What is removed is overwritten, and nothing is written outside of the folder.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A trial is what somebody typed: it is on the disk when it is said to be.
    connection.pragma_update(None, "synchronous", "full")
}

/// Why the history cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct HistoryError(pub(super) DatabaseError);

impl<E: Into<DatabaseError>> From<E> for HistoryError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl From<HistoryError> for Error {
    fn from(HistoryError(error): HistoryError) -> Self {
        let (what, hint) = match (&error, error.code()) {
            (DatabaseError::Newer { .. }, _) => (
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
            _ if error.is_damage() => (
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

/// Looks whether the database of a folder can be used, and sets a damaged one aside. Only for the
/// holder of the folder.
pub(super) fn inspect(folder: &Path) -> Option<Notice> {
    match HISTORY.inspect(folder) {
        Ok(None) => None,
        Ok(Some(aside)) => Some(Notice {
            what: "The history of the playground was damaged, and a new one was begun.".into(),
            why: format!("The damaged file is kept as {}.", aside.display()),
        }),
        Err(error) => {
            let error = Error::from(HistoryError(error));
            Some(Notice {
                what: "The history of the playground cannot be used.".into(),
                why: format!("{} {}", error.message, error.hint),
            })
        }
    }
}
