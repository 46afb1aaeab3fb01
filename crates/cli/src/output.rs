//! What the commands print: text for people, JSON for programs. Text that came from outside has
//! its control characters taken out before it reaches a terminal.

use std::io::{self, IsTerminal, Write};

use control::{Error, ErrorCode};
use domain::DomainError;
use serde::Serialize;
use serde_json::json;

/// Why a command ends before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It failed.
    Failed(Error),
    /// Whoever read its output has enough, as `head` has.
    ReaderGone,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<DomainError> for Stop {
    fn from(error: DomainError) -> Self {
        Self::Failed(error.into())
    }
}

/// How to print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// JSON instead of text.
    pub(crate) json: bool,
}

impl Output {
    /// Prints a value, as one line of JSON or as this text.
    pub(crate) fn show<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<(), Stop> {
        let line = if self.json {
            serde_json::to_string(value).map_err(|error| system_error(error.into()))?
        } else {
            clean(&text(value))
        };
        print(&format!("{}\n", line.trim_end()))
    }

    /// Prints a piece of an answer at once.
    pub(crate) fn piece(self, text: &str) -> Result<(), Stop> {
        if io::stdout().is_terminal() {
            print(&clean(text))
        } else {
            print(text)
        }
    }

    /// Says on standard error what failed and what to do.
    pub(crate) fn error(self, error: &Error) {
        if self.json {
            eprintln!("{}", json!({ "error": error }));
            return;
        }
        eprintln!("gatehouse: {}", clean(&error.message));
        if !error.hint.is_empty() {
            eprintln!("hint: {}", clean(&error.hint));
        }
        if let Some(details) = &error.details {
            eprintln!("details: {}", clean(details));
        }
    }

    /// Says on standard error what the admin should know.
    pub(crate) fn note(self, what: &str, why: &str) {
        if self.json {
            eprintln!("{}", json!({"notice": {"what": what, "why": why}}));
        } else {
            eprintln!("note: {} {}", clean(what), clean(why));
        }
    }
}

fn print(text: &str) -> Result<(), Stop> {
    let mut stdout = io::stdout().lock();
    let printed = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    printed.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::ReaderGone,
        _ => Stop::Failed(system_error(error)),
    })
}

/// The same text without control characters, which could steer a terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        .collect()
}

/// A table with a head and columns as wide as they need to be.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .map(|row| row.get(column).map_or(0, |cell| cell.chars().count()));
        cells
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(head.to_vec())];
    lines.extend(
        rows.iter()
            .map(|row| line(row.iter().map(String::as_str).collect())),
    );
    lines.join("\n")
}

/// A failure of the system under the command, such as a closed pipe.
pub(crate) fn system_error(error: io::Error) -> Error {
    let hint = "Try again.";
    Error::new(
        ErrorCode::Failed,
        format!("the system failed: {error}"),
        hint,
    )
}
