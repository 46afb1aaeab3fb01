//! `cargo xtask bench`: builds the gateway and the bench in release and runs the bench. The
//! measuring itself is in `tests/src/bin/bench.rs` and, of the request log, in
//! `crates/control/examples/bench-logs.rs`.

use crate::setup::{self, Needs};
use crate::steps::{self, Result, cargo, command};

/// Measures the gateway beside a bare proxy.
pub fn gateway() -> Result {
    setup::system(Needs::Headless)?;
    steps::run(cargo(&["build", "--release", "-p", "cli", "-p", "tests"]))?;
    let bench = steps::target_dir()?.join("release").join("bench");
    // A thousand connections, each with one more behind it, need more files than a shell allows.
    let raise = "ulimit -n $(ulimit -Hn) 2>/dev/null; exec \"$0\"";
    steps::hand_over(command("sh", &["-c", raise, &bench.to_string_lossy()]))
}

/// Measures pages and searches over a request log of a million rows.
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
    steps::run(cargo(&example))
}
