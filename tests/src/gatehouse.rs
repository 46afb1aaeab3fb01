//! The real `gatehouse` binary in a data folder of its own, without the user's keyring, display or
//! settings.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::PATIENCE;
use crate::process::{Process, binary, wait};

/// A data folder and the environment that goes with it.
pub struct Gatehouse {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Default for Gatehouse {
    fn default() -> Self {
        Self::new()
    }
}

impl Gatehouse {
    /// An empty data folder.
    pub fn new() -> Self {
        let folder = TempDir::new().expect("there is room for a temporary folder");
        std::fs::create_dir(folder.path().join("data")).expect("the folder is new");
        Self {
            folder,
            variables: Vec::new(),
        }
    }

    /// The same with a sample model named `demo`.
    pub fn with_sample() -> Self {
        let gatehouse = Self::new();
        gatehouse
            .run(&[
                "model",
                "add",
                "demo",
                "--family",
                "general",
                "--endpoint",
                "sample",
            ])
            .succeeded();
        gatehouse
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The settings document.
    pub fn settings_file(&self) -> PathBuf {
        self.data().join("settings.json")
    }

    /// The settings document, parsed.
    #[track_caller]
    pub fn settings(&self) -> Value {
        let text = std::fs::read_to_string(self.settings_file()).expect("there are settings");
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("settings are no JSON: {error}: {text}"))
    }

    /// Sets a variable for every later command.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Registers a model that asks `identifier` of the server at `endpoint`.
    #[track_caller]
    pub fn add_model(&self, name: &str, endpoint: &str, identifier: &str) {
        let words = [
            "model",
            "add",
            name,
            "--family",
            "general",
            "--endpoint",
            endpoint,
            "--identifier",
            identifier,
        ];
        self.run(&words).succeeded();
    }

    /// A command that is about to be run.
    pub fn command(&self, words: &[&str]) -> Command {
        let home = self.folder.path();
        let mut command = Command::new(binary("gatehouse"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("LANG", "C.UTF-8")
            // No bus: a test must not touch the keyring of who runs it.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .arg("--data-dir")
            .arg(self.data())
            .args(words);
        command
    }

    /// Runs a command with `--json` and waits for its end.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.run_with_input(words, b"")
    }

    /// Runs a command with `--json` that reads `input`.
    #[track_caller]
    pub fn run_with_input(&self, words: &[&str], input: &[u8]) -> Outcome {
        finish(self.command(&[&["--json"], words].concat()), input)
    }

    /// Runs a command as a person would, without `--json`.
    #[track_caller]
    pub fn run_plain(&self, words: &[&str]) -> Outcome {
        finish(self.command(words), b"")
    }

    /// Starts the gateway on a free port and waits until it accepts.
    #[track_caller]
    pub fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// The same with more arguments.
    #[track_caller]
    pub fn serve_with(&self, words: &[&str]) -> Serving {
        serving(self.serve_command(words))
    }

    /// The same for a process that bears a limit on the size of its files, as a full disk is one.
    #[track_caller]
    pub fn serve_on_a_disk(&self, words: &[&str]) -> Serving {
        let serve = self.serve_command(words);
        let mut command = Command::new("sh");
        let script = "trap '' XFSZ; exec \"$0\" \"$@\"";
        command.env_clear().args(["-c", script]);
        command.arg(serve.get_program()).args(serve.get_args());
        let variables = serve.get_envs();
        command.envs(variables.filter_map(|(name, value)| Some((name, value?))));
        serving(command)
    }

    fn serve_command(&self, words: &[&str]) -> Command {
        self.command(&[&["--json", "serve", "--listen", "127.0.0.1:0"], words].concat())
    }

    /// Rows of the request log, oldest first.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        self.run(&["logs", "--limit", "1000"]).succeeded().lines()
    }

    /// The row of this correlation id, once it has ended.
    #[track_caller]
    pub fn row(&self, correlation_id: &str) -> Value {
        crate::eventually("the row is in the log", || {
            let rows = self
                .run(&["logs", "--correlation-id", correlation_id])
                .succeeded()
                .lines();
            rows.into_iter().find(|row| row["state"] != "running")
        })
    }
}

/// Starts this command and waits until it accepts.
#[track_caller]
fn serving(mut command: Command) -> Serving {
    let has_panel = command.get_args().any(|word| word == "--admin");
    let process = Process::start(&mut command);
    let line = process.line(PATIENCE).expect("serve prints its address");
    let first: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    let address = first["address"]
        .as_str()
        .unwrap_or_else(|| panic!("no address: {line}"))
        .to_owned();
    let admin = has_panel.then(|| {
        let line = process
            .line(PATIENCE)
            .expect("serve --admin prints a second line");
        let second: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        second["admin"]
            .as_str()
            .unwrap_or_else(|| panic!("no admin address: {line}"))
            .to_owned()
    });
    Serving {
        process,
        address,
        admin,
    }
}

/// A running `gatehouse serve`. Killed when dropped.
pub struct Serving {
    /// The process.
    pub process: Process,
    /// Where the gateway listens.
    pub address: String,
    /// The control panel with its token, when it was asked for.
    pub admin: Option<String>,
}

impl Serving {
    /// A URL of the gateway.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Asks it to end, and waits for that.
    #[track_caller]
    pub fn stop(mut self) -> ExitStatus {
        self.process.signal("TERM");
        self.process.wait(PATIENCE).expect("it ends when asked to")
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit status; none after a signal.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Outcome {
    /// The same, and a panic unless it succeeded.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(
            self.status,
            Some(0),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Its error, and a panic unless it ended with status 1 and said why and what to do.
    #[track_caller]
    pub fn error(&self) -> Value {
        assert_eq!(
            self.status,
            Some(1),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        let last = self.stderr.lines().last().unwrap_or_default();
        let parsed =
            serde_json::from_str::<Value>(&self.stderr).or_else(|_| serde_json::from_str(last));
        let value = parsed.unwrap_or_else(|_| panic!("no JSON on standard error: {}", self.stderr));
        let error = value["error"].clone();
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "no message: {value}"
        );
        assert!(
            error["hint"].as_str().is_some_and(|text| !text.is_empty()),
            "no hint: {value}"
        );
        error
    }

    /// Its error's code, message and hint in one text, to look for words in.
    #[track_caller]
    pub fn complaint(&self) -> String {
        let error = self.error();
        let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        format!("{} | {} | {}", part("code"), part("message"), part("hint"))
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.stdout);
        parsed.unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.stdout))
    }

    /// What it printed, as one JSON value a line.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let parse =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        self.stdout.lines().map(parse).collect()
    }
}

#[track_caller]
fn finish(mut command: Command, input: &[u8]) -> Outcome {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("it was piped above");
    // A command that does not read its input closes it.
    let _ = stdin.write_all(input);
    drop(stdin);
    let stdout = read(child.stdout.take().expect("it was piped above"));
    let stderr = read(child.stderr.take().expect("it was piped above"));
    let Some(status) = wait(&mut child, Duration::from_secs(60)) else {
        let _ = child.kill();
        panic!("still runs after a minute: {command:?}");
    };
    let text =
        |thread: std::thread::JoinHandle<String>| thread.join().expect("reading does not panic");
    Outcome {
        status: status.code(),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

fn read(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Every file below a folder that holds these bytes.
pub fn files_with(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path)
                .is_ok_and(|text| memchr::memmem::find(&text, bytes).is_some())
            {
                found.push(path);
            }
        }
    }
    found
}
