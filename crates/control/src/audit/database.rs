//! The file of the audit: how it is opened, made and set aside when damaged. Every change opens it
//! anew: they are rare, and nothing holds a file that an admin moves.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode as Code, OpenFlags, TransactionBehavior};

use crate::files::{append_private, create_folder, set_aside};

/// The database inside the data folder.
const FILE: &str = "audit.sqlite";

/// What lifts a database from the version of its place (from 0) to the next one.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,          -- milliseconds since 1970
        who TEXT NOT NULL,
        operation TEXT NOT NULL,
        sentence TEXT NOT NULL,
        changes TEXT NOT NULL,        -- JSON: every place with its value before and since
        words TEXT NOT NULL,          -- all of it in lower case, to be searched
        undoes INTEGER,
        undone_by INTEGER
    ) STRICT;
"];

const VERSION: i64 = MIGRATIONS.len() as i64;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// A newer program made it.
    #[error("the audit has version {0}, and this Gatehouse knows up to {VERSION}")]
    Newer(i64),
    /// The file or the disk refuses.
    #[error("{0}")]
    File(#[from] io::Error),
    /// SQLite refuses.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row is not what this program writes.
    #[error("a row cannot be read: {0}")]
    Row(#[from] serde_json::Error),
}

impl OpenError {
    /// What happened and what to do, for the admin.
    pub(super) fn sentence(&self) -> String {
        let lead = "Changes of settings are made, but not kept in the audit:";
        let what_to_do = match self {
            Self::Newer(_) => "install the newer Gatehouse, or use another data folder.",
            error if error.is_damage() => "restart Gatehouse to begin a new one.",
            Self::Sqlite(error) if error.sqlite_error_code() == Some(Code::DiskFull) => {
                "free some space."
            }
            _ => "check the disk and the data folder.",
        };
        format!("{lead} {self}; {what_to_do}")
    }

    fn is_damage(&self) -> bool {
        let Self::Sqlite(error) = self else {
            return false;
        };
        let code = error.sqlite_error_code();
        matches!(code, Some(Code::DatabaseCorrupt | Code::NotADatabase))
    }
}

/// Where the database of a data folder is.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Opens the database to write, and makes it when there is none.
pub(super) fn open(folder: &Path) -> Result<Connection, OpenError> {
    create_folder(folder)?;
    let path = path(folder);
    // Made here so that only its owner can read it; a journal beside it takes the same rights.
    append_private(&path)?;
    let mut connection = connect(&path)?;
    let found = version(&connection)?;
    if found > VERSION {
        return Err(OpenError::Newer(found));
    }
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    let migration = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in MIGRATIONS.iter().skip(version(&migration)?.max(0) as usize) {
        migration.execute_batch(step)?;
    }
    migration.pragma_update(None, "user_version", VERSION)?;
    migration.commit()?;
    Ok(connection)
}

/// Opens the database to read. None without one, or while it is being made.
pub(super) fn open_to_read(folder: &Path) -> Result<Option<Connection>, OpenError> {
    let path = path(folder);
    if !path.is_file() {
        return Ok(None);
    }
    let connection = connect(&path)?;
    connection.pragma_update(None, "query_only", true)?;
    match version(&connection)? {
        found if found > VERSION => Err(OpenError::Newer(found)),
        VERSION => Ok(Some(connection)),
        _ => Ok(None),
    }
}

/// Looks at the database of a folder that this process holds. A damaged one is set aside; the
/// answer is where it is now.
pub(super) fn inspect(folder: &Path, now: Timestamp) -> Result<Option<PathBuf>, OpenError> {
    let looked = open_to_read(folder).and_then(|connection| match connection {
        Some(connection) => {
            Ok(connection.query_row("SELECT count(*), max(words) FROM changes", [], |_| Ok(()))?)
        }
        None => Ok(()),
    });
    match looked {
        Err(error) if error.is_damage() => Ok(Some(begin_anew(&path(folder), now)?)),
        outcome => outcome.map(|()| None),
    }
}

/// Moves a damaged database away, and a journal beside it with it: it would be played into the new
/// one.
fn begin_anew(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let journal = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push("-journal");
        PathBuf::from(name)
    };
    let aside = set_aside(path, now)?;
    match std::fs::rename(journal(path), journal(&aside)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(aside),
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
