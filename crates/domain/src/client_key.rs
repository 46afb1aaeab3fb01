//! Keys that clients show to the gateway. Only a digest is kept.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;
use uuid::Uuid;

use crate::DomainError;

/// Identifies a client key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export, type = "string")]
pub struct ClientKeyId(pub Uuid);

/// What an admin calls a client key: trimmed, 1 to 100 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientKeyName(String);

impl ClientKeyName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientKeyName {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let name = text.trim();
        let fits = (1..=100).contains(&name.chars().count());
        if !fits || name.chars().any(char::is_control) {
            return Err(DomainError::ClientKey(
                "needs a name of 1 to 100 characters without control characters".into(),
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

impl TryFrom<String> for ClientKeyName {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        text.parse()
    }
}

impl From<ClientKeyName> for String {
    fn from(name: ClientKeyName) -> Self {
        name.0
    }
}

/// SHA-256 of a client key, in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientKeyDigest(String);

impl ClientKeyDigest {
    /// From the 32 bytes of a SHA-256 digest.
    pub fn from_bytes(digest: &[u8; 32]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(64);
        for byte in digest {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Self(text)
    }

    /// The hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientKeyDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientKeyDigest(…)")
    }
}

/// A client key as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientKey {
    /// Identifies the key.
    pub id: ClientKeyId,
    /// What the admin calls it; unique.
    pub name: ClientKeyName,
    /// Digest of the key itself, which is shown once and not kept.
    pub digest: ClientKeyDigest,
    /// When it was created.
    pub created_at: Timestamp,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
