//! The database of recordings: how it is read and deleted with every file beside it.

use std::path::Path;
use std::{fs, io};

use rusqlite::Connection;

use crate::sqlite::{self, DatabaseError, Schema};

/// How every file of it begins: the database, what SQLite keeps beside it, and a damaged one.
const STEM: &str = "recordings.";

/// The database inside the data folder.
pub(crate) static RECORDINGS: Schema = Schema {
    what: "the database of recordings",
    file: "recordings.sqlite",
    migrations: &["
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
"],
    prepare,
    probes: &[],
};

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // What is removed is overwritten, and nothing is written outside of the folder.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")
}

/// Reads with a connection that is closed at once, so that nothing holds a file that is purged.
/// None without a database.
pub(super) fn read<T>(
    folder: &Path,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let path = RECORDINGS.path(folder);
    if !path.is_file() {
        return Ok(None);
    }
    let connection = sqlite::connect(&path)?;
    connection.pragma_update(None, "query_only", true)?;
    if sqlite::version(&connection)? != RECORDINGS.version() {
        // Being made just now, or of a newer program.
        return Ok(None);
    }
    read(&connection).map(Some)
}

/// Refuses a database of a newer program, to which nothing can be added.
pub(crate) fn check(folder: &Path) -> Result<(), DatabaseError> {
    // Anything else that is wrong with it is mended by the next recording, or told then.
    match RECORDINGS.open_to_read(folder) {
        Err(error @ DatabaseError::Newer { .. }) => Err(error),
        _ => Ok(()),
    }
}

/// Deletes the database and every file beside it; one that stays keeps none of the others. The caller
/// has closed it.
pub(super) fn delete(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut outcome = Ok(());
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(STEM) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => outcome = Err(error),
                _ => {}
            }
        }
    }
    outcome
}
