//! Connections that read, beside the one that writes. One page is one statement: no read
//! transaction outlives it.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::Shared;
use super::database::REQUESTS;
use crate::sqlite::DatabaseError;
use crate::{Error, ErrorCode};

/// Connections that are kept open between reads.
const IDLE_MOST: usize = 4;

/// Connections between two reads.
#[derive(Debug, Default)]
struct Idle {
    connections: Vec<Connection>,
    /// How often the database had been replaced when they were opened.
    replaced: u64,
}

/// Reads the database of a data folder.
#[derive(Debug)]
pub(super) struct Reader {
    folder: PathBuf,
    shared: Arc<Shared>,
    idle: Mutex<Idle>,
}

impl Reader {
    /// A reader; it opens nothing yet.
    pub(super) fn new(folder: &Path, shared: Arc<Shared>) -> Self {
        Self {
            folder: folder.to_owned(),
            shared,
            idle: Mutex::default(),
        }
    }

    /// Reads with a connection of its own. As long as there is no database, it holds nothing.
    pub(super) fn read<T: Default>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = self.shared.replaced.load(Ordering::Relaxed);
        let kept = {
            let mut idle = idle();
            if idle.replaced != replaced {
                // They read the file that was set aside.
                idle.connections.clear();
                idle.replaced = replaced;
            }
            idle.connections.pop()
        };
        let connection = match kept {
            Some(connection) => connection,
            None => match self.open()? {
                Some(connection) => connection,
                None => return Ok(T::default()),
            },
        };
        // A connection that failed is closed: its file may have been set aside.
        let value = read(&connection).map_err(|error| self.unreadable(&error.into()))?;
        let mut idle = idle();
        if idle.replaced == replaced && idle.connections.len() < IDLE_MOST {
            idle.connections.push(connection);
        }
        Ok(value)
    }

    fn open(&self) -> Result<Option<Connection>, Error> {
        let opened = REQUESTS.open_to_read(&self.folder);
        opened.map_err(|error| match error {
            DatabaseError::Newer { .. } => Error::new(
                ErrorCode::Failed,
                error.to_string(),
                "Install the newer Gatehouse, or use another data folder.",
            ),
            error => self.unreadable(&error),
        })
    }

    fn unreadable(&self, error: &DatabaseError) -> Error {
        let path = REQUESTS.path(&self.folder);
        let message = format!("cannot read the request log {}", path.display());
        let hint = if error.is_damage() {
            "It is damaged. The gateway sets the file aside when it meets the damage, and begins a new one."
        } else {
            "Try again; when it happens twice, check the disk and the data folder."
        };
        Error::new(ErrorCode::Failed, message, hint).with_details(error.to_string())
    }
}
