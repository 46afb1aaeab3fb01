//! The thread that speaks to the keyring: one question at a time, however long it takes. The only
//! place that sets the process-wide store of the keyring crates.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use keyring_core::{CredentialStore, Entry, Error as KeyringError};
use secrecy::zeroize::Zeroizing;
use tokio::sync::{oneshot, watch};

use super::trouble::Trouble;
use crate::view::{KeyringState, KeyringView};

/// The service under which keys are stored: the identifier of the application.
const SERVICE: &str = "dev.gatehouse.desktop";
/// A question that takes longer is shown as waiting.
const SHOWN_AS_WAITING: Duration = Duration::from_millis(500);

/// Connects to a keyring.
pub(super) type Opener = Box<dyn FnMut() -> keyring_core::Result<Arc<CredentialStore>> + Send>;

/// What the keyring is asked. A payload is the origin, a line feed and the key.
pub(super) enum Action {
    Read,
    Write(Zeroizing<Vec<u8>>),
    Remove,
    Reconnect,
}

/// What it answered.
pub(super) enum Answer {
    Payload(Zeroizing<Vec<u8>>),
    Nothing,
}

/// One question.
pub(super) struct Job {
    pub user: String,
    pub action: Action,
    pub reply: oneshot::Sender<Result<Answer, Trouble>>,
}

/// What is known of the keyring.
#[derive(Debug, Default)]
pub(super) struct State {
    known: Mutex<Known>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Known {
    asked_since: Option<Instant>,
    /// Of the last answer; none before the first.
    last: Option<Result<(), Trouble>>,
}

impl State {
    pub(super) fn view(&self) -> KeyringView {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known
            .asked_since
            .is_some_and(|since| since.elapsed() > SHOWN_AS_WAITING)
        {
            let sentence =
                "The system keyring has not answered yet. It may show a prompt; answer it there.";
            return KeyringView {
                state: KeyringState::Waiting,
                sentence: sentence.into(),
            };
        }
        match &known.last {
            None => KeyringView {
                state: KeyringState::Unasked,
                sentence: "The system keyring was not needed yet.".into(),
            },
            Some(Ok(())) => KeyringView {
                state: KeyringState::Ready,
                sentence: "The system keyring answers.".into(),
            },
            Some(Err(trouble)) => trouble.view(),
        }
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn changed(&self) {
        self.changes.send_modify(|change| *change += 1);
    }

    fn asking(&self) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .asked_since = Some(Instant::now());
    }

    /// Notes an answer; true when it is another one than the last.
    fn answered(&self, last: Result<(), Trouble>) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = known
            .asked_since
            .take()
            .is_some_and(|since| since.elapsed() > SHOWN_AS_WAITING);
        let last = Some(last);
        let differs = waited || known.last != last;
        known.last = last;
        differs
    }
}

/// Answers questions until nobody can ask any more.
pub(super) fn run(jobs: &Receiver<Job>, mut open: Opener, state: &State) {
    let mut store = None;
    while let Ok(Job {
        user,
        action,
        reply,
    }) = jobs.recv()
    {
        // Whoever waited too long was told so: to store a key after all would be a surprise.
        if reply.is_closed() {
            continue;
        }
        state.asking();
        let answer = obey(&mut store, &mut open, &user, &action);
        let known = match &answer {
            // The keyring answered, though it has no such key.
            Ok(_) | Err(Trouble::NoEntry) => Ok(()),
            Err(trouble) => Err(trouble.clone()),
        };
        let differs = state.answered(known);
        let late = reply.send(answer).is_err();
        if differs || late {
            state.changed();
        }
    }
}

fn obey(
    store: &mut Option<Arc<CredentialStore>>,
    open: &mut Opener,
    user: &str,
    action: &Action,
) -> Result<Answer, Trouble> {
    if matches!(action, Action::Reconnect) {
        *store = None;
    }
    let was_open = store.is_some();
    let outcome = attempt(store, open, user, action);
    let Err(KeyringError::PlatformFailure(_)) = &outcome else {
        return outcome.map_err(Trouble::from);
    };
    // The keyring may have been restarted: another connection is tried, now and at the next call.
    *store = None;
    let outcome = if was_open {
        attempt(store, open, user, action)
    } else {
        outcome
    };
    if matches!(outcome, Err(KeyringError::PlatformFailure(_))) {
        *store = None;
    }
    outcome.map_err(Trouble::from)
}

fn attempt(
    store: &mut Option<Arc<CredentialStore>>,
    open: &mut Opener,
    user: &str,
    action: &Action,
) -> keyring_core::Result<Answer> {
    let store = match store {
        Some(store) => store,
        None => store.insert(open()?),
    };
    let entry = || store.build(SERVICE, user, None);
    match action {
        Action::Read => {
            let payload = match entry()?.get_secret() {
                // Two entries of the same name come from other programs; either may be ours.
                Err(KeyringError::Ambiguous(entries)) => first(entries)?.get_secret(),
                outcome => outcome,
            };
            Ok(Answer::Payload(Zeroizing::new(payload?)))
        }
        Action::Write(payload) => {
            let mut outcome = entry()?.set_secret(payload);
            if let Err(KeyringError::Ambiguous(entries)) = outcome {
                entries.iter().try_for_each(Entry::delete_credential)?;
                outcome = entry()?.set_secret(payload);
            }
            outcome.map(|()| Answer::Nothing)
        }
        Action::Remove => match entry()?.delete_credential() {
            Err(KeyringError::Ambiguous(entries)) => entries
                .iter()
                .try_for_each(Entry::delete_credential)
                .map(|()| Answer::Nothing),
            outcome => outcome.map(|()| Answer::Nothing),
        },
        Action::Reconnect => Ok(Answer::Nothing),
    }
}

fn first(entries: Vec<Entry>) -> keyring_core::Result<Entry> {
    entries.into_iter().next().ok_or(KeyringError::NoEntry)
}

/// The keyring of this system. `keyring` chooses it, but remembers a failed start for ever; on
/// Linux another start is made without it.
pub(super) fn open_platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    // The default store is the one of the first start; it is asked once, and renewed here.
    static CHOSEN: std::sync::Once = std::sync::Once::new();
    let mut chosen = None;
    CHOSEN.call_once(|| {
        if keyring::Entry::store_status().is_ok() {
            chosen = keyring_core::get_default_store();
        }
    });
    match chosen {
        Some(store) => Ok(store),
        None => open_again(),
    }
}

#[cfg(target_os = "linux")]
fn open_again() -> keyring_core::Result<Arc<CredentialStore>> {
    let store: Arc<CredentialStore> = zbus_secret_service_keyring_store::Store::new()?;
    keyring_core::set_default_store(Arc::clone(&store));
    Ok(store)
}

#[cfg(not(target_os = "linux"))]
fn open_again() -> keyring_core::Result<Arc<CredentialStore>> {
    keyring_core::get_default_store().ok_or(KeyringError::NoDefaultStore)
}
