//! `gatehouse feature …`

use control::Control;
use control::view::{FeatureView, ModelView, RouteChange};
use domain::Feature;

use crate::arguments::FeatureCommand;
use crate::output::{Output, Stop, table};

pub(super) async fn run(
    command: &FeatureCommand,
    control: &Control,
    output: Output,
) -> Result<(), Stop> {
    let (feature, model): (Feature, Option<&str>) = match command {
        FeatureCommand::List => {
            let features = control.list_features(()).await?;
            let models = control.list_models(()).await?;
            return output.show(&features, |features| list(features, &models));
        }
        FeatureCommand::Set { feature, model } => (feature.parse()?, Some(model)),
        FeatureCommand::Clear { feature } => (feature.parse()?, None),
    };
    let model = match model {
        Some(name) => Some(control.find_model(name).await?),
        None => None,
    };
    let change = RouteChange {
        feature,
        model: model.as_ref().map(|model| model.id),
    };
    let features = control.set_routes(vec![change]).await?;
    let Some(view) = features.iter().find(|view| view.feature == feature) else {
        return Ok(());
    };
    let unfit = view
        .unfit
        .iter()
        .find(|unfit| Some(unfit.model) == view.model);
    if let Some(unfit) = unfit {
        output.note(&unfit.reason, "The route is set all the same.");
    }
    output.show(view, |view| match &model {
        Some(model) => format!("{} is answered by {}.", view.title, model.name),
        None => format!("{} is no longer routed.", view.title),
    })
}

fn list(features: &[FeatureView], models: &[ModelView]) -> String {
    let name = |view: &FeatureView| {
        let model = models.iter().find(|model| Some(model.id) == view.model);
        model.map_or_else(|| "–".to_owned(), |model| model.name.clone())
    };
    let rows: Vec<_> = features
        .iter()
        .map(|view| vec![view.name.clone(), view.title.clone(), name(view)])
        .collect();
    table(&["FEATURE", "TITLE", "MODEL"], &rows)
}
