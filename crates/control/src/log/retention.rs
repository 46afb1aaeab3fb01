//! Removes the oldest rows when they are too old or when the log is too large, in small steps, and
//! gives their space back. The newest row always stays: a later one must have a higher id.

use std::time::Duration;

use domain::LogSettings;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::rows::timestamp;
use super::{count, index, spans};
use crate::view::LogSpace;

/// Rows that one step removes, at most.
const STEP: u32 = 2_000;
/// How far beyond now a row stands that a clock which ran ahead made.
const AHEAD: Duration = Duration::from_secs(24 * 3_600);
/// Free pages that stay for new rows.
const SPARE_PAGES: i64 = 1_024;
/// Pages that one step gives back, at most.
const PAGES: i64 = 1_024;

/// Takes one step; whether there is more to do.
pub(super) fn step(
    connection: &mut Connection,
    keep: &LogSettings,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let removed = remove(connection, keep, now)?;
    let gave_back = give_back(connection)?;
    Ok(removed || gave_back)
}

fn remove(
    connection: &mut Connection,
    keep: &LogSettings,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let is_too_large = space(connection)? > keep.most_bytes();
    let age = SignedDuration::from_hours(i64::from(keep.keep_days) * 24);
    let oldest = now.checked_sub(age).unwrap_or(Timestamp::MIN);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // From the first row on, without a gap: a clock that jumped back makes no row older than those
    // that came before it. A row of a clock that ran ahead is as old as the next one.
    let ahead = now.as_millisecond() + AHEAD.as_millis() as i64;
    let mut last = None;
    {
        let sql = "SELECT id, started_at FROM requests \
             WHERE id < (SELECT max(id) FROM requests) ORDER BY id LIMIT ?";
        let mut statement = transaction.prepare_cached(sql)?;
        let mut rows = statement.query([STEP])?;
        while let Some(row) = rows.next()? {
            match row.get::<_, i64>(1)? {
                _ if is_too_large => {}
                at if at > ahead => continue,
                at if at >= oldest.as_millisecond() => break,
                _ => {}
            }
            last = Some(row.get::<_, i64>(0)?);
        }
    }
    let Some(last) = last else {
        return Ok(false);
    };
    let removed = transaction.execute("DELETE FROM requests WHERE id <= ?", [last])?;
    transaction.execute("UPDATE totals SET rows = rows - ?", [removed as i64])?;
    index::forget(&transaction, last)?;
    spans::forget(&transaction, last)?;
    transaction.commit()?;
    Ok(true)
}

/// Gives free pages back to the disk, when there are many.
fn give_back(connection: &Connection) -> rusqlite::Result<bool> {
    let free = free_pages(connection)? - SPARE_PAGES;
    // A few come and go with each step.
    if free < PAGES {
        return Ok(false);
    }
    let sql = format!("PRAGMA incremental_vacuum({PAGES})");
    let mut statement = connection.prepare(&sql)?;
    let mut pages = statement.query([])?;
    while pages.next()?.is_some() {}
    Ok(free >= 2 * PAGES)
}

/// The first row that is kept.
pub(super) fn first_row(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT min(id) FROM requests")?
        .query_row([], |row| row.get(0))
}

/// What the rows take, and since when there are rows.
pub(super) fn view(connection: &Connection) -> rusqlite::Result<LogSpace> {
    let oldest = connection
        .prepare_cached("SELECT started_at FROM requests ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get(0).map(timestamp))
        .optional()?;
    Ok(LogSpace {
        rows: count::total(connection)?,
        bytes: space(connection)?,
        oldest,
    })
}

fn free_pages(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "freelist_count", |row| row.get(0))
}

/// The bytes that rows and their indexes take.
pub(super) fn space(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = number("page_count")? - free_pages(connection)?;
    Ok((pages * number("page_size")?).max(0) as u64)
}
