//! Measures the gateway beside the upstream asked directly and beside the floor, in one run, and
//! prints one table. `cargo xtask bench` builds and starts it. `--floor` leaves out the gateway.

#![expect(clippy::print_stdout, reason = "the table is its result")]

use std::process::ExitCode;
use std::time::Duration;

use tests::bench::load::{self, chat_body, percentile, prompt_body};
use tests::bench::report::{Row, TARGETS, Unit, milliseconds, table, verdicts};
use tests::bench::target::{self, Target};

/// Connections of the throughput rows; at the first and the third, latency is reported as well.
const CONNECTIONS: [usize; 5] = [1, 16, 64, 256, 1_000];

/// How long each row loads each target.
const PERIOD: Duration = Duration::from_secs(3);

/// Streams at once, their length and their pace: what 64 people see who read along.
const STREAMS: usize = 64;
const PIECES: usize = 200;
const PACE: Duration = Duration::from_millis(20);

/// The key of the floor.
const KEY: &str = "bench-key-of-the-floor";

const MEBIBYTE: f64 = 1_048_576.0;

// One thread: it shares the machine with what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let with_gateway = !std::env::args().any(|argument| argument == "--floor");
    let (upstream_process, upstream) = target::upstream();
    let (floor_process, floor) = target::floor(&upstream, KEY);
    let gateway = with_gateway.then(|| target::gateway(&upstream));

    let [direct_name, floor_name, gateway_name] = TARGETS;
    let target = |name, address: &str, key: &str, process| Target {
        name,
        address: address.to_owned(),
        key: key.to_owned(),
        process,
    };
    let mut targets = vec![
        target(direct_name, &upstream, KEY, upstream_process.id()),
        target(floor_name, &floor, KEY, floor_process.id()),
    ];
    if let Some((_, serving, key)) = &gateway {
        targets.push(target(
            gateway_name,
            &serving.address,
            key,
            serving.process.id(),
        ));
    }

    let mut rows = Vec::new();
    let idle: Vec<f64> = targets
        .iter()
        .map(|target| target.memory().0 as f64 / MEBIBYTE)
        .collect();
    for connections in CONNECTIONS {
        eprintln!("requests at {connections} connections");
        rows.extend(throughput(&targets, connections).await);
    }
    eprintln!("large prompts");
    rows.push(large_prompts(&targets).await);
    eprintln!("streams");
    rows.extend(streams(&targets).await);
    let peak: Vec<f64> = targets
        .iter()
        .map(|target| target.memory().1 as f64 / MEBIBYTE)
        .collect();
    rows.push(Row::new(
        "resident memory, idle",
        Unit::Mebibytes,
        of(&idle),
    ));
    rows.push(Row::new(
        "resident memory, peak",
        Unit::Mebibytes,
        of(&peak),
    ));

    eprintln!("start-up");
    let floor_start = target::start_up(|| {
        let (process, address) = target::floor(&upstream, KEY);
        let target = target(floor_name, &address, KEY, process.id());
        (process, target)
    })
    .await;
    let mut starts = [None, Some(milliseconds(floor_start)), None];
    if let Some((gatehouse, serving, key)) = gateway {
        drop(serving);
        let start = target::start_up(|| {
            let serving = gatehouse.serve();
            let target = target(gateway_name, &serving.address, &key, serving.process.id());
            (serving, target)
        });
        starts[2] = Some(milliseconds(start.await));
    }
    rows.push(Row::new(
        "start to first answer",
        Unit::Milliseconds,
        starts,
    ));

    let (verdicts, all_kept) = verdicts(&rows);
    println!("{}\n{verdicts}", table(&rows));
    if all_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Requests a second, and where it is asked for latency, processor time and failures.
