//! The full-text index: filled afterwards and in batches, because to index each row as it comes
//! costs ten times as much as to write it. What it does not have yet is looked through, so that a
//! search is complete at every moment. It is in parts, which old rows take with them.

use rusqlite::{Connection, TransactionBehavior};

/// Ids of one part of the index.
const PART: i64 = 1 << 18;
/// Rows that are indexed in one step.
const STEP: i64 = 4_096;
/// Rows that ended after the index passed them, in one step.
const OVERDUE: u32 = 1_000;

/// The texts of a row, as columns.
pub(super) const TEXTS: &str =
    "correlation_id, client, path, model, feature, answered_by, finish_reason, error, notes";

/// How far the index reaches, as one snapshot of the database sees it.
#[derive(Debug)]
pub(super) struct Index {
    /// The parts, newest first.
    pub(super) parts: Vec<Part>,
    /// Later rows are not in it.
    pub(super) indexed: i64,
}

/// A part of the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part(i64);

impl Part {
    fn of(id: i64) -> Self {
        Self(id / PART)
    }

    /// Its table.
    pub(super) fn table(self) -> String {
        format!("texts_{}", self.0)
    }

    /// Its lowest and its highest id.
    pub(super) fn ids(self) -> (i64, i64) {
        (self.0 * PART, self.0 * PART + (PART - 1))
    }
}

impl Index {
    /// Reads how far it reaches.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let parts = connection
            .prepare_cached("SELECT part FROM parts ORDER BY part DESC")?
            .query_map([], |row| row.get(0).map(Part))?
            .collect::<Result<_, _>>()?;
        let indexed = indexed(connection)?;
        Ok(Self { parts, indexed })
    }
}

fn indexed(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT indexed FROM totals")?
        .query_row([], |row| row.get(0))
}

/// How many rows are not indexed yet, at most.
pub(super) fn behind(connection: &Connection) -> rusqlite::Result<i64> {
    let newest = "SELECT ifnull(max(id), 0) FROM requests";
    let newest: i64 = connection
        .prepare_cached(newest)?
        .query_row([], |row| row.get(0))?;
    Ok((newest - indexed(connection)?).max(0))
}

/// Indexes the next rows, in one transaction; whether there are more.
pub(super) fn step(connection: &mut Connection) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    add_overdue(&transaction)?;
    let indexed = indexed(&transaction)?;
    let behind = behind(&transaction)?;
    let part = Part::of(indexed + 1);
    let end = (indexed + behind.min(STEP)).min(part.ids().1);
    if behind > 0 {
        make(&transaction, part)?;
        // What a running row will say is not known yet.
        let sql = format!(
            "INSERT INTO {} (rowid, {TEXTS}) SELECT id, {TEXTS} FROM requests \
             WHERE id > ? AND id <= ? AND state <> 'running' ORDER BY id",
            part.table()
        );
        transaction.execute(&sql, [indexed, end])?;
        let sql = "INSERT OR IGNORE INTO overdue SELECT id, 0 FROM requests \
             WHERE +id > ? AND +id <= ? AND state = 'running'";
        transaction.execute(sql, [indexed, end])?;
        transaction.execute("UPDATE totals SET indexed = ?", [end])?;
    }
    transaction.commit()?;
    Ok(indexed + behind > end)
}

/// Indexes rows that have ended since the index passed them.
fn add_overdue(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT id FROM overdue JOIN requests USING (id) \
         WHERE is_stale = 0 AND state <> 'running' ORDER BY id LIMIT ?";
    let ids = connection
        .prepare_cached(sql)?
        .query_map([OVERDUE], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for id in ids {
        let part = Part::of(id);
        make(connection, part)?;
        let sql = format!(
            "INSERT INTO {} (rowid, {TEXTS}) SELECT id, {TEXTS} FROM requests WHERE id = ?",
            part.table()
        );
        connection.prepare_cached(&sql)?.execute([id])?;
        connection
            .prepare_cached("DELETE FROM overdue WHERE id = ?")?
            .execute([id])?;
    }
    Ok(())
}

/// Makes the table of a part, unless it is there. Accents count, as they do where rows are looked
/// through.
fn make(connection: &Connection, part: Part) -> rusqlite::Result<()> {
    let known = connection
        .prepare_cached("INSERT OR IGNORE INTO parts VALUES (?)")?
        .execute([part.0])?;
    if known == 0 {
        return Ok(());
    }
    connection.execute_batch(&format!(
        "CREATE VIRTUAL TABLE {} USING fts5 ({TEXTS}, content='', columnsize=0, \
         tokenize='unicode61 remove_diacritics 0')",
        part.table()
    ))
}

/// Forgets what lies up to this row, which is gone.
pub(super) fn forget(connection: &Connection, up_to: i64) -> rusqlite::Result<()> {
    connection.execute("UPDATE totals SET indexed = max(indexed, ?)", [up_to])?;
    connection.execute("DELETE FROM overdue WHERE id <= ?", [up_to])?;
    for part in Index::read(connection)?.parts {
        if part.ids().1 <= up_to {
            connection.execute_batch(&format!("DROP TABLE {}", part.table()))?;
            connection.execute("DELETE FROM parts WHERE part = ?", [part.0])?;
        }
    }
    Ok(())
}
