//! The real model server, which `cargo xtask model` sets up and starts.

use std::process::Command;
use std::sync::OnceLock;

/// What the server calls its model.
pub const NAME: &str = "smollm2-135m-instruct";

/// Where the server is: the one that `xtask test` started, or the usual one, which is started when
/// it does not run.
#[track_caller]
pub fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| {
        std::env::var("GATEHOUSE_TEST_MODEL").unwrap_or_else(|_| {
            let mut start = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
            start.args([
                "run",
                "--quiet",
                "--package",
                "xtask",
                "--",
                "model",
                "start",
            ]);
            let status = start
                .current_dir(crate::root())
                .status()
                .expect("cargo can be started");
            assert!(status.success(), "`cargo xtask model` says why");
            "http://127.0.0.1:18080".to_owned()
        })
    })
}

/// What a model registers as its endpoint.
#[track_caller]
pub fn endpoint() -> String {
    format!("{}/v1", server())
}
