//! A feature and the model that answers it.

use domain::{Feature, ModelId, Need, Route};
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
    /// The group that it is shown in.
    pub group: String,
    /// The feature that it follows while it has no route of its own.
    #[ts(optional = nullable)]
    pub parent: Option<Feature>,
    /// What it needs of a model.
    pub need: Need,
    /// What the admin decided for it; none to follow its parent, or to answer nobody.
    #[ts(optional = nullable)]
    pub route: Option<Route>,
    /// The model of the route that applies, its own or its parent's.
    #[ts(optional = nullable)]
    pub answered_by: Option<ModelId>,
    /// The model that answers when that one cannot.
    #[ts(optional = nullable)]
    pub fallback: Option<ModelId>,
    /// The parent, when the route that applies is the parent's.
    #[ts(optional = nullable)]
    pub inherited_from: Option<Feature>,
    /// Whether the route that applies says that nobody answers.
    pub disabled: bool,
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
    /// What is to apply; none takes the feature's own route away, so that it follows its parent.
    #[ts(optional = nullable)]
    pub route: Option<Route>,
    /// Whether the admin has seen why a model of the route does not suit the feature. Without it
    /// such a model is refused with the reason.
    #[serde(default)]
    pub reason_shown: bool,
}