async fn throughput(targets: &[Target], connections: usize) -> Vec<Row> {
    let (mut rates, mut middles, mut slowest, mut cpu, mut failed) =
        (vec![], vec![], vec![], vec![], vec![]);
    for target in targets {
        load::requests(target, &chat_body(), connections, PERIOD / 6).await;
        let before = target.cpu_time();
        let measured = load::requests(target, &chat_body(), connections, PERIOD).await;
        let used = target.cpu_time().saturating_sub(before).as_secs_f64();
        rates.push(measured.per_second());
        middles.push(milliseconds(percentile(&measured.times, 0.5)));
        slowest.push(milliseconds(percentile(&measured.times, 0.99)));
        cpu.push(used * 1_000.0 / (measured.answered.max(1) as f64));
        failed.push(measured.failed as f64);
    }
    let at = if connections == 1 {
        "1 connection".into()
    } else {
        format!("{connections} connections")
    };
    let mut rows = vec![Row::new(
        format!("requests at {at}"),
        Unit::PerSecond,
        of(&rates),
    )];
    if [CONNECTIONS[0], CONNECTIONS[2]].contains(&connections) {
        rows.push(Row::new(
            format!("latency p50 at {at}"),
            Unit::AddedMilliseconds,
            of(&middles),
        ));
        rows.push(Row::new(
            format!("latency p99 at {at}"),
            Unit::AddedMilliseconds,
            of(&slowest),
        ));
    }
    if connections == CONNECTIONS[2] {
        rows.push(Row::new(
            format!("CPU per 1,000 requests at {at}"),
            Unit::CpuSeconds,
            of(&cpu),
        ));
    }
    if connections == CONNECTIONS[4] {
        rows.push(Row::new(
            format!("failed requests at {at}"),
            Unit::Count,
            of(&failed),
        ));
    }
    rows
}

async fn large_prompts(targets: &[Target]) -> Row {
    let mut rates = Vec::new();
    for target in targets {
        rates.push(
            load::requests(target, &prompt_body(100_000), 16, PERIOD)
                .await
                .per_second(),
        );
    }
    Row::new(
        "100 kB prompts at 16 connections",
        Unit::PerSecond,
        of(&rates),
    )
}

async fn streams(targets: &[Target]) -> Vec<Row> {
    let (mut alone, mut beside, mut middles, mut slowest, mut cpu, mut failed) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for target in targets {
        load::first_tokens(target, 20).await;
        alone.push(milliseconds(percentile(
            &load::first_tokens(target, 200).await,
            0.5,
        )));
        let before = target.cpu_time();
        let streams = load::paced_streams(target, STREAMS, PIECES, PACE).await;
        let used = target.cpu_time().saturating_sub(before).as_secs_f64();
        beside.push(milliseconds(percentile(&streams.first_tokens, 0.5)));
        middles.push(milliseconds(percentile(&streams.gaps, 0.5)));
        slowest.push(milliseconds(percentile(&streams.gaps, 0.99)));
        cpu.push(used * 1e6 / (streams.pieces.max(1) as f64));
        failed.push(streams.failed as f64);
    }
    let beat = PACE.as_millis();
    vec![
        Row::new("first token, alone", Unit::AddedMilliseconds, of(&alone)),
        Row::new(
            format!("first token, beside {STREAMS} streams"),
            Unit::AddedMilliseconds,
            of(&beside),
        ),
        Row::new(
            format!("gap between tokens sent every {beat} ms, p50"),
            Unit::Milliseconds,
            of(&middles),
        ),
        Row::new(
            format!("gap between tokens sent every {beat} ms, p99"),
            Unit::Milliseconds,
            of(&slowest),
        ),
        Row::new("CPU per streamed chunk", Unit::CpuMicroseconds, of(&cpu)),
        Row::new(
            format!("broken streams of {STREAMS}"),
            Unit::Count,
            of(&failed),
        ),
    ]
}

/// The values in the order of the columns; targets that were left out have none.
fn of(values: &[f64]) -> [Option<f64>; 3] {
    [0, 1, 2].map(|column| values.get(column).copied())
}
