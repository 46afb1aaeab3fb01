//! The keys of the models as far as they are known: read from the environment or the keyring in
//! the background, held in memory for the gateway. No request waits for the keyring.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{DeploymentName, Model, ModelId, SecretState, Settings};
use gateway::UpstreamKey;
use secrecy::SecretSlice;
use tokio::sync::watch;

use crate::Error;
use crate::secrets::{KeyRead, Secrets, environment_key};
use crate::view::KeyringView;

type Key = Arc<SecretSlice<u8>>;

/// The keys of the models.
pub(crate) struct Keys {
    secrets: Secrets,
    known: Mutex<HashMap<ModelId, (SecretState, Option<Key>)>>,
}

impl Keys {
    /// Asks nobody yet.
    pub(crate) fn start() -> Self {
        Self {
            secrets: Secrets::start(),
            known: Mutex::default(),
        }
    }

    /// Notes which keys there should be, and takes those that the environment has. The rest is
    /// *unread* until `read` is called.
    pub(crate) fn expect(&self, settings: &Settings) {
        let mut known = self.known();
        known.retain(|id, _| settings.model(*id).is_some());
        for model in &settings.models {
            if let Some(key) = from_environment(&model.name) {
                known.insert(model.id, (SecretState::Environment, Some(Arc::new(key))));
            } else if !model.has_key {
                known.remove(&model.id);
            } else {
                let entry = known.entry(model.id).or_insert((SecretState::Unread, None));
                if entry.0 == SecretState::Environment {
                    *entry = (SecretState::Unread, None);
                }
            }
        }
    }

    /// Reads one model's key from the keyring, if it is there that it should be.
    pub(crate) async fn read(&self, model: &Model) {
        let Some(origin) = model.key_origin().filter(|_| model.has_key) else {
            return;
        };
        if self.state(model) == SecretState::Environment {
            return;
        }
        let found = match self.secrets.read(model.id, &origin).await {
            KeyRead::Ready(key) => (SecretState::Stored, Some(key)),
            KeyRead::Missing(state) => (state, None),
        };
        self.known().insert(model.id, found);
    }

    /// Stores a key for a server's origin or a vendor (`Model::key_origin`).
    pub(crate) async fn write(&self, id: ModelId, origin: &str, key: Vec<u8>) -> Result<(), Error> {
        let key = SecretSlice::from(key);
        self.secrets.write(id, origin, key.clone()).await?;
        self.known()
            .insert(id, (SecretState::Stored, Some(Arc::new(key))));
        Ok(())
    }

    /// Removes a key.
    pub(crate) async fn remove(&self, id: ModelId) -> Result<(), Error> {
        self.secrets.remove(id).await?;
        self.known().remove(&id);
        Ok(())
    }

    /// The keyring itself, for the one secret that is no model's key.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Starts the keyring anew after a failure.
    pub(crate) async fn retry(&self) {
        self.secrets.retry().await;
    }

    /// What is known of a model's key.
    pub(crate) fn state(&self, model: &Model) -> SecretState {
        let fallback = if model.has_key {
            SecretState::Unread
        } else {
            SecretState::Absent
        };
        self.known()
            .get(&model.id)
            .map_or(fallback, |(state, _)| *state)
    }

    /// A model's key, when it is at hand.
    pub(crate) fn key(&self, id: ModelId) -> Option<Key> {
        self.known().get(&id).and_then(|(_, key)| key.clone())
    }

    /// The state of the keyring.
    pub(crate) fn keyring(&self) -> KeyringView {
        self.secrets.view()
    }

    /// A number that changes when the keyring's state does.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.secrets.changes()
    }

    /// The keys as the gateway takes them; a model without one is absent.
    pub(crate) fn for_gateway(&self, settings: &Settings) -> HashMap<ModelId, UpstreamKey> {
        let needed = settings
            .models
            .iter()
            .filter(|model| model.key_origin().is_some());
        let keys = needed.filter_map(|model| match (self.key(model.id), self.state(model)) {
            (Some(key), _) => Some((model.id, UpstreamKey::Ready(key))),
            (None, SecretState::Absent) => None,
            (None, state) => Some((model.id, UpstreamKey::Missing(state))),
        });
        keys.collect()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ModelId, (SecretState, Option<Key>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn from_environment(name: &DeploymentName) -> Option<SecretSlice<u8>> {
    environment_key(name, |variable| std::env::var_os(variable))
}

#[cfg(test)]
mod tests {
    use domain::{ModelDraft, Provider};
    use keyring_core::mock;
    use secrecy::ExposeSecret;

    use super::*;

    fn model(provider: Provider, endpoint: &str) -> Model {
        let draft = ModelDraft {
            id: None,
            name: "m".into(),
            family: "general".into(),
            endpoint: endpoint.into(),
            identifier: "m".into(),
            provider,
            connection: domain::Connection::default(),
            enabled: true,
            self_hosted: true,
            price: None,
        };
        let id = ModelId(uuid::Uuid::from_u128(1));
        let saved = Settings::default().save_model(&draft, id).unwrap();
        Model {
            has_key: true,
            ..saved
        }
    }

    #[tokio::test]
    async fn a_key_for_a_vendor_goes_to_that_vendor_alone() {
        let keys = Keys {
            secrets: Secrets::over(mock::Store::new().unwrap()),
            known: Mutex::default(),
        };
        let bedrock = model(Provider::Bedrock, "");
        let origin = bedrock.key_origin().unwrap();
        keys.write(bedrock.id, &origin, b"wombat".to_vec())
            .await
            .unwrap();
        for (model, expected) in [
            (model(Provider::Anthropic, ""), SecretState::WrongEndpoint),
            (
                model(Provider::Bedrock, "https://vpce-1.example.com"),
                SecretState::WrongEndpoint,
            ),
            (bedrock, SecretState::Stored),
        ] {
            keys.read(&model).await;
            assert_eq!(keys.state(&model), expected, "{:?}", model.endpoint);
            let key = keys.key(model.id);
            let is_there = key.is_some_and(|key| key.expose_secret() == b"wombat");
            assert_eq!(is_there, expected == SecretState::Stored);
            let settings = Settings {
                models: vec![model],
                ..Settings::default()
            };
            assert_eq!(keys.for_gateway(&settings).len(), 1, "missing is not none");
        }
        let settings = Settings {
            models: vec![model(Provider::Sample, "sample")],
            ..Settings::default()
        };
        assert!(keys.for_gateway(&settings).is_empty());
    }
}
