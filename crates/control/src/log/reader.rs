//! Connections that read, beside the one that writes. One page is one statement: no read
//! transaction outlives it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::database::REQUESTS;
use crate::sqlite::{self, DatabaseError};
use crate::{Error, ErrorCode};

/// Connections that are kept open between reads.
const IDLE_MOST: usize = 4;

/// Reads the database of a data folder.
#[derive(Debug)]
pub(super) struct Reader {
    folder: PathBuf,
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Reader {
    /// A reader; it opens nothing yet.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            path: REQUESTS.path(folder),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Reads with a connection of its own. As long as there is no database, it holds nothing.
    pub(super) fn read<T: Default>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => match self.open()? {
                Some(connection) => connection,
                None => return Ok(T::default()),
            },
        };
        // A connection that failed is closed: its file may have been set aside.
        let value = read(&connection).map_err(|error| self.error(&error))?;
        let mut idle = idle();
        if idle.len() < IDLE_MOST {
            idle.push(connection);
        }
        Ok(value)
    }

    fn open(&self) -> Result<Option<Connection>, Error> {
        if !self.path.is_file() {
            return Ok(None);
        }
        let open = || {
            let connection = sqlite::connect(&self.path)?;
            connection.pragma_update(None, "query_only", true)?;
            let version = sqlite::version(&connection)?;
            Ok((connection, version))
        };
        let (connection, version) = open().map_err(|error| self.error(&error))?;
        match version {
            0 => Ok(None),
            ours if ours == REQUESTS.version() => Ok(Some(connection)),
            older if older < REQUESTS.version() => {
                // After an update the first to look may be a command, long before a gateway writes.
                REQUESTS
                    .open(&self.folder)
                    .map_err(|error| self.unreadable(&error))?;
                open()
                    .map(|(connection, _)| Some(connection))
                    .map_err(|error| self.error(&error))
            }
            newer => Err(Error::new(
                ErrorCode::Failed,
                REQUESTS.newer(newer).to_string(),
                "Install the newer Gatehouse, or use another data folder.",
            )),
        }
    }

    fn error(&self, error: &rusqlite::Error) -> Error {
        self.refused(sqlite::is_damage(error), error)
    }

    fn unreadable(&self, error: &DatabaseError) -> Error {
        self.refused(error.is_damage(), error)
    }

    fn refused(&self, is_damage: bool, error: &dyn std::error::Error) -> Error {
        let message = format!("cannot read the request log {}", self.path.display());
        let hint = if is_damage {
            "It is damaged. Restart the gateway: it sets the file aside and begins a new one."
        } else {
            "Try again; when it happens twice, check the disk and the data folder."
        };
        Error::new(ErrorCode::Failed, message, hint).with_details(error.to_string())
    }
}
