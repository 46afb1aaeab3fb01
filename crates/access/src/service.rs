//! What we are called in tokens.

use std::fmt;
use std::str::FromStr;

use crate::AccessError;

/// The name of this service in tokens: the audience that they must have, and the issuer of those
/// that we sign. 1 to 255 visible characters; `gitlab-ai-gateway` unless
/// `CLOUD_CONNECTOR_SERVICE_NAME` says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceName(String);

/// The name that GitLab writes into its tokens.
const USUAL: &str = "gitlab-ai-gateway";

impl ServiceName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an issuer means us, now or under the usual name.
    pub(crate) fn is_issuer(&self, issuer: &str) -> bool {
        issuer == self.0 || issuer == USUAL
    }
}

impl Default for ServiceName {
    fn default() -> Self {
        Self(USUAL.into())
    }
}

impl FromStr for ServiceName {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let name = text.trim();
        let is_visible = name.chars().all(|char| char.is_ascii_graphic());
        if !(1..=255).contains(&name.len()) || !is_visible {
            return Err(AccessError::ServiceName);
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
