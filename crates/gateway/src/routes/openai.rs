//! `/v1/chat/completions` and `/v1/completions`. Client and server speak the same form here, so
//! bytes pass through both ways; only the model's name is replaced on the way out.

use std::time::Duration;

use bytes::Bytes;
use domain::{Endpoint, Model, Provider, ServerEndpoint, Target, UpstreamPath, target_for};
use futures_util::StreamExt;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use secrecy::SecretSlice;

use super::Exchange;
use crate::answer::AnswerBody;
use crate::error::GatewayError;
use crate::incoming::{ModelRequest, read_body};
use crate::reading::{cut, whole_answer};
use crate::record::{Outcome, RequestState, Routed};
use crate::relay::{Pieces, Relay, StreamCut, Terms};
use crate::sample::SampleAnswer;
use crate::snapshot::UpstreamKey;
use crate::upstream::{Call, UpstreamError, read_whole};

/// How long a server may take to list its models when no identifier is set.
const LIST_WITHIN: Duration = Duration::from_secs(5);

/// Reads the request, finds its model and passes the answer on.
pub(super) async fn relay<B>(
    path: UpstreamPath,
    parts: &Parts,
    body: B,
    exchange: Exchange<'_>,
) -> Response<AnswerBody>
where
    B: http_body::Body<Data = Bytes> + Send,
{
    let limit = exchange.snapshot.settings.gateway.max_body_bytes;
    let request = match read_body(parts, body, limit)
        .await
        .and_then(ModelRequest::scan)
    {
        Ok(request) => request,
        Err(error) => return exchange.fail(&error),
    };
    let snapshot = std::sync::Arc::clone(&exchange.snapshot);
    let target = target_for(&snapshot.settings, &request.model);
    let (name, feature) = match &target {
        Target::Model { model, feature } | Target::Disabled { model, feature } => {
            (model.name.as_str(), *feature)
        }
        Target::Unrouted(feature) => (request.model.as_str(), Some(*feature)),
        Target::Unknown => (request.model.as_str(), None),
    };
    exchange.record.routed(Routed {
        model: cut(name, 255),
        feature,
        streamed: request.streamed,
    });
    let model = match target {
        Target::Model { model, .. } => model,
        Target::Disabled { model, .. } => {
            return exchange.fail(&GatewayError::ModelOff(model.name.to_string()));
        }
        Target::Unrouted(feature) => return exchange.fail(&GatewayError::Unrouted(feature)),
        Target::Unknown => {
            let names: Vec<_> = snapshot
                .settings
                .models
                .iter()
                .take(20)
                .map(|model| model.name.as_str())
                .collect();
            let known = if names.is_empty() {
                "none yet".into()
            } else {
                names.join(", ")
            };
            return exchange.fail(&GatewayError::UnknownModel {
                name: cut(&request.model, 100),
                known,
            });
        }
    };
    match &model.endpoint {
        Endpoint::Sample => sample(path, &request, model, exchange),
        Endpoint::Server(server) => serve(path, &request, model, server, exchange).await,
    }
}

fn sample(
    path: UpstreamPath,
    request: &ModelRequest,
    model: &Model,
    exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    let answer = SampleAnswer::new(path, request.body(), exchange.correlation_id);
    if request.streamed {
        return stream(answer.stream(), model, "built in".into(), exchange);
    }
    whole(answer.whole(), model, "built in".into(), exchange)
}

async fn serve(
    path: UpstreamPath,
    request: &ModelRequest,
    model: &Model,
    server: &ServerEndpoint,
    exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    let sent = send(path, request, model, server, &exchange).await;
    let response = match sent {
        Ok(response) => response,
        Err(error) => return exchange.fail(&error),
    };
    let host = server.host().to_owned();
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if request.streamed && kind.starts_with("text/event-stream") {
        let pieces = response
            .bytes_stream()
            .map(|piece| piece.map_err(|_| StreamCut))
            .boxed();
        return stream(pieces, model, host, exchange);
    }
    let left = Duration::from_secs(exchange.snapshot.settings.gateway.total_timeout.into());
    let read = tokio::time::timeout(left, read_whole(response, &host)).await;
    let body = match read {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return exchange.fail(&in_words(error, model)),
        Err(_) => {
            let (model, seconds) = (model.name.to_string(), left.as_secs() as u32);
            return exchange.fail(&GatewayError::TooLong {
                model,
                host,
                seconds,
            });
        }
    };
    if request.streamed {
        // Whatever it says, it is not the stream that was asked for.
        let said = whole_answer(&body, &mut Outcome::default())
            .err()
            .unwrap_or_else(|| "one JSON document where a stream was asked for".into());
        let model = model.name.to_string();
        return exchange.fail(&GatewayError::NotTheApi { model, host, said });
    }
    whole(body, model, host, exchange)
}

