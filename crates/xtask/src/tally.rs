//! Runs the steps of `cargo xtask test`, counts what passed and failed, and goes on after a
//! failure so that one run shows everything.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::steps::{self, Result};

/// What passed and failed so far.
#[derive(Default)]
pub struct Tally {
    passed: u32,
    failed: u32,
    failures: Vec<String>,
}

/// How the tests of a runner are counted: reads (passed, failed) out of a line of its output.
pub type Count = fn(&str) -> Option<(u32, u32)>;

impl Tally {
    /// Runs one step that passes or fails as a whole.
    pub fn step(&mut self, name: &str, step: impl FnOnce() -> Result) -> bool {
        println!("\n== {name}");
        match step() {
            Ok(()) => {
                self.passed += 1;
                true
            }
            Err(failure) => {
                println!("{failure}");
                self.fail(name, 1);
                false
            }
        }
    }

    /// Runs a command that passes or fails as a whole.
    pub fn command(&mut self, name: &str, command: Command) -> bool {
        self.step(name, || steps::run(command))
    }

    /// Runs a test runner and counts its tests. One that failed without counting a failure, as
    /// when it did not compile, counts as one.
    pub fn runner(&mut self, name: &str, mut command: Command, count: Count) {
        println!("\n== {name}");
        steps::show(&command);
        // Colours would hide the words that are counted.
        command
            .env("NO_COLOR", "1")
            .env_remove("FORCE_COLOR")
            .env_remove("CLICOLOR_FORCE");
        let mut counted = (0, 0);
        let ended_well = match command.stdout(Stdio::piped()).spawn() {
            Err(error) => {
                println!("cannot start it: {error}");
                false
            }
            Ok(mut child) => {
                let output = child.stdout.take().expect("it was piped a line above");
                for line in BufReader::new(output)
                    .split(b'\n')
                    .map_while(|line| line.ok())
                {
                    let line = String::from_utf8_lossy(&line);
                    if let Some((passed, failed)) = count(&line) {
                        counted.0 += passed;
                        counted.1 += failed;
                    }
                    if !is_noise(&line) {
                        println!("{line}");
                    }
                }
                child.wait().is_ok_and(|status| status.success())
            }
        };
        let (passed, failed) = counted;
        self.passed += passed;
        if !ended_well || failed > 0 {
            self.fail(name, failed.max(1));
        } else if passed == 0 {
            println!("it ran no test");
            self.fail(name, 1);
        }
    }

    /// Notes tests that could not run because what they need is not there.
    pub fn skip(&mut self, name: &str, reason: &str) {
        println!("\n== {name}\nnot run: {reason}");
        self.fail(name, 1);
    }

    /// Prints the verdict; its last line is `N passed, N failed`.
    pub fn verdict(self) -> Result {
        println!();
        for failure in &self.failures {
            println!("FAILED: {failure}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 {
            Ok(())
        } else {
            Err(steps::Failure("not everything passed".into()))
        }
    }

    fn fail(&mut self, name: &str, count: u32) {
        self.failed += count;
        self.failures.push(format!("{name} ({count})"));
    }
}

/// Lines of runners that say nothing when all is well.
fn is_noise(line: &str) -> bool {
    let line = line.trim();
    let is_one_test =
        line.starts_with("test ") && (line.ends_with(" ok") || line.contains(" ... ignored"));
    line.is_empty()
        || is_one_test
        || line.starts_with("running ")
        || line.contains(" 0 passed; 0 failed;")
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
pub fn cargo_test(line: &str) -> Option<(u32, u32)> {
    let line = line.strip_prefix("test result: ")?;
    Some((
        number_before(line, " passed")?,
        number_before(line, " failed")?,
    ))
}

/// `      Tests  1 failed | 11 passed (12)`
pub fn vitest(line: &str) -> Option<(u32, u32)> {
    let line = line.trim().strip_prefix("Tests ")?;
    Some((
        number_before(line, " passed").unwrap_or(0),
        number_before(line, " failed").unwrap_or(0),
    ))
}

/// `ℹ pass 12`, and on another line `ℹ fail 0`.
pub fn node_test(line: &str) -> Option<(u32, u32)> {
    let line = line.trim().trim_start_matches(['ℹ', '#']).trim_start();
    let number = |name| line.strip_prefix(name)?.trim().parse().ok();
    number("pass ")
        .map(|passed| (passed, 0))
        .or_else(|| number("fail ").map(|failed| (0, failed)))
}

fn number_before(line: &str, word: &str) -> Option<u32> {
    let before = &line[..line.find(word)?];
    before
        .rsplit(|letter: char| !letter.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runners_closing_line_is_counted() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(cargo_test(line), Some((12, 3)));
        assert_eq!(cargo_test("test a ... ok"), None);
        assert_eq!(
            vitest("      Tests  1 failed | 11 passed (12)"),
            Some((11, 1))
        );
        assert_eq!(vitest("      Tests  7 passed (7)"), Some((7, 0)));
        assert_eq!(vitest(" Test Files  3 passed (3)"), None);
        assert_eq!(node_test("ℹ pass 9"), Some((9, 0)));
        assert_eq!(node_test("ℹ fail 2"), Some((0, 2)));
        assert_eq!(node_test("ℹ tests 11"), None);
    }

    #[test]
    fn only_what_matters_is_shown() {
        assert!(is_noise("test tests::a_claim ... ok"));
        assert!(is_noise("running 3 tests"));
        assert!(!is_noise("test tests::a_claim ... FAILED"));
        assert!(!is_noise("test result: ok. 3 passed; 0 failed; 0 ignored"));
    }
}
