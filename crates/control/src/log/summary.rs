//! What the requests of a period showed: counts, failures, times to first token.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::rows::{COLUMNS, timestamp, view};
use super::spans::{self, SPAN, Span};
use crate::view::{Activity, ActivityBucket, Evidence, LastError, RequestView};

/// Parts of a period of activity.
pub(super) const BUCKETS: i64 = 60;
/// Rows whose times to first token a percentile is taken of: the newest.
pub(super) const SAMPLE: u32 = 10_000;
/// The same for one part of a period.
pub(super) const PART_SAMPLE: u32 = 500;

/// What happened in a [`period`]: whole spans of [`SPAN`].
pub(super) fn activity(
    connection: &Connection,
    minutes: u32,
    now: Timestamp,
) -> rusqlite::Result<Activity> {
    let (start, length) = period(minutes, now);
    // One snapshot for spans and rows; it ends with this.
    let snapshot = connection.unchecked_transaction()?;
    let mut parts = vec![Part::default(); BUCKETS as usize];
    for span in spans::since(&snapshot, start)? {
        // What a clock that jumped back left in the future is not of this period.
        if span.at <= now.as_millisecond() {
            let place = ((span.at - start) * BUCKETS / length).clamp(0, BUCKETS - 1);
            parts[place as usize].add(&span);
        }
    }
    let mut buckets = Vec::with_capacity(parts.len());
    for part in &parts {
        let mut times = part.times(&snapshot)?;
        times.sort_unstable();
        buckets.push(ActivityBucket {
            requests: narrow(part.requests),
            errors: narrow(part.failed),
            first_token_p50_ms: percentile(&times, 50),
            completion_tokens: narrow(part.tokens),
        });
    }
    let sum = |number: fn(&Part) -> i64| parts.iter().map(number).sum::<i64>();
    let running = "SELECT count(*) FROM requests WHERE state = 'running' AND started_at >= ?";
    let running: i64 = snapshot
        .prepare_cached(running)?
        .query_row([start], |row| row.get(0))?;
    let ended = narrow(sum(|part| part.requests) - running);
    let first = parts
        .iter()
        .filter_map(|part| part.rows)
        .map(|rows| rows.0)
        .min();
    let sql = format!(
        "SELECT first_token_us FROM (SELECT first_token_us, started_at FROM requests \
         WHERE id >= ? ORDER BY id DESC LIMIT {SAMPLE}) \
         WHERE started_at >= ? AND first_token_us IS NOT NULL"
    );
    let times = snapshot
        .prepare_cached(&sql)?
        .query_map([first.unwrap_or(i64::MAX), start], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    Ok(Activity {
        since: timestamp(start),
        buckets,
        evidence: sum_up(ended, narrow(sum(|part| part.failed)), times),
        completion_tokens: sum(|part| part.tokens).max(0) as u64,
        partial: false,
    })
}

/// When so many minutes up to now begin.
pub(super) fn begin(minutes: u32, now: Timestamp) -> Timestamp {
    timestamp(period(minutes, now).0)
}

/// When so many minutes begin of which the last part holds now, and how long they are, in
/// milliseconds. The parts are those of the clock, so that a request stays in its own.
pub(super) fn period(minutes: u32, now: Timestamp) -> (i64, i64) {
    let length = i64::from(minutes.clamp(1, 100_000)) * 60_000;
    let part = length / BUCKETS;
    // A part is made of whole spans, or the period of a few minutes is.
    let step = if part % SPAN == 0 { part } else { SPAN };
    let end = (now.as_millisecond() / step + 1) * step;
    (end - length, length)
}

/// The spans of one sixtieth of a period, together.
#[derive(Debug, Clone, Default)]
struct Part {
    /// The lowest and the highest row.
    rows: Option<(i64, i64)>,
    /// When its first span begins and its last one ends.
    begin: i64,
    end: i64,
    requests: i64,
    failed: i64,
    tokens: i64,
}

impl Part {
    fn add(&mut self, span: &Span) {
        let (first, last) = self.rows.unwrap_or((span.first, span.last));
        if self.rows.is_none() {
            self.begin = span.at;
        }
        self.end = span.at + SPAN - 1;
        self.rows = Some((first.min(span.first), last.max(span.last)));
        self.requests += span.requests;
        self.failed += span.failed;
        self.tokens += span.tokens;
    }

    /// Times to first token of its newest rows.
    fn times(&self, connection: &Connection) -> rusqlite::Result<Vec<i64>> {
        let Some((first, last)) = self.rows else {
            return Ok(Vec::new());
        };
        let sql = format!(
            "SELECT first_token_us FROM (SELECT first_token_us, started_at FROM requests \
             WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT {PART_SAMPLE}) \
             WHERE started_at BETWEEN ? AND ? AND first_token_us IS NOT NULL"
        );
        connection
            .prepare_cached(&sql)?
            .query_map([first, last, self.begin, self.end], |row| row.get(0))?
            .collect()
    }
}

/// A number for a view.
pub(super) fn narrow(number: i64) -> u32 {
    number.clamp(0, u32::MAX.into()) as u32
}

/// The newest answer or failure of a deployment name.
pub(super) fn last_of_model(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<RequestView>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM requests WHERE model = ? AND +state IN ('completed', 'failed') \
         ORDER BY id DESC LIMIT 1"
    );
    connection
        .prepare_cached(&sql)?
        .query_row([name], view)
        .optional()
}

/// The newest failure.
pub(super) fn last_error(connection: &Connection) -> rusqlite::Result<Option<LastError>> {
    let sql =
        format!("SELECT {COLUMNS} FROM requests WHERE state = 'failed' ORDER BY id DESC LIMIT 1");
    let row = connection
        .prepare_cached(&sql)?
        .query_row([], view)
        .optional()?;
    Ok(row.map(|row| {
        let status = || {
            row.status
                .map(|status| format!("{} was answered {status}.", row.path))
        };
        let sentence = row.error.clone().or_else(status);
        LastError {
            request: row.id,
            at: row.started_at,
            sentence: sentence.unwrap_or_else(|| format!("{} broke off.", row.path)),
        }
    }))
}

/// When a client last asked.
pub(super) fn last_used(
    connection: &Connection,
    client: &str,
) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT last_used_at FROM clients WHERE name = ?";
    let time = connection
        .prepare_cached(sql)?
        .query_row([client], |row| row.get(0))
        .optional()?;
    Ok(time.map(timestamp))
}

pub(super) fn sum_up(requests: u32, errors: u32, mut times: Vec<i64>) -> Evidence {
    times.sort_unstable();
    Evidence {
        requests,
        errors,
        first_token_p50_ms: percentile(&times, 50),
        first_token_p95_ms: percentile(&times, 95),
    }
}

/// The smallest value that so many of a hundred do not exceed, in milliseconds. `sorted` are
/// microseconds.
pub(super) fn percentile(sorted: &[i64], percent: usize) -> Option<f64> {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map(|micros| *micros as f64 / 1_000.0)
}
