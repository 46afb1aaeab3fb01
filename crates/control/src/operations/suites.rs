//! Cases for evaluation suites: lines of JSONL files in the data folder. Runs none.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::files::{append_private, create_folder, file_error, sync_folder};
use crate::view::{Message, PromptAsk, Role, SaveCase, SuiteView};
use crate::{Control, Error, ErrorCode};

/// The ending of a suite's file.
const ENDING: &str = "jsonl";

/// The longest name of a suite.
const NAME: usize = 100;

/// The largest case.
const LARGEST: usize = 4 * 1024 * 1024;

/// The most suites that are listed.
const SUITES: usize = 1_000;

/// One line is added at a time.
static ADDING: Mutex<()> = Mutex::new(());

impl Control {
    /// The suites of saved cases, by name.
    pub async fn list_suites(&self, (): ()) -> Result<Vec<SuiteView>, Error> {
        let folder = self.suites();
        beside(move || {
            let unread = |error: io::Error| file_error("cannot read", &folder, &error);
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries.map_err(unread)?,
            };
            let mut suites = Vec::new();
            for entry in entries.take(SUITES) {
                let path = entry.map_err(unread)?.path();
                let is_suite = path.extension().is_some_and(|ending| ending == ENDING);
                if is_suite && path.is_file() {
                    suites.push(view(&path).map_err(unread)?);
                }
            }
            suites.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(suites)
        })
        .await
    }

    /// Adds a case to a suite, which begins with its first one.
    pub async fn save_case(&self, save: SaveCase) -> Result<SuiteView, Error> {
        let name = suite_name(&save.suite)?;
        let mut line = case(&save)?.to_string();
        if line.len() > LARGEST {
            let message = "the case has more than 4 MiB";
            return Err(Error::new(
                ErrorCode::Invalid,
                message,
                "Shorten what is asked.",
            ));
        }
        line.push('\n');
        if !self.holds_folder() {
            let message = "this process only reads the suites";
            let hint = "Open the data folder for changes.";
            return Err(Error::new(ErrorCode::Held, message, hint));
        }
        let folder = self.suites();
        beside(move || {
            let path = folder.join(format!("{name}.{ENDING}"));
            let _alone = ADDING.lock();
            append(&folder, &path, line.as_bytes())
                .and_then(|()| view(&path))
                .map_err(|error| file_error("cannot write", &path, &error))
        })
        .await
    }

    fn suites(&self) -> PathBuf {
        self.folder().join("suites")
    }
}

async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| crate::control::broken(&error))?
}

/// The name of a suite as a file can bear it on every system.
fn suite_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    let is_letter = |letter: char| letter.is_alphanumeric() || " _-".contains(letter);
    let is_name = (1..=NAME).contains(&name.chars().count()) && name.chars().all(is_letter);
    // Windows keeps these for devices.
    let upper = name.to_ascii_uppercase();
    let is_numbered = |device: &str| {
        let rest = upper.strip_prefix(device);
        rest.is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    let is_device = ["CON", "PRN", "AUX", "NUL"].contains(&upper.as_str())
        || is_numbered("COM")
        || is_numbered("LPT");
    if is_name && !is_device {
        return Ok(name.to_owned());
    }
    let message = format!("\"{}\" is no name of a suite", providers::cut(name, 100));
    let hint = "Use 1 to 100 letters, digits, spaces, _ and -.";
    Err(Error::new(ErrorCode::Invalid, message, hint).at("suite"))
}

/// The line of a case, by the names that evaluation suites import.
fn case(save: &SaveCase) -> Result<Value, Error> {
    let mut case = json!({"id": uuid::Uuid::now_v7().simple().to_string()});
    let mut metadata = json!({"from": "playground"});
    if let Some(id) = &save.correlation_id {
        metadata["correlation_id"] = json!(id);
    }
    let language = |name: &str| gitlab::wire::lang(name, None);
    match &save.ask {
        PromptAsk::Chat { messages } => {
            let asked = |message: &&Message| message.role == Role::User;
            let last = messages.iter().rev().find(asked);
            let Some(last) = last else {
                let message = "a case asks something, and there is no message of the user";
                return Err(
                    Error::new(ErrorCode::Invalid, message, "Write one.").at("ask.messages")
                );
            };
            case["feature"] = json!("chat");
            case["prompt"] = json!(last.content);
            if messages.len() > 1 || *last != Message::text(Role::User, &*last.content) {
                metadata["messages"] = json!(messages);
            }
        }
        PromptAsk::Completion {
            file_name,
            prefix,
            suffix,
        } => {
            case["feature"] = json!("completion");
            case["language"] = json!(language(file_name));
            case["prefix"] = json!(prefix);
            case["suffix"] = json!(suffix);
            metadata["file_name"] = json!(file_name);
        }
        PromptAsk::Generation {
            file_name,
            prefix,
            suffix,
            instruction,
        } => {
            case["feature"] = json!("generation");
            case["language"] = json!(language(file_name));
            case["prompt"] = json!(instruction);
            case["suffix"] = json!(suffix);
            metadata["file_name"] = json!(file_name);
            metadata["prefix"] = json!(prefix);
        }
        PromptAsk::Raw { .. } => {
            let message = "a raw request is no case: a suite asks every model in its own way";
            let hint = "Try it as chat, completion or generation first.";
            return Err(Error::new(ErrorCode::Invalid, message, hint).at("ask"));
        }
    }
    if let Some(reference) = &save.reference {
        case["reference"] = json!(reference);
    }
    case["metadata"] = metadata;
    Ok(case)
}

/// Adds a line in one write, and waits until it is on the disk. A line that a crash left half
/// written is ended first, so that it spoils no other.
fn append(folder: &Path, path: &Path, line: &[u8]) -> io::Result<()> {
    create_folder(folder)?;
    let is_new = !path.try_exists()?;
    let mut file = append_private(path)?;
    let whole = if is_torn(path)? {
        [b"\n", line].concat()
    } else {
        line.to_vec()
    };
    let length = file.metadata()?.len();
    let written = file.write_all(&whole).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a line is worse than none.
        let _ = file.set_len(length);
    }
    written?;
    if is_new { sync_folder(folder) } else { Ok(()) }
}

fn is_torn(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn view(path: &Path) -> io::Result<SuiteView> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut buffer = vec![0; 64 * 1024];
    let mut cases = 0usize;
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        cases += buffer[..read].iter().filter(|byte| **byte == b'\n').count();
    }
    let name = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(SuiteView {
        name,
        cases: u32::try_from(cases).unwrap_or(u32::MAX),
        path: path.display().to_string(),
    })
}
