//! The settings document on disk, guarded: damage is set aside and repaired, a newer document is
//! left alone, a crash at any instant leaves the old document or the new one. Does not decide what
//! settings mean; `domain` does.

mod recover;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use domain::{DomainError, Settings, read_document, write_document};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::files::{create_folder, file_error, make_private, write_atomically};
use crate::view::Notice;
use crate::{Error, ErrorCode};

/// The document inside the data folder.
const DOCUMENT: &str = "settings.json";
/// The copy that is known to be good.
const BACKUP: &str = "settings.backup.json";
/// The folder of dated copies, one a day.
const DATED: &str = "backups";
/// How many dated copies are kept.
const DATED_KEPT: usize = 10;

/// Reads and writes `settings.json`. It may write in place: [`save`] keeps a good copy beside it.
pub trait SettingsStore: Send + Sync {
    /// The whole document; none when there is no file yet.
    fn read(&self) -> Result<Option<Value>, Error>;
    /// Replaces the whole document, and returns when it is in the file.
    fn write(&self, document: &Value) -> Result<(), Error>;
}

/// The store of programs without a window: one file, replaced atomically.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// The store of this data folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            path: document_path(folder),
        }
    }
}

impl SettingsStore for FileStore {
    fn read(&self) -> Result<Option<Value>, Error> {
        match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                let error = DomainError::Settings(error.to_string());
                Error::new(ErrorCode::Failed, error.to_string(), error.hint())
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error("cannot read", &self.path, &error)),
        }
    }

    fn write(&self, document: &Value) -> Result<(), Error> {
        write_atomically(&self.path, &bytes_of(document))
            .map_err(|error| file_error("cannot write", &self.path, &error))
    }
}

/// Where the document is, for a store that must name it.
pub fn document_path(folder: &Path) -> PathBuf {
    folder.join(DOCUMENT)
}

/// Whether settings can be changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Access {
    /// They can.
    ReadWrite,
    /// They cannot, and why. Nothing is ever written.
    ReadOnly(Error),
}

/// The settings of a data folder, as far as they could be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Loaded {
    /// The settings; the defaults when there are none to be had.
    pub settings: Settings,
    /// The keys beside them in the document, which belong to others.
    pub others: Map<String, Value>,
    /// Whether they can be changed.
    pub access: Access,
    /// What the admin should know of the way they were found.
    pub notices: Vec<Notice>,
}

impl Loaded {
    fn read_only(error: Error, notices: Vec<Notice>) -> Self {
        let access = Access::ReadOnly(error);
        Self {
            settings: Settings::default(),
            others: Map::new(),
            access,
            notices,
        }
    }
}

/// Loads the settings, and repairs the file first when it is damaged. Only for the holder of the
/// folder; others use [`peek`].
pub(crate) fn load(store: &dyn SettingsStore, folder: &Path, now: Timestamp) -> Loaded {
    let (found, notices) = match recover::recover(folder, now) {
        Ok(recovered) => recovered,
        Err(error) => return Loaded::read_only(error, Vec::new()),
    };
    match (store.read(), found) {
        (Ok(None), false) => Loaded {
            settings: Settings::default(),
            others: Map::new(),
            access: Access::ReadWrite,
            notices,
        },
        (Ok(Some(document)), _) => match read_document(&document) {
            Ok((settings, others)) => Loaded {
                settings,
                others,
                access: Access::ReadWrite,
                notices,
            },
            Err(error) => Loaded::read_only(error.into(), notices),
        },
        (Ok(None), true) => {
            // To save now would replace settings that nobody has seen.
            let error = Error::new(
                ErrorCode::Failed,
                format!(
                    "{} exists, but its store reads nothing",
                    document_path(folder).display()
                ),
                "Close every Gatehouse and open it again.",
            );
            Loaded::read_only(error, notices)
        }
        (Err(error), _) => Loaded::read_only(error, notices),
    }
}

/// Reads the settings and touches nothing, while another process may hold and write them.
pub(crate) fn peek(folder: &Path) -> Loaded {
    match recover::read_untouched(folder) {
        Ok(Some((settings, others))) => Loaded {
            settings,
            others,
            access: Access::ReadWrite,
            notices: Vec::new(),
        },
        Ok(None) => Loaded {
            settings: Settings::default(),
            others: Map::new(),
            access: Access::ReadWrite,
            notices: Vec::new(),
        },
        Err(error) => Loaded::read_only(error, Vec::new()),
    }
}

/// Writes the settings, then a copy that is known to be good.
pub(crate) fn save(
    store: &dyn SettingsStore,
    folder: &Path,
    settings: &Settings,
    others: &Map<String, Value>,
    now: Timestamp,
) -> Result<(), Error> {
    create_folder(folder).map_err(|error| file_error("cannot make", folder, &error))?;
    store.write(&write_document(settings, others))?;
    keep_copy(folder, now)
}

/// Checks what the store wrote, makes it durable and puts copies beside it.
fn keep_copy(folder: &Path, now: Timestamp) -> Result<(), Error> {
    let path = document_path(folder);
    let trouble = |error: std::io::Error| file_error("cannot write", &path, &error);
    let bytes = fs::read(&path).map_err(trouble)?;
    recover::parse(&bytes).map_err(|error| {
        Error::new(
            ErrorCode::Failed,
            format!("{} was not written in full", path.display()),
            "Free some space and save again; the last good copy is kept.",
        )
        .with_details(error.to_string())
    })?;
    make_private(&path).map_err(trouble)?;
    File::options()
        .append(true)
        .open(&path)
        .and_then(|file| file.sync_all())
        .map_err(trouble)?;
    // The settings are safe now; a copy that fails must not make the save look lost.
    if let Err(error) = copy(folder, &bytes, now) {
        tracing::warn!(%error, "the copies of the settings could not be written");
    }
    Ok(())
}

fn copy(folder: &Path, bytes: &[u8], now: Timestamp) -> std::io::Result<()> {
    write_atomically(&folder.join(BACKUP), bytes)?;
    let dated = folder.join(DATED);
    create_folder(&dated)?;
    write_atomically(
        &dated.join(format!("settings-{}.json", now.strftime("%Y-%m-%d"))),
        bytes,
    )?;
    for old in recover::dated_copies(folder).into_iter().skip(DATED_KEPT) {
        fs::remove_file(old)?;
    }
    Ok(())
}

fn bytes_of(document: &Value) -> Vec<u8> {
    format!("{document:#}\n").into_bytes()
}

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod tests;
