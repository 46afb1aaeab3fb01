//! The service log: JSON lines in daily files and plain lines on the console, and one line for
//! each panic. Holds no prompt, no answer and no key; the request log is another thing.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::files::{append_private, create_folder};

/// The environment variable that says what is logged, such as `debug` or `gateway=debug,info`.
pub const LOG_VARIABLE: &str = "GATEHOUSE_LOG";

/// The folder of the service log inside the data folder.
const FOLDER: &str = "logs";
/// How the name of a daily file begins and ends; its date is between.
const PREFIX: &str = "gatehouse";
const SUFFIX: &str = "log";
/// Daily files that are kept.
const DAYS_KEPT: usize = 14;
/// Lines that may wait for the disk; more are dropped.
const LINES_WAITING: usize = 8_192;
/// Panics, one JSON line each.
const CRASHES: &str = "crash.log";
/// The crash log starts anew when it is larger, in bytes.
const CRASHES_MOST: u64 = 256 * 1024;
/// The longest message of a panic that is kept, in characters.
const MESSAGE_MOST: usize = 2_000;

/// Keeps the service log running; dropped, it writes what waits.
#[derive(Debug)]
#[must_use = "the log ends when this is dropped"]
pub struct Telemetry {
    _file: Option<WorkerGuard>,
}

/// Starts the service log and the panic hook, once in a process. `filter` is the value of
/// [`LOG_VARIABLE`]. A folder that cannot be written leaves the console.
pub fn start(folder: &Path, filter: Option<&str>) -> Telemetry {
    let logs = self::folder(folder);
    let (filter, filter_problem) = match EnvFilter::builder().parse(filter.unwrap_or("info")) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let (writer, guard, file_problem) = match open(&logs) {
        Ok(appender) => {
            let builder = NonBlockingBuilder::default().buffered_lines_limit(LINES_WAITING);
            let (writer, guard) = builder.thread_name("service log").finish(appender);
            (Some(writer), Some(guard), None)
        }
        Err(error) => (None, None, Some(error)),
    };
    let console = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let file = writer.map(|writer| fmt::layer().json().with_writer(writer));
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(console)
        .with(file)
        .try_init();
    if started.is_ok() {
        hook_panics(crashes(&logs));
    }
    if let Some(error) = file_problem {
        tracing::warn!(folder = %logs.display(), %error, "the service log goes to the console only");
    }
    if let Some(error) = filter_problem {
        tracing::warn!(%error, "{LOG_VARIABLE} is not a filter; info is used");
    }
    Telemetry { _file: guard }
}

/// The folder of the service log of a data folder.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join(FOLDER)
}

/// Whether a file of this name in that folder has lines of one day.
pub(crate) fn is_daily(name: &str) -> bool {
    let inner = name
        .strip_prefix(PREFIX)
        .and_then(|name| name.strip_suffix(SUFFIX));
    inner.is_some_and(|inner| inner.len() > 2 && inner.starts_with('.') && inner.ends_with('.'))
}

/// The log of panics in that folder.
pub(crate) fn crashes(logs: &Path) -> PathBuf {
    logs.join(CRASHES)
}

fn open(logs: &Path) -> Result<RollingFileAppender, Box<dyn std::error::Error>> {
    create_folder(logs)?;
    let builder = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(DAYS_KEPT);
    Ok(builder
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .build(logs)?)
}

/// Notes each panic in the file, then does what was done before.
fn hook_panics(path: PathBuf) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // A hook must not panic, and there is nobody left to tell.
        let _ = append_crash(&path, &crash_line(panic, Timestamp::now()));
        before(panic);
    }));
}

fn crash_line(panic: &PanicHookInfo<'_>, at: Timestamp) -> String {
    let message: String = panic
        .payload_as_str()
        .unwrap_or("no message")
        .chars()
        .take(MESSAGE_MOST)
        .collect();
    let location = panic.location().map(ToString::to_string);
    let thread = std::thread::current().name().map(str::to_owned);
    let version = env!("CARGO_PKG_VERSION");
    json!({"at": at, "message": message, "location": location, "thread": thread, "version": version})
        .to_string()
}

fn append_crash(path: &Path, line: &str) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|file| file.len() > CRASHES_MOST) {
        fs::remove_file(path)?;
    }
    append_private(path)?.write_all(format!("{line}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::Value;

    use super::*;

    /// The data folder for the process that panics.
    const FOLDER_VARIABLE: &str = "GATEHOUSE_TEST_FOLDER";

    #[test]
    #[ignore = "runs inside a_panic_and_the_log_lines_before_it_reach_the_disk"]
    fn logs_and_panics() {
        let Ok(folder) = std::env::var(FOLDER_VARIABLE) else {
            return;
        };
        let _telemetry = start(Path::new(&folder), Some("debug"));
        tracing::info!(model = "mixtral", "answered");
        let _ = std::thread::Builder::new()
            .name("doomed".into())
            .spawn(|| panic!("on purpose"))
            .unwrap()
            .join();
    }

    #[test]
    fn a_panic_and_the_log_lines_before_it_reach_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "telemetry::tests::logs_and_panics", "--ignored"])
            .env(FOLDER_VARIABLE, folder.path())
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
        let logs = folder.path().join(FOLDER);
        let crash = fs::read_to_string(logs.join(CRASHES)).unwrap();
        let crash: Value = serde_json::from_str(crash.trim()).unwrap();
        assert_eq!(
            (&crash["message"], &crash["thread"]),
            (&"on purpose".into(), &"doomed".into())
        );
        assert!(crash["location"].as_str().unwrap().contains("telemetry.rs"));
        assert_eq!(crash["version"], env!("CARGO_PKG_VERSION"));
        let daily = fs::read_dir(&logs)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let daily = daily
            .into_iter()
            .find(|path| !path.ends_with(CRASHES))
            .unwrap();
        let text = fs::read_to_string(daily).unwrap();
        let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(
            (&line["fields"]["model"], &line["level"]),
            (&"mixtral".into(), &"INFO".into())
        );
    }

    #[test]
    fn the_crash_log_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CRASHES);
        for _ in 0..400 {
            append_crash(&path, &"x".repeat(MESSAGE_MOST)).unwrap();
        }
        let size = fs::metadata(&path).unwrap().len();
        assert!(
            size <= CRASHES_MOST + 2 * MESSAGE_MOST as u64,
            "{size} bytes"
        );
    }
}
