//! All that an admin can set, as one value, and the changes that can be made to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::{
    ClientKey, ClientKeyId, DeploymentName, DomainError, Endpoint, Feature, Identifier,
    ListenAddress, Model, ModelDraft, ModelId,
};

/// All settings. Keys of models are not among them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// The registered models, in the order they were added.
    #[serde(default)]
    pub models: Vec<Model>,
    /// Which model answers a feature; a feature that is absent is not routed.
    #[serde(default)]
    pub routes: BTreeMap<Feature, ModelId>,
    /// How the gateway listens and what it bears.
    #[serde(default)]
    pub gateway: GatewaySettings,
    /// Keys that clients show.
    #[serde(default)]
    pub client_keys: Vec<ClientKey>,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How the gateway listens and what it bears. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct GatewaySettings {
    /// Address and port, such as `127.0.0.1:5052`.
    #[ts(type = "string")]
    pub listen: ListenAddress,
    /// Whether the desktop app starts the gateway when it opens.
    pub start_with_app: bool,
    /// Host names beside the loopback ones that clients may use.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may call, each exactly as a browser sends it.
    pub allowed_origins: Vec<String>,
    /// Requests in flight; one more is answered 503. 1 to 10,000.
    pub max_in_flight: u32,
    /// Largest request body in bytes. 1 kiB to 1 GiB.
    pub max_body_bytes: u32,
    /// Longest wait for the first byte of an answer. 1 to 600.
    pub first_byte_timeout: u32,
    /// Longest silence inside a stream. 1 to 600.
    pub idle_timeout: u32,
    /// Longest answer from start to end. 1 to 3,600.
    pub total_timeout: u32,
    /// How long a stop waits for running requests. 0 to 600.
    pub drain_timeout: u32,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    #[ts(skip)]
    pub rest: Map<String, Value>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            listen: ListenAddress::default(),
            start_with_app: true,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            max_in_flight: 64,
            max_body_bytes: 4 * 1024 * 1024,
            first_byte_timeout: 60,
            idle_timeout: 30,
            total_timeout: 600,
            drain_timeout: 5,
            rest: Map::new(),
        }
    }
}

impl GatewaySettings {
    /// Checks every range; the first value outside its range is the error.
    pub fn check(&self) -> Result<(), DomainError> {
        let ranges = [
            ("requests at once", self.max_in_flight, 1, 10_000),
            ("the largest body", self.max_body_bytes, 1_024, 1 << 30),
            (
                "the wait for the first token",
                self.first_byte_timeout,
                1,
                600,
            ),
            ("the silence inside a stream", self.idle_timeout, 1, 600),
            ("the time for a whole answer", self.total_timeout, 1, 3_600),
            ("the drain on stop", self.drain_timeout, 0, 600),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                let problem = format!("is {value}, outside {least} to {most}");
                return Err(DomainError::Setting { name, problem });
            }
        }
        Ok(())
    }
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

    /// The features that this model answers.
    pub fn features_of(&self, id: ModelId) -> Vec<Feature> {
        self.routes
            .iter()
            .filter(|(_, routed)| **routed == id)
            .map(|(feature, _)| *feature)
            .collect()
    }

    /// Adds or changes a model, and returns it. `new_id` is used when the draft names none.
    pub fn save_model(
        &mut self,
        draft: &ModelDraft,
        new_id: ModelId,
    ) -> Result<Model, DomainError> {
        let name: DeploymentName = draft.name.parse()?;
        let family = draft.family.parse()?;
        let endpoint: Endpoint = draft.endpoint.parse()?;
        let identifier = match draft.identifier.trim() {
            "" => None,
            text => Some(text.parse::<Identifier>()?),
        };
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
                enabled: draft.enabled,
                has_key: false,
                hue,
                rest: Map::new(),
            };
            self.models.push(model.clone());
            return Ok(model);
        };
        let model = self.model_mut(id)?;
        model.name = name;
        model.family = family;
        model.endpoint = endpoint;
        model.identifier = identifier;
        model.enabled = draft.enabled;
        Ok(model.clone())
    }

    /// Removes a model and every route to it, and returns it.
    pub fn remove_model(&mut self, id: ModelId) -> Result<Model, DomainError> {
        let place = self
            .models
            .iter()
            .position(|model| model.id == id)
            .ok_or_else(|| DomainError::NoSuchModel(id.to_string()))?;
        self.routes.retain(|_, routed| *routed != id);
        Ok(self.models.remove(place))
    }

    /// The model with this id, to change it.
    pub fn model_mut(&mut self, id: ModelId) -> Result<&mut Model, DomainError> {
        self.models
            .iter_mut()
            .find(|model| model.id == id)
            .ok_or_else(|| DomainError::NoSuchModel(id.to_string()))
    }

    /// Routes a feature to a model, or to none.
    pub fn set_route(
        &mut self,
        feature: Feature,
        model: Option<ModelId>,
    ) -> Result<(), DomainError> {
        match model {
            None => self.routes.remove(&feature),
            Some(id) => {
                self.model(id)
                    .ok_or_else(|| DomainError::NoSuchModel(id.to_string()))?;
                self.routes.insert(feature, id)
            }
        };
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
