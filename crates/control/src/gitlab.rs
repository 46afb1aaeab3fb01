//! What stands behind GitLab's requests: whose tokens are accepted, the key that signs tokens for
//! users' editors, the documentation that chat may search. Speaks no HTTP with GitLab's clients.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::{Access, OwnKeys, Providers, Seen, SigningKey};
use arc_swap::ArcSwapOption;
use domain::{InstanceUrl, Settings};
use gateway::GitlabAccess;
use secrecy::{ExposeSecret, SecretString};

use crate::Error;
use crate::documentation::Documentation;
use crate::environment::Environment;
use crate::keys::Keys;
use crate::secrets::{KeyRead, SecretName};
use crate::view::UserTokenKey;

/// What the key for users' tokens is bound to in the keyring: no server, as it never leaves.
const ORIGIN: &str = "gatehouse";

/// What stands behind GitLab's requests.
pub(crate) struct Gitlab {
    access: ArcSwapOption<Access>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) documentation: Documentation,
    known: Mutex<Known>,
    // One preparation at a time.
    preparing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    environment: Environment,
    /// The keys for users' tokens, once this process had to sign one.
    own: Option<Arc<OwnKeys>>,
    /// Where that key is kept.
    place: UserTokenKey,
    /// Whose tokens the access of now accepts.
    accepts: (Option<InstanceUrl>, Option<InstanceUrl>),
}

impl Gitlab {
    /// Accepts nobody yet.
    pub(crate) fn new(data: &Path) -> Self {
        Self {
            access: ArcSwapOption::empty(),
            seen: Arc::default(),
            documentation: Documentation::new(data),
            known: Mutex::default(),
            preparing: tokio::sync::Mutex::default(),
        }
    }

    /// Takes what the environment says for this run.
    pub(crate) fn use_environment(&self, environment: Environment) {
        self.known().environment = environment;
    }

    /// What the environment says for this run.
    pub(crate) fn with_environment<T>(&self, look: impl FnOnce(&Environment) -> T) -> T {
        look(&self.known().environment)
    }

    /// Accepts the tokens that these settings name. Without any nothing is asked of the keyring. A
    /// key for users' tokens is made only where this process `signs` them; elsewhere it is only
    /// looked at where it is kept.
    pub(crate) async fn prepare(
        &self,
        settings: &Settings,
        keys: &Keys,
        signs: bool,
    ) -> Result<(), Error> {
        let _preparing = self.preparing.lock().await;
        let gitlab = &settings.gitlab;
        let wanted = (gitlab.url.clone(), gitlab.customers_portal.clone());
        if wanted == (None, None) {
            self.access.store(None);
            self.known().accepts = wanted;
            return Ok(());
        }
        let is_ready = {
            let known = self.known();
            known.accepts == wanted && (known.own.is_some() || !signs)
        };
        if self.access.load().is_some() && is_ready {
            return Ok(());
        }
        let own = match signs {
            true => self.own_keys(keys).await?,
            false => self.keys_at_hand(keys).await,
        };
        let providers = Providers {
            gitlab: wanted.0.clone(),
            customers_portal: wanted.1.clone(),
        };
        let service = self.known().environment.service.clone();
        let access = Access::new(service, providers, own)?;
        self.access.store(Some(Arc::new(access)));
        self.known().accepts = wanted;
        Ok(())
    }

    /// Who may ask, as the gateway takes it.
    pub(crate) fn access(&self) -> Option<Arc<Access>> {
        self.access.load_full()
    }

    /// All of it, as the gateway takes it.
    pub(crate) fn for_gateway(&self) -> GitlabAccess {
        GitlabAccess {
            access: self.access(),
            seen: Arc::clone(&self.seen),
            documentation: Some(Arc::new(self.documentation.clone())),
            calls: self.with_environment(|environment| environment.calls),
        }
    }

    /// Where the key for users' tokens is kept.
    pub(crate) fn user_tokens(&self) -> UserTokenKey {
        self.known().place
    }

    /// The key of this run, if it was needed already; else none, with a look at where it is kept.
    async fn keys_at_hand(&self, keys: &Keys) -> Arc<OwnKeys> {
        let (own, is_set) = {
            let known = self.known();
            (known.own.clone(), known.environment.signing_key.is_some())
        };
        if let Some(own) = own {
            return own;
        }
        let place = match is_set {
            true => UserTokenKey::Environment,
            false => match stored(keys).await {
                Some(_) => UserTokenKey::Keyring,
                None => UserTokenKey::None,
            },
        };
        self.known().place = place;
        Arc::default()
    }

    /// The key of the environment, else the one in the keyring, else a new one: kept in the keyring
    /// where there is one.
    async fn own_keys(&self, keys: &Keys) -> Result<Arc<OwnKeys>, Error> {
        if let Some(own) = &self.known().own {
            return Ok(Arc::clone(own));
        }
        let (from_environment, validation) = {
            let environment = &mut self.known().environment;
            (
                environment.signing_key.take(),
                environment.validation_key.take(),
            )
        };
        let (signing, place) = match from_environment {
            Some(signing) => (signing, UserTokenKey::Environment),
            None => stored_or_new(keys).await?,
        };
        let own = Arc::new(OwnKeys::new(signing, validation));
        let mut known = self.known();
        known.own = Some(Arc::clone(&own));
        known.place = place;
        Ok(own)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key in the keyring.
async fn stored(keys: &Keys) -> Option<SigningKey> {
    let found = keys.secrets().read(SecretName::UserTokens, ORIGIN).await;
    let KeyRead::Ready(stored) = found else {
        return None;
    };
    let pem = String::from_utf8(stored.expose_secret().to_vec()).ok()?;
    SigningKey::from_pem(SecretString::from(pem)).ok()
}

async fn stored_or_new(keys: &Keys) -> Result<(SigningKey, UserTokenKey), Error> {
    if let Some(signing) = stored(keys).await {
        return Ok((signing, UserTokenKey::Keyring));
    }
    // Computing it takes a moment.
    let signing = tokio::task::spawn_blocking(SigningKey::generate)
        .await
        .map_err(|error| crate::control::broken(&error))??;
    let payload = signing.pem().expose_secret().as_bytes().to_vec();
    let place = match keys
        .secrets()
        .try_write(SecretName::UserTokens, ORIGIN, payload.into())
        .await
    {
        Ok(()) => UserTokenKey::Keyring,
        Err(error) => {
            tracing::warn!(%error, "the key for users' tokens is kept in memory: there is no keyring");
            UserTokenKey::Memory
        }
    };
    Ok((signing, place))
}
