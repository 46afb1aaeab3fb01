//! What was accepted in each five seconds: counts, and which rows. A period is found by it without
//! an index that each insert would pay, and whatever the clock did.

use std::collections::HashMap;

use gateway::{Outcome, RequestState};
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// The length of a span, in milliseconds.
pub(super) const SPAN: i64 = 5_000;

/// One span, or what is to be added to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// When it begins, in milliseconds since 1970.
    pub(super) at: i64,
    /// The lowest row that was accepted in it.
    pub(super) first: i64,
    /// The highest one.
    pub(super) last: i64,
    /// How many were accepted.
    pub(super) requests: i64,
    /// How many of them failed.
    pub(super) failed: i64,
    /// Tokens of their answers.
    pub(super) tokens: i64,
}

/// What one batch adds.
#[derive(Debug, Default)]
pub(super) struct Additions(HashMap<i64, Span>);

impl Additions {
    /// A row was inserted.
    pub(super) fn began(&mut self, at: Timestamp, row: i64) {
        self.span(at, row).requests += 1;
    }

    /// Its request ended.
    pub(super) fn ended(&mut self, at: Timestamp, row: i64, outcome: &Outcome) {
        let span = self.span(at, row);
        span.failed += i64::from(outcome.state == RequestState::Failed);
        span.tokens += i64::from(outcome.completion_tokens.unwrap_or(0));
    }

    fn span(&mut self, at: Timestamp, row: i64) -> &mut Span {
        let number = at.as_millisecond() / SPAN;
        let span = self.0.entry(number).or_insert(Span {
            at: number * SPAN,
            first: row,
            last: row,
            requests: 0,
            failed: 0,
            tokens: 0,
        });
        span.first = span.first.min(row);
        span.last = span.last.max(row);
        span
    }

    /// Adds them to the table, and to the number of all rows.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (span) DO UPDATE SET \
             first = min(first, excluded.first), last = max(last, excluded.last), \
             requests = requests + excluded.requests, failed = failed + excluded.failed, \
             completion_tokens = completion_tokens + excluded.completion_tokens";
        let mut add = connection.prepare_cached(sql)?;
        for (number, span) in &self.0 {
            add.execute(params![
                number,
                span.first,
                span.last,
                span.requests,
                span.failed,
                span.tokens
            ])?;
        }
        let rows: i64 = self.0.values().map(|span| span.requests).sum();
        connection
            .prepare_cached("UPDATE totals SET rows = rows + ?")?
            .execute([rows])?;
        Ok(())
    }
}

/// The spans that begin at this time or later, oldest first.
pub(super) fn since(connection: &Connection, at: i64) -> rusqlite::Result<Vec<Span>> {
    let sql = "SELECT span, first, last, requests, failed, completion_tokens FROM spans \
         WHERE span >= ? ORDER BY span";
    connection
        .prepare_cached(sql)?
        .query_map([at / SPAN], |row| {
            Ok(Span {
                at: row.get::<_, i64>(0)? * SPAN,
                first: row.get(1)?,
                last: row.get(2)?,
                requests: row.get(3)?,
                failed: row.get(4)?,
                tokens: row.get(5)?,
            })
        })?
        .collect()
}

/// A row before which nothing was accepted at this time, in milliseconds, or later.
pub(super) fn first_since(connection: &Connection, at: i64) -> rusqlite::Result<i64> {
    let sql = "SELECT ifnull(min(first), 9223372036854775807) FROM spans WHERE span >= ?";
    connection
        .prepare_cached(sql)?
        .query_row([at / SPAN], |row| row.get(0))
}

/// A row after which nothing was accepted before this time, in milliseconds.
pub(super) fn last_until(connection: &Connection, at: i64) -> rusqlite::Result<i64> {
    let sql = "SELECT ifnull(max(last), -1) FROM spans WHERE span <= ?";
    connection
        .prepare_cached(sql)?
        .query_row([at / SPAN], |row| row.get(0))
}

/// Forgets the oldest spans, of which nothing is left: their rows end with this one or before it.
pub(super) fn forget(connection: &Connection, up_to: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM spans WHERE span < \
         (SELECT span FROM spans WHERE last > ? ORDER BY span LIMIT 1)";
    connection.execute(sql, [up_to])?;
    Ok(())
}
