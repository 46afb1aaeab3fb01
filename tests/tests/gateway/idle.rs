//! Connections to a server that have been idle: those that it has ended by now are not used, and
//! one that it ends at that very moment costs the request nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tests::gatehouse::Gatehouse;
use tests::upstream::Upstream;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::fixture::Fixture;

/// Longer than llama.cpp and uvicorn keep an idle connection.
const PAUSE: Duration = Duration::from_secs(6);

/// A server that keeps connections for a while, and answers only when all requests of a wave are
/// there, so that each has a connection of its own.
struct Keeper {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    // Dropped with it, they end.
    _serving: JoinSet<()>,
}

impl Keeper {
    async fn start(kept: Duration, wave: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            let wave = Arc::new(Barrier::new(wave));
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                open.spawn(keep(
                    stream,
                    kept,
                    number.is_multiple_of(2),
                    Arc::clone(&wave),
                ));
            }
        });
        Self {
            address,
            connections,
            _serving: serving,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Answers the requests of a connection. Idle for too long it is closed at once, or only when the
/// next request comes, as if both had crossed on the way.
async fn keep(stream: TcpStream, kept: Duration, closes_at_once: bool, wave: Arc<Barrier>) {
    let mut stream = BufStream::new(stream);
    let patience = if closes_at_once && !kept.is_zero() {
        kept
    } else {
        tests::PATIENCE
    };
    let mut idle_since: Option<Instant> = None;
    while let Ok(Some(())) = tokio::time::timeout(patience, request(&mut stream)).await {
        if idle_since.is_some_and(|since| since.elapsed() >= kept) {
            return;
        }
        // A wave that lost somebody goes on without.
        let _ = tokio::time::timeout(Duration::from_secs(3), wave.wait()).await;
        let body = json!({"choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hello"}}]})
        .to_string();
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        idle_since = Some(Instant::now());
    }
}

/// Reads a request to its end; none when the client has left.
async fn request(stream: &mut BufStream<TcpStream>) -> Option<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if let Some(given) = line.to_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(())
}

/// Asks so often at once. Each has to be answered; returns how often one was tried again.
async fn wave(gateway: &Fixture, name: &str, count: usize) -> u64 {
    let asked = (0..count).map(|number| {
        let request = gateway.chat("m", json!({}));
        request
            .header("x-request-id", format!("{name}-{number}"))
            .send()
    });
    for answer in join_all(asked).await {
        let answer = answer.unwrap();
        let status = answer.status();
        assert_eq!(status, 200, "{name}: {}", answer.text().await.unwrap());
    }
    let rows = tests::eventually("all rows are in the log", || {
        let mut rows = gateway.gatehouse.rows();
        rows.retain(|row| {
            let id = row["correlation_id"].as_str().unwrap_or_default();
            id.starts_with(name) && row["state"] == "completed"
        });
        (rows.len() == count).then_some(rows)
    });
    rows.iter().filter_map(|row| row["retries"].as_u64()).sum()
}

fn in_front_of(keeper: &Keeper) -> Fixture {
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("m", &format!("http://{}/v1", keeper.address), "m");
    Fixture::behind(Upstream::start(), gatehouse)
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_pauses_longer_than_servers_keep_a_connection_cost_nothing() {
    const PAUSES: usize = 50;
    let keeper = Keeper::start(Duration::from_secs(5), PAUSES).await;
    let gateway = in_front_of(&keeper);
    assert_eq!(wave(&gateway, "before", PAUSES).await, 0);
    assert_eq!(keeper.connections(), PAUSES, "each has its own");
    tokio::time::sleep(PAUSE).await;
    assert_eq!(wave(&gateway, "after", PAUSES).await, 0, "tried again");
    assert_eq!(keeper.connections(), 2 * PAUSES, "none is used again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_as_it_is_used_again_costs_no_error() {
    // A model saves up ten retries.
    const REQUESTS: usize = 10;
    let keeper = Keeper::start(Duration::ZERO, REQUESTS).await;
    let gateway = in_front_of(&keeper);
    assert_eq!(wave(&gateway, "before", REQUESTS).await, 0);
    assert_eq!(wave(&gateway, "after", REQUESTS).await, REQUESTS as u64);
}
