//! Installs and builds the UI. Installs only when the lock changed.

use std::fs;

use crate::steps::{self, Failure, Result, command, root};

/// Installs the packages of the lock, without their install scripts.
pub fn install() -> Result {
    let folder = root().join("ui");
    let lock = fs::read(folder.join("package-lock.json"))
        .map_err(|error| Failure(format!("cannot read ui/package-lock.json: {error}")))?;
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let words = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
        "ui",
    ];
    let mut install = command("npm", &words);
    install.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    steps::run(install)?;
    fs::write(&stamp, lock)
        .map_err(|error| Failure(format!("cannot write {}: {error}", stamp.display())))
}

/// Builds `ui/dist`, which the window and the headless binary carry inside.
pub fn build() -> Result {
    steps::run(command(
        "npm",
        &["run", "build", "--silent", "--prefix", "ui"],
    ))
}
