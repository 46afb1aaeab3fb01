//! A real gnome-keyring on a bus of its own. Each `inside_…` test runs in a process of its own,
//! started by the claim beside it, with a home that holds nothing else.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::*;

/// Set inside: otherwise an `inside_…` test would touch the keyring of whoever runs it.
const INSIDE: &str = "GATEHOUSE_TEST_KEYRING";
/// The longest that one session may take.
const LONGEST: Duration = Duration::from_secs(60);

/// Unlocks, runs the test, then ends the daemon, which outlives a short session otherwise.
const SESSION: &str = r#"
    [ "$PASSWORD" ] && printf %s "$PASSWORD" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
    "$0" "$@"
    status=$?
    daemon=$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / \
        org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets 2>/dev/null)
    [ "$daemon" ] && kill "${daemon##* }" 2>/dev/null
    exit $status
"#;

/// A home with nothing in it.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for folder in ["run", "data", "config", "cache"] {
        crate::files::create_folder(&home.path().join(folder)).unwrap();
    }
    home
}

fn private(command: &mut Command, home: &Path) {
    command
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env(INSIDE, "yes")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("GNOME_KEYRING_CONTROL");
}

/// Runs an `inside_…` test to its end and shows its words when it fails.
fn run(mut command: Command, home: &Path, test: &str) {
    private(&mut command, home);
    command.args(["--exact", &format!("secrets::tests::service::{test}")]);
    command.args(["--ignored", "--nocapture"]).process_group(0);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("dbus and gnome-keyring are installed: apt-get install dbus gnome-keyring");
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() && begun.elapsed() < LONGEST {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Whatever it started and left holds its output open.
    let group = format!("-{}", child.id());
    Command::new("kill")
        .args(["-KILL", "--", &group])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{words}\n{errors}",
        output.status
    );
    assert!(words.contains("1 passed"), "{test} did not run:\n{words}");
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// Runs a test in a session; without a password nothing is unlocked.
fn in_session(home: &Path, password: Option<&str>, test: &str) {
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "sh", "-c", SESSION])
        .arg(std::env::current_exe().unwrap());
    command.env("PASSWORD", password.unwrap_or_default());
    run(command, home, test);
}

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

#[test]
fn a_real_keyring_keeps_keys_beyond_the_process_and_tells_when_it_is_locked() {
    let home = home();
    in_session(
        home.path(),
        Some("test"),
        "inside_keys_are_stored_read_and_removed",
    );
    in_session(
        home.path(),
        Some("test"),
        "inside_the_key_of_the_last_session_is_read",
    );
    in_session(home.path(), None, "inside_the_keyring_is_locked");
}

#[tokio::test]
#[ignore = "runs inside a session"]
async fn inside_keys_are_stored_read_and_removed() {
    if !is_inside() {
        return;
    }
    let secrets = Secrets::start();
    assert_eq!(secrets.view().state, KeyringState::Unasked);
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await,
        Err(SecretState::Missing)
    );
    let long = vec![b'\n'; 4_096];
    for bytes in [b"sk-1".as_slice(), &long, b"\0\xff"] {
        secrets.write(model(1), ORIGIN, key(bytes)).await.unwrap();
        assert_eq!(read(&secrets, model(1), ORIGIN).await.as_deref(), Ok(bytes));
    }
    assert_eq!(
        read(&secrets, model(1), "https://evil.example").await,
        Err(SecretState::WrongEndpoint)
    );
    secrets.write(model(2), ORIGIN, key(b"sk-2")).await.unwrap();
    secrets.remove(model(1)).await.unwrap();
    secrets.remove(model(1)).await.unwrap();
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await,
        Err(SecretState::Missing)
    );
    secrets.retry().await;
    assert_eq!(
        read(&secrets, model(2), ORIGIN).await.as_deref(),
        Ok(b"sk-2".as_slice())
    );
    assert_eq!(secrets.view().state, KeyringState::Ready);
}

#[tokio::test]
#[ignore = "runs inside a session"]
async fn inside_the_key_of_the_last_session_is_read() {
    if is_inside() {
        assert_eq!(
            read(&Secrets::start(), model(2), ORIGIN).await.as_deref(),
            Ok(b"sk-2".as_slice())
        );
    }
}

