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
    /// The key for users' tokens, once it was needed.
    own: Option<(Arc<OwnKeys>, UserTokenKey)>,
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
    /// new key for users' tokens is stored only where `keeps` says so.
    pub(crate) async fn prepare(
        &self,
        settings: &Settings,
        keys: &Keys,
        keeps: bool,
    ) -> Result<(), Error> {
        let _preparing = self.preparing.lock().await;
        let gitlab = &settings.gitlab;
        let wanted = (gitlab.url.clone(), gitlab.customers_portal.clone());
        if wanted == (None, None) {
            self.access.store(None);
            self.known().accepts = wanted;
            return Ok(());
        }
        if self.access.load().is_some() && self.known().accepts == wanted {
            return Ok(());
        }
        let own = self.own_keys(keys, keeps).await?;
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
        }
    }

    /// Where the key for users' tokens is kept.
    pub(crate) fn user_tokens(&self) -> UserTokenKey {
        self.known()
            .own
            .as_ref()
            .map(|(_, place)| *place)
            .unwrap_or_default()
    }

    /// The key of the environment, else the one in the keyring, else a new one: kept in the keyring
    /// where there is one.
    async fn own_keys(&self, keys: &Keys, keeps: bool) -> Result<Arc<OwnKeys>, Error> {
        if let Some((own, _)) = &self.known().own {
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
            None => stored_or_new(keys, keeps).await?,
        };
        let own = Arc::new(OwnKeys::new(signing, validation));
        self.known().own = Some((Arc::clone(&own), place));
        Ok(own)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn stored_or_new(keys: &Keys, keeps: bool) -> Result<(SigningKey, UserTokenKey), Error> {
    let secrets = keys.secrets();
    let found = secrets.read(SecretName::UserTokens, ORIGIN).await;
    if let KeyRead::Ready(stored) = &found
        && let Ok(pem) = String::from_utf8(stored.expose_secret().to_vec())
        && let Ok(signing) = SigningKey::from_pem(SecretString::from(pem))
    {
        return Ok((signing, UserTokenKey::Keyring));
    }
    // Computing it takes a moment.
    let signing = tokio::task::spawn_blocking(SigningKey::generate)
        .await
        .map_err(|error| crate::control::broken(&error))??;
    if !keeps {
        return Ok((signing, UserTokenKey::Memory));
    }
    let payload = signing.pem().expose_secret().as_bytes().to_vec();
    let place = match secrets
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
