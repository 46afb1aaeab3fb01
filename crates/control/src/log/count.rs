//! How many rows match: all of them, or as many as a moment finds, newest first.

use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::index::Index;
use super::list;
use super::search::{Search, Source};

/// Ids that one statement counts, when it has to read the rows.
const STRIDE: i64 = 1 << 16;

/// How many rows there are.
pub(super) fn total(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT rows FROM totals")?
        .query_row([], |row| row.get(0).map(whole))
}

/// How many rows match, and whether these are all: at the deadline it ends.
pub(super) fn matching(
    connection: &Connection,
    search: &Search<'_>,
    deadline: Option<Instant>,
) -> rusqlite::Result<(u64, bool)> {
    if search.asks_for_words() {
        with_words(connection, search, deadline)
    } else if search.is_selective() || search.is_counted_by_index() {
        Ok((count(connection, search.rows())?, true))
    } else {
        in_strides(connection, search, deadline)
    }
}

fn in_strides(
    connection: &Connection,
    search: &Search<'_>,
    deadline: Option<Instant>,
) -> rusqlite::Result<(u64, bool)> {
    let sql = "SELECT ifnull(min(id), 1), ifnull(max(id), 0) FROM requests";
    let (first, mut last): (i64, i64) = connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut sum = 0;
    while last >= first {
        let stride = search.rows().and("<=", last).and(">", last - STRIDE);
        sum += count(connection, stride)?;
        last -= STRIDE;
        if last >= first && is_over(deadline) {
            return Ok((sum, false));
        }
    }
    Ok((sum, true))
}

fn with_words(
    connection: &Connection,
    search: &Search<'_>,
    deadline: Option<Instant>,
) -> rusqlite::Result<(u64, bool)> {
    let index = Index::read(connection)?;
    let mut sum = 0;
    let mut is_whole = true;
    let mut each = |_: &Row<'_>| {
        is_whole = !is_over(deadline);
        sum += u64::from(is_whole);
        Ok(is_whole)
    };
    list::unindexed(connection, search, &index, i64::MAX, &mut each)?;
    list::overdue(connection, search, &index, i64::MAX, &mut each)?;
    for part in index.parts {
        if !is_whole || is_over(deadline) {
            return Ok((sum, false));
        }
        let hits = search.hits(part);
        sum += count(
            connection,
            hits.unwrap_or_else(|| search.indexed_rows(part)),
        )?;
    }
    Ok((sum, is_whole))
}

fn is_over(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}

fn count(connection: &Connection, source: Source) -> rusqlite::Result<u64> {
    let Source { sql, values, .. } = source;
    let values = params_from_iter::<Vec<Value>>(values);
    connection
        .prepare_cached(&format!("SELECT count(*) {sql}"))?
        .query_row(values, |row| row.get(0).map(whole))
}

/// A count, which is never negative.
fn whole(count: i64) -> u64 {
    count.max(0) as u64
}
