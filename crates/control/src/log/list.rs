//! Pages of the request log.

use std::cmp::Reverse;

use domain::Query;
use jiff::Zoned;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, named_params, params_from_iter};

use super::rows::{COLUMNS, view};
use super::search::{Search, Source};
use crate::view::{RequestId, RequestPage, RequestView};

/// Rows of a page that names no limit.
const PAGE: u32 = 100;

/// Which rows a page has.
#[derive(Debug)]
pub(super) struct Wanted {
    /// What holds of them.
    pub(super) query: Query,
    /// The most rows; 0 means 100.
    pub(super) limit: u32,
    /// Only rows older than this one.
    pub(super) before: Option<RequestId>,
    /// Now, in the zone of the reader.
    pub(super) now: Zoned,
}

/// Rows, newest first, and how many match.
pub(super) fn page(connection: &Connection, wanted: &Wanted) -> rusqlite::Result<RequestPage> {
    let limit = if wanted.limit == 0 {
        PAGE
    } else {
        wanted.limit
    };
    let before = wanted.before.map_or(i64::MAX, |id| id.0);
    // One snapshot for the rows and both numbers; it ends with this page.
    let snapshot = connection.unchecked_transaction()?;
    let search = Search::new(&snapshot, &wanted.query, &wanted.now)?;
    let everything = "SELECT count(*) FROM requests";
    let total = snapshot
        .prepare_cached(everything)?
        .query_row([], |row| row.get(0).map(whole))?;
    let mut matching = if search.is_everything() {
        total
    } else {
        let Source { sql, values, .. } = search.counted();
        snapshot
            .prepare_cached(&format!("SELECT count(*) {sql}"))?
            .query_row(params_from_iter(values), |row| row.get(0).map(whole))?
    };
    let mut rows = newest(&snapshot, search.rows(), before, limit)?;
    if let Some(running) = search.running() {
        let mut running = newest(&snapshot, running, i64::MAX, u32::MAX)?;
        running.retain(|row| search.has_words(row));
        matching += running.len() as u64;
        rows.extend(running.into_iter().filter(|row| row.id.0 < before));
        rows.sort_by_key(|row| Reverse(row.id));
        rows.truncate(limit as usize);
    }
    Ok(RequestPage {
        rows,
        matching,
        total,
    })
}

/// Those of these rows that match, in this order.
pub(super) fn among(
    connection: &Connection,
    wanted: &Wanted,
    ids: &[RequestId],
) -> rusqlite::Result<Vec<RequestView>> {
    let snapshot = connection.unchecked_transaction()?;
    let search = Search::new(&snapshot, &wanted.query, &wanted.now)?;
    let mut found = Vec::new();
    for id in ids {
        let mut rows = one(&snapshot, search.rows(), *id)?;
        if let Some(running) = search.running() {
            let running = one(&snapshot, running, *id)?.into_iter();
            rows.extend(running.filter(|row| search.has_words(row)));
        }
        found.extend(rows);
    }
    Ok(found)
}

fn newest(
    connection: &Connection,
    Source {
        sql,
        id,
        mut values,
    }: Source,
    before: i64,
    limit: u32,
) -> rusqlite::Result<Vec<RequestView>> {
    let sql = format!("SELECT {COLUMNS} {sql} AND {id} < ? ORDER BY {id} DESC LIMIT ?");
    values.extend([before.into(), i64::from(limit).into()]);
    rows(connection, &sql, values)
}

fn one(
    connection: &Connection,
    Source {
        sql,
        id,
        mut values,
    }: Source,
    wanted: RequestId,
) -> rusqlite::Result<Vec<RequestView>> {
    values.push(wanted.0.into());
    let sql = format!("SELECT {COLUMNS} {sql} AND {id} = ?");
    rows(connection, &sql, values)
}

fn rows(
    connection: &Connection,
    sql: &str,
    values: Vec<Value>,
) -> rusqlite::Result<Vec<RequestView>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement
        .query_map(params_from_iter(values), view)?
        .collect()
}

/// One row.
pub(super) fn by_id(
    connection: &Connection,
    id: RequestId,
) -> rusqlite::Result<Option<RequestView>> {
    let sql = format!("SELECT {COLUMNS} FROM requests WHERE id = ?");
    connection
        .prepare_cached(&sql)?
        .query_row([id.0], view)
        .optional()
}

/// The rows after this one, oldest first.
pub(super) fn newer_than(
    connection: &Connection,
    id: RequestId,
    limit: u32,
) -> rusqlite::Result<Vec<RequestView>> {
    let sql = format!("SELECT {COLUMNS} FROM requests WHERE id > :id ORDER BY id LIMIT :limit");
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(named_params! {":id": id.0, ":limit": limit}, view)?
        .collect()
}

/// A count, which is never negative.
fn whole(count: i64) -> u64 {
    count.max(0) as u64
}
