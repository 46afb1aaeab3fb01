//! The routes that a model answers: reads the request, finds its models, asks them and hands the
//! answer on.

use std::sync::Arc;

use bytes::Bytes;
use domain::{Feature, Model, Route, Settings, Target, route_of, target_for};
use http::Response;
use http::request::Parts;

use super::Exchange;
use super::models::unknown;
use crate::answer::AnswerBody;
use crate::ask::ask;
use crate::error::GatewayError;
use crate::incoming::{ModelRequest, read_body};
use crate::measure;
use crate::reading::cut;
use crate::record::Routed;
use crate::respond::respond;
use crate::voice::Voice;
use crate::wish::{Wish, WishKind};

/// Answers a request for a model.
pub(super) async fn answer<B>(
    kind: WishKind,
    parts: &Parts,
    body: B,
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody>
where
    B: http_body::Body<Data = Bytes> + Send,
{
    let request = match read_request(parts, body, &mut exchange).await {
        Ok(request) => request,
        Err(error) => return exchange.fail(&error),
    };
    let snapshot = Arc::clone(&exchange.snapshot);
    let resolved = resolve(&snapshot.settings, &request, &mut exchange);
    let (models, feature) = match resolved {
        Ok(found) => found,
        Err(error) => return exchange.fail(&error),
    };
    let kind = if kind == WishKind::Prompt && request.has_suffix {
        WishKind::Gap
    } else {
        kind
    };
    let wish = Wish {
        kind,
        request,
        feature,
        voice: Voice::Form(kind.form()),
        question: None,
    };
    if exchange.inside.is_some_and(|inside| inside.is_measured) {
        return measure::answer(&wish, &models, exchange).await;
    }
    match ask(&wish, &models, &mut exchange).await {
        Ok(begun) => respond(&wish, begun, exchange).await,
        Err(error) => exchange.fail(&error),
    }
}

/// Reads a request for a model within the limit of the settings.
pub(super) async fn read_request<B>(
    parts: &Parts,
    body: B,
    exchange: &mut Exchange<'_>,
) -> Result<ModelRequest, GatewayError>
where
    B: http_body::Body<Data = Bytes>,
{
    let limit = exchange.snapshot.settings.gateway.max_body_bytes;
    let body = read_body(parts, body, limit).await?;
    exchange.record.received(&body);
    ModelRequest::scan(body)
}

/// The models to ask, in order, and the feature that the client named. Writes down what was found.
pub(crate) fn resolve<'a>(
    settings: &'a Settings,
    request: &ModelRequest,
    exchange: &mut Exchange<'_>,
) -> Result<(Vec<&'a Model>, Option<Feature>), GatewayError> {
    let target = target_for(settings, &request.model);
    let (model, feature) = match &target {
        Target::Model { model, feature, .. } | Target::Off { model, feature } => {
            (Some(*model), *feature)
        }
        Target::Unrouted(feature) | Target::Disabled(feature) => (None, Some(*feature)),
        Target::Unknown => (None, None),
    };
    let name = model.map_or(request.model.as_str(), |model| model.name.as_str());
    let routed = Routed {
        model: cut(name, 255),
        feature,
        streamed: request.streamed,
        family: model.map(|model| model.family.to_string()),
        provider: model.map(Model::provider),
    };
    exchange.record.routed(routed, model);
    if let (Target::Model { model, .. }, Some(feature)) = (&target, feature)
        && let Some((Route::Model { model: first, .. }, _)) = route_of(settings, feature)
        && let Some(first) = settings.model(first).filter(|first| first.id != model.id)
    {
        let name = model.name.to_string();
        exchange.record.note(format!(
            "{} is switched off: fell back to {name}",
            first.name
        ));
        exchange.record.outcome().answered_by = Some(name);
    }
    match target {
        Target::Model {
            model, fallback, ..
        } => Ok((
            [Some(model), fallback].into_iter().flatten().collect(),
            feature,
        )),
        Target::Off { model, .. } => Err(GatewayError::ModelOff(model.name.to_string())),
        Target::Disabled(feature) => Err(GatewayError::FeatureOff(feature)),
        Target::Unrouted(feature) => Err(GatewayError::Unrouted(feature)),
        Target::Unknown => {
            let names: Vec<_> = settings.models.iter().map(|m| m.name.as_str()).collect();
            Err(unknown(&request.model, &names))
        }
    }
}
