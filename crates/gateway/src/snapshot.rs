//! What the gateway knows while it answers one request: settings and keys as they were when the
//! request came.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{ModelId, SecretState, Settings};
use secrecy::SecretSlice;

/// Settings and keys at one moment. Requests in flight keep the snapshot they started with.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The key of each model that has one.
    pub keys: HashMap<ModelId, UpstreamKey>,
}

/// A key for a model server.
#[derive(Debug, Clone)]
pub enum UpstreamKey {
    /// At hand.
    Ready(Arc<SecretSlice<u8>>),
    /// Needed, and it cannot be had.
    Missing(SecretState),
}
