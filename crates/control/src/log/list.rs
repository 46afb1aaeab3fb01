//! Pages of the request log.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use domain::{Query, Test};
use jiff::Zoned;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params_from_iter};

use super::count;
use super::index::Index;
use super::rows::{COLUMNS, view};
use super::search::{Search, Source, phrase};
use crate::Error;
use crate::recordings::{Library, Said};
use crate::view::{Counting, RequestId, RequestPage, RequestQuery, RequestView};

/// Rows of a page that names no limit.
const PAGE: u32 = 100;
/// Ids that are looked through at once.
const STRIDE: i64 = 1 << 14;
/// How long a quick count goes on.
const QUICK: Duration = Duration::from_millis(200);

/// Which rows a page has.
#[derive(Debug)]
pub(super) struct Wanted {
    /// What holds of them.
    pub(super) query: Query,
    /// The most rows; 0 means 100.
    pub(super) limit: u32,
    /// Only rows older than this one.
    pub(super) before: Option<RequestId>,
    /// How far to count what matches.
    pub(super) counting: Counting,
    /// Now, in the zone of the reader.
    pub(super) now: Zoned,
    /// Where words are looked up beside the rows.
    pub(super) library: Library,
    /// For each text of the query, in order, which recordings have it; nothing before
    /// [`Self::looked_up`].
    pub(super) said: Vec<Said>,
}

impl Wanted {
    /// Reads the query of a request for rows.
    pub(super) fn of(query: &RequestQuery, now: Zoned, library: Library) -> Result<Self, Error> {
        Ok(Self {
            query: query.query.as_deref().unwrap_or_default().parse()?,
            limit: query.limit,
            counting: query.count,
            before: query.before,
            now,
            library,
            said: Vec::new(),
        })
    }

    /// The same, after the words were looked up in the recordings. Blocks.
    pub(super) fn looked_up(&mut self) -> &Self {
        let texts = self.query.terms.iter().filter_map(|term| match &term.test {
            Test::Text(words) => Some(self.library.find(&phrase(words))),
            _ => None,
        });
        self.said = texts.collect();
        self
    }
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
    let search = Search::new(&snapshot, wanted)?;
    let total = count::total(&snapshot)?;
    let (matching, counted) = match wanted.counting {
        _ if search.is_everything() => (total, true),
        Counting::Skip => (0, false),
        Counting::Quick => count::matching(&snapshot, &search, Some(Instant::now() + QUICK))?,
        Counting::Whole => count::matching(&snapshot, &search, None)?,
    };
    let rows = if search.asks_for_words() {
        with_words(&snapshot, &search, before, limit as usize)?
    } else {
        newest(&snapshot, search.rows(), before, limit as usize)?
    };
    Ok(RequestPage {
        rows,
        matching,
        counted: counted && search.is_whole(),
        total,
    })
}

/// The newest rows with the words: those that the index does not have, then part by part.
fn with_words(
    connection: &Connection,
    search: &Search<'_>,
    before: i64,
    limit: usize,
) -> rusqlite::Result<Vec<RequestView>> {
    let index = Index::read(connection)?;
    let mut rows = Vec::new();
    unindexed(connection, search, &index, before, |row| {
        rows.push(view(row)?);
        Ok(rows.len() < limit)
    })?;
    let mut found = rows.len();
    overdue(connection, search, &index, before, |row| {
        rows.push(view(row)?);
        Ok(rows.len() - found < limit)
    })?;
    for part in index.parts {
        if part.ids().0 >= before {
            continue;
        }
        if found >= limit {
            break;
        }
        let more = newest(connection, search.indexed_rows(part), before, limit - found)?;
        found += more.len();
        rows.extend(more);
    }
    rows.sort_by_key(|row| Reverse(row.id));
    rows.truncate(limit);
    Ok(rows)
}

/// Looks through the rows after the end of the index, newest first, as long as the taker goes on.
pub(super) fn unindexed(
    connection: &Connection,
    search: &Search<'_>,
    index: &Index,
    before: i64,
    take: impl FnMut(&Row<'_>) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    let source = search.rows().and(">", index.indexed).and("<", before);
    look_through(connection, search, source, take)
}

/// Takes every row that matches, from this one on, until the deadline; whether these were all.
/// Newest first where the rows tell it all, else those that the index does not have, then its parts.
pub(super) fn each(
    connection: &Connection,
    search: &Search<'_>,
    first: i64,
    deadline: Instant,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<bool> {
    let mut is_whole = true;
    let mut each = |row: &Row<'_>| {
        take(row)?;
        is_whole = Instant::now() < deadline;
        Ok(is_whole)
    };
    if !search.asks_for_words() {
        // In strides, so that the deadline is seen where nothing matches.
        let newest = "SELECT ifnull(max(id), 0) FROM requests";
        let mut last: i64 = connection.query_row(newest, [], |row| row.get(0))?;
        while last >= first {
            let stride = search.rows().and("<=", last).and(">", last - STRIDE);
            look_through(connection, search, stride.and(">=", first), &mut each)?;
            last -= STRIDE;
            if Instant::now() >= deadline {
                return Ok(last < first);
            }
        }
        return Ok(is_whole);
    }
    let index = Index::read(connection)?;
    let late = search.rows().and(">", index.indexed).and(">=", first);
    look_through(connection, search, late, &mut each)?;
    overdue(connection, search, &index, i64::MAX, &mut each)?;
    for part in index.parts {
        if part.ids().1 < first {
            continue;
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        let source = search.indexed_rows(part).and(">=", first);
        look_through(connection, search, source, &mut each)?;
    }
    Ok(is_whole)
}

/// Looks through the rows that the index passed over or has in an older state, and those whose
/// recordings have words that are asked for.
pub(super) fn overdue(
    connection: &Connection,
    search: &Search<'_>,
    index: &Index,
    before: i64,
    take: impl FnMut(&Row<'_>) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    let mut source = search.rows().and("<=", index.indexed).and("<", before);
    source.sql += " AND ";
    source.sql += &search.apart("id", "");
    source.values.extend(search.said_ids());
    look_through(connection, search, source, take)
}

fn look_through(
    connection: &Connection,
    search: &Search<'_>,
    Source { sql, id, values }: Source,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    let sql = format!("SELECT {COLUMNS} {sql} ORDER BY {id} DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        if search.has_words(row)? && !take(row)? {
            break;
        }
    }
    Ok(())
}

/// Those of these rows that match, in this order.
pub(super) fn among(
    connection: &Connection,
    wanted: &Wanted,
    ids: &[RequestId],
) -> rusqlite::Result<Vec<RequestView>> {
    let snapshot = connection.unchecked_transaction()?;
    let search = Search::new(&snapshot, wanted)?;
    let mut found = Vec::new();
    for id in ids {
        look_through(&snapshot, &search, search.rows().and("=", id.0), |row| {
            found.push(view(row)?);
            Ok(true)
        })?;
    }
    Ok(found)
}

fn newest(
    connection: &Connection,
    source: Source,
    before: i64,
    limit: usize,
) -> rusqlite::Result<Vec<RequestView>> {
    let Source {
        sql,
        id,
        mut values,
    } = source.and("<", before);
    values.push((limit as i64).into());
    let sql = format!("SELECT {COLUMNS} {sql} ORDER BY {id} DESC LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
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
