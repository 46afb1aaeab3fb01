//! The registered models and their keys.

use std::time::Duration;

use domain::{
    Endpoint, Feature, Field, Model, ModelDraft, ModelId, PriceDraft, SecretState, ServerKind,
    Settings,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::audit::Note;
use crate::reach::Reach;
use crate::view::{
    Evidence, Health, HealthState, KeyringView, ModelSwitch, ModelView, Notice, RequestView,
    SaveModelAndKey, SetKey,
};
use crate::{Control, Error, ErrorCode};

/// How often keys that are not at hand are asked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Control {
    /// The registered models.
    pub async fn list_models(&self, (): ()) -> Result<Vec<ModelView>, Error> {
        let settings = self.settings.load_full();
        let mut views = Vec::with_capacity(settings.models.len());
        for model in &settings.models {
            views.push(self.view_model(model).await?);
        }
        Ok(views)
    }

    /// The model that a person means, by deployment name or id.
    pub async fn find_model(&self, name: &str) -> Result<ModelView, Error> {
        let settings = self.settings.load_full();
        self.view_model(settings.find_model(name)?).await
    }

    /// Adds or changes a model. A stored key stays with the host that it was stored for.
    pub async fn save_model(&self, draft: ModelDraft) -> Result<ModelView, Error> {
        self.save_model_with_key(draft, None).await
    }

    /// Adds or changes a model together with its key: both or none.
    pub async fn save_model_with_key(
        &self,
        draft: ModelDraft,
        key: Option<Vec<u8>>,
    ) -> Result<ModelView, Error> {
        let new_id = ModelId(Uuid::now_v7());
        if let Some(key) = key {
            let mut trial = domain::Settings::clone(&self.settings.load());
            let model = trial.save_model(&draft, new_id)?;
            self.check_writable()?;
            self.keys
                .write(model.id, &key_origin(&model)?, check_key(key)?)
                .await?;
            let saved = self.change_noting(replaced(&model), |settings| {
                let id = settings.save_model(&draft, new_id)?.id;
                let model = settings.model_mut(id)?;
                model.has_key = true;
                Ok(model.clone())
            });
            return self.view_changed(&saved.await?).await;
        }
        let model = self
            .change(|settings| Ok(settings.save_model(&draft, new_id)?))
            .await?;
        self.keys.expect(&self.settings.load());
        self.keys.read(&model).await;
        self.view_changed(&model).await
    }

    /// The same as one operation.
    pub async fn save_model_and_key(&self, input: SaveModelAndKey) -> Result<ModelView, Error> {
        let key = input.key.into_bytes();
        self.save_model_with_key(input.draft, Some(key)).await
    }

    /// Removes a model, its routes and its key. Answers which features were routed to it.
    pub async fn remove_model(&self, id: ModelId) -> Result<Vec<Feature>, Error> {
        let removed = self.change(|settings| {
            let features = settings.features_of(id);
            Ok((settings.remove_model(id)?, features))
        });
        let (model, features) = removed.await?;
        self.tests.forget(id);
        self.forget_key_of(&model).await;
        self.keys.expect(&self.settings.load());
        self.apply();
        Ok(features)
    }

    /// Removes the key of a model that is gone. One that stays is said: the model does not come
    /// back for it.
    pub(crate) async fn forget_key_of(&self, model: &Model) {
        if model.has_key
            && let Err(error) = self.keys.remove(model.id).await
        {
            self.notice(Notice {
                what: format!("The key of \"{}\" is still in the keyring.", model.name),
                why: format!(
                    "The model is gone, its key could not be removed: {} {}",
                    error.message, error.hint
                ),
            });
        }
    }

    /// Switches a model on or off.
    pub async fn switch_model(&self, switch: ModelSwitch) -> Result<ModelView, Error> {
        let model = self.change(|settings| {
            let model = settings.model_mut(switch.id)?;
            model.enabled = switch.enabled;
            Ok(model.clone())
        });
        let model = model.await?;
        self.view_model(&model).await
    }

    /// Stores or removes a key. There is no operation that reads one.
    pub async fn set_key(&self, input: SetKey) -> Result<SecretState, Error> {
        let settings = self.settings.load_full();
        let model = settings.model(input.id).ok_or_else(|| gone(input.id))?;
        self.check_writable()?;
        let has_key = !input.key.is_empty();
        if has_key {
            let key = check_key(input.key.into_bytes())?;
            self.keys.write(model.id, &key_origin(model)?, key).await?;
        } else if model.has_key {
            self.keys.remove(model.id).await?;
        }
        let note = if has_key {
            replaced(model)
        } else {
            Note::default()
        };
        let changed = self.change_noting(note, |settings| {
            let model = settings.model_mut(input.id)?;
            model.has_key = has_key;
            Ok(model.clone())
        });
        let changed = changed.await?;
        self.keys.expect(&self.settings.load());
        self.apply();
        Ok(self.keys.state(&changed))
    }

    /// Asks the keyring again for every key.
    pub async fn read_keys(&self, (): ()) -> Result<KeyringView, Error> {
        self.keys.retry().await;
        for model in &self.settings.load_full().models {
            self.keys.read(model).await;
        }
        self.apply();
        Ok(self.keys.keyring())
    }

    /// Reads keys that are not at hand yet, now and whenever a keyring may have come back. Never
    /// ends by itself. A person who has dismissed the keyring's prompt is not asked again: that
    /// takes `read_keys`.
    pub async fn keep_keys(&self) {
        let mut changes = self.keys.changes();
        let has_display = ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        loop {
            changes.mark_unchanged();
            for model in &self.settings.load_full().models {
                let state = self.keys.state(model);
                let is_worth_asking = match state {
                    SecretState::Unread | SecretState::Unavailable => true,
                    SecretState::Locked => !has_display,
                    _ => false,
                };
                if !is_worth_asking {
                    continue;
                }
                if state == SecretState::Unavailable {
                    self.keys.retry().await;
                }
                self.keys.read(model).await;
                if self.keys.state(model) != state {
                    self.apply();
                }
            }
            // Either way the keys are looked at again.
            let _ = tokio::time::timeout(LOOK_AGAIN, changes.changed()).await;
        }
    }

    /// Reads the key of a model, before it is tested.
    pub async fn read_key(&self, id: ModelId) {
        if let Some(model) = self.settings.load_full().model(id) {
            self.keys.read(model).await;
            self.apply();
        }
    }

    /// Reads the key of the model that a person means, before it is asked.
    pub async fn read_key_of(&self, name: &str) {
        let settings = self.settings.load_full();
        let target = domain::target_for(&settings, name);
        if let domain::Target::Model {
            model, fallback, ..
        } = target
        {
            for model in [Some(model), fallback].into_iter().flatten() {
                self.keys.read(model).await;
            }
            self.apply();
        }
    }

    pub(crate) fn check_writable(&self) -> Result<(), Error> {
        self.read_only().map_or(Ok(()), |error| Err(error.clone()))
    }

    async fn view_changed(&self, model: &Model) -> Result<ModelView, Error> {
        self.tests.forget(model.id);
        self.apply();
        self.view_model(model).await
    }

    async fn view_model(&self, model: &Model) -> Result<ModelView, Error> {
        let name = model.name.as_str();
        let last = self.log.last_of_model(name).await?;
        let seen = Seen {
            key: self.keys.state(model),
            server: self.tests.of(model.id).and_then(|report| report.server),
            health: self.health(model, last),
            evidence: self.log.evidence_of_model(name, Timestamp::now()).await?,
        };
        Ok(view(&self.settings.load(), model, seen))
    }

    /// The newest of the last test and the last request decides.
    fn health(&self, model: &Model, last: Option<RequestView>) -> Health {
        if !model.enabled {
            return Health {
                state: HealthState::Off,
                sentence: "Switched off.".into(),
                at: None,
            };
        }
        let by_request = last.map(|row| Health {
            state: if row.error.is_none() {
                HealthState::Ok
            } else {
                HealthState::Failed
            },
            sentence: row
                .error
                .unwrap_or_else(|| "Answered the newest request.".into()),
            at: Some(row.started_at),
        });
        let by_test = self.tests.of(model.id).map(|report| Health {
            state: if report.ok {
                HealthState::Ok
            } else {
                HealthState::Failed
            },
            sentence: report
                .error
                .map_or_else(|| "Passed its test.".into(), |error| error.message),
            at: Some(report.at),
        });
        by_request
            .into_iter()
            .chain(by_test)
            .max_by_key(|health| health.at)
            .unwrap_or(Health {
                state: HealthState::Unknown,
                sentence: "Neither tested nor asked yet.".into(),
                at: None,
            })
    }
}

