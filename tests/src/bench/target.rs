//! What is measured: the upstream asked directly, the floor, and the gateway. Starts each and
//! knows how to ask it.

use std::process::Command;
use std::time::{Duration, Instant};

use super::wire::Connection;
use crate::PATIENCE;
use crate::gatehouse::{Gatehouse, Serving};
use crate::process::{Process, binary, cpu_time, memory, yielding};

/// Requests that the gateway may have in flight; the bench opens at most a thousand connections.
const MAX_IN_FLIGHT: &str = "4000";

/// Starts whose median is reported.
const STARTS: usize = 5;

/// A server under load.
#[derive(Debug, Clone)]
pub struct Target {
    /// What the table calls it.
    pub name: &'static str,
    /// Host and port.
    pub address: String,
    /// Its bearer key.
    pub key: String,
    /// Its process.
    pub process: u32,
}

impl Target {
    /// A chat request with this body. It names no correlation id, as few clients do: each gets one of its
    /// own.
    pub fn request(&self, body: &str) -> Vec<u8> {
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            self.key,
            body.len()
        );
        [head.as_bytes(), body.as_bytes()].concat()
    }

    /// Processor time that it has used.
    pub fn cpu_time(&self) -> Duration {
        cpu_time(self.process)
    }

    /// Its resident memory in bytes, now and at its peak.
    pub fn memory(&self) -> (u64, u64) {
        memory(self.process)
    }
}

/// The upstream and its address.
pub fn upstream() -> (Process, String) {
    started(&mut Command::new(binary("bench-upstream")))
}

/// The upstream as on another machine: what is measured here never waits for it.
pub fn upstream_elsewhere() -> (Process, String) {
    started(&mut yielding(&binary("bench-upstream")))
}

/// The floor and its address.
pub fn floor(upstream: &str, key: &str) -> (Process, String) {
    started(Command::new(binary("bench-floor")).args([upstream, key]))
}

/// A gateway with one model and one client key, and that key.
pub fn gateway(upstream: &str) -> (Gatehouse, Serving, String) {
    let (gatehouse, key) = settings(upstream);
    let serving = gatehouse.serve_with(&["--admin"]);
    (gatehouse, serving, key)
}

/// The same without a request log: it meets one of a newer program, and leaves it alone.
pub fn gateway_without_log(upstream: &str) -> (Gatehouse, Serving, String) {
    let (gatehouse, key) = settings(upstream);
    let log = gatehouse.data().join("requests.sqlite");
    assert!(gatehouse.serve().stop().success() && log.is_file());
    let mut bytes = std::fs::read(&log).expect("the log was made");
    // The version of the user (SQLite's file format, "User Version Number").
    bytes[60..64].copy_from_slice(&i32::MAX.to_be_bytes());
    std::fs::write(&log, bytes).expect("nobody holds the log");
    let serving = gatehouse.serve_with(&["--admin"]);
    (gatehouse, serving, key)
}

fn settings(upstream: &str) -> (Gatehouse, String) {
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("bench", &format!("http://{upstream}/v1"), "bench");
    gatehouse
        .run(&["gateway", "set", "--max-in-flight", MAX_IN_FLIGHT])
        .succeeded();
    let key = gatehouse
        .run(&["key", "create", "bench"])
        .succeeded()
        .json();
    let key = key["key"]
        .as_str()
        .expect("a new key is shown once")
        .to_owned();
    (gatehouse, key)
}

/// The median time from the start of a process to its first answer with 200.
pub async fn start_up<Started>(start: impl Fn() -> (Started, Target)) -> Duration {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let (process, target) = start();
        let request = target.request(&super::load::chat_body());
        let answer = async {
            Connection::open(&target.address)
                .await?
                .exchange(&request, |_| ())
                .await
        };
        let status = answer.await.unwrap_or_default();
        assert_eq!(status, 200, "{} answers its first request", target.name);
        times.push(began.elapsed());
        drop(process);
    }
    times.sort_unstable();
    times[STARTS / 2]
}

fn started(command: &mut Command) -> (Process, String) {
    let process = Process::start(command);
    let address = process
        .line(PATIENCE)
        .expect("a server of the bench prints its address");
    (process, address)
}
