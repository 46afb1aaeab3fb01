//! The arguments of `gatehouse record`.

use std::time::Duration;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// Record requests in full: prompts, calls to model servers, answers. A running gateway begins
    /// at once
    Start(RecordStart),
    /// Stop recording; what was kept stays
    Stop,
    /// Delete everything that was recorded
    Purge,
    /// Whether a recording is on, and how much is kept
    Status,
    /// Whether GitLab's requests may ask, by their headers, to be recorded one by one
    ByGitlab {
        /// `true` or `false`
        #[arg(action = clap::ArgAction::Set)]
        allowed: bool,
    },
    /// Show what was recorded of one request
    Show {
        /// Its correlation id, or the number of its row
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RecordStart {
    /// End by itself after this time, such as 10s, 5m or 1h, at most 7d [default: until stopped]
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) time: Option<Duration>,
    /// Record only this feature and those that follow it; may be given several times
    #[arg(long = "feature", value_name = "FEATURE")]
    pub(crate) features: Vec<String>,
}

/// A number with its unit: `s`, `m`, `h` or `d`.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is no time such as 10s, 5m or 1h");
    let (unit, seconds) = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]
        .into_iter()
        .find(|(unit, _)| text.ends_with(unit))
        .ok_or_else(wrong)?;
    let number: u64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(seconds).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_its_unit() {
        for (text, seconds) in [("10s", 10), ("5m", 300), ("1h", 3_600), ("7d", 604_800)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "5", "s", "-5s", "1.5h", "5 m", "99999999999999999999d"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
