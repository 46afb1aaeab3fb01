//! Load on one target: as many requests as its connections take, or streams at a pace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::target::Target;
use super::wire::Connection;

/// A connection that fails this often gives up.
const MOST_FAILURES: u64 = 50;

/// What a load showed.
#[derive(Debug, Default)]
pub struct Measured {
    /// Requests that were answered with 200.
    pub answered: u64,
    /// Requests that were not.
    pub failed: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Times of the answered requests, shortest first.
    pub times: Vec<Duration>,
}

impl Measured {
    /// Answered requests a second.
    pub fn per_second(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

/// What paced streams showed.
#[derive(Debug, Default)]
pub struct Streams {
    /// Pieces that arrived.
    pub pieces: u64,
    /// Streams that broke.
    pub failed: u64,
    /// Times between two pieces of a stream, shortest first.
    pub gaps: Vec<Duration>,
    /// Times to the first token of single streams beside them, shortest first.
    pub first_tokens: Vec<Duration>,
}

/// Sends the next request of each connection as soon as the one before is answered.
pub async fn requests(
    target: &Target,
    body: &str,
    connections: usize,
    period: Duration,
) -> Measured {
    let barrier = Arc::new(Barrier::new(connections + 1));
    let mut running = JoinSet::new();
    for _ in 0..connections {
        let (target, barrier) = (target.clone(), Arc::clone(&barrier));
        let request = target.request(body);
        running.spawn(async move {
            let connection = Connection::open(&target.address).await;
            barrier.wait().await;
            one_after_another(&target, connection.ok(), &request, period).await
        });
    }
    barrier.wait().await;
    gathered(running, Instant::now()).await
}

/// What all connections showed together.
async fn gathered(mut running: JoinSet<Measured>, started: Instant) -> Measured {
    let mut all = Measured::default();
    while let Some(one) = running.join_next().await {
        let one = one.expect("a connection of the load does not panic");
        all.answered += one.answered;
        all.failed += one.failed;
        all.times.extend(one.times);
    }
    all.elapsed = started.elapsed();
    all.times.sort_unstable();
    all
}

async fn one_after_another(
    target: &Target,
    mut connection: Option<Connection>,
    request: &[u8],
    period: Duration,
) -> Measured {
    let started = Instant::now();
    let mut measured = Measured::default();
    while started.elapsed() < period && measured.failed < MOST_FAILURES {
        let Some(open) = connection.as_mut() else {
            connection = Connection::open(&target.address).await.ok();
            measured.failed += u64::from(connection.is_none());
            continue;
        };
        let sent = Instant::now();
        match open.exchange(request, |_| ()).await {
            Ok(200) => {
                measured.answered += 1;
                measured.times.push(sent.elapsed());
            }
            Ok(_) => measured.failed += 1,
            Err(_) => {
                measured.failed += 1;
                connection = None;
            }
        }
    }
    measured
}

/// Sends so many requests a second in all, each connection at its own pace.
pub async fn paced_requests(
    target: &Target,
    connections: usize,
    per_second: usize,
    period: Duration,
) -> Measured {
    let pace = Duration::from_secs(1) * connections as u32 / per_second as u32;
    let mut running = JoinSet::new();
    let started = Instant::now();
    for number in 0..connections {
        let target = target.clone();
        let request = target.request(&chat_body());
        running.spawn(async move {
            let mut measured = Measured::default();
            // Spread over one beat, as independent clients are.
            let start = tokio::time::Instant::now() + pace * number as u32 / connections as u32;
            let mut beat = tokio::time::interval_at(start, pace);
            let mut connection = Connection::open(&target.address).await.ok();
            while started.elapsed() < period {
                beat.tick().await;
                let sent = Instant::now();
                let answered = match connection.as_mut() {
                    Some(open) => matches!(open.exchange(&request, |_| ()).await, Ok(200)),
                    None => false,
                };
                if answered {
                    measured.answered += 1;
                    measured.times.push(sent.elapsed());
                } else {
                    measured.failed += 1;
                    connection = Connection::open(&target.address).await.ok();
                }
            }
            measured
        });
    }
    gathered(running, started).await
}

/// The times to the first token of single streams, one after the other, shortest first.
pub async fn first_tokens(target: &Target, count: usize) -> Vec<Duration> {
    let request = target.request(&stream_body(2, Duration::ZERO));
    let mut times = Vec::new();
    let Ok(mut connection) = Connection::open(&target.address).await else {
        return times;
    };
    for _ in 0..count {
        let sent = Instant::now();
        let mut first = None;
        let status = connection
            .exchange(&request, |_| first = first.or_else(|| Some(sent.elapsed())))
            .await;
        match (status, first) {
            (Ok(200), Some(first)) => times.push(first),
            _ => break,
        }
    }
    times.sort_unstable();
    times
}

/// Streams at a pace, all at once, and single streams beside them.
pub async fn paced_streams(
    target: &Target,
    streams: usize,
    pieces: usize,
    pace: Duration,
) -> Streams {
    let mut running = JoinSet::new();
    for number in 0..streams {
        let target = target.clone();
        let request = target.request(&stream_body(pieces, pace));
        running.spawn(async move {
            // Spread over one beat, as independent clients are.
            tokio::time::sleep(pace * number as u32 / streams as u32).await;
            one_stream(&target, &request).await
        });
    }
    let mut all = Streams::default();
    let length = pace * pieces as u32;
    let started = Instant::now();
    // The first beats are the streams' own start.
    tokio::time::sleep(length / 8).await;
    while started.elapsed() < length * 7 / 8 {
        all.first_tokens.extend(first_tokens(target, 1).await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while let Some(one) = running.join_next().await {
        let one = one.expect("a stream of the load does not panic");
        all.pieces += one.pieces;
        all.failed += one.failed;
        all.gaps.extend(one.gaps);
    }
    all.gaps.sort_unstable();
    all.first_tokens.sort_unstable();
    all
}

async fn one_stream(target: &Target, request: &[u8]) -> Streams {
    let mut stream = Streams::default();
    let mut last: Option<Instant> = None;
    let Ok(mut connection) = Connection::open(&target.address).await else {
        return Streams {
            failed: 1,
            ..Streams::default()
        };
    };
    let status = connection
        .exchange(request, |piece| {
            if piece.is_empty() {
                return;
            }
            let now = Instant::now();
            stream.pieces += 1;
            stream.gaps.extend(last.map(|last| now - last));
            last = Some(now);
        })
        .await;
    stream.failed = u64::from(!matches!(status, Ok(200)));
    // The last gap is the one before the end of the stream, which has no pace.
    stream.gaps.pop();
    stream
}

/// A chat request with a short prompt.
pub fn chat_body() -> String {
    prompt_body(200)
}

/// A chat request with a prompt of this many bytes.
pub fn prompt_body(bytes: usize) -> String {
    let prompt = "the quick brown fox ".repeat(bytes / 20);
    format!(
        r#"{{"model":"bench","messages":[{{"role":"user","content":"{prompt}"}}],"temperature":0.2}}"#
    )
}

fn stream_body(pieces: usize, pace: Duration) -> String {
    format!(
        r#"{{"model":"bench","stream":true,"bench_pieces":{pieces},"bench_pace_us":{},"messages":[{{"role":"user","content":"hello"}}]}}"#,
        pace.as_micros()
    )
}

/// The time that this share of all times does not pass.
pub fn percentile(times: &[Duration], share: f64) -> Duration {
    let place = (times.len() as f64 * share) as usize;
    times
        .get(place.min(times.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_stay_inside() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 0.5), Duration::from_millis(51));
        assert_eq!(percentile(&times, 0.99), Duration::from_millis(100));
        assert_eq!(percentile(&times, 1.0), Duration::from_millis(100));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }
}
