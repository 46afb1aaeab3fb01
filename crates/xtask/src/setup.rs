//! Installs what the system lacks, on Debian and Ubuntu; says what to install elsewhere. Asks
//! before nothing, but says everything first.

use std::process::Stdio;

use crate::steps::{self, Failure, Result, command};
use crate::{node, python, ui};

/// What a command needs from the system.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// To build the headless service.
    Headless,
    /// To build and open the window.
    Window,
    /// To run every test.
    Tests,
}

/// A C compiler, for SQLite and the cryptography of TLS.
const HEADLESS: &[&str] = &["build-essential", "pkg-config"];

/// The system's web view, its tray and its bus.
const WINDOW: &[&str] = &[
    "libwebkit2gtk-4.1-dev",
    "librsvg2-dev",
    "libayatana-appindicator3-dev",
    "libdbus-1-dev",
];

/// A screen, a driver, a bus and a keyring for the window; a browser for the UI; Python for the
/// model server and the clients.
const TESTS: &[&str] = &[
    "webkit2gtk-driver",
    "xvfb",
    "dbus",
    "dbus-daemon",
    "gnome-keyring",
    "fonts-dejavu-core",
    "chromium",
    "python3-venv",
    "git",
];

/// The oldest Node that Vite 8 runs on.
const NODE: (u32, u32) = (20, 19);

/// Everything that `run` and `test` need.
pub fn everything() -> Result {
    system(Needs::Tests)?;
    node()?;
    ui::install()?;
    python::clients()?;
    node::clients()?;
    python::model_server()?;
    Ok(())
}

/// Installs the packages of the system that are missing.
pub fn system(needs: Needs) -> Result {
    let mut wanted = HEADLESS.to_vec();
    if needs != Needs::Headless {
        wanted.extend(WINDOW);
    }
    if needs == Needs::Tests {
        wanted.extend(TESTS);
    }
    packages(&wanted)
}

/// Installs these Debian packages where they are missing.
pub fn packages(wanted: &[&str]) -> Result {
    if !cfg!(target_os = "linux") || !steps::is_there("dpkg-query") || !steps::is_there("apt-get") {
        println!(
            "This system is not Debian or Ubuntu. What those call\n  {}\nis needed under the names \
             of this system; the build goes on as if it were there.",
            wanted.join(" ")
        );
        return Ok(());
    }
    let missing = missing(wanted);
    if missing.is_empty() {
        return Ok(());
    }
    println!(
        "Missing on this system, to be installed now: {}",
        missing.join(" ")
    );
    apt(&["update"])?;
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(missing);
    apt(&install)
}

/// Says clearly that Node is missing or too old.
pub fn node() -> Result {
    let wanted = format!(
        "Node {}.{} or newer is needed to build the UI",
        NODE.0, NODE.1
    );
    let version = steps::output(command("node", &["--version"])).map_err(|_| {
        Failure(format!(
            "{wanted}, and there is none. Install Node with npm."
        ))
    })?;
    if node_version(&version).is_none_or(|version| version < NODE) {
        return Err(Failure(format!(
            "{wanted}; this is {}. Install a newer one.",
            version.trim()
        )));
    }
    if !steps::is_there("npm") {
        return Err(Failure(
            "npm is missing beside node. Install it and try again.".into(),
        ));
    }
    Ok(())
}

fn missing<'a>(wanted: &[&'a str]) -> Vec<&'a str> {
    wanted
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect()
}

fn is_installed(package: &str) -> bool {
    let query = ["-W", "-f=${db:Status-Status}", package];
    steps::output(command("dpkg-query", &query)).is_ok_and(|status| status == "installed")
}

fn apt(arguments: &[&str]) -> Result {
    let is_root = steps::output(command("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    let mut install = if is_root {
        command("apt-get", arguments)
    } else if steps::is_there("sudo") {
        let mut words = vec!["DEBIAN_FRONTEND=noninteractive", "apt-get"];
        words.extend(arguments);
        command("sudo", &words)
    } else {
        let line = arguments.join(" ");
        return Err(Failure(format!(
            "packages are missing, and installing them needs root. Run as root: apt-get {line}"
        )));
    };
    // The packages' own chatter hides what matters; errors go to standard error.
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null());
    steps::run(install)
}

fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(node_version("v20.20.2\n"), Some((20, 20)));
        assert!(node_version("v20.9.0") < Some(NODE));
        assert!(node_version("v24.0.1") > Some(NODE));
        assert_eq!(node_version("none"), None);
    }
}
