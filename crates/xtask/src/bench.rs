//! `cargo xtask bench`: builds the gateway and the bench in release and runs the bench. The
//! measuring itself is in `tests/src/bin/bench.rs` and, of the request log, in
//! `crates/control/examples/bench-logs.rs` and `tests/src/bin/bench-log.rs`, of the window in
//! `tests/src/bin/bench-ui.rs`.

use std::process::Command;

use crate::setup::{self, Needs};
use crate::steps::{self, Result, cargo, command};
use crate::ui;

/// Measures the gateway beside a bare proxy.
pub fn gateway() -> Result {
    setup::system(Needs::Headless)?;
    steps::hand_over(built("bench")?)
}

/// Measures pages and searches over a request log of a million rows, and what the log costs the
/// gateway.
pub fn logs() -> Result {
    setup::system(Needs::Headless)?;
    let example = [
        "run",
        "--release",
        "-p",
        "control",
        "--example",
        "bench-logs",
    ];
    // A broken promise of the one must not hide what the other shows.
    let reading = steps::run(cargo(&example));
    steps::run(built("bench-log")?)?;
    reading
}

/// Measures the real window: streams, keys, a long answer, the first token, the request log.
pub fn ui() -> Result {
    setup::system(Needs::Tests)?;
    setup::node()?;
    ui::install()?;
    ui::build()?;
    // The window as it is given away, and what fills its log.
    let window = ["-p", "app", "--features", "app/custom-protocol"];
    steps::run(cargo(&[&["build", "--release"], &window[..]].concat()))?;
    let fill = ["-p", "control", "--example", "bench-logs"];
    steps::run(cargo(&[&["build", "--release"], &fill[..]].concat()))?;
    steps::hand_over(built("bench-ui")?)
}

/// The command of a bench beside the gateway, both built in release.
fn built(bench: &str) -> Result<Command> {
    steps::run(cargo(&["build", "--release", "-p", "cli", "-p", "tests"]))?;
    let bench = steps::target_dir()?.join("release").join(bench);
    // A thousand connections, each with one more behind it, need more files than a shell allows.
    let raise = "ulimit -n $(ulimit -Hn) 2>/dev/null; exec \"$0\"";
    Ok(command("sh", &["-c", raise, &bench.to_string_lossy()]))
}
