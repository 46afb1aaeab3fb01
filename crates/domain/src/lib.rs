//! The vocabulary and the rules of Gatehouse. No input or output, no async, no clock: time and
//! ids are passed in.
#![warn(missing_docs)]

mod client_key;
mod endpoint;
mod error;
mod family;
mod feature;
mod identifier;
mod migration;
mod model;
mod network;
mod routing;
mod secret;
mod settings;

pub use client_key::{ClientKey, ClientKeyDigest, ClientKeyId, ClientKeyName};
pub use endpoint::{Endpoint, ServerEndpoint, UpstreamPath};
pub use error::DomainError;
pub use family::{FAMILIES, Family, FamilyRecord};
pub use feature::{FEATURES, Feature, FeatureRecord};
pub use identifier::{Identifier, Provider};
pub use migration::{SCHEMA_VERSION, read_document, write_document};
pub use model::{DeploymentName, Model, ModelDraft, ModelId};
pub use network::{ListenAddress, is_loopback_name, is_never_a_model_server};
pub use routing::{Target, target_for, unfit_reason};
pub use secret::{KeyPresence, SecretState};
pub use settings::{GatewaySettings, Settings};