#[tokio::test]
#[ignore = "runs inside a session"]
async fn inside_the_keyring_is_locked() {
    if !is_inside() {
        return;
    }
    let secrets = Secrets::start();
    assert_eq!(
        read(&secrets, model(2), ORIGIN).await,
        Err(SecretState::Locked)
    );
    assert_eq!(secrets.view().state, KeyringState::Locked);
    let error = secrets
        .write(model(2), ORIGIN, key(b"sk-3"))
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "The system keyring is locked, so the key was not stored."
    );
    let error = secrets.remove(model(2)).await.unwrap_err();
    assert!(error.hint.contains("Unlock"), "{error:?}");
    unlock(&["--replace"], None);
    assert_eq!(
        read(&secrets, model(2), ORIGIN).await.as_deref(),
        Ok(b"sk-2".as_slice()),
        "no restart is needed"
    );
}

#[test]
fn a_service_without_a_keyring_says_how_to_make_one() {
    in_session(home().path(), None, "inside_there_is_no_default_keyring");
}

#[tokio::test]
#[ignore = "runs inside a session"]
async fn inside_there_is_no_default_keyring() {
    if !is_inside() {
        return;
    }
    let secrets = Secrets::start();
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await,
        Err(SecretState::Missing)
    );
    let error = secrets
        .write(model(1), ORIGIN, key(b"sk-1"))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Keyring);
    assert!(error.message.contains("no default keyring"), "{error:?}");
    assert!(error.hint.contains("Create one"), "{error:?}");
    assert_eq!(secrets.view().state, KeyringState::Unavailable);
}

#[test]
fn without_a_bus_the_keyring_is_unavailable_at_once() {
    run(this_program(), home().path(), "inside_there_is_no_bus");
}

#[tokio::test]
#[ignore = "runs inside a session"]
async fn inside_there_is_no_bus() {
    if !is_inside() {
        return;
    }
    let secrets = Secrets::start();
    let begun = Instant::now();
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await,
        Err(SecretState::Unavailable)
    );
    assert!(
        begun.elapsed() < READ_WAITS,
        "it took {:?}",
        begun.elapsed()
    );
    let error = secrets
        .write(model(1), ORIGIN, key(b"sk-1"))
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "No system keyring answers, so the key was not stored."
    );
    assert!(error.hint.contains("GATEHOUSE_KEY_"), "{error:?}");
    assert_eq!(secrets.view().state, KeyringState::Unavailable);
}

#[test]
fn a_keyring_that_appears_later_answers_without_a_restart() {
    let home = home();
    let mut command = this_program();
    private(&mut command, home.path());
    run(command, home.path(), "inside_the_keyring_appears_later");
}

#[tokio::test]
#[ignore = "runs inside a session"]
async fn inside_the_keyring_appears_later() {
    if !is_inside() {
        return;
    }
    // Without an address, the bus is looked for in the runtime folder.
    let bus = format!(
        "unix:path={}/bus",
        std::env::var("XDG_RUNTIME_DIR").unwrap()
    );
    let secrets = Secrets::start();
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await,
        Err(SecretState::Unavailable)
    );
    let mut daemon = start_bus(&bus);
    unlock(&[], Some(&bus));
    secrets.retry().await;
    assert_eq!(secrets.view().state, KeyringState::Ready);
    secrets.write(model(1), ORIGIN, key(b"sk-1")).await.unwrap();
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await.as_deref(),
        Ok(b"sk-1".as_slice())
    );

    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await,
        Err(SecretState::Unavailable)
    );
    std::fs::remove_file(bus.trim_start_matches("unix:path=")).unwrap();
    let mut daemon = start_bus(&bus);
    unlock(&[], Some(&bus));
    let again = read(&secrets, model(1), ORIGIN).await;
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(
        again.as_deref(),
        Ok(b"sk-1".as_slice()),
        "a restarted session needs no retry by hand"
    );
}

fn start_bus(address: &str) -> Child {
    let daemon = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--nopidfile", "--address", address])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let socket = Path::new(address.trim_start_matches("unix:path=")).to_owned();
    let begun = Instant::now();
    while !socket.exists() {
        assert!(begun.elapsed() < LONGEST, "the bus did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    daemon
}

/// Unlocks the keyring as a login does; it starts one when none runs.
fn unlock(options: &[&str], bus: Option<&str>) {
    let mut command = Command::new("gnome-keyring-daemon");
    command
        .args(options)
        .args(["--unlock", "--components=secrets"]);
    if let Some(bus) = bus {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"test").unwrap();
    child.wait().unwrap();
}
