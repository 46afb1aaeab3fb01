//! What the tests and the bench share: a scripted model server, a GitLab instance that signs
//! tokens, the real binaries in folders of their own, a private desktop, a driver for the window.
//! Holds no test, and names no crate of the house: it sees Gatehouse as a stranger does.

pub mod bench;
pub mod desktop;
pub mod gatehouse;
pub mod gitlab;
pub mod model;
pub mod panel;
pub mod process;
pub mod serve;
pub mod upstream;
pub mod webdriver;

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a condition may take to become true before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The root of the repository.
pub fn root() -> PathBuf {
    let manifest = std::env::var("CARGO_MANIFEST_DIR");
    let manifest = manifest.unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    PathBuf::from(manifest)
        .parent()
        .expect("this crate is in a folder of the repository")
        .to_owned()
}

/// An address of loopback whose port is free, for a server that cannot tell which one it took.
pub fn free_address() -> String {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    probe.local_addr().expect("it is bound").to_string()
}

/// An HTTP client that asks loopback directly, whatever proxy the machine has.
pub fn client() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(120))
        .build();
    client.expect("a client without certificates of its own can be built")
}

/// Asks until there is an answer, at most for `PATIENCE`, and panics with `what` otherwise.
#[track_caller]
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "waited {PATIENCE:?} for this in vain: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
