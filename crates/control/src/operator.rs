//! Carries operations out: here, or by the process that holds the data folder. What both faces of a
//! command share; `api.rs` gives it the operations themselves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{DomainError, ModelDraft, ModelId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::{parse, render};
use crate::audit;
use crate::door::Door;
use crate::view::{ModelView, SaveModelAndKey, Who};
use crate::{Control, Error, ErrorCode, FolderLock, HolderKind, Purpose};

/// How often a holder that just starts is tried, and the pause between two tries.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// Who carries operations out.
#[expect(
    clippy::large_enum_variant,
    reason = "a command has one, for as long as it runs"
)]
pub enum Operator {
    /// This process.
    Here(Control),
    /// The process that holds the folder.
    Holder(Holder),
}

/// The process that holds the folder, and the error to show when it takes no calls.
pub struct Holder {
    folder: PathBuf,
    held: Error,
}

impl Holder {
    pub(crate) async fn call<I: Serialize, O: DeserializeOwned>(
        &self,
        operation: &str,
        input: &I,
    ) -> Result<O, Error> {
        for _ in 0..TRIES {
            // The door of a process that was killed is still there until the next one opens its own.
            let outcome = match Door::of(&self.folder) {
                Some(door) => door.call(operation, render(input)).await,
                None => None,
            };
            match outcome {
                Some(outcome) => return parse(operation, outcome?),
                None => tokio::time::sleep(PAUSE).await,
            }
        }
        Err(self.held.clone())
    }
}

impl Operator {
    /// Opens a data folder. One that another process holds for longer than a command is changed by
    /// that process.
    pub fn open(folder: &Path, purpose: Purpose) -> Result<Self, Error> {
        let held = match Control::open(folder, purpose) {
            Ok(control) => return Ok(Self::Here(control)),
            Err(error) if error.code == ErrorCode::Held => error,
            Err(error) => return Err(error),
        };
        let holder = FolderLock::holder(folder);
        if holder.is_some_and(|holder| holder.kind == HolderKind::Command) {
            return Err(held);
        }
        let folder = folder.to_owned();
        Ok(Self::Holder(Holder { folder, held }))
    }

    /// The process that holds a data folder for longer than a command, if there is one: it knows
    /// what is in no file.
    pub fn running(folder: &Path) -> Option<Self> {
        let holder = FolderLock::holder(folder)?;
        let held = Error::new(ErrorCode::Held, "it does not answer", "Try again.");
        (holder.kind != HolderKind::Command).then(|| {
            let folder = folder.to_owned();
            Self::Holder(Holder { folder, held })
        })
    }

    /// The model that a person means, by deployment name or id.
    pub async fn find_model(&self, name: &str) -> Result<ModelView, Error> {
        if let Self::Here(control) = self {
            return control.find_model(name).await;
        }
        let wanted = name.trim();
        let models = self.list_models(()).await?;
        let by_name = models.iter().find(|model| model.name == wanted);
        let found = by_name.or_else(|| models.iter().find(|model| model.id.to_string() == wanted));
        let missing = || DomainError::NoSuchModel(wanted.to_owned()).into();
        found.cloned().ok_or_else(missing)
    }

    /// Adds or changes a model together with its key: both or none.
    pub async fn save_model_with_key(
        &self,
        draft: ModelDraft,
        key: Option<Vec<u8>>,
    ) -> Result<ModelView, Error> {
        match (self, key) {
            (Self::Here(control), key) => {
                let work = control.save_model_with_key(draft, key);
                audit::by(Who::Command, "save_model", work).await
            }
            (Self::Holder(_), None) => self.save_model(draft).await,
            (Self::Holder(_), Some(key)) => {
                let key = String::from_utf8(key).map_err(|_| {
                    let message = "a key that is no text cannot be handed to a running Gatehouse";
                    let hint = "Stop it first, and store the key then.";
                    Error::new(ErrorCode::Invalid, message, hint)
                })?;
                self.save_model_and_key(SaveModelAndKey { draft, key })
                    .await
            }
        }
    }

    /// Revokes a client key by its name.
    pub async fn revoke_client_key_named(&self, name: &str) -> Result<(), Error> {
        if let Self::Here(control) = self {
            let work = control.revoke_client_key_named(name);
            return audit::by(Who::Command, "revoke_client_key", work).await;
        }
        let keys = self.list_client_keys(()).await?;
        let found = keys.iter().find(|key| key.name == name.trim());
        let missing = || DomainError::ClientKey(format!("\"{}\" does not exist", name.trim()));
        self.revoke_client_key(found.ok_or_else(missing)?.id).await
    }

    /// Reads the key of a model, before it is tested. The holder has it already.
    pub async fn read_key(&self, id: ModelId) {
        if let Self::Here(control) = self {
            control.read_key(id).await;
        }
    }
}
