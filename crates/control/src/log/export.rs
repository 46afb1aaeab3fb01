//! The rows that a query finds, as a file: page by page, so that neither memory nor a snapshot of
//! the database grows with it.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::list::{self, Wanted};
use super::reader::Reader;
use crate::files::{file_error, new_private};
use crate::view::{Counting, ExportFormat, Exported, RequestView};
use crate::{Error, ErrorCode};

/// Rows that are in memory at once.
const PAGE: u32 = 1_000;

/// The columns of a table, by their names in JSON.
const COLUMNS: [&str; 31] = [
    "id",
    "started_at",
    "correlation_id",
    "state",
    "method",
    "path",
    "client",
    "model",
    "feature",
    "streamed",
    "status",
    "first_token_ms",
    "duration_ms",
    "prompt_tokens",
    "completion_tokens",
    "finish_reason",
    "error",
    "family",
    "provider",
    "answered_by",
    "retries",
    "queued_ms",
    "notes",
    "recorded",
    "address",
    "connect_ms",
    "gap_ms",
    "auth_ms",
    "token_issuer",
    "instance_id",
    "params",
];

/// Writes the rows to a new file; `mark` says of each whether it is recorded. A file that exists is left alone; one that could not be written
/// to its end is not left behind.
pub(super) fn to_file(
    reader: &Reader,
    mark: impl Fn(&mut [RequestView]),
    mut wanted: Wanted,
    format: ExportFormat,
    path: &Path,
) -> Result<Exported, Error> {
    let path = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::new(
            ErrorCode::Invalid,
            format!("{} exists already", path.display()),
            "Choose another name; nothing was written.",
        ),
        _ => file_error("cannot write", &path, &error),
    };
    wanted.limit = PAGE;
    wanted.counting = Counting::Skip;
    wanted.looked_up();
    let mut rows = 0;
    let file = new_private(&path).map_err(refused)?;
    let mut sheet = Sheet::new(format, BufWriter::new(file.as_file())).map_err(refused)?;
    loop {
        let mut page = reader.read(|connection| list::page(connection, &wanted))?;
        mark(&mut page.rows);
        for row in &page.rows {
            sheet.write(row).map_err(refused)?;
        }
        rows += page.rows.len() as u64;
        match page.rows.last() {
            Some(last) => wanted.before = Some(last.id),
            None => break,
        }
    }
    sheet.end().map_err(refused)?;
    file.as_file().sync_all().map_err(refused)?;
    file.persist_noclobber(&path)
        .map_err(|error| refused(error.error))?;
    Ok(Exported {
        path: path.display().to_string(),
        rows,
    })
}

/// A file that is being written.
enum Sheet<W: Write> {
    Lines(W),
    Table(Box<csv::Writer<W>>),
}

impl<W: Write> Sheet<W> {
    fn new(format: ExportFormat, output: W) -> io::Result<Self> {
        Ok(match format {
            ExportFormat::Jsonl => Self::Lines(output),
            ExportFormat::Csv => {
                let mut table = csv::Writer::from_writer(output);
                table.write_record(COLUMNS)?;
                Self::Table(Box::new(table))
            }
        })
    }

    fn write(&mut self, row: &RequestView) -> io::Result<()> {
        match self {
            Self::Lines(output) => {
                serde_json::to_writer(&mut *output, row)?;
                output.write_all(b"\n")
            }
            Self::Table(table) => {
                let row = serde_json::to_value(row)?;
                Ok(table.write_record(COLUMNS.map(|column| cell(&row[column])))?)
            }
        }
    }

    fn end(self) -> io::Result<()> {
        match self {
            Self::Lines(mut output) => output.flush(),
            Self::Table(mut table) => table.flush(),
        }
    }
}

/// A value as a cell. Text that a spreadsheet would take for a formula gets an apostrophe before
/// it: clients choose their names, and servers their errors.
fn cell(value: &serde_json::Value) -> String {
    let text = match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(texts) => {
            let texts: Vec<_> = texts.iter().filter_map(|text| text.as_str()).collect();
            texts.join("; ")
        }
        other => other.to_string(),
    };
    let is_formula = text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_other_text_stays_as_it_is() {
        for (value, expected) in [
            (json!("=1+1"), "'=1+1"),
            (json!(" @SUM(A1)"), "' @SUM(A1)"),
            (json!("\tx"), "'\tx"),
            (json!(["-x", "y"]), "'-x; y"),
            (json!("＝1"), "'＝1"),
            (json!("a=b, \"c\""), "a=b, \"c\""),
            (json!(12.5), "12.5"),
            (json!(null), ""),
        ] {
            assert_eq!(cell(&value), expected, "{value}");
        }
    }
}
