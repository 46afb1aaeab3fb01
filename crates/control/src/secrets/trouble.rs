//! What can be wrong with a keyring, in words for people. Never prints what a keyring returned.

use std::time::Duration;

use keyring_core::Error as KeyringError;

use crate::view::{KeyringState, KeyringView};
use crate::{Error, ErrorCode};

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It has no such key.
    NoEntry,
    /// It is locked, and nobody unlocked it.
    Locked,
    /// A service runs, but there is no keyring to store in.
    NoCollection,
    /// None answers, and why.
    Unavailable(String),
    /// It had not answered when the patience ended.
    Late,
}

impl From<KeyringError> for Trouble {
    fn from(error: KeyringError) -> Self {
        match &error {
            KeyringError::NoEntry => Self::NoEntry,
            KeyringError::NoStorageAccess(source) if lacks_collection(source.as_ref()) => {
                Self::NoCollection
            }
            KeyringError::NoStorageAccess(_) => Self::Locked,
            // The words of the error only: its values may hold the key.
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

#[cfg(target_os = "linux")]
fn lacks_collection(source: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    matches!(source.downcast_ref(), Some(secret_service::Error::NoResult))
}

#[cfg(not(target_os = "linux"))]
fn lacks_collection(_: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    false
}

impl Trouble {
    /// The keyring in this trouble.
    pub(super) fn view(&self) -> KeyringView {
        let state = match self {
            Self::NoEntry => KeyringState::Ready,
            Self::Locked => KeyringState::Locked,
            Self::NoCollection | Self::Unavailable(_) => KeyringState::Unavailable,
            Self::Late => KeyringState::Waiting,
        };
        let (message, hint) = self.words();
        KeyringView {
            state,
            sentence: format!("{}. {hint}", capital(message)),
        }
    }

    /// The error when a key could not be stored.
    pub(super) fn while_storing(&self, patience: Duration) -> Error {
        self.error("the key was not stored", patience)
    }

    /// The error when a key could not be removed.
    pub(super) fn while_removing(&self, patience: Duration) -> Error {
        self.error("the key was not removed", patience)
    }

    fn error(&self, consequence: &str, patience: Duration) -> Error {
        let (message, hint) = self.words();
        let message = match self {
            Self::Late => format!(
                "{message} for {} seconds, so {consequence}",
                patience.as_secs()
            ),
            _ => format!("{message}, so {consequence}"),
        };
        let error = Error::new(ErrorCode::Keyring, message, hint);
        match self {
            Self::Unavailable(details) => error.with_details(details.clone()),
            _ => error,
        }
    }

    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoEntry => ("the system keyring has no such key", "Enter it again."),
            Self::Locked => (
                "the system keyring is locked",
                "Unlock it and try again; no restart is needed.",
            ),
            Self::NoCollection => (
                "a keyring service runs, but it has no default keyring",
                "Create one, for example in Passwords and Keys (seahorse) under New, Password Keyring, \
                 or log in to the desktop with a password; then try again.",
            ),
            Self::Unavailable(_) => (
                "no system keyring answers",
                "Start one, such as gnome-keyring or KWallet, and try again; no restart is needed. \
                 On a server, set the model's GATEHOUSE_KEY_ variable.",
            ),
            Self::Late => (
                "the system keyring has not answered",
                "It may show a prompt: answer it there, then try again.",
            ),
        }
    }
}

fn capital(message: &str) -> String {
    let mut letters = message.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
