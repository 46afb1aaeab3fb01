//! What the gateway knows while it answers one request: settings and keys as they were when the
//! request came.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{FamilyRecord, Model, ModelId, SecretState, Settings};
use secrecy::SecretSlice;

use crate::gitlab::GitlabAccess;

/// Settings and keys at one moment. Requests in flight keep the snapshot they started with.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The key of each model that has one.
    pub keys: HashMap<ModelId, UpstreamKey>,
    /// What stands behind GitLab's requests.
    pub gitlab: GitlabAccess,
    // Made once: a family is looked up with every request.
    families: HashMap<ModelId, Arc<FamilyRecord>>,
}

/// A key for a model server.
#[derive(Debug, Clone)]
pub enum UpstreamKey {
    /// At hand.
    Ready(Arc<SecretSlice<u8>>),
    /// Needed, and it cannot be had.
    Missing(SecretState),
}

impl Snapshot {
    /// A snapshot of these settings and keys.
    pub fn new(
        settings: Arc<Settings>,
        keys: HashMap<ModelId, UpstreamKey>,
        gitlab: GitlabAccess,
    ) -> Self {
        let families = settings
            .models
            .iter()
            .map(|model| (model.id, Arc::new(settings.family_of(model))))
            .collect();
        Self {
            settings,
            keys,
            gitlab,
            families,
        }
    }

    /// A model's family, as it applies to the model.
    pub(crate) fn family(&self, model: &Model) -> Arc<FamilyRecord> {
        self.families
            .get(&model.id)
            .cloned()
            .unwrap_or_else(|| Arc::new(self.settings.family_of(model)))
    }
}
