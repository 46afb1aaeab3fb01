//! The vocabulary and the rules of Gatehouse. No input or output, no async, no clock: time and
//! ids are passed in.
#![warn(missing_docs)]

mod bedrock;
mod client_key;
mod connection;
mod endpoint;
mod error;
mod family;
mod feature;
mod field;
mod identifier;
mod migration;
mod model;
mod network;
mod price;
mod provider;
mod query;
mod request_state;
mod routing;
mod secret;
mod settings;

pub use bedrock::{BedrockName, region_of_host};
pub use client_key::{ClientKey, ClientKeyDigest, ClientKeyId, ClientKeyName};
pub use connection::{Connection, is_region};
pub use endpoint::{Endpoint, ServerEndpoint, UpstreamPath};
pub use error::DomainError;
pub use family::{
    Bos, CompletionRoute, FAMILIES, Family, FamilyRecord, Fim, GENERAL, Parameter, ReasoningMarks,
    Standing, Support, SupportLevels, Variant,
};
pub use feature::{FEATURES, Feature, FeatureRecord, Need, unfit_reason};
pub use field::Field;
pub use identifier::Identifier;
pub use migration::{SCHEMA_VERSION, read_document, write_document};
pub use model::{DeploymentName, Model, ModelDraft, ModelId};
pub use network::{ListenAddress, is_loopback_name, is_never_a_model_server};
pub use price::{Price, PriceDraft};
pub use provider::{Auth, PROVIDERS, Provider, ProviderRecord, ServerKind};
pub use query::{Bound, Number, Order, Pattern, Query, Term, Test, When, Words};
pub use request_state::RequestState;
pub use routing::{Route, Target, route_of, target_for, target_of};
pub use secret::{KeyPresence, SecretState};
pub use settings::{
    DefaultRule, GatewaySettings, GitlabSettings, InstanceUrl, LogFiles, LogLevel, LogSettings,
    LogTarget, PromptEdit, PromptEdits, RecordingSettings, RecordingState, RedactionDraft,
    RedactionRule, RedactionRuleDraft, RedactionSettings, SavedView, SecretPattern, Settings,
    callable_url,
};
