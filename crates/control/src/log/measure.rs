//! What the bench of the request log measures and a face cannot reach: writing, indexing, removing.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{LogSettings, Provider};
use gateway::{Accepted, Outcome, RequestState, Routed};
use jiff::Timestamp;
use rusqlite::Connection;

use super::journal::Journal;
use super::keeper::{Event, Keeper};
use super::{Shared, database, index, retention};

/// Rows of one transaction: what comes in the moment that the writer gathers, at 2,000 a second.
const BATCH: u64 = 20;

/// How long it takes to write so many requests, each as it begins, is routed and ends.
pub fn write(folder: &Path, rows: u64) -> Duration {
    let shared = Shared::new(false);
    let journal = Arc::new(Journal::new(folder, Arc::clone(&shared)));
    let mut keeper = Keeper::open(folder, false, shared, journal, &mut Vec::new());
    let requests: Vec<_> = (0..rows).map(request).collect();
    let begun = Instant::now();
    let mut before: Option<(u64, Box<Outcome>)> = None;
    for (sequence, (accepted, routed, outcome)) in (0..).zip(requests) {
        keeper.take(Event::Started(sequence, accepted));
        keeper.take(Event::Routed(sequence, routed));
        // A request ends in a later transaction than the one that it began in.
        if sequence % BATCH == BATCH - 1 {
            keeper.commit(Instant::now());
        }
        if let Some((sequence, outcome)) = before.replace((sequence, outcome)) {
            keeper.take(Event::Finished(sequence, outcome, ()));
        }
    }
    keeper.close(Instant::now());
    begun.elapsed()
}

/// How long all steps of the index take together, and the longest one.
pub fn index(folder: &Path) -> rusqlite::Result<(Duration, Duration)> {
    steps(folder, index::step)
}

/// How long it takes to make the log so small, all steps together, and the longest one.
pub fn remove(folder: &Path, keep_megabytes: u32) -> rusqlite::Result<(Duration, Duration)> {
    let keep = LogSettings {
        keep_megabytes,
        ..LogSettings::default()
    };
    steps(folder, |connection| {
        retention::step(connection, &keep, Timestamp::now())
    })
}

fn steps(
    folder: &Path,
    mut step: impl FnMut(&mut Connection) -> rusqlite::Result<bool>,
) -> rusqlite::Result<(Duration, Duration)> {
    let mut connection = Connection::open(database::REQUESTS.path(folder))?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    let mut longest = Duration::ZERO;
    let begun = Instant::now();
    loop {
        let begun = Instant::now();
        let has_more = step(&mut connection)?;
        longest = longest.max(begun.elapsed());
        if !has_more {
            break;
        }
    }
    Ok((begun.elapsed(), longest))
}

fn request(place: u64) -> (Box<Accepted>, Box<Routed>, Box<Outcome>) {
    let accepted = Accepted {
        at: Timestamp::now(),
        // As GitLab makes them: the time, then chance.
        correlation_id: format!(
            "01JD9Z{place:010X}{:010X}",
            place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24
        ),
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        client: "gitlab-main".into(),
        address: None,
        head: None,
    };
    let routed = Routed {
        model: "Codestral 22B".into(),
        feature: None,
        streamed: true,
        family: Some("codestral".into()),
        provider: Some(Provider::OpenaiCompatible),
    };
    let outcome = Outcome {
        state: RequestState::Completed,
        status: Some(200),
        first_token_after: Some(Duration::from_millis(5)),
        duration: Duration::from_millis(40),
        prompt_tokens: Some(10),
        completion_tokens: Some(20),
        finish_reason: Some("stop".into()),
        ..Outcome::default()
    };
    (Box::new(accepted), Box::new(routed), Box::new(outcome))
}
