//! Finds the requests whose recordings have words, for the search of the request log.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Shared, database};

/// Recordings with words that are taken, at most: the newest.
const MOST: usize = 100_000;

/// Where the recordings are, for the search of the request log.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    /// The data folder.
    pub(crate) folder: PathBuf,
    /// What their writer shares.
    pub(crate) shared: Arc<Shared>,
}

/// The rows whose recordings have words, each with its correlation id: a row of another log with
/// the same number is another request.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The rows.
    pub(crate) rows: HashMap<i64, String>,
    /// Whether there are more, or they could not be read.
    pub(crate) is_partial: bool,
}

impl Library {
    /// What this phrase of the full-text index finds. Recordings that cannot be read have nothing.
    pub(crate) fn find(&self, phrase: &str) -> Said {
        let _reading = self.shared.reading();
        let found = database::read(&self.folder, |connection| {
            let find = "SELECT id, correlation_id FROM words JOIN recordings ON id = words.rowid \
                 WHERE words MATCH ? ORDER BY words.rowid DESC LIMIT ?";
            connection
                .prepare(find)?
                .query_map((phrase, MOST as i64), |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<HashMap<_, _>>>()
        });
        match found {
            Ok(rows) => {
                let rows = rows.unwrap_or_default();
                let is_partial = rows.len() == MOST;
                Said { rows, is_partial }
            }
            Err(error) => {
                tracing::warn!(%error, "the recordings cannot be searched");
                Said {
                    is_partial: true,
                    ..Said::default()
                }
            }
        }
    }
}
