//! What may be known of a secret without knowing it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What is known of a model's key. There is no state that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SecretState {
    /// None was ever entered: calls carry no `Authorization`.
    Absent,
    /// In the keyring, and it can be read.
    Stored,
    /// Taken from the environment variable of the model.
    Environment,
    /// Was stored, but the keyring does not have it.
    Missing,
    /// The keyring is locked.
    Locked,
    /// No keyring answers.
    Unavailable,
    /// Stored for another host: must be entered again.
    WrongEndpoint,
    /// Not asked for yet.
    Unread,
}

/// Whether a call can carry a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPresence {
    /// No key is needed.
    NotNeeded,
    /// A key is at hand.
    Ready,
    /// A key is needed and cannot be had.
    Missing(SecretState),
}

impl SecretState {
    /// What a call can carry in this state.
    pub fn presence(self) -> KeyPresence {
        match self {
            Self::Absent => KeyPresence::NotNeeded,
            Self::Stored | Self::Environment => KeyPresence::Ready,
            state => KeyPresence::Missing(state),
        }
    }

    /// What happened and what to do, for a call that needs the key.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Absent => "No key is needed.",
            Self::Stored => "The key is in the keyring.",
            Self::Environment => "The key comes from the environment.",
            Self::Missing => "The keyring no longer has this model's key. Enter it again.",
            Self::Locked => "The system keyring is locked. Unlock it; no restart is needed.",
            Self::Unavailable => {
                "No system keyring answers. Start one, or set the model's GATEHOUSE_KEY_ variable."
            }
            Self::WrongEndpoint => {
                "The key was stored for another host and does not go to this one. Enter it again."
            }
            Self::Unread => "The keyring has not answered yet. Try again in a moment.",
        }
    }
}
