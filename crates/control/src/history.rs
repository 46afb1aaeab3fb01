//! The history of the playground: trials and presets, in a database of their own. It holds what the
//! admin typed and what models answered, as it was, until the admin removes it; no key is among it.
//! Decides nothing about what is asked.

mod database;
mod live;
mod presets;
mod transfer;
mod trials;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use crate::sqlite::DatabaseError;
use crate::view::Notice;
use crate::{Error, ErrorCode};
use database::{HISTORY, HistoryError};
use live::Live;
pub(crate) use live::follow;
pub(crate) use transfer::{read_file, write_file};

/// The history of a data folder.
pub(crate) struct History {
    folder: PathBuf,
    /// Whether this process holds the folder, and may change the history.
    may_write: bool,
    /// Opened by the first that needs it, and anew after trouble.
    connection: Mutex<Option<Connection>>,
    live: Mutex<Live>,
}

impl fmt::Debug for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("History")
    }
}

impl History {
    /// The history of a folder. Its holder sets a damaged one aside, with a notice; a newer one is
    /// left alone.
    pub(crate) fn new(folder: &Path, is_holder: bool) -> (Arc<Self>, Option<Notice>) {
        let notice = is_holder.then(|| database::inspect(folder)).flatten();
        let history = Self {
            folder: folder.to_owned(),
            may_write: is_holder,
            connection: Mutex::default(),
            live: Mutex::default(),
        };
        (Arc::new(history), notice)
    }

    /// Works with the history beside the async workers.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let history = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&history))
            .await
            .map_err(|error| crate::control::broken(&error))?
    }

    /// Reads; what there is without a database is empty.
    fn read<T: Default>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, HistoryError>,
    ) -> Result<T, Error> {
        if self.may_write {
            return self.with_connection(|connection| read(connection));
        }
        let connection = HISTORY.open_to_read(&self.folder).map_err(HistoryError)?;
        Ok(connection.map_or_else(|| Ok(T::default()), |connection| read(&connection))?)
    }

    /// Changes it in one transaction: all or nothing.
    fn write<T>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, HistoryError>,
    ) -> Result<T, Error> {
        if !self.may_write {
            let hint = "Open the data folder for changes.";
            let message = "this process only reads the history";
            return Err(Error::new(ErrorCode::Held, message, hint));
        }
        self.with_connection(|connection| {
            let transaction = connection.transaction()?;
            let value = write(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
    }

    fn with_connection<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, HistoryError>,
    ) -> Result<T, Error> {
        let mut held = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *held {
            Some(connection) => connection,
            None => held.insert(HISTORY.open(&self.folder).map_err(HistoryError)?),
        };
        let done = work(connection);
        if matches!(
            &done,
            Err(HistoryError(
                DatabaseError::Sqlite(_) | DatabaseError::File(_)
            ))
        ) {
            // The file may have been replaced.
            *held = None;
        }
        Ok(done?)
    }
}

#[cfg(test)]
mod tests;
