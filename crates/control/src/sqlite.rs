//! What every database of ours has in common: how it is opened, made, lifted to this version, read
//! beside its writer, and set aside when it is damaged. Knows no table.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::files::{append_private, create_folder};

/// How long a connection waits for another that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// A newer program made it.
    #[error("{what} has version {found}, and this Gatehouse knows up to {known}")]
    Newer {
        /// Which database.
        what: &'static str,
        /// Its version.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// The file or the disk refuses.
    #[error("{0}")]
    File(#[from] io::Error),
    /// SQLite refuses.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What is in it is not what this program writes.
    #[error("what is in it cannot be read: {0}")]
    Content(#[from] serde_json::Error),
}

impl DatabaseError {
    /// SQLite's own reason.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        }
    }

    /// Whether the file itself is bad, so that to try again is in vain.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Sqlite(error) if is_damage(error))
    }
}

/// Whether the file itself is bad, so that to try again is in vain.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// A kind of database.
#[derive(Debug)]
pub(crate) struct Schema {
    /// What it is, in a sentence: `the audit`.
    pub(crate) what: &'static str,
    /// The file inside the data folder.
    pub(crate) file: &'static str,
    /// What lifts a database from the version of its place (from 0) to the next one.
    pub(crate) migrations: &'static [&'static str],
    /// What a connection that writes has to be told first.
    pub(crate) prepare: fn(&Connection) -> rusqlite::Result<()>,
    /// Touches its tables, so that plain damage shows when it is opened and not later.
    pub(crate) probes: &'static [&'static str],
}

impl Schema {
    /// The version that this program writes.
    pub(crate) const fn version(&self) -> i64 {
        self.migrations.len() as i64
    }

    /// Where the database of a data folder is.
    pub(crate) fn path(&self, folder: &Path) -> PathBuf {
        folder.join(self.file)
    }

    /// The error about a database of this version.
    pub(crate) fn newer(&self, found: i64) -> DatabaseError {
        let (what, known) = (self.what, self.version());
        DatabaseError::Newer { what, found, known }
    }

    /// Opens the database to write, and makes it when there is none.
    pub(crate) fn open(&self, folder: &Path) -> Result<Connection, DatabaseError> {
        create_folder(folder)?;
        let path = self.path(folder);
        // Made here so that only its owner can read it; the files beside it take the same rights.
        append_private(&path)?;
        let mut connection = connect(&path)?;
        let found = version(&connection)?;
        if found > self.version() {
            return Err(self.newer(found));
        }
        (self.prepare)(&connection)?;
        let migration = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been first.
        let done = version(&migration)?.max(0) as usize;
        for step in self.migrations.iter().skip(done) {
            migration.execute_batch(step)?;
        }
        migration.pragma_update(None, "user_version", self.version())?;
        migration.commit()?;
        self.probe(&connection)?;
        Ok(connection)
    }

    /// Opens the database to read, beside a process that may write. None without one, or while it
    /// is being made. One of an older version is lifted: after an update the first to look may be a
    /// command, long before anything is written.
    pub(crate) fn open_to_read(&self, folder: &Path) -> Result<Option<Connection>, DatabaseError> {
        let path = self.path(folder);
        if !path.is_file() {
            return Ok(None);
        }
        let mut connection = connect(&path)?;
        match version(&connection)? {
            0 => return Ok(None),
            found if found > self.version() => return Err(self.newer(found)),
            found if found < self.version() => connection = self.open(folder)?,
            _ => {}
        }
        connection.pragma_update(None, "query_only", true)?;
        Ok(Some(connection))
    }

    /// Looks whether the database of a folder can be used. Only for the holder of the folder: a
    /// damaged one is set aside, and the answer is where it is now.
    pub(crate) fn inspect(&self, folder: &Path) -> Result<Option<PathBuf>, DatabaseError> {
        let looked = self.open_to_read(folder).and_then(|connection| {
            connection.map_or(Ok(()), |connection| Ok(self.probe(&connection)?))
        });
        match looked {
            Err(error) if error.is_damage() => Ok(Some(self.set_aside(folder, Timestamp::now())?)),
            outcome => outcome.map(|()| None),
        }
    }

    /// Moves a damaged database and the files beside it away, and returns its new place.
    pub(crate) fn set_aside(&self, folder: &Path, now: Timestamp) -> io::Result<PathBuf> {
        let path = self.path(folder);
        let aside = crate::files::set_aside(&path, now)?;
        let beside = |path: &Path, end: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        // The part that is not yet in the database belongs to it; the shared memory is rebuilt.
        for end in ["-wal", "-shm"] {
            match fs::rename(beside(&path, end), beside(&aside, end)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        tracing::warn!(file = %aside.display(), "a damaged database was set aside");
        Ok(aside)
    }

    fn probe(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut probes = self.probes.iter();
        probes.try_for_each(|probe| connection.query_row(probe, [], |_| Ok(())))
    }
}

/// A connection to a file that is there.
pub(crate) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// The version of a database, 0 when it is new.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
