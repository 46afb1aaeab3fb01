//! The features and the models that answer them.

use domain::{FEATURES, unfit_reason};
use jiff::Timestamp;

use crate::view::{FeatureView, RouteChange, UnfitModel};
use crate::{Control, Error};

impl Control {
    /// The features and their models.
    pub async fn list_features(&self, (): ()) -> Result<Vec<FeatureView>, Error> {
        let settings = self.settings.load_full();
        let mut views = Vec::with_capacity(FEATURES.len());
        for record in FEATURES {
            let unfit = settings.models.iter().filter_map(|model| {
                let reason = unfit_reason(model.family, record.feature)?;
                Some(UnfitModel {
                    model: model.id,
                    reason,
                })
            });
            views.push(FeatureView {
                feature: record.feature,
                name: record.name.into(),
                title: record.title.into(),
                summary: record.summary.into(),
                model: settings.routes.get(&record.feature).copied(),
                unfit: unfit.collect(),
                evidence: self
                    .log
                    .evidence_of_feature(record.feature, Timestamp::now())
                    .await?,
            });
        }
        Ok(views)
    }

    /// Changes the routing, all changes or none.
    pub async fn set_routes(&self, changes: Vec<RouteChange>) -> Result<Vec<FeatureView>, Error> {
        let changed = self.change(|settings| {
            for change in &changes {
                settings.set_route(change.feature, change.model)?;
            }
            Ok(())
        });
        changed.await?;
        self.list_features(()).await
    }
}
