//! A registered model: deployment name, family, endpoint, identifier, connection. Whether these
//! fit together is checked in `settings`.

use std::sync::LazyLock;
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;
use uuid::Uuid;

use crate::{
    Connection, DomainError, Endpoint, Family, Feature, Identifier, Price, PriceDraft, Provider,
    ServerEndpoint, ServerKind,
};

/// Identifies a model through every change of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export, type = "string")]
pub struct ModelId(pub Uuid);

impl fmt::Display for ModelId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The name that clients and people use: trimmed, 1 to 255 characters, no control characters, not
/// the name of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeploymentName(String);

impl DeploymentName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The environment variable that holds this model's key: `GATEHOUSE_KEY_<NAME>`, in upper
    /// case, with `_` for whatever is neither letter nor digit.
    pub fn key_variable(&self) -> String {
        let name: String = self
            .0
            .chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() {
                    letter.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        format!("GATEHOUSE_KEY_{name}")
    }
}

impl FromStr for DeploymentName {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let name = text.trim();
        if name.is_empty() {
            return Err(DomainError::Name("is empty"));
        }
        if name.chars().count() > 255 {
            return Err(DomainError::Name("is longer than 255 characters"));
        }
        if name.chars().any(char::is_control) {
            return Err(DomainError::Name("has control characters"));
        }
        if name.parse::<Feature>().is_ok() {
            return Err(DomainError::NameReserved(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl TryFrom<String> for DeploymentName {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        text.parse()
    }
}

impl From<DeploymentName> for String {
    fn from(name: DeploymentName) -> Self {
        name.0
    }
}

impl fmt::Display for DeploymentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A registered deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Identifies the model for good.
    pub id: ModelId,
    /// The deployment name, unique among the models.
    pub name: DeploymentName,
    /// The model family.
    pub family: Family,
    /// Where it answers.
    pub endpoint: Endpoint,
    /// What the server calls it; `None` when the server decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Identifier>,
    /// The provider chosen in the form; a prefix of the identifier has the last word.
    #[serde(default)]
    pub provider: Provider,
    /// How to reach it, where the provider leaves a choice.
    #[serde(default)]
    pub connection: Connection,
    /// Whether clients can use it.
    pub enabled: bool,
    /// Whether it runs in the house. What goes to one that does not is never recorded in full.
    #[serde(default = "in_the_house", skip_serializing_if = "Clone::clone")]
    pub self_hosted: bool,
    /// What it costs; none when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Whether a key was ever stored. A model that never had one is called without asking the
    /// keyring.
    #[serde(default)]
    pub has_key: bool,
    /// The colour that stands for it on every screen, 1 to 8.
    #[serde(default = "first_hue")]
    pub hue: u8,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

fn first_hue() -> u8 {
    1
}

fn in_the_house() -> bool {
    true
}

impl Model {
    /// The way to speak to this model's server: the sample model, or what the prefix of the
    /// identifier says, or what was chosen in the form.
    pub fn provider(&self) -> Provider {
        if self.endpoint == Endpoint::Sample {
            return Provider::Sample;
        }
        self.identifier
            .as_ref()
            .and_then(Identifier::provider)
            .unwrap_or(self.provider)
    }

    /// The kind of server behind the OpenAI API, as far as the settings say it: what the admin
    /// chose, or what the prefix or the host gives away.
    pub fn server_kind(&self) -> Option<ServerKind> {
        let prefixed = self.identifier.as_ref().map(Identifier::as_str);
        let host = self
            .endpoint
            .server()
            .and_then(|server| server.base().host_str());
        self.connection.server.or_else(|| {
            if prefixed.is_some_and(|identifier| identifier.starts_with("hosted_vllm/")) {
                Some(ServerKind::Vllm)
            } else {
                (host == Some("api.openai.com")).then_some(ServerKind::Openai)
            }
        })
    }

    /// The server that calls go to; none for the sample model and for a provider's own address.
    /// `codestral/` without an endpoint means the address that takes Codestral's own keys.
    pub fn server(&self) -> Option<&ServerEndpoint> {
        static CODESTRAL: LazyLock<ServerEndpoint> = LazyLock::new(|| {
            let address = "https://codestral.mistral.ai/v1";
            address.parse().expect("it is the base URL of a server")
        });
        let is_codestral = || {
            let typed = self.identifier.as_ref().map(Identifier::as_str);
            typed.is_some_and(|typed| typed.starts_with("codestral/"))
        };
        match &self.endpoint {
            Endpoint::Sample => None,
            Endpoint::Server(server) => Some(server),
            Endpoint::Vendor(_) => is_codestral().then(|| &*CODESTRAL),
        }
    }

    /// The name that goes to the server: the identifier's, else the deployment that an endpoint of
    /// Azure names; none when the server decides.
    pub fn served_name(&self) -> Option<&str> {
        let identifier = self.identifier.as_ref().map(Identifier::served_name);
        identifier.or_else(|| {
            let server = self.endpoint.server()?;
            let is_azure = self.provider() == Provider::Azure;
            server.azure_deployment().filter(|_| is_azure)
        })
    }

    /// What a stored key is bound to: the server's origin, or the vendor.
    pub fn key_origin(&self) -> Option<String> {
        match (&self.endpoint, self.server()) {
            (Endpoint::Sample, _) => None,
            (_, Some(server)) => Some(server.origin()),
            (_, None) => Some(format!("vendor:{}", self.provider())),
        }
    }

    /// What the family is told apart by: the served name, else the deployment name.
    pub fn variant_name(&self) -> &str {
        self.served_name().unwrap_or(self.name.as_str())
    }
}

/// A model as an admin enters it, not yet checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ModelDraft {
    /// The model to change; `None` adds one.
    #[ts(optional = nullable)]
    pub id: Option<ModelId>,
    /// The deployment name.
    pub name: String,
    /// The model family, by name.
    pub family: String,
    /// The base URL, or `sample`.
    pub endpoint: String,
    /// What the server calls the model; empty when the server decides.
    #[serde(default)]
    pub identifier: String,
    /// The provider chosen in the form.
    #[serde(default)]
    pub provider: Provider,
    /// How to reach it, where the provider leaves a choice.
    #[serde(default)]
    pub connection: Connection,
    /// Whether clients can use it.
    pub enabled: bool,
    /// Whether it runs in the house: only then is what it is asked ever recorded in full.
    #[serde(default = "in_the_house")]
    pub self_hosted: bool,
    /// What it costs; absent when that is not known.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub price: Option<PriceDraft>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(
            "  Mixtral 8x7B "
                .parse::<DeploymentName>()
                .unwrap()
                .as_str(),
            "Mixtral 8x7B"
        );
        assert!("é".repeat(255).parse::<DeploymentName>().is_ok());
        assert!("é".repeat(256).parse::<DeploymentName>().is_err());
        assert!(" \t".parse::<DeploymentName>().is_err());
        assert!(matches!(
            "duo_chat".parse::<DeploymentName>(),
            Err(DomainError::NameReserved(_))
        ));
    }

    #[test]
    fn the_key_variable_is_spelt_for_a_shell() {
        let name: DeploymentName = "Mixtral-8x7B it".parse().unwrap();
        assert_eq!(name.key_variable(), "GATEHOUSE_KEY_MIXTRAL_8X7B_IT");
    }
}
