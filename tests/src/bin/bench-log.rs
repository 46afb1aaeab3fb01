//! Measures what the request log costs the gateway: requests a second with and without it, and whether
//! it keeps up with 2,000 requests a second for a minute. `cargo xtask bench logs` starts it.

#![expect(clippy::print_stdout, reason = "the table is its result")]

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use tests::bench::load::{self, chat_body, percentile};
use tests::bench::report::milliseconds;
use tests::bench::target::{self, Target};
use tests::gatehouse::Serving;
use tests::panel::Panel;
use tests::process::signal;

/// Connections of the comparison.
const CONNECTIONS: usize = 64;
/// How long each turn loads each gateway, and how many turns there are with the same two processes: a
/// host gives more at one moment than at the next, and a process more than another.
const TURN: Duration = Duration::from_secs(1);
const TURNS: usize = 10;
const PAIRS: usize = 3;
/// Requests a second that must be reached with a log, in parts of those without.
const LEAST_RATE: f64 = 0.9;

/// Requests a second of the long load, and how long it is.
const PER_SECOND: usize = 2_000;
const MINUTE: Duration = Duration::from_secs(60);
/// Rows that may be behind at any look: what comes in a quarter of a second.
const MOST_BEHIND: u64 = 500;

// One thread: it shares the machine with what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (_process, upstream) = target::upstream();
    let compared = compare(&upstream).await;
    let with = target::gateway(&upstream);
    let kept_up = keep_up(&of(&with.1, &with.2), &with.1).await;
    match compared && kept_up {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn of(serving: &Serving, key: &str) -> Target {
    Target {
        name: "gateway",
        address: serving.address.clone(),
        key: key.to_owned(),
        process: serving.process.id(),
    }
}

/// Requests a second with a log and without, turn by turn, so that both meet the same machine. The
/// middle ratio counts.
async fn compare(upstream: &str) -> bool {
    let mut turns = Vec::new();
    for _ in 0..PAIRS {
        let with = target::gateway(upstream);
        let without = target::gateway_without_log(upstream);
        let pair = [of(&with.1, &with.2), of(&without.1, &without.2)];
        for target in &pair {
            load::requests(target, &chat_body(), CONNECTIONS, TURN).await;
        }
        for turn in 0..TURNS {
            turns.push(rates(&pair, turn % 2).await);
        }
    }
    turns.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    let at = |part: usize| ratio(&turns[turns.len() * part / 4]);
    let mean =
        |place: usize| turns.iter().map(|turn| turn[place]).sum::<f64>() / turns.len() as f64;
    println!(
        "| requests at {CONNECTIONS} connections with a log | without | middle ratio | quarters |\n\
         |---:|---:|---:|---:|\n\
         | {:.0}/s | {:.0}/s | {:.3}, at least {LEAST_RATE}: {} | {:.3} to {:.3} |\n",
        mean(0),
        mean(1),
        at(2),
        verdict(at(2) >= LEAST_RATE),
        at(1),
        at(3),
    );
    at(2) >= LEAST_RATE
}

fn ratio(rates: &[f64; 2]) -> f64 {
    rates[0] / rates[1]
}

/// Requests a second of each, one after the other. The one that waits stands still: it must not make up
/// for its load meanwhile, nor take from the other.
async fn rates(pair: &[Target; 2], first: usize) -> [f64; 2] {
    let mut rates = [0.0; 2];
    for place in [first, 1 - first] {
        let waits = pair[1 - place].process;
        signal(waits, "STOP");
        let measured = load::requests(&pair[place], &chat_body(), CONNECTIONS, TURN).await;
        rates[place] = measured.per_second();
        signal(waits, "CONT");
    }
    rates
}

/// A minute of 2,000 requests a second: how far the log was behind at any look.
async fn keep_up(target: &Target, serving: &Serving) -> bool {
    let panel = Panel::open(serving).await;
    let load = load::paced_requests(target, CONNECTIONS, PER_SECOND, MINUTE);
    let mut load = std::pin::pin!(load);
    let mut looks = tokio::time::interval(Duration::from_millis(250));
    let mut most = 0;
    let measured = loop {
        tokio::select! {
            measured = &mut load => break measured,
            _ = looks.tick() => {
                let (_, status) = panel.call("status", &Value::Null).await;
                let count = |name: &str| status[name].as_u64().unwrap_or_default();
                most = most.max(count("accepted").saturating_sub(count("logged")));
            }
        }
    };
    let rate = measured.per_second();
    let kept = most <= MOST_BEHIND && rate > 0.95 * PER_SECOND as f64 && measured.failed == 0;
    println!(
        "| load for a minute | failed | p50 | p99 | rows behind at most |\n|---:|---:|---:|---:|---:|\n\
         | {rate:.0}/s | {} | {:.2} ms | {:.2} ms | {most}, at most {MOST_BEHIND}: {} |",
        measured.failed,
        milliseconds(percentile(&measured.times, 0.5)),
        milliseconds(percentile(&measured.times, 0.99)),
        verdict(kept)
    );
    kept
}

fn verdict(kept: bool) -> &'static str {
    if kept { "kept" } else { "BROKEN" }
}
