//! Decides which model answers a name that a client sent. Knows nothing about HTTP.

use crate::{Family, Feature, Model, Settings};

/// What a client's `model` field means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target<'a> {
    /// An enabled model, and the feature when it was reached through one.
    Model {
        /// The model that answers.
        model: &'a Model,
        /// The feature that the client named.
        feature: Option<Feature>,
    },
    /// The model is switched off.
    Disabled {
        /// The model.
        model: &'a Model,
        /// The feature that the client named.
        feature: Option<Feature>,
    },
    /// A feature that no model is assigned to.
    Unrouted(Feature),
    /// Neither a deployment name nor a feature.
    Unknown,
}

/// Resolves the `model` field of a request: a deployment name or the name of a feature.
pub fn target_for<'a>(settings: &'a Settings, name: &str) -> Target<'a> {
    if let Ok(feature) = name.parse::<Feature>() {
        let routed = settings
            .routes
            .get(&feature)
            .and_then(|id| settings.model(*id));
        return routed.map_or(Target::Unrouted(feature), |model| {
            enabled(model, Some(feature))
        });
    }
    settings
        .model_named(name)
        .map_or(Target::Unknown, |model| enabled(model, None))
}

fn enabled(model: &Model, feature: Option<Feature>) -> Target<'_> {
    if model.enabled {
        Target::Model { model, feature }
    } else {
        Target::Disabled { model, feature }
    }
}

/// Why a family does not suit a feature, or `None` when it does.
pub fn unfit_reason(family: Family, feature: Feature) -> Option<String> {
    let (family, feature) = (family.record(), feature.record());
    (feature.needs_chat && !family.chats).then(|| {
        format!(
            "{} models are made for code, not for conversation.",
            family.title
        )
    })
}
