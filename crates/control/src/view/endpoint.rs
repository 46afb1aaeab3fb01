//! Providers to choose from, and what an endpoint comes to before it is saved.

use domain::{
    CompletionRoute, Connection, ModelId, Parameter, Provider, ServerKind, Standing, SupportLevels,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Error;

/// A provider to choose, with what its form asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProviderView {
    /// The provider.
    pub provider: Provider,
    /// The name to show.
    pub title: String,
    /// The prefix that identifiers are shown with; empty for the sample model.
    pub prefix: String,
    /// Whether it is the built-in sample model, which has neither server nor key.
    pub is_sample: bool,
    /// An example of an endpoint.
    pub endpoint_example: String,
    /// The vendor's own address, used when the endpoint is empty; empty when one must be given.
    pub own_endpoint: String,
    /// An example of an identifier, with its prefix.
    pub identifier_example: String,
    /// Whether a model cannot be named without an identifier.
    pub needs_identifier: bool,
    /// Whether there is a region to set.
    pub has_region: bool,
    /// Whether there is a version of the API to set.
    pub has_api_version: bool,
    /// What an admin should know of the endpoint, in a sentence.
    pub advice: String,
    /// The ways for a call to prove who it is, the usual one first.
    pub auth: Vec<AuthChoice>,
    /// The kinds of server to choose from; empty where the provider leaves no choice.
    pub servers: Vec<ServerChoice>,
}

/// The kinds of `Auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AuthKind {
    /// A key in the provider's own header.
    Key,
    /// A key as `Authorization: Bearer`.
    Bearer,
    /// A token of Microsoft Entra ID.
    Entra,
    /// An AWS signature by an access key.
    AwsKeys,
    /// An AWS signature by the credentials that this machine has.
    AwsChain,
}

/// A way for a call to prove who it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AuthChoice {
    /// The kind of `Auth` that it makes.
    pub kind: AuthKind,
    /// The name to show.
    pub title: String,
    /// Whether there is a key to enter.
    pub takes_key: bool,
    /// Whether every server behind this provider refuses calls without it.
    pub needs_key: bool,
    /// What the key is called there; empty when there is none.
    pub key_title: String,
    /// The fields of `Auth` to fill.
    pub fields: Vec<AuthField>,
}

/// A field of `Auth`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AuthField {
    /// Its name in `Auth`: `tenant`, `client_id`, `access_key_id` or `profile`.
    pub name: String,
    /// The name to show.
    pub title: String,
    /// Whether it can stay empty.
    pub is_optional: bool,
}

/// A kind of server to choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServerChoice {
    /// The kind.
    pub kind: ServerKind,
    /// The name to show.
    pub title: String,
}

/// A model's endpoint and what belongs to it, saved or not.
#[derive(Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EndpointInput {
    /// The deployment name as typed; empty where there is none yet. Without an identifier the
    /// variant of the family is told by it.
    #[serde(default)]
    pub name: String,
    /// The endpoint as typed.
    pub endpoint: String,
    /// The provider chosen in the form.
    #[serde(default)]
    pub provider: Provider,
    /// The identifier as typed; its prefix has the last word on the provider.
    #[serde(default)]
    pub identifier: String,
    /// The model family, by name; none for the general one.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub family: Option<String>,
    /// How to reach it.
    #[serde(default)]
    pub connection: Connection,
    /// A key that was just typed.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub key: Option<String>,
    /// The saved model whose stored key is to be used when none was typed.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub model: Option<ModelId>,
}

/// What an endpoint comes to. What follows from the family and the provider is told even where
/// there is a problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ResolvedEndpoint {
    /// The provider that counts: what the prefix of the identifier says, else what was chosen.
    pub provider: Provider,
    /// Its name to show.
    pub provider_title: String,
    /// The variant of the family that the identifier names; none when it names none.
    #[ts(optional = nullable)]
    pub variant_title: Option<String>,
    /// Where the variant, or else the family, stands in GitLab's lists.
    pub standing: Standing,
    /// How well it serves each kind of feature.
    pub support: SupportLevels,
    /// Its context in tokens, where the model has none of its own.
    pub context: u32,
    /// What it refuses, beside what the model itself refuses.
    pub refuses: Vec<Parameter>,
    /// The URL that a chat request goes to; empty for the sample model and where a problem keeps
    /// the address from being known. `IDENTIFIER` stands where the identifier is still missing.
    pub chat_url: String,
    /// The URL that a code completion goes to; as above.
    pub completion_url: String,
    /// The way that code completion goes.
    pub completion: CompletionRoute,
    /// The same in a sentence.
    pub completion_note: String,
    /// Host and port.
    pub host: String,
    /// The name that is sent to the server; empty when the server decides.
    pub sent_name: String,
    /// What an admin should look at, in a sentence. Nothing is changed silently.
    #[ts(optional = nullable)]
    pub advice: Option<String>,
    /// Another endpoint that is usually meant.
    #[ts(optional = nullable)]
    pub suggestion: Option<SuggestedEndpoint>,
    /// Why a model cannot be saved so.
    #[ts(optional = nullable)]
    pub problem: Option<Error>,
}

/// An endpoint that would work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SuggestedEndpoint {
    /// The words on the button, such as `Append /v1`.
    pub label: String,
    /// The endpoint to save.
    pub endpoint: String,
}
