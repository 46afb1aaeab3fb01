//! The table of the bench and its verdicts.

use std::fmt::Write;
use std::time::Duration;

/// Processor time a request may cost, in times of the floor's.
const MOST_CPU: f64 = 2.5;

/// Requests a second that must be reached, in parts of the floor's.
const LEAST_RATE: f64 = 0.4;

/// The columns, in their order.
pub const TARGETS: [&str; 3] = ["direct", "floor", "gateway"];

/// One line of the table: what was measured on each target.
#[derive(Debug, Clone)]
pub struct Row {
    what: String,
    values: [Option<f64>; 3],
    unit: Unit,
}

/// How values are written and compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unit {
    /// Milliseconds that a proxy adds to asking directly.
    AddedMilliseconds,
    /// Milliseconds as they are.
    Milliseconds,
    /// Events a second.
    PerSecond,
    /// Seconds of processor time.
    CpuSeconds,
    /// Microseconds of processor time.
    CpuMicroseconds,
    /// Mebibytes.
    Mebibytes,
    /// A count.
    Count,
}

impl Row {
    /// A row; values in the order of `TARGETS`.
    pub fn new(what: impl Into<String>, unit: Unit, values: [Option<f64>; 3]) -> Self {
        Self {
            what: what.into(),
            values,
            unit,
        }
    }

    /// The gateway's value in times of the floor's.
    fn ratio(&self) -> Option<f64> {
        let [direct, floor, gateway] = self.values;
        let (floor, gateway) = match self.unit {
            Unit::AddedMilliseconds => (floor? - direct?, gateway? - direct?),
            Unit::Count => return None,
            _ => (floor?, gateway?),
        };
        (floor > 0.0).then(|| gateway / floor)
    }

    fn cell(&self, column: usize) -> String {
        let Some(value) = self.values[column] else {
            return "–".into();
        };
        match self.unit {
            Unit::AddedMilliseconds if column > 0 => match self.values[0] {
                Some(direct) => format!("+{:.3} ms", value - direct),
                None => format!("{value:.3} ms"),
            },
            Unit::AddedMilliseconds | Unit::Milliseconds => format!("{value:.3} ms"),
            Unit::PerSecond => format!("{value:.0}/s"),
            Unit::CpuSeconds => format!("{value:.3} s"),
            Unit::CpuMicroseconds => format!("{value:.1} µs"),
            Unit::Mebibytes => format!("{value:.1} MiB"),
            Unit::Count => format!("{value:.0}"),
        }
    }
}

/// A Markdown table of the rows.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "| | {} | gateway ÷ floor |\n|---|---:|---:|---:|---:|\n",
        TARGETS.join(" | ")
    );
    for row in rows {
        let ratio = row
            .ratio()
            .map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}"));
        let cells = [0, 1, 2].map(|column| row.cell(column)).join(" | ");
        writeln!(text, "| {} | {cells} | {ratio} |", row.what).expect("a string takes all text");
    }
    text
}

/// The promises and whether they were kept; false when one was not.
pub fn verdicts(rows: &[Row]) -> (String, bool) {
    let mut text = String::new();
    let mut all_kept = true;
    let mut say = |is_kept: bool, what: String| {
        all_kept &= is_kept;
        let verdict = if is_kept { "kept" } else { "BROKEN" };
        writeln!(text, "- {verdict}: {what}").expect("a string takes all text");
    };
    for row in rows {
        match (row.unit, row.ratio()) {
            (Unit::CpuSeconds, Some(ratio)) => {
                say(
                    ratio <= MOST_CPU,
                    format!(
                        "{} is {ratio:.2} times the floor's, at most {MOST_CPU}",
                        row.what
                    ),
                );
            }
            (Unit::PerSecond, Some(ratio)) if row.what.starts_with("requests") => {
                say(
                    ratio >= LEAST_RATE,
                    format!(
                        "{} are {ratio:.2} of the floor's, at least {LEAST_RATE}",
                        row.what
                    ),
                );
            }
            (Unit::Count, _) => {
                let failed = row.values[2].unwrap_or_default();
                say(
                    failed == 0.0,
                    format!("{}: {failed:.0}, none allowed", row.what),
                );
            }
            _ => {}
        }
    }
    (text, all_kept)
}

/// A time in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_promise_is_named() {
        let rows = [
            Row::new(
                "requests at 16 connections",
                Unit::PerSecond,
                [Some(9.0), Some(10.0), Some(3.0)],
            ),
            Row::new(
                "CPU per 1,000 requests",
                Unit::CpuSeconds,
                [None, Some(1.0), Some(2.0)],
            ),
            Row::new(
                "failed requests",
                Unit::Count,
                [Some(0.0), Some(0.0), Some(0.0)],
            ),
        ];
        let (text, all_kept) = verdicts(&rows);
        assert!(!all_kept);
        assert_eq!(text.matches("BROKEN").count(), 1, "{text}");
        assert_eq!(text.matches("- kept").count(), 2, "{text}");
    }

    #[test]
    fn added_time_is_compared_without_what_the_upstream_takes() {
        let row = Row::new(
            "latency",
            Unit::AddedMilliseconds,
            [Some(1.0), Some(1.5), Some(2.0)],
        );
        assert_eq!(row.ratio(), Some(2.0));
        assert_eq!(row.cell(0), "1.000 ms");
        assert_eq!(row.cell(2), "+1.000 ms");
    }
}
