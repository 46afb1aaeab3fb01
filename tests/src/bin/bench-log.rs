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

/// Connections of the comparison.
const CONNECTIONS: usize = 64;
/// How long each turn loads each gateway, and how many turns there are; the middle one counts.
const TURN: Duration = Duration::from_secs(3);
const TURNS: usize = 5;
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
    let with = target::gateway(&upstream);
    let without = target::gateway_without_log(&upstream);
    let compared = compare(&of(&with.1, &with.2), &of(&without.1, &without.2)).await;
    drop(without);
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

/// Requests a second with a log and without, turn by turn, so that both meet the same machine.
async fn compare(with: &Target, without: &Target) -> bool {
    let mut rates = [vec![], vec![]];
    for _ in 0..TURNS {
        for (target, rates) in [with, without].into_iter().zip(&mut rates) {
            let measured = load::requests(target, &chat_body(), CONNECTIONS, TURN).await;
            rates.push(measured.per_second());
        }
    }
    let [with, without] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[TURNS / 2]
    });
    let ratio = with / without;
    println!(
        "| requests at {CONNECTIONS} connections with a log | without | ratio |\n|---:|---:|---:|\n\
         | {with:.0}/s | {without:.0}/s | {ratio:.2}, at least {LEAST_RATE}: {} |\n",
        verdict(ratio >= LEAST_RATE)
    );
    ratio >= LEAST_RATE
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
