//! Trials as a file: one versioned JSON document, to be taken elsewhere and back.

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::History;
use super::trials::{checked, index, put, row_of};
use crate::view::{ImportedTrials, KeptTrial, Trial, TrialId};
use crate::{Error, ErrorCode};

/// The version of the document that this program writes.
const VERSION: u32 = 1;

/// The largest document that is read.
const LARGEST: usize = 64 * 1024 * 1024;

/// The most trials of a document.
const TRIALS: usize = 10_000;

#[derive(Debug, Serialize, Deserialize)]
struct Document {
    /// The version; a document without it is none of ours.
    gatehouse_trials: u32,
    #[serde(default)]
    trials: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    id: TrialId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default)]
    is_pinned: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replays: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    trial: Trial,
}

/// The document of these trials.
pub(crate) fn write_file(kept: Vec<KeptTrial>) -> Result<Vec<u8>, Error> {
    let entry = |KeptTrial { row, trial }| Entry {
        id: row.id,
        title: row.is_named.then_some(row.title),
        is_pinned: row.is_pinned,
        replays: row.replays,
        created_at: row.created_at,
        updated_at: row.updated_at,
        trial,
    };
    let document = Document {
        gatehouse_trials: VERSION,
        trials: kept.into_iter().map(entry).collect(),
    };
    serde_json::to_vec_pretty(&document).map_err(|error| super::HistoryError::from(error).into())
}

/// A document that was read and can be added.
#[derive(Debug)]
pub(crate) struct Readable(Document);

/// Reads a document. One that is damaged or newer is refused whole.
pub(crate) fn read_file(text: &str) -> Result<Readable, Error> {
    let invalid = |message: String, hint: &str| Error::new(ErrorCode::Invalid, message, hint);
    if text.len() > LARGEST {
        let message = "the file has more than 64 MiB".to_owned();
        return Err(invalid(message, "Export fewer trials at once."));
    }
    #[derive(Deserialize)]
    struct Head {
        gatehouse_trials: Option<u32>,
    }
    let hint = "Choose a file that Gatehouse exported. Nothing was added.";
    let head: Head = serde_json::from_str(text)
        .map_err(|error| invalid(format!("the file cannot be read: {error}"), hint))?;
    match head.gatehouse_trials {
        Some(VERSION) => {}
        Some(newer) => {
            let message =
                format!("the file has version {newer}, and this Gatehouse knows up to {VERSION}");
            return Err(invalid(
                message,
                "Use the newer Gatehouse. Nothing was added.",
            ));
        }
        None => {
            return Err(invalid(
                "the file holds no trials of Gatehouse".into(),
                hint,
            ));
        }
    }
    let document: Document = serde_json::from_str(text)
        .map_err(|error| invalid(format!("the file is damaged: {error}"), hint))?;
    if document.trials.len() > TRIALS {
        let message = format!("the file has more than {TRIALS} trials");
        return Err(invalid(message, "Export fewer trials at once."));
    }
    Ok(Readable(document))
}

impl History {
    /// Adds the trials of a document, all or none. One that is here already stays as it is.
    pub(crate) fn import(&self, Readable(document): Readable) -> Result<ImportedTrials, Error> {
        let mut contents = Vec::with_capacity(document.trials.len());
        for entry in &document.trials {
            contents.push(checked(&entry.id, &entry.trial)?);
        }
        self.write(|connection| {
            let mut imported = ImportedTrials { added: 0, known: 0 };
            for (entry, content) in document.trials.iter().zip(&contents) {
                if row_of(connection, &entry.id)?.is_some() {
                    imported.known += 1;
                    continue;
                }
                put(
                    connection,
                    &entry.id,
                    &entry.trial,
                    content,
                    entry.replays.as_deref(),
                    entry.created_at,
                    entry.updated_at,
                )?;
                let title = entry
                    .title
                    .as_deref()
                    .map(|title| providers::cut(title, 200));
                connection.execute(
                    "UPDATE trials SET title = ?, is_pinned = ? WHERE id = ?",
                    params![title, entry.is_pinned, entry.id.0],
                )?;
                index(connection, &entry.id)?;
                imported.added += 1;
            }
            Ok(imported)
        })
    }
}
