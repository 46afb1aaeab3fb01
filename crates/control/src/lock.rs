//! One process holds a data folder: whoever comes second learns who it is. The file also tells
//! whether the last holder ended in order. Does not guard single files.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::files::{create_folder, file_error, sync_folder};
use crate::view::Notice;
use crate::{Error, ErrorCode};

/// The lock file inside the data folder.
const LOCK: &str = "gatehouse.lock";

/// What kind of process holds a data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    /// The gateway without a window.
    Serve,
    /// The window.
    Desktop,
    /// One command that changes settings.
    Command,
}

/// The process that holds a data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub process: u32,
    /// What kind of process it is.
    pub kind: HolderKind,
    /// Where its gateway answers, such as `http://127.0.0.1:5052`.
    pub address: Option<String>,
    /// Whether it ended in order; false as long as it runs.
    ended: bool,
}

/// A held data folder. Dropped, it notes that this process ended in order.
#[derive(Debug)]
pub struct FolderLock {
    file: Mutex<File>,
    kind: HolderKind,
    last_run_died: bool,
}

impl FolderLock {
    /// Takes the folder, and makes it when there is none. A file that a dead process left is no
    /// obstacle.
    pub fn acquire(folder: &Path, kind: HolderKind) -> Result<Self, Error> {
        create_folder(folder).map_err(|error| file_error("cannot make", folder, &error))?;
        let path = folder.join(LOCK);
        let trouble = |error: io::Error| file_error("cannot write", &path, &error);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(trouble)?;
        for attempt in 0.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(trouble(error)),
                // Another process may only be looking, or be about to end.
                Err(TryLockError::WouldBlock) if attempt < 5 => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Err(held(read(&mut file).as_ref())),
            }
        }
        let last = read(&mut file);
        let last_run_died =
            last.is_some_and(|last| !last.ended && last.kind != HolderKind::Command);
        let lock = Self {
            file: Mutex::new(file),
            kind,
            last_run_died,
        };
        lock.note(None, false).map_err(trouble)?;
        sync_folder(folder).map_err(trouble)?;
        Ok(lock)
    }

    /// The process that holds the folder now, if any.
    pub fn holder(folder: &Path) -> Option<Holder> {
        let mut file = File::open(folder.join(LOCK)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read(&mut file),
            _ => None,
        }
    }

    /// Tells others where the gateway of this process answers.
    pub fn set_address(&self, address: Option<&str>) {
        if let Err(error) = self.note(address, false) {
            tracing::warn!(%error, "the lock file could not be written");
        }
    }

    /// What the admin should know of the last run, when it did not end in order.
    pub fn last_run(&self) -> Option<Notice> {
        self.last_run_died.then(|| Notice {
            what: "The last run did not end cleanly.".into(),
            why: "It was killed, it crashed, or the machine lost power. Settings and finished requests are \
                  safe; requests that ran then are marked as interrupted."
                .into(),
        })
    }

    fn note(&self, address: Option<&str>, ended: bool) -> io::Result<()> {
        let holder = Holder {
            process: std::process::id(),
            kind: self.kind,
            address: address.map(str::to_owned),
            ended,
        };
        let text = serde_json::to_vec(&holder)?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.rewind()?;
        file.write_all(&text)?;
        file.set_len(text.len() as u64)
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        if let Err(error) = self.note(None, true) {
            tracing::warn!(%error, "the lock file could not be written");
        }
    }
}

/// What a holder wrote; none when it is not to be had, as where a held file cannot be read.
fn read(file: &mut File) -> Option<Holder> {
    for _ in 0..3 {
        let mut text = String::new();
        if file.rewind().is_ok() && file.read_to_string(&mut text).is_ok() {
            if text.is_empty() {
                return None;
            }
            if let Ok(holder) = serde_json::from_str(&text) {
                return Some(holder);
            }
        }
        // Its holder may be writing just now.
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

/// The error for whoever comes second.
fn held(holder: Option<&Holder>) -> Error {
    let Some(holder) = holder else {
        let hint = "Close the other Gatehouse first, or use another data folder.";
        return Error::new(
            ErrorCode::Held,
            "another Gatehouse holds these settings",
            hint,
        );
    };
    let (kind, hint) = match holder.kind {
        HolderKind::Serve => (
            "serve",
            format!(
                "Stop it first (`kill {}`), or use another data folder.",
                holder.process
            ),
        ),
        HolderKind::Desktop => (
            "desktop",
            "Use its window, or quit it first, or use another data folder.".to_owned(),
        ),
        HolderKind::Command => ("command", "Try again when it has ended.".to_owned()),
    };
    let address = holder
        .address
        .as_deref()
        .map(|address| format!(", {address}"))
        .unwrap_or_default();
    let message = format!(
        "Gatehouse ({kind}, process {}{address}) holds these settings",
        holder.process
    );
    Error::new(ErrorCode::Held, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_second_learns_who_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::acquire(folder.path(), HolderKind::Serve).unwrap();
        let id = std::process::id();
        let refusal = FolderLock::acquire(folder.path(), HolderKind::Desktop).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::Held);
        assert_eq!(
            refusal.message,
            format!("Gatehouse (serve, process {id}) holds these settings.")
        );

        lock.set_address(Some("http://127.0.0.1:5052"));
        let refusal = FolderLock::acquire(folder.path(), HolderKind::Desktop).unwrap_err();
        let message =
            format!("Gatehouse (serve, process {id}, http://127.0.0.1:5052) holds these settings.");
        assert_eq!(refusal.message, message);
        assert!(refusal.hint.contains(&id.to_string()), "{refusal:?}");

        lock.set_address(None);
        assert_eq!(
            FolderLock::holder(folder.path()).unwrap().address,
            None,
            "a shorter note leaves no tail"
        );
    }

    #[test]
    fn a_released_folder_can_be_taken_and_its_last_run_was_in_order() {
        let folder = tempfile::tempdir().unwrap();
        drop(FolderLock::acquire(folder.path(), HolderKind::Serve).unwrap());
        assert_eq!(FolderLock::holder(folder.path()), None);
        let lock = FolderLock::acquire(folder.path(), HolderKind::Desktop).unwrap();
        assert_eq!(lock.last_run(), None);
    }

    #[test]
    fn a_file_that_a_dead_process_left_is_no_obstacle_and_tells_of_the_crash() {
        for (kind, told) in [("serve", true), ("desktop", true), ("command", false)] {
            let folder = tempfile::tempdir().unwrap();
            let left =
                format!(r#"{{"process":4711,"kind":"{kind}","address":null,"ended":false}}"#);
            std::fs::write(folder.path().join(LOCK), left).unwrap();
            let lock = FolderLock::acquire(folder.path(), HolderKind::Serve).unwrap();
            assert_eq!(lock.last_run().is_some(), told, "{kind}");
        }
    }

    #[test]
    fn a_lock_file_of_rubbish_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK), "\0\0\0").unwrap();
        let lock = FolderLock::acquire(folder.path(), HolderKind::Serve).unwrap();
        assert_eq!(lock.last_run(), None);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let refusal = FolderLock::acquire(&file.join("data"), HolderKind::Serve).unwrap_err();
        assert!(refusal.message.contains("file/data"), "{refusal:?}");
    }
}
