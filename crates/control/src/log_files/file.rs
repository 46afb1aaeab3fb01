//! A file that is set aside when it is too large or too old. The libraries for it know one of the
//! two, leave the file open to everybody's eyes, or end the program where a disk refuses.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use domain::LogFiles;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::files::append_private;

/// How the names of files that were set aside end: their time in UTC.
const STAMP: &str = "%Y%m%dT%H%M%S%3fZ";
/// The letters of such an end.
const STAMP_LETTERS: usize = 19;

/// A file that lines are added to.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    begun: Timestamp,
}

impl RotatingFile {
    /// Opens it, only for its owner where it is new. A line that broke off is ended.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // Looked at first: to open a pipe would wait for its reader.
        if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
            return Err(io::Error::other("it is no plain file"));
        }
        let mut file = append_private(path)?;
        let known = file.metadata()?;
        let mut size = known.len();
        if size > 0 && !ends_with_a_line(path)? {
            file.write_all(b"\n")?;
            size += 1;
        }
        let begun = known.created().or_else(|_| known.modified())?;
        Ok(Self {
            path: path.to_owned(),
            file,
            size,
            begun: Timestamp::try_from(begun).map_err(io::Error::other)?,
        })
    }

    /// Adds a line, to a new file where the old one is full or too old.
    pub(super) fn write(
        &mut self,
        line: &[u8],
        settings: &LogFiles,
        now: Timestamp,
    ) -> io::Result<()> {
        let most = u64::from(settings.rotate_megabytes) * 1_000_000;
        let age = SignedDuration::from_hours(24 * i64::from(settings.rotate_days));
        let is_full = self.size + line.len() as u64 > most;
        if self.size > 0 && (is_full || now.duration_since(self.begun) >= age) {
            self.rotate(settings, now)?;
        }
        self.file.write_all(line)?;
        self.size += line.len() as u64;
        Ok(())
    }

    fn rotate(&mut self, settings: &LogFiles, now: Timestamp) -> io::Result<()> {
        let mut at = now;
        let mut aside = self.aside(at);
        // A rename takes the place of what is there.
        while aside.try_exists()? {
            at += SignedDuration::from_millis(1);
            aside = self.aside(at);
        }
        fs::rename(&self.path, &aside)?;
        self.file = append_private(&self.path)?;
        (self.size, self.begun) = (0, now);
        self.remove_oldest(settings.keep_files as usize)
    }

    fn aside(&self, at: Timestamp) -> PathBuf {
        let stamp = at.to_zoned(TimeZone::UTC).strftime(STAMP);
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{stamp}"));
        name.into()
    }

    /// Removes files that were set aside, beyond so many. Others are nobody's business.
    fn remove_oldest(&self, keep: usize) -> io::Result<()> {
        let folder = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let name = self.path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let begin = format!("{}.", name.to_string_lossy());
        let mut aside: Vec<_> = fs::read_dir(folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let stamp = name.strip_prefix(&begin).unwrap_or_default();
                stamp.len() == STAMP_LETTERS
                    && stamp.ends_with('Z')
                    && stamp[..STAMP_LETTERS - 1]
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || byte == b'T')
            })
            .collect();
        aside.sort();
        let extra = aside.len().saturating_sub(keep);
        aside[..extra].iter().try_for_each(fs::remove_file)
    }
}

fn ends_with_a_line(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEGABYTE: usize = 1_000_000;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_set_aside_by_size_and_by_age_and_the_oldest_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(folder.path().join("a.log.of-others"), "x").unwrap();
        let settings = LogFiles {
            rotate_megabytes: 1,
            rotate_days: 2,
            keep_files: 2,
            ..LogFiles::default()
        };
        let mut file = RotatingFile::open(&path).unwrap();
        let now = file.begun;
        let later = |hours| now + SignedDuration::from_hours(hours);
        let line = vec![b'x'; MEGABYTE / 2 + 1];
        file.write(&line, &settings, now).unwrap();
        assert_eq!(names(folder.path()).len(), 2, "it is not full");
        file.write(&line, &settings, now).unwrap();
        assert_eq!(names(folder.path()).len(), 3, "by size");
        assert_eq!(fs::metadata(&path).unwrap().len() as usize, line.len());
        file.write(b"y\n", &settings, later(47)).unwrap();
        assert_eq!(names(folder.path()).len(), 3, "it is not old");
        file.write(b"z\n", &settings, later(48)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"z\n", "by age");
        let before = names(folder.path());
        file.write(b"last\n", &settings, later(200)).unwrap();
        let after = names(folder.path());
        assert_eq!(after.len(), 4, "{after:?}");
        assert!(!after.contains(&before[1]) && after.contains(&"a.log.of-others".into()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_line_that_broke_off_is_ended_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, "broken of").unwrap();
        let mut file = RotatingFile::open(&path).unwrap();
        file.write(b"next\n", &LogFiles::default(), Timestamp::now())
            .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "broken of\nnext\n");
    }
}
