//! What the requests of a period showed: counts, failures, times to first token.

use domain::Feature;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::rows::{COLUMNS, timestamp, view};
use crate::view::{Activity, ActivityBucket, ActivityQuery, Evidence, LastError, RequestView};

/// The period of evidence, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// Parts of a period of activity.
const BUCKETS: i64 = 60;
/// Times to first token that a percentile is taken of: the newest.
const SAMPLE: u32 = 10_000;

/// Whose requests.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of<'a> {
    /// Of a deployment name.
    Model(&'a str),
    /// Of a feature.
    Feature(Feature),
}

/// What requests of the last 24 hours showed.
pub(super) fn evidence(
    connection: &Connection,
    of: Of<'_>,
    now: Timestamp,
) -> rusqlite::Result<Evidence> {
    let (column, value) = match of {
        Of::Model(name) => ("model", name),
        Of::Feature(feature) => ("feature", feature.record().name),
    };
    let since = first_since(connection, now.as_millisecond() - DAY)?;
    let values = named_params! {":value": value, ":since": since};
    // The first count touches only the index of the column, the others the few rows that did not
    // complete: `+` keeps SQLite from choosing another way.
    let count = |conditions: &str| -> rusqlite::Result<u32> {
        let sql = format!("SELECT count(*) FROM requests WHERE {conditions} AND id >= :since");
        connection
            .prepare_cached(&sql)?
            .query_row(values, |row| row.get(0))
    };
    let requests = count(&format!("{column} = :value"))?;
    let running = count(&format!("state = 'running' AND +{column} = :value"))?;
    let errors = count(&format!("state = 'failed' AND +{column} = :value"))?;
    let sql = format!(
        "SELECT first_token_us FROM requests WHERE {column} = :value AND id >= :since \
         AND first_token_us IS NOT NULL ORDER BY id DESC LIMIT {SAMPLE}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let times = statement
        .query_map(values, |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    Ok(sum_up(requests.saturating_sub(running), errors, times))
}

/// What happened in a period up to now.
pub(super) fn activity(
    connection: &Connection,
    query: &ActivityQuery,
    now: Timestamp,
) -> rusqlite::Result<Activity> {
    let length = i64::from(query.minutes.clamp(1, 100_000)) * 60_000;
    let start = now.as_millisecond() - length;
    let since = first_since(connection, start)?;
    let values = named_params! {":start": start, ":length": length, ":since": since};
    let bucket = format!("min((started_at - :start) * {BUCKETS} / :length, {BUCKETS} - 1)");
    let range = "id >= :since AND started_at >= :start";
    let mut buckets = vec![ActivityBucket::default(); BUCKETS as usize];
    let (mut ended, mut errors, mut tokens) = (0, 0, 0);
    let sql = format!(
        "SELECT {bucket}, count(*), sum(state = 'failed'), sum(state <> 'running'), \
         total(completion_tokens) FROM requests WHERE {range} GROUP BY 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        let Some(bucket) = bucket_at(&mut buckets, row)? else {
            continue;
        };
        bucket.requests = row.get(1)?;
        bucket.errors = row.get(2)?;
        bucket.completion_tokens = row.get::<_, f64>(4)? as u32;
        errors += bucket.errors;
        ended += row.get::<_, u32>(3)?;
        tokens += row.get::<_, f64>(4)? as u64;
    }
    let sql = format!(
        "SELECT {bucket}, first_token_us FROM requests WHERE {range} \
         AND first_token_us IS NOT NULL ORDER BY id DESC LIMIT {SAMPLE}"
    );
    let mut times: Vec<Vec<i64>> = vec![Vec::new(); buckets.len()];
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        if let Some(times) = bucket_at(&mut times, row)? {
            times.push(row.get(1)?);
        }
    }
    let all = times.concat();
    for (bucket, mut times) in buckets.iter_mut().zip(times) {
        times.sort_unstable();
        bucket.first_token_p50_ms = percentile(&times, 50);
    }
    Ok(Activity {
        buckets,
        evidence: sum_up(ended, errors, all),
        completion_tokens: tokens,
    })
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

/// The first row of a period. Rows are in the order of their time, but for requests that came at
/// nearly the same moment; so it is found by halving, without an index that each insert would pay.
pub(super) fn first_since(connection: &Connection, since: i64) -> rusqlite::Result<i64> {
    let limits = "SELECT ifnull(min(id), 0), ifnull(max(id), 0) + 1 FROM requests";
    let (mut low, mut high): (i64, i64) = connection
        .prepare_cached(limits)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql = "SELECT id, started_at FROM requests WHERE id >= ? ORDER BY id LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, i64)> = statement
            .query_row([middle], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match found {
            Some((id, at)) if at < since => low = id + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

fn bucket_at<'a, T>(buckets: &'a mut [T], row: &Row<'_>) -> rusqlite::Result<Option<&'a mut T>> {
    let place: i64 = row.get(0)?;
    Ok(usize::try_from(place)
        .ok()
        .and_then(|place| buckets.get_mut(place)))
}

fn sum_up(requests: u32, errors: u32, mut times: Vec<i64>) -> Evidence {
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
fn percentile(sorted: &[i64], percent: usize) -> Option<f64> {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map(|micros| *micros as f64 / 1_000.0)
}
