//! The official packages for Python: as clients they decide what OpenAI- and Anthropic-compatible
//! mean, and Mistral's tokenizer what its models read.

use std::process::Command;

use serde_json::Value;
use tests::root;

mod anthropic;
#[path = "../clients/mod.rs"]
mod clients;
mod mistral;
mod openai;

/// Runs a script with these arguments, and returns what it printed as JSON.
#[track_caller]
fn python(arguments: &[&str], script: &str) -> Value {
    let python = root().join(".work/clients/bin/python");
    assert!(
        python.exists(),
        "the clients are installed by cargo xtask setup"
    );
    let mut command = Command::new(python);
    command.arg("-c").arg(script).args(arguments);
    clients::run(command)
}
