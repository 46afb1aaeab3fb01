//! Rows of the audit: written, found, counted and, beyond a bound, removed. Judges no change.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, TransactionBehavior, params, params_from_iter};

use super::database::AUDIT;
use super::diff::{Change, Lost};
use super::words;
use crate::sqlite::DatabaseError;
use crate::view::{ChangeId, ChangeQuery, ChangeView, ChangedSetting, Who};

/// Changes that are kept; the oldest go first.
const ROWS_MOST: i64 = 10_000;
/// Bytes that the database may take; the oldest go first.
const BYTES_MOST: i64 = 64 * 1024 * 1024;
/// Changes of one page, at most.
const LIMIT_MOST: u32 = 500;
/// Words of a search that are looked for, at most.
const WORDS_MOST: usize = 20;

const COLUMNS: &str = "id, at, who, operation, sentence, changes, undoes, undone_by";

/// A change to be kept.
pub(super) struct NewRow<'c> {
    pub(super) at: Timestamp,
    pub(super) who: Who,
    pub(super) operation: &'c str,
    pub(super) sentence: &'c str,
    pub(super) changes: &'c [Change],
    pub(super) undoes: Option<ChangeId>,
}

/// A change that was kept.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its id.
    pub(crate) id: ChangeId,
    /// When it was saved.
    pub(crate) at: Timestamp,
    /// Who made it.
    pub(crate) who: Who,
    /// The operation; empty for Gatehouse's own doing.
    pub(crate) operation: String,
    /// What was done.
    pub(crate) sentence: String,
    /// Place by place.
    pub(crate) changes: Vec<Change>,
    /// The change that it took back.
    pub(crate) undoes: Option<ChangeId>,
    /// The change that took it back.
    pub(crate) undone_by: Option<ChangeId>,
}

impl Row {
    /// As the admin sees it under these settings.
    pub(crate) fn view(self, now: &serde_json::Value) -> ChangeView {
        let undo = self.verdict(now);
        ChangeView {
            id: self.id,
            at: self.at,
            who: self.who,
            operation: self.operation,
            sentence: self.sentence,
            settings: self.changes.into_iter().map(shown).collect(),
            undoes: self.undoes,
            undone_by: self.undone_by,
            undo,
        }
    }
}

fn shown(change: Change) -> ChangedSetting {
    let keys = change.place.iter();
    let pointer = keys.map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1")));
    let [before, after] = change.shown;
    let text = |value: Option<serde_json::Value>| words::text(&value?);
    ChangedSetting {
        path: change.path,
        pointer: pointer.collect(),
        before: before.or_else(|| text(change.before)),
        after: after.or_else(|| text(change.after)),
        is_secret: change.lost == Some(Lost::Secret),
    }
}

/// Rows of a page.
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    pub(super) matching: u64,
    pub(super) total: u64,
}

/// Keeps a change, and marks the one that it takes back.
pub(super) fn insert(folder: &Path, row: &NewRow<'_>) -> Result<(), DatabaseError> {
    let mut connection = AUDIT.open(folder)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changes = serde_json::to_string(row.changes)?;
    let undoes = row.undoes.map(|id| id.0);
    transaction.execute(
        "INSERT INTO changes (at, who, operation, sentence, changes, words, undoes)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            row.at.as_millisecond(),
            stored(row.who),
            row.operation,
            row.sentence,
            changes,
            searched(row),
            undoes,
        ],
    )?;
    let id = transaction.last_insert_rowid();
    if let Some(undone) = undoes {
        let mark = "UPDATE changes SET undone_by = ? WHERE id = ?";
        transaction.execute(mark, params![id, undone])?;
        // What that one took back holds again.
        let again = "UPDATE changes SET undone_by = NULL WHERE undone_by = ?";
        transaction.execute(again, [undone])?;
    }
    transaction.execute("DELETE FROM changes WHERE id <= ?", [id - ROWS_MOST])?;
    let pages = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let size = pages("page_size")?;
    while (pages("page_count")? - pages("freelist_count")?) * size > BYTES_MOST {
        let oldest = "DELETE FROM changes WHERE id < ? AND id IN (SELECT id FROM changes ORDER BY id LIMIT 100)";
        if transaction.execute(oldest, [id])? == 0 {
            break;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// All of a change in lower case.
fn searched(row: &NewRow<'_>) -> String {
    let mut words = format!("{} {}", row.sentence, row.who.name());
    for change in row.changes {
        let one = shown(change.clone());
        let parts = [Some(one.path), one.before, one.after];
        for part in parts.into_iter().flatten() {
            words.push('\n');
            words.push_str(&part);
        }
    }
    words.to_lowercase()
}

/// Changes that match, newest first.
pub(super) fn list(folder: &Path, query: &ChangeQuery) -> Result<Found, DatabaseError> {
    let mut found = Found {
        rows: Vec::new(),
        matching: 0,
        total: 0,
    };
    let Some(connection) = AUDIT.open_to_read(folder)? else {
        return Ok(found);
    };
    let lower = query.search.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().take(WORDS_MOST).collect();
    let matches = " AND instr(words, ?) > 0".repeat(words.len());
    let count = |sql: &str, words: &[&str]| {
        let count = connection.query_row(sql, params_from_iter(words), |row| row.get::<_, i64>(0));
        count.map(|count| count.max(0) as u64)
    };
    found.total = count("SELECT count(*) FROM changes", &[])?;
    found.matching = count(
        &format!("SELECT count(*) FROM changes WHERE true{matches}"),
        &words,
    )?;
    // Two numbers of our own; the words are bound.
    let before = query.before.map_or(i64::MAX, |id| id.0);
    let limit = query.limit.clamp(1, LIMIT_MOST);
    let page = format!(
        "SELECT {COLUMNS} FROM changes WHERE id < {before}{matches} ORDER BY id DESC LIMIT {limit}"
    );
    let mut statement = connection.prepare(&page)?;
    let rows = statement.query_map(params_from_iter(&words), columns)?;
    for row in rows {
        found.rows.push(read(row?)?);
    }
    Ok(found)
}

/// The change of this id.
pub(super) fn one(folder: &Path, id: ChangeId) -> Result<Option<Row>, DatabaseError> {
    let Some(connection) = AUDIT.open_to_read(folder)? else {
        return Ok(None);
    };
    let one = format!("SELECT {COLUMNS} FROM changes WHERE id = ?");
    let found = connection.query_row(&one, [id.0], columns).optional()?;
    found.map(read).transpose()
}

type Columns = (
    i64,
    i64,
    String,
    String,
    String,
    String,
    Option<i64>,
    Option<i64>,
);

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
    ))
}

fn read(columns: Columns) -> Result<Row, DatabaseError> {
    let (id, at, who, operation, sentence, changes, undoes, undone_by) = columns;
    Ok(Row {
        id: ChangeId(id),
        at: Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH),
        who: serde_json::from_value(who.into())?,
        operation,
        sentence,
        changes: serde_json::from_str(&changes)?,
        undoes: undoes.map(ChangeId),
        undone_by: undone_by.map(ChangeId),
    })
}

fn stored(who: Who) -> &'static str {
    match who {
        Who::Window => "window",
        Who::Browser => "browser",
        Who::Command => "command",
        Who::Itself => "itself",
    }
}
