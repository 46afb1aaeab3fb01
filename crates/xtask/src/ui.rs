//! Installs and builds the UI. Installs only when the lock changed.

use std::path::Path;
use std::time::SystemTime;
use std::{fs, io};

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

/// Builds `ui/dist`, which the window and the headless binary carry inside. A build that is newer
/// than everything it is made of stays, so that the binaries need not be linked again.
pub fn build() -> Result {
    let folder = root().join("ui");
    let (page, stamp) = (
        folder.join("dist/index.html"),
        folder.join("node_modules/.built-page.html"),
    );
    if is_current(&folder, &page, &stamp) {
        println!("the UI is built already");
        return Ok(());
    }
    steps::run(command(
        "npm",
        &["run", "build", "--silent", "--prefix", "ui"],
    ))?;
    fs::copy(&page, &stamp)
        .map(drop)
        .map_err(|error| Failure(format!("cannot write {}: {error}", stamp.display())))
}

/// Whether the page that is there is the one that was built here last, after the newest change.
/// The page names its parts by their content, so another build has another page.
fn is_current(folder: &Path, page: &Path, stamp: &Path) -> bool {
    let same = matches!((fs::read(page), fs::read(stamp)), (Ok(page), Ok(stamp)) if page == stamp);
    let built = fs::metadata(stamp).and_then(|stamp| stamp.modified());
    let changed = SOURCES.iter().map(|name| newest(&folder.join(name))).max();
    match (built, changed) {
        (Ok(built), Some(Ok(changed))) => same && changed < built,
        _ => false,
    }
}

/// What a build is made of. A folder changes when a file in it comes or goes.
const SOURCES: &[&str] = &[
    "index.html",
    "package-lock.json",
    "public",
    "src",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
];

/// The newest change of a file, or of a folder and all in it; an error counts as newer than all.
fn newest(path: &Path) -> std::result::Result<SystemTime, io::ErrorKind> {
    let metadata = fs::metadata(path).map_err(|error| error.kind())?;
    let mut newest_yet = metadata.modified().map_err(|error| error.kind())?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path).map_err(|error| error.kind())? {
            let entry = entry.map_err(|error| error.kind())?;
            newest_yet = newest_yet.max(newest(&entry.path())?);
        }
    }
    Ok(newest_yet)
}
