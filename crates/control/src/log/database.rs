//! The database file: how it is opened, made, lifted to this version and set aside when damaged.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode as Code, OpenFlags, TransactionBehavior};

use super::schema::MIGRATIONS;
use crate::files::{append_private, create_folder};
use crate::sqlite::{self, is_damage};
use crate::view::Notice;

/// The database inside the data folder.
const FILE: &str = "requests.sqlite";

/// The version of the database that this program writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Why there is no database to write to.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// A newer program made it.
    #[error("the request log has version {0}, and this Gatehouse knows up to {VERSION}")]
    Newer(i64),
    /// The file or the disk refuses.
    #[error("{0}")]
    File(#[from] io::Error),
    /// SQLite refuses.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl OpenError {
    /// What happened and what to do, for the admin.
    pub(super) fn sentence(&self) -> String {
        let code = match self {
            OpenError::Newer(_) => {
                return format!(
                    "Requests are not logged: {self}. Install the newer Gatehouse, or use another data folder."
                );
            }
            OpenError::Sqlite(error) => error.sqlite_error_code(),
            OpenError::File(_) => None,
        };
        match code {
            Some(Code::DiskFull) => {
                "The disk is full. Requests wait in memory; free some space, and they are written.".into()
            }
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
                "Another program holds the request log. Requests wait in memory until it lets go.".into()
            }
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => {
                "The request log is damaged. Requests wait in memory; restart the gateway to begin a new log.".into()
            }
            _ => format!("The request log cannot be written ({self}). Requests wait in memory; check the data folder."),
        }
    }
}

/// Where the database of a data folder is.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Opens the database to write, and makes it when there is none. The holder of the folder sets a
/// damaged one aside, with a notice, and begins a new one.
pub(super) fn open(
    folder: &Path,
    holder: bool,
    now: Timestamp,
) -> (Result<Connection, OpenError>, Option<Notice>) {
    match open_once(folder) {
        Err(OpenError::Sqlite(error)) if holder && is_damage(&error) => {
            match begin_anew(folder, now) {
                Ok(notice) => (open_once(folder), Some(notice)),
                Err(error) => (Err(error.into()), None),
            }
        }
        outcome => (outcome, None),
    }
}

fn open_once(folder: &Path) -> Result<Connection, OpenError> {
    create_folder(folder)?;
    let path = path(folder);
    // Made here so that only its owner can read it; the files beside it take the same rights.
    append_private(&path)?;
    let mut connection = Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let found = version(&connection)?;
    if found > VERSION {
        return Err(OpenError::Newer(found));
    }
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    become_wal(&connection)?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    let migration = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been first.
    for step in MIGRATIONS.iter().skip(version(&migration)?.max(0) as usize) {
        migration.execute_batch(step)?;
    }
    migration.pragma_update(None, "user_version", VERSION)?;
    migration.commit()?;
    // Touches the table and the first pages, so that plain damage shows now and not later.
    connection.query_row("SELECT max(id) FROM requests", [], |row| {
        row.get::<_, Option<i64>>(0)
    })?;
    connection.query_row(
        "SELECT count(*) FROM requests WHERE state = 'running'",
        [],
        |_| Ok(()),
    )?;
    Ok(connection)
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

/// The version of the database, 0 when it is new.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Moves a damaged database and the files beside it away.
pub(super) fn begin_anew(folder: &Path, now: Timestamp) -> io::Result<Notice> {
    let aside = sqlite::set_aside(&path(folder), now)?;
    Ok(Notice {
        what: "The request log was damaged; a new one was begun.".into(),
        why: format!(
            "The damaged file is kept as {}. Settings and keys are not affected.",
            aside.display()
        ),
    })
}
