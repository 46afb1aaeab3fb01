//! Requests against golden files, answers against recordings. `tests/recorded` holds what a real
//! llama.cpp server answered (build b11549, `curl -i`); other servers' answers are written here after their
//! documents.

use domain::{Connection, FamilyRecord, Parameter, Provider, ServerEndpoint, ServerKind};
use serde_json::Value;

use crate::Target;

mod answers;
mod calls;
mod fit;
mod samples;
mod streams;

/// What a target points to.
pub(super) struct Setting {
    provider: Provider,
    kind: ServerKind,
    server: Option<ServerEndpoint>,
    connection: Connection,
    family: FamilyRecord,
}

impl Setting {
    pub(super) fn new(provider: Provider, kind: ServerKind, endpoint: &str) -> Self {
        Self {
            provider,
            kind,
            server: endpoint.parse().ok(),
            connection: Connection::default(),
            family: FamilyRecord::built_in("general").unwrap().clone(),
        }
    }

    pub(super) fn of_kind(kind: ServerKind) -> Self {
        Self::new(Provider::OpenaiCompatible, kind, "http://gpu-1:8000/v1")
    }

    pub(super) fn refusing(mut self, refuses: &[Parameter]) -> Self {
        self.family.refuses = refuses.to_vec();
        self
    }

    pub(super) fn target(&self) -> Target<'_> {
        Target {
            provider: self.provider,
            server: self.server.as_ref(),
            name: "m",
            connection: &self.connection,
            family: &self.family,
            key: None,
            kind: self.kind,
        }
    }
}

/// The JSON of a golden file, compared as values.
pub(super) fn golden(name: &str) -> Value {
    let path = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no {path}"));
    serde_json::from_str(&text).unwrap()
}

/// The body of a recorded answer.
pub(super) fn recorded(name: &str) -> Vec<u8> {
    let path = format!(
        "{}/tests/recorded/llamacpp-{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    let bytes = std::fs::read(&path).unwrap_or_else(|_| panic!("no {path}"));
    let head = memchr::memmem::find(&bytes, b"\r\n\r\n").map(|place| place + 4);
    let head = head.or_else(|| memchr::memmem::find(&bytes, b"\n\n").map(|place| place + 2));
    bytes[head.unwrap()..].to_vec()
}
