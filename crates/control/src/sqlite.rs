//! What every database of ours has in common: how damage is told, and how a damaged one is set aside.
//! Knows no table.

use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::Timestamp;
use rusqlite::ErrorCode;

/// Whether the file itself is bad, so that to try again is in vain.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Moves a damaged database and the files beside it away, and returns its new place.
pub(crate) fn set_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let aside = crate::files::set_aside(path, now)?;
    let beside = |path: &Path, end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    // The part that is not yet in the database belongs to it; the shared memory is rebuilt.
    for end in ["-wal", "-shm"] {
        match fs::rename(beside(path, end), beside(&aside, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    tracing::warn!(file = %aside.display(), "a damaged database was set aside");
    Ok(aside)
}
