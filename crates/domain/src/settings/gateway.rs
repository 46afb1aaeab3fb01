//! How the gateway listens and what it bears: values and their ranges. Does not listen.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::{DomainError, ListenAddress};

/// How the gateway listens and what it bears. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct GatewaySettings {
    /// Address and port, such as `127.0.0.1:5052`.
    #[ts(type = "string")]
    pub listen: ListenAddress,
    /// Whether the desktop app starts the gateway when it opens.
    pub start_with_app: bool,
    /// Host names beside the loopback ones that clients may use.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may call, each exactly as a browser sends it.
    pub allowed_origins: Vec<String>,
    /// Requests in flight; one more is answered 503. 1 to 10,000.
    pub max_in_flight: u32,
    /// Largest request body in bytes. 1 kiB to 1 GiB.
    pub max_body_bytes: u32,
    /// Longest wait for the first byte of a streamed answer. 1 to 600.
    pub first_byte_timeout: u32,
    /// The same for a code completion, which is worth nothing when it is late. 1 to 600.
    pub completion_timeout: u32,
    /// Longest silence inside a stream. 1 to 600.
    pub idle_timeout: u32,
    /// Longest answer from start to end. 1 to 3,600.
    pub total_timeout: u32,
    /// How long a stop waits for running requests. 0 to 600.
    pub drain_timeout: u32,
    /// How often a call that failed before its first byte is tried again. 0 to 5.
    pub retries: u32,
    /// Longest wait for a model that answers as many requests as it may. 0 to 60.
    pub queue_timeout: u32,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    #[ts(skip)]
    pub rest: Map<String, Value>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            listen: ListenAddress::default(),
            start_with_app: true,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            max_in_flight: 64,
            max_body_bytes: 4 * 1024 * 1024,
            first_byte_timeout: 60,
            completion_timeout: 10,
            idle_timeout: 30,
            total_timeout: 600,
            drain_timeout: 5,
            retries: 2,
            queue_timeout: 5,
            rest: Map::new(),
        }
    }
}

impl GatewaySettings {
    /// Checks every range; the first value outside its range is the error.
    pub fn check(&self) -> Result<(), DomainError> {
        let ranges = [
            ("requests at once", self.max_in_flight, 1, 10_000),
            ("the largest body", self.max_body_bytes, 1_024, 1 << 30),
            (
                "the wait for the first token",
                self.first_byte_timeout,
                1,
                600,
            ),
            (
                "the wait for a code completion",
                self.completion_timeout,
                1,
                600,
            ),
            ("the silence inside a stream", self.idle_timeout, 1, 600),
            ("the time for a whole answer", self.total_timeout, 1, 3_600),
            ("the drain on stop", self.drain_timeout, 0, 600),
            ("the retries", self.retries, 0, 5),
            ("the wait in the queue", self.queue_timeout, 0, 60),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                let problem = format!("is {value}, outside {least} to {most}");
                return Err(DomainError::Setting { name, problem });
            }
        }
        Ok(())
    }
}