/// What was seen of a model, beside what the settings say.
struct Seen {
    key: SecretState,
    server: Option<ServerKind>,
    health: Health,
    evidence: Evidence,
}

fn view(settings: &Settings, model: &Model, seen: Seen) -> ModelView {
    let family = settings.family_of(model);
    let reach = Reach::new(model, &family, seen.server);
    let identifier = model.identifier.as_ref().map(ToString::to_string);
    ModelView {
        id: model.id,
        name: model.name.to_string(),
        family: model.family.clone(),
        family_title: settings.family(&model.family).title.clone(),
        standing: family.standing,
        support: family.support,
        completion: reach.completion(),
        completion_note: reach.completion_note(),
        endpoint: model.endpoint.to_string(),
        host: reach.host(),
        chat_url: reach.chat_url().unwrap_or_default(),
        identifier: identifier.unwrap_or_default(),
        provider: model.provider(),
        provider_title: model.provider().record().title.into(),
        connection: model.connection.clone(),
        server: model.connection.server.or(seen.server),
        is_sample: model.endpoint == Endpoint::Sample,
        enabled: model.enabled,
        self_hosted: model.self_hosted,
        price: model.price.map(PriceDraft::from),
        hue: model.hue,
        key: seen.key,
        key_variable: model.name.key_variable(),
        features: settings.features_of(model.id),
        health: seen.health,
        evidence: seen.evidence,
        variant_title: family.title,
    }
}

/// The settings only say that there is a key, so that another one is no difference there.
fn replaced(model: &Model) -> Note {
    Note {
        replaced_key: model.has_key.then_some(model.id),
        ..Note::default()
    }
}

/// What a key of this model is bound to.
fn key_origin(model: &Model) -> Result<String, Error> {
    model.key_origin().ok_or_else(|| {
        Error::new(
            ErrorCode::Invalid,
            "the sample model takes no key",
            "Leave the key empty.",
        )
        .about(Field::Key)
    })
}

/// A key may have any bytes that an HTTP header can carry.
fn check_key(key: Vec<u8>) -> Result<Vec<u8>, Error> {
    if http::HeaderValue::from_bytes(&key).is_ok() && !key.is_empty() {
        return Ok(key);
    }
    let message = "the key is empty or has a line break or another control character, which no HTTP header can carry";
    let hint = "Paste the key again, on one line.";
    Err(Error::new(ErrorCode::Invalid, message, hint).about(Field::Key))
}

fn gone(id: ModelId) -> Error {
    domain::DomainError::NoSuchModel(id.to_string()).into()
}
