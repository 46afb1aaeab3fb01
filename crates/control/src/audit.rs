//! The audit: every change of the settings, with who made it and what was there before, in a
//! database of its own. Keeps no key and no digest; changes no setting itself.

mod database;
pub(crate) mod diff;
mod rows;
mod undo;
mod words;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use domain::{ModelId, Settings};
use jiff::Timestamp;
use serde_json::Value;

use crate::redaction::{MARK, Redaction};
use crate::sqlite::DatabaseError;
use crate::view::{ChangeId, ChangePage, ChangeQuery, Notice, Who};
use crate::{Error, ErrorCode};
use database::{AUDIT, sentence};
use diff::{Change, Lost};
use rows::NewRow;
pub(crate) use rows::Row;

/// The longest value that is kept, in bytes of JSON.
const VALUE_MOST: usize = 64 * 1024;

tokio::task_local! {
    /// Who asked for the operation that runs, and its name.
    static CALLER: (Who, &'static str);
}

/// Carries an operation out in somebody's name: what it changes is noted as theirs.
pub(crate) async fn by<T>(who: Who, operation: &'static str, work: impl Future<Output = T>) -> T {
    CALLER.scope((who, operation), work).await
}

/// In whose name this task works: Gatehouse's own, unless somebody asked for it.
pub(crate) fn caller() -> (Who, &'static str) {
    let caller = CALLER.try_with(|caller| *caller);
    caller.unwrap_or((Who::Itself, ""))
}

/// What a change is beside a difference of the settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note {
    /// The change that this one takes back, with its sentence.
    pub(crate) undoes: Option<(ChangeId, String)>,
    /// The model whose key was replaced by another.
    pub(crate) replaced_key: Option<ModelId>,
}

/// The audit of a data folder.
#[derive(Debug)]
pub(crate) struct Audit {
    folder: PathBuf,
    trouble: Mutex<Option<String>>,
    kept: AtomicU64,
}

impl Audit {
    /// The audit of a folder. Its holder sets a damaged one aside, with a notice.
    pub(crate) fn open(folder: &Path, holder: bool) -> (Self, Option<Notice>) {
        let audit = Self {
            folder: folder.to_owned(),
            trouble: Mutex::default(),
            kept: AtomicU64::new(0),
        };
        if !holder {
            return (audit, None);
        }
        let notice = match AUDIT.inspect(folder) {
            Ok(None) => None,
            Ok(Some(aside)) => Some(Notice {
                what: "The audit of the settings was damaged; a new one was begun.".into(),
                why: format!("The damaged file is kept as {}.", aside.display()),
            }),
            Err(error) => {
                audit.set_trouble(Some(sentence(&error)));
                None
            }
        };
        (audit, notice)
    }

