//! Who may ask: tokens that a GitLab instance signs, tokens that we sign for its users, and the
//! scopes that they carry. No HTTP server, no settings, no keyring: the caller hands in keys,
//! headers and the time.
#![warn(missing_docs)]

mod access;
mod caller;
mod error;
mod fetch;
mod headers;
mod key_set;
mod keys;
mod own;
mod refusal;
mod scope;
mod seen;
mod service;
mod token;
mod words;

pub use access::{Access, Providers};
pub use caller::{Caller, InstanceCaller, NoUserToken, UserCaller, UserIdentity};
pub use error::AccessError;
pub use headers::{
    AUTHENTICATION_TYPE, GLOBAL_USER_ID, HOST_NAME, INSTANCE_ID, IdentityHeader, REALM, VERSION,
};
pub use keys::{ProviderFailure, ProviderName, ProviderState};
pub use own::{OwnKeys, SigningKey, UserToken, ValidationKey};
pub use refusal::{Reason, Refusal};
pub use scope::Scope;
pub use seen::{Seen, SeenRefusal, SeenToken, TokenKind};
pub use service::ServiceName;

#[cfg(test)]
mod tests;
