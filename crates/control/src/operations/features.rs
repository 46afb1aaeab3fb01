//! The features and the models that answer them.

use domain::{FEATURES, FeatureRecord, Model, ModelId, Route, Settings, route_of, unfit_reason};
use jiff::Timestamp;

use crate::view::{Evidence, FeatureView, RouteChange, UnfitModel};
use crate::{Control, Error};

impl Control {
    /// The features and their models.
    pub async fn list_features(&self, (): ()) -> Result<Vec<FeatureView>, Error> {
        let settings = self.settings.load_full();
        let mut views = Vec::with_capacity(FEATURES.len());
        for record in FEATURES {
            let evidence = self
                .log
                .evidence_of_feature(record.feature, Timestamp::now());
            views.push(view(&settings, record, evidence.await?));
        }
        Ok(views)
    }

    /// Changes the routing, all changes or none. A model that does not suit its feature is refused
    /// with the reason, unless the reason was shown.
    pub async fn set_routes(&self, changes: Vec<RouteChange>) -> Result<Vec<FeatureView>, Error> {
        let changed = self.change(|settings| {
            for change in &changes {
                settings.set_route(change.feature, change.route, change.reason_shown)?;
            }
            Ok(())
        });
        changed.await?;
        self.list_features(()).await
    }
}

fn view(settings: &Settings, record: &FeatureRecord, evidence: Evidence) -> FeatureView {
    let feature = record.feature;
    let (route, set_on) = route_of(settings, feature).unzip();
    let (answered_by, fallback) = match route {
        Some(Route::Model { model, fallback }) => (Some(model), fallback),
        Some(Route::Disabled) | None => (None, None),
    };
    let is_there = |id: &ModelId| settings.model(*id).is_some();
    let unfit = |model: &Model| {
        let reason = unfit_reason(&settings.family_of(model), feature)?;
        Some(UnfitModel {
            model: model.id,
            reason,
        })
    };
    FeatureView {
        feature,
        name: record.name.into(),
        title: record.title.into(),
        summary: record.summary.into(),
        group: record.group.into(),
        parent: record.parent,
        need: record.need,
        route: settings.routes.get(&feature).copied(),
        answered_by: answered_by.filter(is_there),
        fallback: fallback.filter(is_there),
        inherited_from: set_on.filter(|set_on| *set_on != feature),
        disabled: route == Some(Route::Disabled),
        unfit: settings.models.iter().filter_map(unfit).collect(),
        evidence,
    }
}
