//! What requests of the last 24 hours showed, of each model and feature. Among a million rows it takes
//! long to find, and a busy window asks all the time: what took long is kept for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Feature;
use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use super::RequestLog;
use super::spans::first_since;
use super::summary::{SAMPLE, sum_up};
use crate::Error;
use crate::view::Evidence;

/// The period, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What takes no longer is read each time.
const SHORT: Duration = Duration::from_millis(5);

/// One evidence is read for one of so many parts of the time; there are some twenty.
const SHARE: u32 = 200;

/// Nothing is kept for longer: a first look after a start reads from the disk, and takes seconds.
const LONGEST: Duration = Duration::from_secs(30);

/// Whose requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Of {
    /// Of a deployment name.
    Model(String),
    /// Of a feature.
    Feature(Feature),
}

/// What was read not long ago.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Of, Kept>>);

#[derive(Debug)]
struct Kept {
    evidence: Evidence,
    until: Instant,
}

impl Known {
    fn get(&self, of: &Of, now: Instant) -> Option<Evidence> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(of).filter(|kept| now < kept.until)?;
        Some(kept.evidence.clone())
    }

    fn keep(&self, of: Of, evidence: &Evidence, took: Duration, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Models come and go; what is old is of no use.
        all.retain(|_, kept| now < kept.until);
        if took > SHORT {
            let until = now + (took * SHARE).min(LONGEST);
            let evidence = evidence.clone();
            all.insert(of, Kept { evidence, until });
        }
    }
}

impl RequestLog {
    /// What the requests of this deployment name showed in the last 24 hours.
    pub(crate) async fn evidence_of_model(
        &self,
        name: &str,
        now: Timestamp,
    ) -> Result<Evidence, Error> {
        self.evidence_of(Of::Model(name.to_owned()), now).await
    }

    /// What the requests of this feature showed in the last 24 hours.
    pub(crate) async fn evidence_of_feature(
        &self,
        feature: Feature,
        now: Timestamp,
    ) -> Result<Evidence, Error> {
        self.evidence_of(Of::Feature(feature), now).await
    }

    async fn evidence_of(&self, of: Of, now: Timestamp) -> Result<Evidence, Error> {
        if let Some(known) = self.evidence.get(&of, Instant::now()) {
            return Ok(known);
        }
        let wanted = of.clone();
        let (evidence, took) = self
            .read(move |connection| {
                let begun = Instant::now();
                Ok((evidence(connection, &wanted, now)?, begun.elapsed()))
            })
            .await?;
        self.evidence.keep(of, &evidence, took, Instant::now());
        Ok(evidence)
    }
}

fn evidence(connection: &Connection, of: &Of, now: Timestamp) -> rusqlite::Result<Evidence> {
    let (column, value) = match of {
        Of::Model(name) => ("model", name.as_str()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_long_is_kept_for_a_share_of_the_time_and_what_did_not_is_read_again() {
        let (known, now) = (Known::default(), Instant::now());
        let found = Evidence {
            requests: 7,
            ..Evidence::default()
        };
        let (slow, quick) = (Of::Model("slow".into()), Of::Feature(Feature::DuoChat));
        known.keep(slow.clone(), &found, Duration::from_millis(60), now);
        known.keep(quick.clone(), &found, Duration::from_millis(1), now);
        let at = |seconds| known.get(&slow, now + Duration::from_secs(seconds));
        assert_eq!(at(11).as_ref(), Some(&found));
        assert_eq!(at(13), None);
        known.keep(slow.clone(), &found, Duration::from_secs(5), now);
        let latest = now + LONGEST;
        assert_eq!(known.get(&slow, latest), None);
        assert_eq!(known.get(&quick, now), None);
        assert_eq!(known.get(&Of::Model("another".into()), now), None);
    }
}
