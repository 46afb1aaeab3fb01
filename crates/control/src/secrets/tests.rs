use std::any::Any;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error as KeyringError, mock};
use uuid::Uuid;

use super::*;
use crate::ErrorCode;
use crate::view::KeyringState;

const ORIGIN: &str = "https://gpu-1:8000";
const SERVICE: &str = "dev.gatehouse.desktop";

fn model(number: u128) -> ModelId {
    ModelId(Uuid::from_u128(number))
}

fn key(text: &[u8]) -> SecretSlice<u8> {
    text.to_vec().into()
}

/// What a read found, to compare; only tests look at keys.
async fn read(secrets: &Secrets, id: ModelId, origin: &str) -> Result<Vec<u8>, SecretState> {
    match secrets.read(id, origin).await {
        KeyRead::Ready(key) => Ok(key.expose_secret().to_vec()),
        KeyRead::Missing(state) => Err(state),
    }
}

/// Lets the next call of this entry fail.
fn fail_next(store: &Arc<mock::Store>, id: ModelId, error: KeyringError) {
    let entry = store.build(SERVICE, &format!("model/{id}"), None).unwrap();
    entry
        .as_any()
        .downcast_ref::<mock::Cred>()
        .unwrap()
        .set_error(error);
}

#[tokio::test]
async fn a_key_comes_back_as_it_went_in_whatever_its_bytes() {
    let secrets = Secrets::over(mock::Store::new().unwrap());
    for bytes in [
        b"sk-1".as_slice(),
        b"two\nlines\n",
        b"\0\xff\xfe",
        "schl\u{fc}ssel".as_bytes(),
    ] {
        secrets.write(model(1), ORIGIN, key(bytes)).await.unwrap();
        assert_eq!(read(&secrets, model(1), ORIGIN).await.as_deref(), Ok(bytes));
    }
    assert_eq!(
        read(&secrets, model(2), ORIGIN).await,
        Err(SecretState::Missing),
        "models have keys of their own"
    );
}

#[tokio::test]
async fn a_key_does_not_go_to_another_host() {
    let secrets = Secrets::over(mock::Store::new().unwrap());
    secrets.write(model(1), ORIGIN, key(b"sk-1")).await.unwrap();
    for origin in [
        "https://gpu-1:8001",
        "http://gpu-1:8000",
        "https://gpu-1:80001",
        "https://gpu-1:800",
        "",
    ] {
        assert_eq!(
            read(&secrets, model(1), origin).await,
            Err(SecretState::WrongEndpoint),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn a_removed_key_is_missing_and_can_be_removed_again() {
    let secrets = Secrets::over(mock::Store::new().unwrap());
    secrets.write(model(1), ORIGIN, key(b"sk-1")).await.unwrap();
    secrets.remove(model(1)).await.unwrap();
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await,
        Err(SecretState::Missing)
    );
    secrets.remove(model(1)).await.unwrap();
}

#[tokio::test]
async fn each_trouble_of_a_keyring_has_a_state_and_words() {
    let store = mock::Store::new().unwrap();
    let secrets = Secrets::over(store.clone());
    assert_eq!(secrets.view().state, KeyringState::Unasked);
    let text = |text: &str| -> Box<dyn std::error::Error + Send + Sync> { text.into() };
    for (trouble, state, keyring, word) in [
        (
            KeyringError::NoStorageAccess(text("x")),
            SecretState::Locked,
            KeyringState::Locked,
            "locked",
        ),
        (
            KeyringError::NoDefaultStore,
            SecretState::Unavailable,
            KeyringState::Unavailable,
            "no system keyring",
        ),
        (
            KeyringError::BadDataFormat(b"sk-secret".to_vec(), text("x")),
            SecretState::Unavailable,
            KeyringState::Unavailable,
            "no system keyring",
        ),
    ] {
        let words = format!("{trouble}");
        fail_next(&store, model(1), trouble);
        assert_eq!(
            read(&secrets, model(1), ORIGIN).await,
            Err(state),
            "{words}"
        );
        assert_eq!(secrets.view().state, keyring, "{words}");
        assert!(
            secrets.view().sentence.to_lowercase().contains(word),
            "{:?}",
            secrets.view()
        );
    }
    fail_next(&store, model(1), KeyringError::NoStorageAccess(text("x")));
    let error = secrets
        .write(model(1), ORIGIN, key(b"sk-1"))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Keyring);
    assert_eq!(
        error.message,
        "The system keyring is locked, so the key was not stored."
    );
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await,
        Err(SecretState::Missing)
    );
    assert_eq!(secrets.view().state, KeyringState::Ready);
}

#[tokio::test]
async fn what_a_keyring_returned_is_never_told() {
    let store = mock::Store::new().unwrap();
    let secrets = Secrets::over(store.clone());
    let leak = || KeyringError::BadEncoding(b"sk-secret".to_vec());
    fail_next(&store, model(1), leak());
    let error = secrets
        .write(model(1), ORIGIN, key(b"sk-secret"))
        .await
        .unwrap_err();
    let found = secrets.read(model(1), ORIGIN).await;
    secrets
        .write(model(1), ORIGIN, key(b"sk-secret"))
        .await
        .unwrap();
    let ready = secrets.read(model(1), ORIGIN).await;
    let told = format!(
        "{error:?} {found:?} {ready:?} {secrets:?} {:?}",
        secrets.view()
    );
    assert!(
        !told.contains("sk-secret") && !told.contains("115, 107"),
        "{told}"
    );
}

