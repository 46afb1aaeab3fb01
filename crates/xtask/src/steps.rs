//! Runs commands and shows each one first. Decides nothing about what to run.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What went wrong, in words for the person at the terminal.
#[derive(Debug)]
pub struct Failure(pub String);

pub type Result<T = ()> = std::result::Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self(message)
    }
}

/// The root of the repository. Cargo names the manifest's folder at run time, so a binary that a
/// shared target folder kept from another clone does not point there.
pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    manifest
        .and_then(|folder| Some(folder.parent()?.parent()?.to_owned()))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// A command that starts in the root of the repository.
pub fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Cargo, as the one that started this program.
pub fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(cargo, arguments);
    // What `cargo run` set for this program is not meant for the packages that are built next.
    command
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("CARGO_MANIFEST_PATH");
    command
}

/// Shows a command as one would type it.
pub fn show(command: &Command) {
    println!("$ {}", line(command));
}

/// Shows a command, runs it and waits for it.
pub fn run(mut command: Command) -> Result {
    show(&command);
    let status = command
        .status()
        .map_err(|error| cannot_start(&command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure(format!("`{}` ended with {status}", line(&command))))
    }
}

/// Runs a command quietly and returns what it printed, or why it failed.
pub fn output(mut command: Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| cannot_start(&command, &error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let words = String::from_utf8_lossy(&output.stderr);
        Err(Failure(format!(
            "`{}` ended with {}\n{}",
            line(&command),
            output.status,
            words.trim()
        )))
    }
}

/// Whether a program can be started.
pub fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok()
}

/// Hands the terminal over to a program: it takes this one's place and its signals.
pub fn hand_over(mut command: Command) -> Result {
    show(&command);
    #[cfg(unix)]
    {
        let error = std::os::unix::process::CommandExt::exec(&mut command);
        Err(cannot_start(&command, &error))
    }
    #[cfg(not(unix))]
    run(command)
}

/// Cargo's target folder, wherever the user put it.
pub fn target_dir() -> Result<PathBuf> {
    let metadata = output(cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
    string_after(&metadata, "\"target_directory\":\"")
        .map(PathBuf::from)
        .ok_or_else(|| Failure("cargo metadata names no target folder".into()))
}

/// Whether the workspace has a member of this name.
pub fn has_member(name: &str) -> bool {
    output(cargo(&["metadata", "--format-version", "1", "--no-deps"]))
        .is_ok_and(|metadata| metadata.contains(&format!("\"name\":\"{name}\",\"version\"")))
}

/// A JSON string after a marker; of the escapes only those of paths occur.
fn string_after(text: &str, marker: &str) -> Option<String> {
    let rest = &text[text.find(marker)? + marker.len()..];
    let mut found = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => return Some(found),
            '\\' => found.push(letters.next()?),
            letter => found.push(letter),
        }
    }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Failure {
    Failure(format!("cannot start `{}`: {error}", line(command)))
}

fn line(command: &Command) -> String {
    let root = format!("{}/", root().display());
    let program = command.get_program().to_string_lossy();
    // Cargo is named by its full path, which nobody types.
    let program = match program.rsplit(['/', '\\']).next() {
        Some(name @ ("cargo" | "cargo.exe")) => name.trim_end_matches(".exe").to_owned(),
        _ => program.into_owned(),
    };
    let words = command
        .get_args()
        .map(|word| word.to_string_lossy().into_owned());
    let words = std::iter::once(program).chain(words).map(|word| {
        if word.contains([' ', '"', '\'']) {
            format!("'{word}'")
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ").replace(&root, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_out_of_json() {
        let text = r#"{"a":1,"target_directory":"C:\\target \"x\"","b":2}"#;
        let found = string_after(text, "\"target_directory\":\"");
        assert_eq!(found.as_deref(), Some("C:\\target \"x\""));
        assert_eq!(string_after("{}", "\"target_directory\":\""), None);
    }

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let shown = line(&command("/opt/bin/cargo", &["test", "-p", "a b"]));
        assert_eq!(shown, "cargo test -p 'a b'");
    }
}
