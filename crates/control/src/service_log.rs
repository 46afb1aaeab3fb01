//! Reads the service log back: the daily files that `telemetry` writes and its log of panics,
//! newest first, every line of them. Writes nothing and keeps nothing.

mod backward;
mod line;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::files::reason;
use crate::telemetry;
use crate::view::{ServiceLogLine, ServiceLogPage, ServiceLogQuery};
use crate::{Error, ErrorCode};
use backward::Backward;

/// Lines of one page, at most.
const LIMIT_MOST: u32 = 500;
/// Bytes that one call reads, at most.
const BYTES_MOST: u64 = 32 * 1024 * 1024;
/// Bytes of the log of panics that are read, at most: more than it ever has.
const PANICS_MOST: u64 = 1024 * 1024;
/// Words of a search that are looked for, at most.
const WORDS_MOST: usize = 20;

/// Where a page ended: a file, the byte before which it goes on, and the time of its last line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cursor {
    file: String,
    end: u64,
    at: i64,
}

impl Cursor {
    fn write(&self) -> String {
        format!("{}:{}:{}", self.file, self.end, self.at)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, ':');
        let at = parts.next()?.parse().ok()?;
        let end = parts.next()?.parse().ok()?;
        let file = parts.next()?.to_owned();
        Some(Self { file, end, at })
    }
}

/// A page of the service log of this data folder.
pub(crate) fn page(folder: &Path, query: &ServiceLogQuery) -> Result<ServiceLogPage, Error> {
    let folder = telemetry::folder(folder);
    let before = query.before.as_deref().map(|text| {
        Cursor::read(text).ok_or_else(|| {
            let message = "the place in the service log cannot be read";
            Error::new(
                ErrorCode::Invalid,
                message,
                "Begin again with the newest lines.",
            )
        })
    });
    let before = before.transpose()?;
    let (rows, next) = read(&folder, query, before).map_err(|error| {
        let message = format!("the service log cannot be read: {}", reason(&error));
        Error::new(
            ErrorCode::Failed,
            message,
            "Check the folder of the log and try again.",
        )
        .with_details(folder.display().to_string())
    })?;
    Ok(ServiceLogPage {
        rows,
        next: next.map(|cursor| cursor.write()),
        folder: folder.display().to_string(),
    })
}

fn read(
    folder: &Path,
    query: &ServiceLogQuery,
    before: Option<Cursor>,
) -> io::Result<(Vec<ServiceLogLine>, Option<Cursor>)> {
    let lower = query.search.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().take(WORDS_MOST).collect();
    let is_wanted = |line: &ServiceLogLine| {
        line.level >= query.level && (words.is_empty() || line::has_words(line, &words))
    };
    let limit = query.limit.clamp(1, LIMIT_MOST) as usize;
    let newest = before.as_ref().map_or(i64::MAX, |cursor| cursor.at);
    let (mut rows, mut left, mut next) = (Vec::new(), BYTES_MOST, None);
    'files: for path in daily(folder)? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut end = None;
        match &before {
            Some(cursor) if name > cursor.file => continue,
            Some(cursor) if name == cursor.file => end = Some(cursor.end),
            _ => {}
        }
        let file = match File::open(&path) {
            // Removed meanwhile, because newer ones were begun.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        let mut lines = Backward::new(file, end)?;
        let mut at = newest;
        while let Some((start, bytes)) = lines.next()? {
            let line = line::read(&bytes);
            at = line.as_ref().map_or(at, |line| line.at.as_millisecond());
            rows.extend(line.filter(is_wanted));
            left = left.saturating_sub(bytes.len() as u64 + 1);
            if rows.len() >= limit || left == 0 {
                let end = start;
                next = Some(Cursor {
                    file: name,
                    end,
                    at,
                });
                break 'files;
            }
        }
    }
    let oldest = next.as_ref().map_or(i64::MIN, |cursor| cursor.at);
    let panics = panics(folder)?.into_iter().filter(is_wanted);
    rows.extend(panics.filter(|line| (oldest..newest).contains(&line.at.as_millisecond())));
    // Stable: lines of one moment stay as they were found.
    rows.sort_by_key(|line: &ServiceLogLine| std::cmp::Reverse(line.at));
    Ok((rows, next))
}

/// The daily files, newest first.
fn daily(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        if telemetry::is_daily(&entry.file_name().to_string_lossy()) {
            files.push(entry.path());
        }
    }
    files.sort();
    files.reverse();
    Ok(files)
}

/// Every panic that is kept; they are few.
fn panics(folder: &Path) -> io::Result<Vec<ServiceLogLine>> {
    let mut text = Vec::new();
    match File::open(telemetry::crashes(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file?.take(PANICS_MOST).read_to_end(&mut text)?,
    };
    let lines = text.split(|byte| *byte == b'\n');
    Ok(lines.filter_map(line::read_panic).collect())
}

impl crate::Control {
    /// Lines of the service log, newest first.
    pub async fn service_log(&self, query: ServiceLogQuery) -> Result<ServiceLogPage, Error> {
        let folder = self.folder().to_owned();
        let read = tokio::task::spawn_blocking(move || page(&folder, &query));
        read.await.map_err(|error| crate::control::broken(&error))?
    }
}

#[cfg(test)]
mod tests;