    /// How many changes were kept since the program started.
    pub(crate) fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }

    /// Why the newest change is not kept.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }

    fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Keeps what is different now. A disk that refuses does not undo the change: it is said.
    pub(crate) fn keep(
        &self,
        (before, after): (&Settings, &Settings),
        note: &Note,
        (who, operation): (Who, &str),
        now: Timestamp,
    ) {
        let Some((sentence, changes)) = describe(before, after, note) else {
            return;
        };
        let undoes = note.undoes.as_ref().map(|(id, _)| *id);
        let row = NewRow {
            at: now,
            who,
            operation,
            sentence: &sentence,
            changes: &changes,
            undoes,
        };
        let kept = rows::insert(&self.folder, &row);
        match &kept {
            Ok(_) => _ = self.kept.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                tracing::warn!(%error, "a change of the settings could not be kept in the audit");
            }
        }
        self.set_trouble(kept.err().as_ref().map(database::sentence));
    }

    /// Changes, newest first, each with whether it can be undone under these settings.
    pub(crate) fn list(
        &self,
        query: &ChangeQuery,
        settings: &Settings,
    ) -> Result<ChangePage, Error> {
        let now = diff::document(settings);
        match rows::list(&self.folder, query) {
            Ok(found) => Ok(ChangePage {
                rows: found.rows.into_iter().map(|row| row.view(&now)).collect(),
                matching: found.matching,
                total: found.total,
                sentence: self.trouble(),
            }),
            Err(error @ DatabaseError::Newer { .. }) => Ok(ChangePage {
                rows: Vec::new(),
                matching: 0,
                total: 0,
                sentence: Some(sentence(&error)),
            }),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// The change of this id.
    pub(crate) fn row(&self, id: ChangeId) -> Result<Row, Error> {
        let found = rows::one(&self.folder, id).map_err(|error| unreadable(&error))?;
        found.ok_or_else(|| {
            let message = format!("there is no change {}", id.0);
            Error::new(
                ErrorCode::NotFound,
                message,
                "See the changes with `gatehouse audit`.",
            )
        })
    }

    /// The change that took this one back.
    pub(crate) fn undo_of(&self, id: ChangeId) -> Result<Row, Error> {
        let row = self.row(id)?;
        row.undone_by.map_or(Ok(row), |id| self.row(id))
    }
}

/// What was done, in a sentence and place by place, as it may be written; none when nothing is
/// different.
fn describe(before: &Settings, after: &Settings, note: &Note) -> Option<(String, Vec<Change>)> {
    let documents = (diff::document(before), diff::document(after));
    let mut changes = diff::diff(&documents.0, &documents.1);
    let replaced = note.replaced_key.map(|id| id.to_string());
    let is_noted =
        |change: &Change| Some(&change.place[1]) == replaced.as_ref() && change.lost.is_some();
    if let Some(id) = replaced.clone().filter(|_| !changes.iter().any(is_noted)) {
        changes.push(Change {
            path: String::new(),
            place: vec!["models".into(), id, diff::KEY.into()],
            before: Some("stored".into()),
            after: Some("replaced".into()),
            shown: [None, None],
            index: None,
            lost: Some(Lost::Secret),
        });
    }
    if changes.is_empty() {
        return None;
    }
    let names = words::Names {
        before: (before, &documents.0),
        after: (after, &documents.1),
    };
    let mut sentence = match &note.undoes {
        Some((id, sentence)) => format!("Undid change {}: {sentence}", id.0),
        None => names.sentence(&changes),
    };
    let redaction = Redaction::new(after);
    for change in &mut changes {
        change.path = names.path(&change.place);
        if change.place[0] == "routes" {
            change.shown = [&change.before, &change.after]
                .map(|route| route.as_ref().map(|route| names.route(route)));
        }
        protect(change, &redaction);
    }
    redaction.text(&mut sentence);
    Some((sentence, changes))
}

/// Replaces what must not be written down, and what is too long to be kept.
fn protect(change: &mut Change, redaction: &Redaction) {
    redaction.text(&mut change.path);
    let name = change.place.last().cloned().unwrap_or_default();
    for value in [&mut change.before, &mut change.after]
        .into_iter()
        .flatten()
    {
        // A value is judged by its name as well.
        let mut named = serde_json::Map::new();
        named.insert(name.clone(), value.take());
        let written = Value::Object(named).to_string();
        let shown = redaction.bytes(written.as_bytes());
        let read = serde_json::from_slice::<Value>(&shown).ok();
        let read = read.and_then(|mut read| read.get_mut(&name).map(Value::take));
        if *shown != *written.as_bytes() {
            change.lost = change.lost.or(Some(Lost::Redacted));
        }
        *value = read.unwrap_or_else(|| MARK.into());
        if written.len() > VALUE_MOST {
            change.lost = change.lost.or(Some(Lost::TooLong));
            let text = words::text(value).unwrap_or_default();
            let end = text.floor_char_boundary(VALUE_MOST);
            *value = format!("{}…", &text[..end]).into();
        }
    }
    if change.lost == Some(Lost::Redacted) {
        change.place.iter_mut().for_each(|key| redaction.text(key));
    }
    change
        .shown
        .iter_mut()
        .flatten()
        .for_each(|text| redaction.text(text));
}

fn unreadable(error: &DatabaseError) -> Error {
    let hint = "Restart Gatehouse: a damaged audit is set aside, and a new one begun.";
    Error::new(ErrorCode::Failed, "the audit cannot be read", hint).with_details(error.to_string())
}

#[cfg(test)]
mod tests;
