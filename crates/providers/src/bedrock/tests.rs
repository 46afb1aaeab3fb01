use domain::{Auth, Connection, FamilyRecord, Parameter, Provider, ServerEndpoint, ServerKind};
use secrecy::SecretSlice;

use crate::Target;

mod answers;
mod calls;
mod refusals;
mod requests;
mod streams;

/// A model to ask.
pub(super) struct Model {
    pub(super) name: String,
    pub(super) server: Option<ServerEndpoint>,
    pub(super) connection: Connection,
    family: FamilyRecord,
    key: Option<SecretSlice<u8>>,
}

impl Model {
    /// A model of this name, in a region of its own.
    pub(super) fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            server: None,
            connection: Connection {
                region: Some("eu-central-1".into()),
                ..Connection::default()
            },
            family: FamilyRecord {
                refuses: Vec::new(),
                ..FamilyRecord::built_in("general").unwrap().clone()
            },
            key: None,
        }
    }

    fn claude() -> Self {
        Self::of("eu.anthropic.claude-sonnet-4-5-20250929-v1:0")
    }

    fn refusing(mut self, refuses: &[Parameter]) -> Self {
        self.family.refuses = refuses.to_vec();
        self
    }

    pub(super) fn at(mut self, endpoint: &str) -> Self {
        self.server = Some(endpoint.parse().unwrap());
        self
    }

    pub(super) fn with(mut self, auth: Auth, key: Option<&str>) -> Self {
        self.connection.auth = auth;
        self.key = key.map(|key| key.as_bytes().to_vec().into());
        self
    }

    pub(super) fn target(&self) -> Target<'_> {
        Target {
            provider: Provider::Bedrock,
            server: self.server.as_ref(),
            name: &self.name,
            connection: &self.connection,
            family: &self.family,
            key: self.key.as_ref(),
            kind: ServerKind::Other,
        }
    }
}
