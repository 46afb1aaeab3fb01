//! A feature and the model that answers it.

use domain::{Feature, ModelId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::request::Evidence;

/// A feature and the model that answers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FeatureView {
    /// The feature.
    pub feature: Feature,
    /// The name that clients use as a model.
    pub name: String,
    /// The name to show.
    pub title: String,
    /// What it is, in one short sentence.
    pub summary: String,
    /// The model that answers; none when the feature is not routed.
    #[ts(optional = nullable)]
    pub model: Option<ModelId>,
    /// Models whose family does not suit the feature, with the reason.
    pub unfit: Vec<UnfitModel>,
    /// What its requests of the last 24 hours showed.
    pub evidence: Evidence,
}

/// A model that does not suit a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnfitModel {
    /// The model.
    pub model: ModelId,
    /// Why, as a sentence.
    pub reason: String,
}

/// One change of the routing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RouteChange {
    /// The feature.
    pub feature: Feature,
    /// The model that is to answer; none takes the route away.
    #[ts(optional = nullable)]
    pub model: Option<ModelId>,
}
