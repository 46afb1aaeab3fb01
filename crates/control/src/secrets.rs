//! Secrets in the system keyring: keys of models, and the one that signs tokens. Whoever asks waits no longer than a deadline, whatever
//! the keyring does. There is no way to print a key, and none is kept here.

mod keyring;
mod trouble;

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use domain::{DeploymentName, ModelId, SecretState};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice};
use tokio::sync::{oneshot, watch};

use crate::Error;
use crate::view::KeyringView;
use keyring::{Action, Answer, Job, Opener, State};
use trouble::Trouble;

/// How long a read in the background waits.
const READ_WAITS: Duration = Duration::from_secs(3);
/// How long an admin waits who stores a key: a prompt may be on the screen.
const WRITE_WAITS: Duration = Duration::from_secs(120);
/// Questions that may wait for the keyring.
const WAITING_MOST: usize = 4_096;

/// What a read found.
#[derive(Debug, Clone)]
pub(crate) enum KeyRead {
    /// The key.
    Ready(Arc<SecretSlice<u8>>),
    /// There is none to be had, and why.
    Missing(SecretState),
}

/// What a secret is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretName {
    /// The key of a model.
    Model(ModelId),
    /// The key that signs tokens for the users of a GitLab instance.
    UserTokens,
}

impl SecretName {
    /// The user of its entry in the keyring.
    fn user(self) -> String {
        match self {
            Self::Model(id) => format!("model/{id}"),
            Self::UserTokens => "gitlab/user-tokens".to_owned(),
        }
    }
}

impl From<ModelId> for SecretName {
    fn from(id: ModelId) -> Self {
        Self::Model(id)
    }
}

/// The secrets in the system keyring.
#[derive(Debug)]
pub(crate) struct Secrets {
    jobs: SyncSender<Job>,
    state: Arc<State>,
    read_waits: Duration,
    write_waits: Duration,
}

impl Secrets {
    /// Starts the thread that speaks to the keyring. Asks nothing until there is a question.
    pub(crate) fn start() -> Self {
        Self::with(
            Box::new(keyring::open_platform_store),
            READ_WAITS,
            WRITE_WAITS,
        )
    }

    /// Keys in this store, for tests.
    #[cfg(test)]
    pub(crate) fn over(store: Arc<keyring_core::CredentialStore>) -> Self {
        let patience = Duration::from_secs(3);
        Self::with(Box::new(move || Ok(Arc::clone(&store))), patience, patience)
    }

    fn with(open: Opener, read_waits: Duration, write_waits: Duration) -> Self {
        let (jobs, receiver) = sync_channel(WAITING_MOST);
        let state = Arc::new(State::default());
        let spoken = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("keyring".into())
            .spawn(move || keyring::run(&receiver, open, &spoken));
        if let Err(error) = thread {
            // Every question is then answered as by a keyring that is not there.
            tracing::error!(%error, "the keyring has no thread");
        }
        Self {
            jobs,
            state,
            read_waits,
            write_waits,
        }
    }

    /// Reads a secret, for the origin that it was stored for.
    pub(crate) async fn read(&self, name: impl Into<SecretName>, origin: &str) -> KeyRead {
        let name = Some(name.into());
        let answer = self.ask(name, Action::Read, self.read_waits).await;
        KeyRead::Missing(match answer {
            Ok(Answer::Payload(payload)) => match key_for(origin, &payload) {
                Some(key) => return KeyRead::Ready(Arc::new(key)),
                None => SecretState::WrongEndpoint,
            },
            Ok(Answer::Nothing) | Err(Trouble::NoEntry | Trouble::NoCollection) => {
                SecretState::Missing
            }
            Err(Trouble::Locked) => SecretState::Locked,
            Err(Trouble::Unavailable(_)) => SecretState::Unavailable,
            Err(Trouble::Late) => SecretState::Unread,
        })
    }

    /// Stores a secret, bound to the origin that it is for, while a person waits for it.
    pub(crate) async fn write(
        &self,
        name: impl Into<SecretName>,
        origin: &str,
        key: SecretSlice<u8>,
    ) -> Result<(), Error> {
        self.store(name.into(), origin, &key, self.write_waits)
            .await
    }

    /// The same in the background, where nobody would answer a prompt.
    pub(crate) async fn try_write(
        &self,
        name: impl Into<SecretName>,
        origin: &str,
        key: SecretSlice<u8>,
    ) -> Result<(), Error> {
        self.store(name.into(), origin, &key, self.read_waits).await
    }

    async fn store(
        &self,
        name: SecretName,
        origin: &str,
        key: &SecretSlice<u8>,
        patience: Duration,
    ) -> Result<(), Error> {
        let payload = Zeroizing::new([origin.as_bytes(), b"\n", key.expose_secret()].concat());
        let answer = self.ask(Some(name), Action::Write(payload), patience).await;
        answer
            .map(drop)
            .map_err(|trouble| trouble.while_storing(patience))
    }

    /// Removes a secret; one that is not there is removed already.
    pub(crate) async fn remove(&self, name: impl Into<SecretName>) -> Result<(), Error> {
        let name = Some(name.into());
        match self.ask(name, Action::Remove, self.write_waits).await {
            Ok(_) | Err(Trouble::NoEntry) => Ok(()),
            Err(trouble) => Err(trouble.while_removing(self.write_waits)),
        }
    }

    /// Connects to the keyring anew, for a keyring that was started or unlocked meanwhile.
    pub(crate) async fn retry(&self) {
        // What it finds is in the view.
        let _ = self.ask(None, Action::Reconnect, self.read_waits).await;
    }

    /// The state of the keyring.
    pub(crate) fn view(&self) -> KeyringView {
        self.state.view()
    }

    /// A number that changes when the view changes, and when an answer came too late for whoever
    /// asked: keys that are unread are then worth another read.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.state.changes()
    }

    async fn ask(
        &self,
        name: Option<SecretName>,
        action: Action,
        patience: Duration,
    ) -> Result<Answer, Trouble> {
        let (reply, answer) = oneshot::channel();
        let user = name.map(SecretName::user).unwrap_or_default();
        if let Err(error) = self.jobs.try_send(Job {
            user,
            action,
            reply,
        }) {
            return Err(match error {
                std::sync::mpsc::TrySendError::Full(_) => Trouble::Late,
                std::sync::mpsc::TrySendError::Disconnected(_) => {
                    Trouble::Unavailable("the keyring has no thread".into())
                }
            });
        }
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Trouble::Unavailable(
                "the thread of the keyring ended".into(),
            )),
            Err(_) => {
                self.state.changed();
                Err(Trouble::Late)
            }
        }
    }
}

/// The key of a model from its environment variable. `lookup` is `std::env::var_os`.
pub fn environment_key(
    name: &DeploymentName,
    lookup: impl Fn(&str) -> Option<OsString>,
) -> Option<SecretSlice<u8>> {
    let value = Zeroizing::new(lookup(&name.key_variable())?.into_encoded_bytes());
    let key = value.trim_ascii();
    (!key.is_empty()).then(|| key.to_vec().into())
}

/// The key in a payload, when it was stored for this origin.
fn key_for(origin: &str, payload: &[u8]) -> Option<SecretSlice<u8>> {
    let end = payload.iter().position(|byte| *byte == b'\n')?;
    let (stored_for, key) = payload.split_at(end);
    (stored_for == origin.as_bytes()).then(|| key[1..].to_vec().into())
}

#[cfg(test)]
mod tests;
