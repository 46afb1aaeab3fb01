//! Where the gateway log and `llm.log` are written, and when their files are changed for new ones.
//! Writes nothing.

use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::DomainError;

/// Where a log goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(tag = "to", rename_all = "snake_case")]
#[ts(export)]
pub enum LogTarget {
    /// Nowhere.
    #[default]
    Off,
    /// Standard output of the process that runs the gateway.
    Stdout,
    /// A file; one that exists is appended to.
    File {
        /// Its whole path.
        path: String,
    },
}

/// The least weight of a line that is written.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, TS,
)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// Every request.
    #[default]
    Info,
    /// Requests that were refused or failed.
    Warning,
    /// Requests that failed.
    Error,
}

impl LogLevel {
    /// Its name in a line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl FromStr for LogLevel {
    type Err = DomainError;

    /// The names of Python's `logging` as well, as GitLab's gateway takes them.
    fn from_str(text: &str) -> Result<Self, DomainError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "debug" | "notset" => Ok(Self::Debug),
            "info" => Ok(Self::Info),
            "warning" | "warn" => Ok(Self::Warning),
            "error" | "critical" | "fatal" => Ok(Self::Error),
            other => Err(DomainError::Setting {
                name: "the level of the logs",
                problem: format!("is {other}, not debug, info, warning or error"),
            }),
        }
    }
}

/// The two logs for other programs to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct LogFiles {
    /// One line for each request; while it is recorded, the content of code completions as well.
    pub gateway: LogTarget,
    /// The calls of requests that are recorded, but for code completions.
    pub llm: LogTarget,
    /// The least weight of a line that is written.
    pub level: LogLevel,
    /// Whether lines are JSON; else they are for people.
    pub json: bool,
    /// Megabytes (10⁶ bytes) after which a file is set aside and a new one begun. 1 to 10,000.
    pub rotate_megabytes: u32,
    /// Days after which the same is done. 1 to 365.
    pub rotate_days: u32,
    /// Files that are kept beside the one that is written. 1 to 1,000.
    pub keep_files: u32,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    #[ts(skip)]
    pub rest: Map<String, Value>,
}

impl Default for LogFiles {
    fn default() -> Self {
        Self {
            gateway: LogTarget::Off,
            llm: LogTarget::Off,
            level: LogLevel::Info,
            json: true,
            rotate_megabytes: 100,
            rotate_days: 1,
            keep_files: 14,
            rest: Map::new(),
        }
    }
}

impl LogFiles {
    /// Checks every range and path; the first that cannot be used is the error.
    pub fn check(&self) -> Result<(), DomainError> {
        let ranges = [
            ("the megabytes of a log file", self.rotate_megabytes, 10_000),
            ("the days of a log file", self.rotate_days, 365),
            ("the number of log files", self.keep_files, 1_000),
        ];
        for (name, value, most) in ranges {
            if !(1..=most).contains(&value) {
                let problem = format!("is {value}, outside 1 to {most}");
                return Err(DomainError::Setting { name, problem });
            }
        }
        for path in self.paths() {
            let has_name = Path::new(path).file_name().is_some();
            if !has_name || !Path::new(path).is_absolute() || path.contains('\0') {
                return Err(DomainError::Setting {
                    name: "the path of a log file",
                    problem: format!("is \"{path}\", which is not the whole path of a file"),
                });
            }
        }
        Ok(())
    }

    /// The files that are written.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let targets = [&self.gateway, &self.llm].into_iter();
        targets.filter_map(|target| match target {
            LogTarget::File { path } => Some(path.as_str()),
            LogTarget::Off | LogTarget::Stdout => None,
        })
    }

    /// Whether the admin changed nothing.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_file_has_a_whole_path_and_ranges() {
        let file = |path: &str| LogFiles {
            gateway: LogTarget::File { path: path.into() },
            ..LogFiles::default()
        };
        assert!(LogFiles::default().check().is_ok());
        assert!(cfg!(windows) || file("/var/log/gateway.log").check().is_ok());
        for path in ["", "gateway.log", "../x", "/", "/a\0b"] {
            assert!(file(path).check().is_err(), "{path}");
        }
        for (megabytes, days, files) in
            [(0, 1, 1), (10_001, 1, 1), (1, 0, 1), (1, 366, 1), (1, 1, 0)]
        {
            let settings = LogFiles {
                rotate_megabytes: megabytes,
                rotate_days: days,
                keep_files: files,
                ..LogFiles::default()
            };
            assert!(settings.check().is_err(), "{megabytes} {days} {files}");
        }
        let none: LogFiles = serde_json::from_str("{}").unwrap();
        assert!(none.is_default());
    }
}