async fn send(
    path: UpstreamPath,
    request: &ModelRequest,
    model: &Model,
    server: &ServerEndpoint,
    exchange: &Exchange<'_>,
) -> Result<reqwest::Response, GatewayError> {
    let key = key_of(model, exchange)?;
    let name = served_name(model, server, key, exchange).await?;
    let within = Duration::from_secs(exchange.snapshot.settings.gateway.first_byte_timeout.into());
    let body = Some(request.with_model(&name));
    let call = Call {
        endpoint: server,
        path,
        key,
        correlation_id: exchange.correlation_id,
        body,
        within,
    };
    exchange
        .upstream
        .send(call)
        .await
        .map_err(|error| in_words(error, model))
}

fn key_of<'a>(
    model: &Model,
    exchange: &'a Exchange<'_>,
) -> Result<Option<&'a SecretSlice<u8>>, GatewayError> {
    match exchange.snapshot.keys.get(&model.id) {
        None => Ok(None),
        Some(UpstreamKey::Ready(key)) => Ok(Some(key)),
        Some(UpstreamKey::Missing(state)) => Err(GatewayError::KeyUnavailable {
            model: model.name.to_string(),
            state: *state,
        }),
    }
}

/// The name that the server knows the model by. Without an identifier it is the one model that the
/// server lists, and the family's name when the server lists none or cannot say.
async fn served_name(
    model: &Model,
    server: &ServerEndpoint,
    key: Option<&SecretSlice<u8>>,
    exchange: &Exchange<'_>,
) -> Result<String, GatewayError> {
    let not_served = |provider| GatewayError::ProviderNotServed {
        model: model.name.to_string(),
        provider,
    };
    match model.provider() {
        Provider::Azure => return Err(not_served("Azure OpenAI")),
        Provider::Bedrock => return Err(not_served("AWS Bedrock")),
        Provider::OpenaiCompatible | Provider::Sample => {}
    }
    if let Some(identifier) = &model.identifier {
        return Ok(identifier.served_name().to_owned());
    }
    let listed = exchange
        .upstream
        .listed_models(server, key, exchange.correlation_id, LIST_WITHIN)
        .await;
    match listed.as_deref() {
        Ok([one]) => Ok(one.id.clone()),
        Ok([]) | Err(UpstreamError::Answered { .. } | UpstreamError::NotTheApi { .. }) => {
            Ok(model.family.record().name.to_owned())
        }
        Ok(several) => {
            let names: Vec<_> = several
                .iter()
                .take(10)
                .map(|served| served.id.as_str())
                .collect();
            let (model, names) = (model.name.to_string(), names.join(", "));
            Err(GatewayError::Ambiguous {
                model,
                host: server.host().to_owned(),
                names,
            })
        }
        Err(error) => Err(in_words(error.clone(), model)),
    }
}

fn stream(
    pieces: Pieces,
    model: &Model,
    host: String,
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    let limits = &exchange.snapshot.settings.gateway;
    let terms = Terms {
        model: model.name.to_string(),
        host,
        correlation_id: exchange.correlation_id.to_owned(),
        idle: limits.idle_timeout,
        total: limits.total_timeout,
    };
    exchange.record.outcome().status = Some(StatusCode::OK.as_u16());
    let stop = exchange.stop.clone();
    let relay = Relay::new(pieces, exchange.ticket(RequestState::Failed), terms, stop);
    let mut response = Response::new(AnswerBody::stream(relay));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // A proxy in front must not gather the events.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

fn whole(
    body: Bytes,
    model: &Model,
    host: String,
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    match whole_answer(&body, exchange.record.outcome()) {
        Ok(()) => {
            exchange.record.first_token();
            exchange.complete(body)
        }
        Err(said) => exchange.fail(&GatewayError::NotTheApi {
            model: model.name.to_string(),
            host,
            said,
        }),
    }
}

/// What a server did, as an answer to the client.
fn in_words(error: UpstreamError, model: &Model) -> GatewayError {
    let model = model.name.to_string();
    match error {
        UpstreamError::Unreachable { host, reason } => GatewayError::Unreachable {
            model,
            host,
            reason,
        },
        UpstreamError::Late { host, after } => GatewayError::Late {
            model,
            host,
            seconds: after.as_secs() as u32,
        },
        UpstreamError::Answered {
            host,
            status,
            words,
            retry_after,
        } => GatewayError::Answered {
            model,
            host,
            status,
            words,
            retry_after,
        },
        UpstreamError::NotTheApi { host, said } => GatewayError::NotTheApi { model, host, said },
        UpstreamError::TooLarge { host } => GatewayError::AnswerTooLarge { model, host },
    }
}
