//! Finds out whether the settings document is whole, and repairs it from a copy when it is not.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use domain::{DomainError, Settings, read_document};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{BACKUP, DATED, document_path};
use crate::Error;
use crate::files::{file_error, remove_leftovers, set_aside, sync_folder, write_atomically};
use crate::view::Notice;

/// Settings and the keys beside them.
type Document = (Settings, Map<String, Value>);

/// Looks at the document before the store does. A damaged one is moved aside and the newest good
/// copy put in its place. Returns whether there is a document, and what the admin should know; an
/// error means that nothing may be written.
pub(super) fn recover(folder: &Path, now: Timestamp) -> Result<(bool, Vec<Notice>), Error> {
    remove_leftovers(folder);
    let path = document_path(folder);
    let bytes = match fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(file_error("cannot read", &path, &error)),
    };
    let problem = match bytes.as_deref().map(parse) {
        None => None,
        Some(Ok(_)) => {
            let bytes = bytes.as_deref().unwrap_or_default();
            // A store that writes in place needs a good copy before its next write.
            if fs::read(folder.join(BACKUP)).ok().as_deref() != Some(bytes)
                && let Err(error) = write_atomically(&folder.join(BACKUP), bytes)
            {
                tracing::warn!(%error, "the copy of the settings could not be written");
            }
            return Ok((true, Vec::new()));
        }
        Some(Err(error @ DomainError::NewerSettings { .. })) => return Err(error.into()),
        Some(Err(error)) => Some(error),
    };
    let copy = newest_good_copy(folder);
    let Some(problem) = problem else {
        let Some((copy, bytes)) = copy else {
            return Ok((false, Vec::new()));
        };
        put_back(&path, &bytes)?;
        let what = "The settings file was missing; a copy was restored.".to_owned();
        let why = format!(
            "{} was taken from {}. Check that nothing is missing.",
            path.display(),
            copy.display()
        );
        return Ok((true, vec![Notice { what, why }]));
    };
    let aside =
        set_aside(&path, now).map_err(|error| file_error("cannot move aside", &path, &error))?;
    sync_folder(folder).map_err(|error| file_error("cannot write", folder, &error))?;
    tracing::warn!(file = %aside.display(), %problem, "a damaged settings file was set aside");
    let damaged = format!(
        "{problem}. The damaged file is kept as {}.",
        aside.display()
    );
    let damaged = damaged.replacen("the settings cannot", "It cannot", 1);
    let Some((copy, bytes)) = copy else {
        let what = "The settings file was damaged and there was no good copy; the defaults apply.";
        return Ok((
            false,
            vec![Notice {
                what: what.into(),
                why: damaged,
            }],
        ));
    };
    put_back(&path, &bytes)?;
    let what = "The settings file was damaged; the last good copy was restored.".to_owned();
    let why = format!(
        "{damaged} The copy was {}. Check your last change.",
        copy.display()
    );
    Ok((true, vec![Notice { what, why }]))
}

/// Reads the document without touching anything. A store may be writing it in place just now, so
/// a torn one is read again before the copy is used.
pub(super) fn read_untouched(folder: &Path) -> Result<Option<Document>, Error> {
    let path = document_path(folder);
    for attempt in 0..4 {
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(50));
        }
        match fs::read(&path) {
            Ok(bytes) => match parse(&bytes) {
                Ok(document) => return Ok(Some(document)),
                Err(error @ DomainError::NewerSettings { .. }) => return Err(error.into()),
                Err(_) => {}
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(file_error("cannot read", &path, &error)),
        }
    }
    Ok(newest_good_copy(folder).and_then(|(_, bytes)| parse(&bytes).ok()))
}

/// The document in these bytes.
pub(super) fn parse(bytes: &[u8]) -> Result<Document, DomainError> {
    let document = serde_json::from_slice(bytes)
        .map_err(|error| DomainError::Settings(format!("it is not JSON ({error})")))?;
    read_document(&document)
}

/// The dated copies, newest first.
pub(super) fn dated_copies(folder: &Path) -> Vec<PathBuf> {
    let is_copy = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("settings-") && name.ends_with(".json")
    };
    let entries = fs::read_dir(folder.join(DATED))
        .into_iter()
        .flatten()
        .flatten();
    let mut copies: Vec<_> = entries.map(|entry| entry.path()).filter(is_copy).collect();
    copies.sort_unstable_by(|a, b| b.cmp(a));
    copies
}

fn newest_good_copy(folder: &Path) -> Option<(PathBuf, Vec<u8>)> {
    std::iter::once(folder.join(BACKUP))
        .chain(dated_copies(folder))
        .find_map(|path| {
            let bytes = fs::read(&path).ok()?;
            parse(&bytes).is_ok().then_some((path, bytes))
        })
}

fn put_back(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_atomically(path, bytes).map_err(|error| file_error("cannot write", path, &error))
}
