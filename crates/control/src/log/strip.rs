//! What matches a query in each part of a period: the rows themselves are looked through, newest
//! first, until a deadline. Without a query the sums of `spans.rs` say it at once.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::list::{self, Wanted};
use super::rows::timestamp;
use super::search::Search;
use super::spans::first_since;
use super::summary::{BUCKETS, PART_SAMPLE, SAMPLE, narrow, percentile, period, sum_up};
use crate::view::{Activity, ActivityBucket};

/// How long is looked.
const LONGEST: Duration = Duration::from_millis(300);

/// What happened in a period up to now, of rows that match.
pub(super) fn activity(
    connection: &Connection,
    wanted: &Wanted,
    minutes: u32,
    now: Timestamp,
) -> rusqlite::Result<Activity> {
    let (start, length) = period(minutes, now);
    let snapshot = connection.unchecked_transaction()?;
    let search = Search::new(&snapshot, wanted)?;
    let first = first_since(&snapshot, start)?;
    let deadline = Instant::now() + LONGEST;
    let mut strip = Strip {
        start,
        length,
        end: now.as_millisecond(),
        parts: vec![Part::default(); BUCKETS as usize],
        ended: 0,
    };
    let is_whole = list::each(&snapshot, &search, first, deadline, |row| strip.add(row))?;
    Ok(strip.activity(!(is_whole && search.is_whole())))
}

struct Strip {
    start: i64,
    length: i64,
    end: i64,
    parts: Vec<Part>,
    ended: i64,
}

/// One sixtieth of the period.
#[derive(Clone, Default)]
struct Part {
    requests: i64,
    failed: i64,
    tokens: i64,
    first_tokens: Vec<i64>,
}

impl Strip {
    /// Adds a row of which all columns were selected.
    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let at: i64 = row.get("started_at")?;
        if at < self.start || at > self.end {
            return Ok(());
        }
        let place = ((at - self.start) * BUCKETS / self.length).clamp(0, BUCKETS - 1);
        let part = &mut self.parts[place as usize];
        let state: String = row.get("state")?;
        part.requests += 1;
        part.failed += i64::from(state == "failed");
        part.tokens += row.get::<_, Option<i64>>("completion_tokens")?.unwrap_or(0);
        self.ended += i64::from(state != "running");
        if part.first_tokens.len() < PART_SAMPLE as usize {
            part.first_tokens
                .extend(row.get::<_, Option<i64>>("first_token_us")?);
        }
        Ok(())
    }

    fn activity(mut self, partial: bool) -> Activity {
        let all = self.parts.iter().flat_map(|part| &part.first_tokens);
        let all: Vec<i64> = all.copied().take(SAMPLE as usize).collect();
        let failed: i64 = self.parts.iter().map(|part| part.failed).sum();
        let tokens: i64 = self.parts.iter().map(|part| part.tokens).sum();
        let buckets = self.parts.iter_mut().map(|part| {
            part.first_tokens.sort_unstable();
            ActivityBucket {
                requests: narrow(part.requests),
                errors: narrow(part.failed),
                first_token_p50_ms: percentile(&part.first_tokens, 50),
                completion_tokens: narrow(part.tokens),
            }
        });
        Activity {
            since: timestamp(self.start),
            buckets: buckets.collect(),
            evidence: sum_up(narrow(self.ended), narrow(failed), all),
            completion_tokens: tokens.max(0) as u64,
            partial,
        }
    }
}
