//! The real model server, which `cargo xtask model` sets up and starts.

use std::process::Command;
use std::sync::OnceLock;

/// What the server calls its model.
pub const NAME: &str = "smollm2-135m-instruct";

/// What the server calls the model that has the tokens to fill a gap.
pub const FIM_NAME: &str = "smollm2-fim";

/// Where the server is: the one that `xtask test` started, or the usual one, which is started when
/// it does not run.
#[track_caller]
pub fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| {
        let usual = || started(&["model", "start"], "http://127.0.0.1:18080");
        std::env::var("GATEHOUSE_TEST_MODEL").unwrap_or_else(|_| usual())
    })
}

/// The same for the server whose vocabulary has FIM tokens.
#[track_caller]
pub fn fim_server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| {
        let usual = || started(&["model", "start", "--fim"], "http://127.0.0.1:18081");
        std::env::var("GATEHOUSE_TEST_FIM_MODEL").unwrap_or_else(|_| usual())
    })
}

fn started(words: &[&str], address: &str) -> String {
    let mut start = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    start.args(["run", "--quiet", "--package", "xtask", "--"]);
    let status = start
        .args(words)
        .current_dir(crate::root())
        .status()
        .expect("cargo can be started");
    assert!(
        status.success(),
        "`cargo xtask {}` says why",
        words.join(" ")
    );
    address.to_owned()
}

/// What a model registers as its endpoint.
#[track_caller]
pub fn endpoint() -> String {
    format!("{}/v1", server())
}
