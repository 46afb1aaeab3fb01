use domain::{Connection, FamilyRecord, Parameter, Provider, ServerEndpoint, ServerKind};

use crate::Target;

mod answers;
mod requests;

/// A model to ask.
struct Model {
    server: Option<ServerEndpoint>,
    connection: Connection,
    family: FamilyRecord,
}

impl Model {
    fn new() -> Self {
        Self {
            server: None,
            connection: Connection::default(),
            family: FamilyRecord {
                refuses: Vec::new(),
                ..FamilyRecord::built_in("general").unwrap().clone()
            },
        }
    }

    fn at(endpoint: &str) -> Self {
        Self {
            server: Some(endpoint.parse().unwrap()),
            ..Self::new()
        }
    }

    fn of_version(version: &str) -> Self {
        let mut model = Self::new();
        model.connection.api_version = Some(version.to_owned());
        model
    }

    fn refusing(refuses: &[Parameter]) -> Self {
        let mut model = Self::new();
        model.family.refuses = refuses.to_vec();
        model
    }

    fn target(&self) -> Target<'_> {
        Target {
            provider: Provider::Anthropic,
            server: self.server.as_ref(),
            name: "claude-sonnet-4-5",
            connection: &self.connection,
            family: &self.family,
            key: None,
            kind: ServerKind::Other,
        }
    }
}
