//! Decides which model answers a name that a client sent. Knows nothing about HTTP, and not whether
//! a model can be reached.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Feature, Model, ModelId, Settings};

/// What an admin decided for a feature. A feature without a route follows its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum Route {
    /// Nobody answers.
    Disabled,
    /// A model answers.
    Model {
        /// The model.
        model: ModelId,
        /// The model that answers when that one cannot, before the first byte.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional = nullable)]
        fallback: Option<ModelId>,
    },
}

/// What a client's `model` field means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target<'a> {
    /// An enabled model, and the feature when it was reached through one.
    Model {
        /// The model that answers.
        model: &'a Model,
        /// The enabled model that answers when that one cannot.
        fallback: Option<&'a Model>,
        /// The feature that the client named.
        feature: Option<Feature>,
    },
    /// The model is switched off.
    Off {
        /// The model.
        model: &'a Model,
        /// The feature that the client named.
        feature: Option<Feature>,
    },
    /// A feature that the admin has disabled.
    Disabled(Feature),
    /// A feature that no model is assigned to.
    Unrouted(Feature),
    /// Neither a deployment name nor a feature.
    Unknown,
}

/// Resolves the `model` field of a request: a deployment name or the name of a feature.
pub fn target_for<'a>(settings: &'a Settings, name: &str) -> Target<'a> {
    if let Ok(feature) = name.parse::<Feature>() {
        return target_of(settings, feature);
    }
    settings
        .model_named(name)
        .map_or(Target::Unknown, |model| answered_by(model, None, None))
}

/// The model that answers a feature: by its own route, or by its parent's.
pub fn target_of(settings: &Settings, feature: Feature) -> Target<'_> {
    let Some((route, _)) = route_of(settings, feature) else {
        return Target::Unrouted(feature);
    };
    let Route::Model { model, fallback } = route else {
        return Target::Disabled(feature);
    };
    let fallback = fallback
        .and_then(|id| settings.model(id))
        .filter(|model| model.enabled);
    settings
        .model(model)
        .map_or(Target::Unrouted(feature), |model| {
            answered_by(model, fallback, Some(feature))
        })
}

/// The route that applies to a feature, and the feature that it is set on.
pub fn route_of(settings: &Settings, feature: Feature) -> Option<(Route, Feature)> {
    let own = settings.routes.get(&feature).map(|route| (*route, feature));
    own.or_else(|| {
        let parent = feature.record().parent?;
        settings.routes.get(&parent).map(|route| (*route, parent))
    })
}

fn answered_by<'a>(
    model: &'a Model,
    fallback: Option<&'a Model>,
    feature: Option<Feature>,
) -> Target<'a> {
    match (model.enabled, fallback) {
        (true, fallback) => Target::Model {
            model,
            fallback,
            feature,
        },
        (false, Some(other)) => Target::Model {
            model: other,
            fallback: None,
            feature,
        },
        (false, None) => Target::Off { model, feature },
    }
}

#[cfg(test)]
mod tests;
