//! The database of recordings: how it is opened, made, and deleted with every file beside it.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::files::{append_private, create_folder};

/// How every file of it begins: the database, and what SQLite keeps beside it.
const STEM: &str = "recordings.";

/// The database inside the data folder.
const FILE: &str = "recordings.sqlite";

/// Lifts a database of the version of its place (from 0) to the next one.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE recordings (
        id INTEGER PRIMARY KEY,       -- the row of the request log
        correlation_id TEXT NOT NULL, -- of that row: the number alone may be of another log
        head TEXT NOT NULL,           -- all but the bytes of the bodies, as JSON
        bodies INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE bodies (
        recording INTEGER NOT NULL,
        place INTEGER NOT NULL,       -- in the order of `Expanded::bodies`
        content BLOB NOT NULL
    ) STRICT;
    -- Sums it up without a look at the heads.
    CREATE INDEX recordings_size ON recordings (bytes, bodies);
    CREATE UNIQUE INDEX bodies_place ON bodies (recording, place);
    -- Its rowid is the row of the request log. The text itself is not kept twice.
    CREATE VIRTUAL TABLE words USING fts5(
        text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2'
    );
"];

const VERSION: i64 = MIGRATIONS.len() as i64;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// A newer program made it.
    #[error("the recordings have version {0}, and this Gatehouse knows up to {VERSION}")]
    Newer(i64),
    /// The file or the disk refuses.
    #[error("{0}")]
    File(#[from] io::Error),
    /// SQLite refuses.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Where the database of a data folder is.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Opens the database to write, and makes it when there is none.
pub(super) fn open(folder: &Path) -> Result<Connection, OpenError> {
    create_folder(folder)?;
    let path = path(folder);
    // Made here so that only its owner can read it; the files beside it take the same rights.
    append_private(&path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let found = version(&connection)?;
    if found > VERSION {
        return Err(OpenError::Newer(found));
    }
    // What is removed is overwritten, and nothing is written outside of the folder.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    let migration = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in MIGRATIONS.iter().skip(version(&migration)?.max(0) as usize) {
        migration.execute_batch(step)?;
    }
    migration.pragma_update(None, "user_version", VERSION)?;
    migration.commit()?;
    Ok(connection)
}

/// Reads with a connection that is closed at once, so that nothing holds a file that is purged.
/// None without a database.
pub(super) fn read<T>(
    folder: &Path,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let path = path(folder);
    if !path.is_file() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", true)?;
    if version(&connection)? != VERSION {
        // Being made just now, or of a newer program.
        return Ok(None);
    }
    read(&connection).map(Some)
}

/// Deletes the database and every file beside it. The caller has closed it.
pub(super) fn delete(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(STEM) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
