//! `cargo xtask fuzz [SECONDS]`: the fuzz targets for longer than the usual run has time for.

use crate::steps::{self, Failure, Result, cargo};

/// How long when nobody says.
const SECONDS: &str = "300";

/// Runs every target for this many seconds, one after the other. Not optimised: overflows are found.
pub fn fuzz(words: &[&str]) -> Result {
    let seconds = match words {
        [] => SECONDS,
        [seconds] if seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0) => seconds,
        _ => return Err(Failure("usage: cargo xtask fuzz [SECONDS]".into())),
    };
    let words = [
        "test",
        "-p",
        "fuzz",
        "--",
        "--nocapture",
        "--test-threads=1",
    ];
    let mut targets = cargo(&words);
    targets.env("GATEHOUSE_FUZZ_SECONDS", seconds);
    steps::run(targets)
}
