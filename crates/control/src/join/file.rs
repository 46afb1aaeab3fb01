//! Reads a log file line by line, within limits: the file is somebody else's, and may be anything.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use memchr::memmem::Finder;

use super::line::Line;
use crate::files::reason;
use crate::redaction::Redaction;
use crate::view::{JoinedFile, JoinedMoment, SeenId, SeenIds};
use crate::{Error, ErrorCode};

/// The last bytes of a file that are read.
const BYTES_MOST: u64 = 256 * 1024 * 1024;
/// The first bytes that are read of a packed file, unpacked: its end cannot be looked up.
const UNPACKED_MOST: u64 = 1024 * 1024 * 1024;
/// What is read at once.
const BUFFER: usize = 256 * 1024;
/// The longest line that is read.
const LINE_MOST: usize = 1024 * 1024;
/// Lines of one file on the timeline.
const FOUND_MOST: usize = 200;
/// Ids that are listed.
const IDS_MOST: usize = 50;
/// Ids near by that are told.
const NEAR_MOST: usize = 8;
/// Ids that are known at once, before the farthest are forgotten.
const KNOWN_MOST: usize = 4_096;

/// The lines of a file with this id. Where there are none, the ids that are nearest to a time, or
/// the newest.
pub(super) fn join(
    path: &Path,
    id: &str,
    near: Option<Timestamp>,
    redaction: &Redaction,
) -> Result<(JoinedFile, Vec<JoinedMoment>), Error> {
    let source = path.file_name().unwrap_or_default().to_string_lossy();
    // As JSON writes it: an id may have letters that need an escape.
    let needle = serde_json::Value::from(id).to_string();
    let finder = Finder::new(needle.as_bytes());
    let mut moments = Vec::new();
    let mut found = 0;
    let mut undated = 0;
    let read = each_line(path, |bytes| {
        if finder.find(bytes).is_none() {
            return true;
        }
        let Some(line) = Line::read(bytes) else {
            return false;
        };
        if line.correlation_id() != Some(id) {
            return true;
        }
        found += 1;
        match line.at() {
            Some(at) if moments.len() < FOUND_MOST => {
                moments.push(line.moment(at, &source, redaction));
            }
            Some(_) => {}
            None => undated += 1,
        }
        true
    })?;
    let mut file = JoinedFile {
        path: path.display().to_string(),
        found,
        lines: read.lines,
        damaged: read.damaged + undated,
        is_cut: read.is_cut,
        near: Vec::new(),
    };
    if found == 0 {
        let (seen, damaged) = seen(path, near, NEAR_MOST, redaction)?;
        file.near = seen;
        file.damaged = damaged;
    }
    Ok((file, moments))
}

/// The newest ids of a file.
pub(super) fn ids(path: &Path, redaction: &Redaction) -> Result<SeenIds, Error> {
    let (ids, damaged) = seen(path, None, IDS_MOST, redaction)?;
    Ok(SeenIds {
        path: path.display().to_string(),
        ids,
        damaged,
    })
}

/// The ids nearest to a time, or the newest, and how many lines could not be read.
fn seen(
    path: &Path,
    near: Option<Timestamp>,
    most: usize,
    redaction: &Redaction,
) -> Result<(Vec<SeenId>, u64), Error> {
    let far = |at: Timestamp| match near {
        Some(near) => at.duration_since(near).abs().as_nanos(),
        None => -at.as_nanosecond(),
    };
    let mut known: HashMap<String, (Timestamp, Line)> = HashMap::new();
    let read = each_line(path, |bytes| {
        let Some(line) = Line::read(bytes) else {
            return false;
        };
        let (Some(id), at) = (line.correlation_id().map(str::to_owned), line.at()) else {
            return true;
        };
        let Some(at) = at else { return false };
        known.insert(id, (at, line));
        if known.len() > KNOWN_MOST {
            let mut times: Vec<_> = known.values().map(|(at, _)| far(*at)).collect();
            let (_, limit, _) = times.select_nth_unstable(KNOWN_MOST / 2);
            let limit = *limit;
            known.retain(|_, (at, _)| far(*at) < limit);
        }
        true
    })?;
    let mut ids: Vec<_> = known.into_iter().collect();
    ids.sort_by_key(|(_, (at, _))| far(*at));
    ids.truncate(most);
    let seen = ids.into_iter().map(|(correlation_id, (at, line))| SeenId {
        correlation_id,
        at,
        sentence: line.sentence(redaction),
    });
    Ok((seen.collect(), read.damaged))
}

/// How a file was read.
struct Reading {
    lines: u64,
    damaged: u64,
    is_cut: bool,
}

/// Hands each line over; `take` says whether it could be read.
fn each_line(path: &Path, mut take: impl FnMut(&[u8]) -> bool) -> Result<Reading, Error> {
    let refused = |error: &io::Error| {
        let message = format!("cannot read {}: {}", path.display(), reason(error));
        let hint = "Check the path, and that this user may read the file.";
        Error::new(ErrorCode::Invalid, message, hint)
    };
    let (mut reader, is_cut) = open(path).map_err(|error| refused(&error))?;
    let mut read = Reading {
        lines: 0,
        damaged: 0,
        is_cut,
    };
    let mut line = Vec::new();
    let mut bytes = 0;
    loop {
        line.clear();
        let most = LINE_MOST as u64 + 1;
        let length = (&mut reader).take(most).read_until(b'\n', &mut line);
        let length = length.map_err(|error| refused(&error))?;
        bytes += length as u64;
        if length == 0 {
            read.is_cut |= bytes >= UNPACKED_MOST;
            return Ok(read);
        }
        let is_too_long = length > LINE_MOST && !line.ends_with(b"\n");
        if is_too_long {
            bytes += reader.skip_until(b'\n').map_err(|error| refused(&error))? as u64;
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        read.lines += 1;
        read.damaged += u64::from(is_too_long || !take(text));
    }
}

/// The file from where it is read on, unpacked, and whether that is not its beginning.
fn open(path: &Path) -> io::Result<(Box<dyn BufRead>, bool)> {
    // Looked at before it is opened: to open a pipe waits for its writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut file = File::open(path)?;
    let mut first = [0; 2];
    let is_packed = file.read(&mut first)? == 2 && first == [0x1f, 0x8b];
    // What is written meanwhile is not waited for.
    let size = file.metadata()?.len();
    if is_packed {
        file.seek(SeekFrom::Start(0))?;
        let unpacked = MultiGzDecoder::new(file.take(size)).take(UNPACKED_MOST);
        return Ok((Box::new(BufReader::with_capacity(BUFFER, unpacked)), false));
    }
    let start = size.saturating_sub(BYTES_MOST);
    file.seek(SeekFrom::Start(start))?;
    let mut reader = BufReader::with_capacity(BUFFER, file.take(size - start));
    if start > 0 {
        reader.skip_until(b'\n')?;
    }
    Ok((Box::new(reader), start > 0))
}
