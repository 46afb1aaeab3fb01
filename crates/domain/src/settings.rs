//! All that an admin can set, as one value, and the changes that can be made to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ClientKey, ClientKeyId, DeploymentName, DomainError, Endpoint, Family, FamilyRecord, Feature,
    Field, Identifier, Model, ModelDraft, ModelId, Price, Route, unfit_reason,
};
use reach::check_reach;

mod check;
mod gateway;
mod gitlab;
mod log;
mod log_files;
mod prompts;
mod reach;
mod recording;
mod redaction;

pub use gateway::GatewaySettings;
pub use gitlab::{GitlabSettings, InstanceUrl, callable_url};
pub use log::{LogSettings, SavedView};
pub use log_files::{LogFiles, LogLevel, LogTarget};
pub use prompts::{PromptEdit, PromptEdits};
pub use recording::{RecordingSettings, RecordingState};
pub use redaction::{
    DefaultRule, RedactionDraft, RedactionRule, RedactionRuleDraft, RedactionSettings,
    SecretPattern,
};

/// All settings. Keys of models are not among them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// The registered models, in the order they were added.
    #[serde(default)]
    pub models: Vec<Model>,
    /// Which model answers a feature; a feature that is absent follows its parent.
    #[serde(default)]
    pub routes: BTreeMap<Feature, Route>,
    /// The families that the admin made, beside the built-in ones.
    #[serde(default)]
    pub families: Vec<FamilyRecord>,
    /// How the gateway listens and what it bears.
    #[serde(default)]
    pub gateway: GatewaySettings,
    /// Whose tokens are accepted, and what GitLab's requests may do.
    #[serde(default)]
    pub gitlab: GitlabSettings,
    /// Keys that clients show.
    #[serde(default)]
    pub client_keys: Vec<ClientKey>,
    /// What the admin changed in the prompts of features.
    #[serde(default, skip_serializing_if = "PromptEdits::is_empty")]
    pub prompts: PromptEdits,
    /// How long rows of the request log are kept.
    #[serde(default, skip_serializing_if = "LogSettings::is_default")]
    pub log: LogSettings,
    /// Queries of the request log with a name, in the order they were saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<SavedView>,
    /// When requests are recorded in full.
    #[serde(default, skip_serializing_if = "RecordingSettings::is_default")]
    pub recording: RecordingSettings,
    /// Where the gateway log and `llm.log` are written.
    #[serde(default, skip_serializing_if = "LogFiles::is_default")]
    pub log_files: LogFiles,
    /// What must not be written down.
    #[serde(default, skip_serializing_if = "RedactionSettings::is_default")]
    pub redaction: RedactionSettings,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Settings {
    /// The model with this id.
    pub fn model(&self, id: ModelId) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The model with this deployment name.
    pub fn model_named(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name.as_str() == name)
    }

    /// The model that a person means: by deployment name or by id.
    pub fn find_model(&self, text: &str) -> Result<&Model, DomainError> {
        self.model_named(text.trim())
            .or_else(|| {
                self.models
                    .iter()
                    .find(|model| model.id.to_string() == text.trim())
            })
            .ok_or_else(|| DomainError::NoSuchModel(text.trim().to_owned()))
    }

    /// The features whose own route names this model, first or as fallback.
    pub fn features_of(&self, id: ModelId) -> Vec<Feature> {
        let names_it = |route: &Route| matches!(route, Route::Model { model, fallback } if *model == id || *fallback == Some(id));
        self.routes
            .iter()
            .filter(|(_, route)| names_it(route))
            .map(|(feature, _)| *feature)
            .collect()
    }

    /// The record of a family: the admin's own, or the built-in one, or the general one.
    pub fn family(&self, name: &Family) -> &FamilyRecord {
        self.families
            .iter()
            .find(|record| record.name == *name)
            .or_else(|| FamilyRecord::built_in(name.as_str()))
            .unwrap_or_else(|| {
                FamilyRecord::built_in(crate::GENERAL).expect("the table has the general family")
            })
    }

    /// The record of a model's family as it applies to the model: variant, and what the model
    /// itself says of its context and of what it refuses.
    pub fn family_of(&self, model: &Model) -> FamilyRecord {
        let record = self.family(&model.family);
        let mut record = record.for_identifier(model.variant_name()).into_owned();
        record.context = model.connection.context.unwrap_or(record.context);
        for parameter in &model.connection.refuses {
            if !record.refuses(*parameter) {
                record.refuses.push(*parameter);
            }
        }
        record
    }

    /// Adds or changes a family of the admin's own. A built-in one cannot be changed.
    pub fn save_family(&mut self, record: FamilyRecord) -> Result<(), DomainError> {
        if FamilyRecord::built_in(record.name.as_str()).is_some() {
            return Err(DomainError::FamilyRecord {
                field: Field::Name,
                problem: format!("{} is built in: copy it under another name", record.name),
            });
        }
        record.check()?;
        match self
            .families
            .iter_mut()
            .find(|other| other.name == record.name)
        {
            Some(other) => *other = record,
            None => self.families.push(record),
        }
        Ok(())
    }

    /// Removes a family of the admin's own that no model has.
    pub fn remove_family(&mut self, name: &Family) -> Result<(), DomainError> {
        let users: Vec<&str> = self
            .models
            .iter()
            .filter(|model| model.family == *name)
            .map(|model| model.name.as_str())
            .collect();
        if !users.is_empty() {
            return Err(DomainError::FamilyInUse(users.join(", ")));
        }
        let place = self
            .families
            .iter()
            .position(|record| record.name == *name)
            .ok_or_else(|| DomainError::Family(name.to_string()))?;
        self.families.remove(place);
        Ok(())
    }

    /// Adds or changes a model, and returns it. `new_id` is used when the draft names none.
    pub fn save_model(
        &mut self,
        draft: &ModelDraft,
        new_id: ModelId,
    ) -> Result<Model, DomainError> {
        let name: DeploymentName = draft.name.parse()?;
        let family: Family = draft.family.parse()?;
        if self.family(&family).name != family {
            return Err(DomainError::Family(family.to_string()));
        }
        let endpoint: Endpoint = draft.endpoint.parse()?;
        endpoint.check_query()?;
        let identifier = match draft.identifier.trim() {
            "" => None,
            text => Some(text.parse::<Identifier>()?),
        };
        let price = draft.price.map(Price::try_from).transpose()?;
        if self
            .models
            .iter()
            .any(|other| Some(other.id) != draft.id && other.name == name)
        {
            return Err(DomainError::NameTaken(name.to_string()));
        }
        let Some(id) = draft.id else {
            let hue = self.next_hue();
            let model = Model {
                id: new_id,
                name,
                family,
                endpoint,
                identifier,
                provider: draft.provider,
                connection: draft.connection.clone(),
                enabled: draft.enabled,
                self_hosted: draft.self_hosted,
                price,
                has_key: false,
                hue,
                rest: Map::new(),
            };
            check_reach(&model)?;
            model.connection.check()?;
            self.models.push(model.clone());
            return Ok(model);
        };
        let model = self
            .model(id)
            .ok_or_else(|| DomainError::NoSuchModel(id.to_string()))?;
        let changed = Model {
            name,
            family,
            endpoint,
            identifier,
            provider: draft.provider,
            connection: draft.connection.clone(),
            enabled: draft.enabled,
            self_hosted: draft.self_hosted,
            price,
            ..model.clone()
        };
        check_reach(&changed)?;
        changed.connection.check()?;
        self.check_routes_of(model, &changed)?;
        *self.model_mut(id)? = changed.clone();
        Ok(changed)
    }

    /// Refuses a change that makes a model unfit for a feature that it answers: the reason would
    /// never be shown.
    fn check_routes_of(&self, before: &Model, after: &Model) -> Result<(), DomainError> {
        let features = self.features_of(after.id);
        let (before, after) = (self.family_of(before), self.family_of(after));
        for feature in features {
            if unfit_reason(&before, feature).is_some() {
                continue;
            }
            if let Some(reason) = unfit_reason(&after, feature) {
                let title = feature.record().title;
                return Err(DomainError::Unfit(format!(
                    "{reason} It answers {title}: route that to another model first"
                )));
            }
        }
        Ok(())
    }

    /// Removes a model and every route to it, and returns it.
    pub fn remove_model(&mut self, id: ModelId) -> Result<Model, DomainError> {
        let place = self
            .models
            .iter()
            .position(|model| model.id == id)
            .ok_or_else(|| DomainError::NoSuchModel(id.to_string()))?;
        self.routes.retain(|_, route| {
            let Route::Model { model, fallback } = route else {
                return true;
            };
            if *fallback == Some(id) {
                *fallback = None;
            }
            *model != id
        });
        Ok(self.models.remove(place))
    }

    /// The model with this id, to change it.
    pub fn model_mut(&mut self, id: ModelId) -> Result<&mut Model, DomainError> {
        self.models
            .iter_mut()
            .find(|model| model.id == id)
            .ok_or_else(|| DomainError::NoSuchModel(id.to_string()))
    }

    /// Routes a feature, or lets it follow its parent. A model that does not suit the feature is
    /// refused with the reason, unless the reason `was_shown`.
    pub fn set_route(
        &mut self,
        feature: Feature,
        route: Option<Route>,
        was_shown: bool,
    ) -> Result<(), DomainError> {
        let Some(route) = route else {
            self.routes.remove(&feature);
            return Ok(());
        };
        if let Route::Model { model, fallback } = route {
            if fallback == Some(model) {
                return Err(DomainError::FallbackIsItself(feature.record().title.into()));
            }
            for id in [Some(model), fallback].into_iter().flatten() {
                let model = self
                    .model(id)
                    .ok_or_else(|| DomainError::NoSuchModel(id.to_string()))?;
                let reason = unfit_reason(&self.family_of(model), feature);
                if let Some(reason) = reason.filter(|_| !was_shown) {
                    return Err(DomainError::Unfit(reason));
                }
            }
        }
        self.routes.insert(feature, route);
        Ok(())
    }

    /// Adds a client key; its name must be new.
    pub fn add_client_key(&mut self, key: ClientKey) -> Result<(), DomainError> {
        if self.client_keys.iter().any(|other| other.name == key.name) {
            let problem = format!("\"{}\" exists already", key.name.as_str());
            return Err(DomainError::ClientKey(problem));
        }
        self.client_keys.push(key);
        Ok(())
    }

    /// Removes a client key and returns it.
    pub fn remove_client_key(&mut self, id: ClientKeyId) -> Result<ClientKey, DomainError> {
        let place = self
            .client_keys
            .iter()
            .position(|key| key.id == id)
            .ok_or_else(|| DomainError::ClientKey(format!("{} does not exist", id.0)))?;
        Ok(self.client_keys.remove(place))
    }

    /// The hue that the fewest models have, the lowest among those.
    fn next_hue(&self) -> u8 {
        let used = |hue: u8| self.models.iter().filter(|model| model.hue == hue).count();
        (1..=8).min_by_key(|hue| used(*hue)).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests;
