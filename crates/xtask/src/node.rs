//! The official clients for Node under `.work/node`, installed once. The UI's packages are not
//! touched.

use std::fs;
use std::path::PathBuf;

use crate::python::work;
use crate::steps::{self, Failure, Result, command};

/// The clients that people use from Node, for the tests that speak to the gateway as they do.
const CLIENTS: &[&str] = &["openai@7.57.0", "@anthropic-ai/sdk@1.12.0"];

/// The folder from which Node finds the clients.
pub fn clients() -> Result<PathBuf> {
    let folder = work().join("node");
    let stamp = folder.join("made-for");
    let made_for = CLIENTS.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == made_for) {
        return Ok(folder);
    }
    let cannot =
        |error: std::io::Error| Failure(format!("cannot write {}: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(cannot)?;
    // A package of its own, or npm would look for one further up.
    fs::write(folder.join("package.json"), "{\"private\": true}\n").map_err(cannot)?;
    let place = folder.to_string_lossy();
    let mut words = vec![
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
    ];
    words.extend(["--save-exact", "--prefix", &place]);
    words.extend(CLIENTS);
    steps::run(command("npm", &words))?;
    fs::write(&stamp, made_for).map_err(cannot)?;
    Ok(folder)
}