#[tokio::test]
async fn a_keyring_that_was_restarted_is_connected_to_anew() {
    let store = mock::Store::new().unwrap();
    let opened = Arc::new(Mutex::new(0));
    let (counted, inner) = (Arc::clone(&opened), Arc::clone(&store));
    let open = move || {
        *counted.lock().unwrap() += 1;
        Ok(Arc::clone(&inner) as Arc<CredentialStore>)
    };
    let secrets = Secrets::with(Box::new(open), READ_WAITS, READ_WAITS);
    secrets.write(model(1), ORIGIN, key(b"sk-1")).await.unwrap();
    fail_next(
        &store,
        model(1),
        KeyringError::PlatformFailure("the session is gone".into()),
    );
    assert_eq!(
        read(&secrets, model(1), ORIGIN).await.as_deref(),
        Ok(b"sk-1".as_slice())
    );
    assert_eq!(*opened.lock().unwrap(), 2);
}

#[test]
fn the_environment_gives_a_key_by_the_name_of_the_model() {
    let name: DeploymentName = "Mixtral-8x7B".parse().unwrap();
    let with = |value: &str| {
        let lookup =
            |variable: &str| (variable == "GATEHOUSE_KEY_MIXTRAL_8X7B").then(|| value.into());
        environment_key(&name, lookup).map(|key| key.expose_secret().to_vec())
    };
    assert_eq!(with("sk-1\n").as_deref(), Some(b"sk-1".as_slice()));
    assert_eq!(with(" \n"), None, "an empty variable is no key");
    assert!(environment_key(&name, |_| None).is_none());
}

/// A keyring at whose prompt nobody sits: each call waits for a permit.
#[derive(Debug)]
struct Prompting {
    inner: Arc<mock::Store>,
    permits: Arc<Mutex<Receiver<()>>>,
}

#[derive(Debug)]
struct PromptingEntry {
    inner: Entry,
    permits: Arc<Mutex<Receiver<()>>>,
}

impl PromptingEntry {
    fn prompt(&self) {
        let _ = self.permits.lock().unwrap().recv();
    }
}

impl CredentialStoreApi for Prompting {
    fn vendor(&self) -> String {
        "prompting".into()
    }
    fn id(&self) -> String {
        "prompting".into()
    }
    fn build(
        &self,
        service: &str,
        user: &str,
        mods: Option<&HashMap<&str, &str>>,
    ) -> keyring_core::Result<Entry> {
        let inner = self.inner.build(service, user, mods)?;
        let permits = Arc::clone(&self.permits);
        Ok(Entry::new_with_credential(Arc::new(PromptingEntry {
            inner,
            permits,
        })))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl CredentialApi for PromptingEntry {
    fn set_secret(&self, secret: &[u8]) -> keyring_core::Result<()> {
        self.prompt();
        self.inner.set_secret(secret)
    }
    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        self.prompt();
        self.inner.get_secret()
    }
    fn delete_credential(&self) -> keyring_core::Result<()> {
        self.prompt();
        self.inner.delete_credential()
    }
    fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
        Ok(None)
    }
    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[tokio::test]
async fn a_prompt_that_nobody_answers_holds_each_caller_no_longer_than_its_patience() {
    let (permit, permits) = channel();
    let inner = mock::Store::new().unwrap();
    let store: Arc<CredentialStore> = Arc::new(Prompting {
        inner: Arc::clone(&inner),
        permits: Arc::new(Mutex::new(permits)),
    });
    let open = move || Ok(Arc::clone(&store));
    let patience = Duration::from_millis(700);
    let secrets = Secrets::with(Box::new(open), patience, patience);
    let mut changes = secrets.changes();
    let begun = std::time::Instant::now();
    let (first, second, third) = tokio::join!(
        read(&secrets, model(1), ORIGIN),
        read(&secrets, model(2), ORIGIN),
        secrets.write(model(3), ORIGIN, key(b"sk-3")),
    );
    assert_eq!(
        (first, second),
        (Err(SecretState::Unread), Err(SecretState::Unread))
    );
    let error = third.unwrap_err();
    assert!(error.message.contains("has not answered"), "{error:?}");
    assert!(
        begun.elapsed() < 3 * patience,
        "{:?}: they waited one after the other",
        begun.elapsed()
    );
    assert_eq!(secrets.view().state, KeyringState::Waiting);

    changes.mark_unchanged();
    permit.send(()).unwrap();
    let answered = tokio::time::timeout(Duration::from_secs(5), changes.changed()).await;
    answered
        .expect("a late answer wakes whoever watches")
        .unwrap();
    assert_eq!(
        secrets.view().state,
        KeyringState::Ready,
        "whoever watches reads again now"
    );
    permit.send(()).unwrap();
    assert_eq!(
        read(&secrets, model(3), ORIGIN).await,
        Err(SecretState::Missing),
        "a write that was given up is not made"
    );
}

#[cfg(target_os = "linux")]
mod service;
