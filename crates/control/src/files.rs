//! Files that survive a crash and that others cannot read. Knows nothing of what is in them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Zoned};

use crate::{Error, ErrorCode};

/// How temporary files begin; whatever a crash left behind is found by it.
const TEMPORARY: &str = ".gatehouse-";

/// Makes a folder that only its owner can enter. One that exists keeps its rights.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Puts a file in place so that a crash at any instant leaves the old one or the new one.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .suffix(".tmp")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// A file that only its owner can read and that has no name yet: beside this path, to be put there
/// when it is whole.
pub(crate) fn new_private(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    if path.try_exists()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    tempfile::Builder::new()
        .prefix(TEMPORARY)
        .suffix(".tmp")
        .tempfile_in(folder)
}

/// A path for a new file among the user's downloads, or in the data folder where there are none.
pub(crate) fn fresh_export(
    data: &Path,
    what: &str,
    kind: &str,
    now: &Zoned,
) -> Result<PathBuf, Error> {
    let folder = dirs::download_dir()
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| data.join("exports"));
    create_folder(&folder).map_err(|error| file_error("cannot make", &folder, &error))?;
    let time = now.strftime("%Y%m%d-%H%M%S");
    let path = (1..)
        .map(|count| match count {
            1 => folder.join(format!("gatehouse-{what}-{time}.{kind}")),
            count => folder.join(format!("gatehouse-{what}-{time}-{count}.{kind}")),
        })
        .find(|path: &PathBuf| !path.exists());
    Ok(path.expect("a folder has fewer files than there are numbers"))
}

/// Writes a new file that only its owner can read, whole or not at all. Never overwrites another.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = new_private(path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes renames in a folder durable, where the system can.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Leaves a file to its owner alone, where the system knows such rights.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Opens a file that only its owner can read, to append to it.
pub(crate) fn append_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes what a crash in the middle of [`write_atomically`] left. Only for the holder of the
/// folder: another process may be writing.
pub(crate) fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(TEMPORARY) && name.ends_with(".tmp") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Moves a damaged file aside, to `<stem>.damaged-<time>.<extension>`, and returns its new place.
/// Never overwrites another file.
pub(crate) fn set_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let part =
        |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    for attempt in 1..=1_000 {
        let count = if attempt == 1 {
            String::new()
        } else {
            format!("-{attempt}")
        };
        let target = path.with_file_name(format!("{stem}.damaged-{time}{count}.{extension}"));
        if !target.try_exists()? {
            fs::rename(path, &target)?;
            return Ok(target);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// What an error of the file system means for an admin.
pub(crate) fn file_error(what: &str, path: &Path, error: &io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "Free some space and try again."
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "Give yourself the right to write there, or use another data folder."
        }
        _ => "Check the disk and the data folder, and try again.",
    };
    Error::new(
        ErrorCode::Failed,
        format!("{what} {}: {}", path.display(), reason(error)),
        hint,
    )
}

/// The reason in the system's words, without its error number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_set_aside_never_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let mut places = Vec::new();
        for text in ["one", "two", "three"] {
            fs::write(&path, text).unwrap();
            places.push((set_aside(&path, Timestamp::UNIX_EPOCH).unwrap(), text));
        }
        for (place, text) in places {
            assert_eq!(fs::read_to_string(place).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn files_and_folders_belong_to_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        create_folder(&inner).unwrap();
        write_atomically(&inner.join("x"), b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&inner.join("x"))), (0o700, 0o600));
    }

    #[test]
    fn leftovers_of_a_crash_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".gatehouse-a1b2.tmp", "settings.json", "notes.tmp"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(folder.path());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["notes.tmp", "settings.json"]);
    }
}
