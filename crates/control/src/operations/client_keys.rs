//! Keys that clients show to the gateway: 32 random bytes, shown once, kept as a digest.

use domain::{ClientKey, ClientKeyDigest, ClientKeyId, ClientKeyName};
use jiff::Timestamp;
use serde_json::Map;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::runner::check_exposure;
use crate::view::{ClientKeyView, GatewayState, NewClientKey};
use crate::{Control, Error, ErrorCode};

impl Control {
    /// The client keys.
    pub async fn list_client_keys(&self, (): ()) -> Result<Vec<ClientKeyView>, Error> {
        let settings = self.settings.load_full();
        let mut views = Vec::with_capacity(settings.client_keys.len());
        for key in &settings.client_keys {
            views.push(self.view_client_key(key).await?);
        }
        Ok(views)
    }

    /// Creates a client key and shows it, once.
    pub async fn create_client_key(&self, name: String) -> Result<NewClientKey, Error> {
        let name: ClientKeyName = name.parse()?;
        let secret = random_key()?;
        let key = ClientKey {
            id: ClientKeyId(Uuid::now_v7()),
            name,
            digest: ClientKeyDigest::from_bytes(&Sha256::digest(&secret).into()),
            created_at: Timestamp::now(),
            rest: Map::new(),
        };
        self.change(|settings| Ok(settings.add_client_key(key.clone())?))
            .await?;
        Ok(NewClientKey {
            view: self.view_client_key(&key).await?,
            key: secret,
        })
    }

    /// Revokes a client key. The last one stays while the gateway listens beyond this machine.
    pub async fn revoke_client_key(&self, id: ClientKeyId) -> Result<(), Error> {
        let is_running = matches!(self.runner.state(), GatewayState::Running { .. });
        let revoked = self.change(|settings| {
            settings.remove_client_key(id)?;
            if is_running {
                check_exposure(settings).map_err(|_| {
                    let message =
                        "this is the last client key, and the gateway listens beyond this machine";
                    let hint =
                        "Create another key first, or let the gateway listen on this machine only.";
                    Error::new(ErrorCode::Invalid, message, hint)
                })?;
            }
            Ok(())
        });
        revoked.await
    }

    /// Revokes the client key of this name.
    pub async fn revoke_client_key_named(&self, name: &str) -> Result<(), Error> {
        let settings = self.settings.load_full();
        let named = settings
            .client_keys
            .iter()
            .find(|key| key.name.as_str() == name.trim());
        let key = named.ok_or_else(|| {
            domain::DomainError::ClientKey(format!("\"{}\" does not exist", name.trim()))
        })?;
        self.revoke_client_key(key.id).await
    }

    async fn view_client_key(&self, key: &ClientKey) -> Result<ClientKeyView, Error> {
        let name = key.name.as_str();
        let last_used_at = self.log.last_used(name).await?;
        Ok(ClientKeyView {
            id: key.id,
            name: name.into(),
            created_at: key.created_at,
            last_used_at,
        })
    }
}

/// `gh_` and 64 hexadecimal digits.
fn random_key() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        let hint = "Try again; the operating system gave no random bytes.";
        Error::new(ErrorCode::Failed, "no key could be made", hint).with_details(error.to_string())
    })?;
    Ok(bytes
        .iter()
        .fold("gh_".to_owned(), |text, byte| format!("{text}{byte:02x}")))
}
