//! `gatehouse feature …`

use control::view::{FeatureView, ModelView, RouteChange};
use control::{Error, ErrorCode, Operator};
use domain::{Feature, ModelId, Route};

use crate::arguments::FeatureCommand;
use crate::output::{Output, Stop, table};

pub(super) async fn run(
    command: &FeatureCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    let models = operator.list_models(()).await?;
    let change = match command {
        FeatureCommand::List => {
            let features = operator.list_features(()).await?;
            return output.show(&features, |features| list(features, &models));
        }
        FeatureCommand::Set {
            feature,
            model,
            fallback,
            anyway,
        } => {
            let model = operator.find_model(model).await?.id;
            let fallback = match fallback {
                Some(name) => Some(operator.find_model(name).await?.id),
                None => None,
            };
            let change = RouteChange {
                feature: feature.parse()?,
                route: Some(Route::Model { model, fallback }),
                reason_shown: *anyway,
            };
            tell_unfit(operator, &change, output).await?;
            change
        }
        FeatureCommand::Disable { feature } => taken_away(feature, Some(Route::Disabled))?,
        FeatureCommand::Clear { feature } => taken_away(feature, None)?,
        FeatureCommand::Inherit { feature } => {
            let change = taken_away(feature, None)?;
            let record = change.feature.record();
            if record.parent.is_none() {
                let message = format!("{} follows no other feature", record.title);
                let hint = "Take its route away with `gatehouse feature clear`.";
                return Err(Error::new(ErrorCode::Invalid, message, hint).into());
            }
            change
        }
    };
    let feature = change.feature;
    let features = operator.set_routes(vec![change]).await?;
    let Some(view) = features.iter().find(|view| view.feature == feature) else {
        return Ok(());
    };
    output.show(view, |view| {
        format!("{}: {}", view.title, answer(view, &models))
    })
}

fn taken_away(feature: &str, route: Option<Route>) -> Result<RouteChange, Error> {
    Ok(RouteChange {
        feature: feature.parse()?,
        route,
        reason_shown: false,
    })
}

/// Says why a model of the route does not suit the feature. It is set only `--anyway`.
async fn tell_unfit(
    operator: &Operator,
    change: &RouteChange,
    output: Output,
) -> Result<(), Error> {
    let features = operator.list_features(()).await?;
    let view = features.iter().find(|view| view.feature == change.feature);
    let chosen = |id: ModelId| match change.route {
        Some(Route::Model { model, fallback }) => model == id || fallback == Some(id),
        Some(Route::Disabled) | None => false,
    };
    let unfit = view.map_or(&[][..], |view| &view.unfit);
    for one in unfit.iter().filter(|unfit| chosen(unfit.model)) {
        if !change.reason_shown {
            let hint = "Choose another model, or add --anyway.";
            return Err(Error::new(ErrorCode::Invalid, &one.reason, hint));
        }
        output.note(&one.reason, "The route is set all the same.");
    }
    Ok(())
}

fn list(features: &[FeatureView], models: &[ModelView]) -> String {
    let rows: Vec<_> = features
        .iter()
        .map(|view| vec![view.name.clone(), view.title.clone(), answer(view, models)])
        .collect();
    table(&["FEATURE", "TITLE", "ANSWERED BY"], &rows)
}

/// Who answers a feature, in words.
fn answer(view: &FeatureView, models: &[ModelView]) -> String {
    let named = |id: ModelId| {
        let model = models.iter().find(|model| model.id == id)?;
        let off = if model.enabled { "" } else { " (switched off)" };
        Some(format!("{}{off}", model.name))
    };
    let mut words = match view.answered_by.and_then(named) {
        _ if view.disabled => "nobody, disabled".to_owned(),
        Some(name) => name,
        None => "nobody yet".to_owned(),
    };
    if let Some(fallback) = view.fallback.and_then(named) {
        words += &format!(", else {fallback}");
    }
    if let Some(parent) = view.parent.filter(|_| view.route.is_none()) {
        words += &format!(" (as {})", Feature::record(parent).title);
    }
    words
}
