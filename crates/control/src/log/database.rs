//! The database of the request log: its file, and what happens when it is damaged.

use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode as Code};

use super::schema::MIGRATIONS;
use crate::sqlite::{DatabaseError, Schema};
use crate::view::Notice;

/// The database inside the data folder.
pub(super) static REQUESTS: Schema = Schema {
    what: "the request log",
    file: "requests.sqlite",
    migrations: &MIGRATIONS,
    prepare,
    probes: &[
        "SELECT max(id) FROM requests",
        "SELECT count(*) FROM requests WHERE state = 'running'",
    ],
};

/// Pages that are written ahead before they go into the file, about 32 MB. The pages that each batch
/// touches anew are copied once in that time: with SQLite's 1,000 a row costs a sixth more.
const WAL_PAGES: i64 = 8_000;

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    become_wal(connection)?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "cache_size", -16_384)
}

/// What happened and what to do, for the admin.
pub(super) fn sentence(error: &DatabaseError) -> String {
    match error.code() {
        _ if matches!(error, DatabaseError::Newer { .. }) => format!(
            "Requests are not logged: {error}. Install the newer Gatehouse, or use another data folder."
        ),
        Some(Code::DiskFull) => {
            "The disk is full. Requests wait in memory; free some space, and they are written.".into()
        }
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
            "Another program holds the request log. Requests wait in memory until it lets go.".into()
        }
        _ if error.is_damage() => {
            "The request log is damaged. Requests wait in memory until the gateway has set it aside and begun a new one.".into()
        }
        _ => format!(
            "The request log cannot be written ({error}). Requests wait in memory; check the data folder."
        ),
    }
}

/// Opens the database to write, and makes it when there is none. The holder of the folder sets a
/// damaged one aside, with a notice, and begins a new one.
pub(super) fn open(
    folder: &Path,
    holder: bool,
    now: Timestamp,
) -> (Result<Connection, DatabaseError>, Option<Notice>) {
    match REQUESTS.open(folder) {
        Err(error) if holder && error.is_damage() => replace(folder, now),
        outcome => (outcome, None),
    }
}

/// Sets a damaged database aside, with a notice, and begins a new one.
pub(super) fn replace(
    folder: &Path,
    now: Timestamp,
) -> (Result<Connection, DatabaseError>, Option<Notice>) {
    match begin_anew(folder, now) {
        Ok(notice) => (REQUESTS.open(folder), Some(notice)),
        Err(error) => (Err(error.into()), None),
    }
}

/// Two processes that change the mode at once refuse each other without waiting.
fn become_wal(connection: &Connection) -> rusqlite::Result<()> {
    for _ in 0..20 {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error) if error.sqlite_error_code() == Some(Code::DatabaseBusy) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
    connection.pragma_update(None, "journal_mode", "wal")
}

/// Moves a damaged database and the files beside it away.
pub(super) fn begin_anew(folder: &Path, now: Timestamp) -> io::Result<Notice> {
    let aside = REQUESTS.set_aside(folder, now)?;
    Ok(Notice {
        what: "The request log was damaged; a new one was begun.".into(),
        why: format!(
            "The damaged file is kept as {}. Settings and keys are not affected.",
            aside.display()
        ),
    })
}
