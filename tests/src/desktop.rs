//! A private desktop: a home, a session bus, an unlocked Secret Service and a screen, all gone with
//! their owner. It is what `dbus-run-session` and `xvfb-run` give, as processes that are ours.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::PATIENCE;
use crate::process::Process;

/// The rules of the bus: those of a session, but it starts nothing by itself. Otherwise whoever asks
/// for the Secret Service between two of ours would get a third, which nobody unlocks.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// The desktop.
pub struct Desktop {
    home: TempDir,
    variables: Vec<(String, String)>,
    // In the order in which they end.
    keyring: Option<Child>,
    screen: Option<Process>,
    bus: Process,
}

impl Desktop {
    /// A bus and an unlocked keyring.
    pub fn start() -> Self {
        let home = TempDir::new().expect("there is room for a temporary folder");
        let folder = |name: &str| {
            let path = home.path().join(name);
            std::fs::create_dir_all(&path).expect("the home is new");
            (path.to_string_lossy().into_owned(), path)
        };
        let (runtime, runtime_folder) = folder("run");
        private(&runtime_folder);
        let mut variables: Vec<(String, String)> = [
            ("HOME", home.path().to_string_lossy().into_owned()),
            ("XDG_RUNTIME_DIR", runtime),
            ("XDG_DATA_HOME", folder("data").0),
            ("XDG_CONFIG_HOME", folder("config").0),
            ("XDG_CACHE_HOME", folder("cache").0),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("LANG", "C.UTF-8".into()),
            // No accessibility bus is needed, and starting one takes seconds.
            ("NO_AT_BRIDGE", "1".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();

        let mut bus = Command::new("dbus-daemon");
        let rules = home.path().join("bus.conf");
        std::fs::write(&rules, BUS).expect("the home is new");
        bus.arg("--config-file").arg(rules);
        bus.args(["--nofork", "--print-address=1"])
            .env_clear()
            .envs(variables.clone());
        // It says that it cannot raise a limit, which does not matter here.
        let bus = Process::start(bus.stderr(Stdio::null()));
        let address = bus.line(PATIENCE).expect("dbus-daemon prints its address");
        variables.push(("DBUS_SESSION_BUS_ADDRESS".into(), address));
        let mut desktop = Self {
            home,
            variables,
            keyring: None,
            screen: None,
            bus,
        };
        desktop.unlock("a password for tests");
        desktop
    }

    /// The same with a screen.
    pub fn with_screen() -> Self {
        let mut desktop = Self::start();
        let mut screen = Command::new("Xvfb");
        screen.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1400x1000x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]);
        let screen = Process::start(screen.stderr(Stdio::null()));
        let number = screen.line(PATIENCE).expect("Xvfb prints its number");
        desktop
            .variables
            .push(("DISPLAY".into(), format!(":{}", number.trim())));
        desktop.screen = Some(screen);
        desktop
    }

    /// What a command on this desktop finds in its environment, and nothing else.
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// Sets a variable for every later command.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A command on this desktop.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The private home.
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Ends the Secret Service; what it stored stays.
    pub fn end_keyring(&mut self) {
        if let Some(mut keyring) = self.keyring.take() {
            let _ = keyring.kill();
            let _ = keyring.wait();
        }
    }

    /// Starts a Secret Service, unlocked. A wrong password leaves it locked and is no error.
    pub fn unlock(&mut self, password: &str) {
        self.end_keyring();
        let mut keyring = self.command("gnome-keyring-daemon");
        keyring.args(["--foreground", "--unlock", "--components=secrets"]);
        keyring
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut keyring = keyring.spawn().expect("gnome-keyring-daemon is installed");
        let mut input = keyring.stdin.take().expect("it was piped above");
        let _ = input.write_all(password.as_bytes());
        drop(input);
        self.keyring = Some(keyring);
        crate::eventually("the Secret Service is on the bus", || {
            let mut ask = self.command("dbus-send");
            ask.args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
            ]);
            ask.args([
                "org.freedesktop.DBus.NameHasOwner",
                "string:org.freedesktop.secrets",
            ]);
            let reply = ask.output().ok()?;
            String::from_utf8_lossy(&reply.stdout)
                .contains("true")
                .then_some(())
        });
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.end_keyring();
        self.bus.signal("TERM");
        let _ = self.bus.wait(Duration::from_secs(2));
    }
}

#[cfg(unix)]
fn private(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let owner_only = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder, owner_only).expect("the folder is ours");
}

#[cfg(not(unix))]
fn private(_: &std::path::Path) {}
