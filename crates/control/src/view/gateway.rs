//! Ports and client keys.

use domain::ClientKeyId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whether a port can be had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PortCheck {
    /// The port that was asked for.
    pub port: u16,
    /// Whether it is free, or held by this gateway.
    pub free: bool,
    /// Who holds it, such as `llama-server (process 41127)`, when that can be learnt.
    #[ts(optional = nullable)]
    pub holder: Option<String>,
    /// A free port near it.
    #[ts(optional = nullable)]
    pub suggestion: Option<u16>,
}

/// A client key, without the key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ClientKeyView {
    /// Identifies the key.
    pub id: ClientKeyId,
    /// What the admin calls it.
    pub name: String,
    /// When it was created.
    #[ts(type = "string")]
    pub created_at: Timestamp,
    /// When a request last carried it.
    #[ts(type = "string | null")]
    pub last_used_at: Option<Timestamp>,
}

/// A client key at its creation, the only moment that it can be read.
#[derive(Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NewClientKey {
    /// The key without the key.
    #[serde(flatten)]
    pub view: ClientKeyView,
    /// The key itself.
    pub key: String,
}
