//! Asks the models of a request, one after the other, until one answers: place in the queue, key,
//! name, call, retries within the budget, then the fallback. All of it before the first byte.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Endpoint, FamilyRecord, Model, Provider, ServerEndpoint, ServerKind};
use futures_util::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use providers::{AnswerForm, Target, UpstreamError, read_whole};
use tokio::time::Instant;

use crate::error::{GatewayError, Trouble};
use crate::gap;
use crate::load::Place;
use crate::prepare::{Candidate, Handling, Prepared, prepare};
use crate::relay::{Pieces, StreamCut};
use crate::routes::Exchange;
use crate::sample;
use crate::snapshot::{Snapshot, UpstreamKey};
use crate::wish::Wish;

/// The longest wait between two tries, and the longest `Retry-After` that is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long Ollama may take to load a model.
const LOADS_WITHIN: Duration = Duration::from_secs(300);

/// The longest wait that we choose ourselves.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// An answer that has begun.
pub(crate) struct Begun<'a> {
    /// The model that answers.
    pub(crate) model: &'a Model,
    /// Host and port, or `built in`.
    pub(crate) host: String,
    /// The form of its bytes.
    pub(crate) form: AnswerForm,
    /// Its bytes.
    pub(crate) content: Content,
    /// What is to be done with it.
    pub(crate) handling: Handling,
    /// Its place among the requests of the model.
    pub(crate) place: Option<Place>,
}

/// The bytes of an answer.
pub(crate) enum Content {
    /// As they come.
    Stream(Pieces),
    /// At once.
    Whole(Bytes),
}

/// Asks these models in order. The error is that of the last one asked.
pub(crate) async fn ask<'a>(
    wish: &Wish,
    models: &[&'a Model],
    exchange: &mut Exchange<'_>,
) -> Result<Begun<'a>, GatewayError> {
    let mut models = models.iter().peekable();
    while let Some(model) = models.next() {
        let trouble = match ask_one(wish, model, exchange).await {
            Ok(begun) => return Ok(begun),
            Err(trouble) => trouble,
        };
        let may_fall_back = trouble.is_of_the_model();
        let error = trouble.in_words(model);
        let Some(next) = models.peek().filter(|_| may_fall_back) else {
            return Err(error);
        };
        let name = next.name.to_string();
        exchange
            .record
            .note(format!("fell back to {name}: {error}"));
        exchange.record.outcome().answered_by = Some(name);
    }
    Err(GatewayError::Panicked)
}

async fn ask_one<'a>(
    wish: &Wish,
    model: &'a Model,
    exchange: &mut Exchange<'_>,
) -> Result<Begun<'a>, Trouble> {
    let limits = &exchange.snapshot.settings.gateway;
    let patience = Duration::from_secs(limits.queue_timeout.into());
    let place = exchange
        .load
        .enter(model, patience)
        .await
        .map_err(|crowded| GatewayError::Crowded {
            model: model.name.to_string(),
            limit: crowded.limit,
        })?;
    if let Some(waited) = place.waited {
        exchange.record.outcome().queued = Some(waited);
    }
    if model.endpoint == Endpoint::Sample {
        return sample_answer(wish, model, exchange);
    }
    let snapshot = Arc::clone(&exchange.snapshot);
    let family = snapshot.family(model);
    let mut target = target_of(model, &family, &snapshot)?;
    let name = served_name(model, target, exchange).await?;
    target.name = &name;
    if gap::needs_kind(wish, target) {
        target.kind = exchange
            .known
            .kind(exchange.client, target, exchange.correlation_id)
            .await;
    }
    let context = model.connection.context;
    let context = context.or_else(|| exchange.known.context(target));
    let candidate = Candidate {
        target,
        context: context.unwrap_or(family.context),
    };
    let prepared = prepare(wish, &candidate, exchange).await?;
    for note in &prepared.notes {
        exchange.record.note(note.clone());
    }
    let until = Instant::now() + patience_for(wish, model, &place, exchange);
    let (host, content) = begin(&prepared, target, &place, until, exchange).await?;
    place.answered();
    Ok(Begun {
        model,
        host,
        form: prepared.call.form,
        content,
        handling: prepared.handling,
        place: Some(place),
    })
}

/// How long to wait for the first byte. Ollama loads a model with the first request for it, which
/// may take minutes.
fn patience_for(wish: &Wish, model: &Model, place: &Place, exchange: &Exchange<'_>) -> Duration {
    let limits = limits_of(exchange);
    let seconds = if wish.is_completion() {
        limits.completion_timeout
    } else {
        limits.first_byte_timeout
    };
    let patience = Duration::from_secs(seconds.into());
    if model.provider() == Provider::Ollama && !place.is_warm() {
        return patience.max(LOADS_WITHIN);
    }
    patience
}

fn limits_of<'a>(exchange: &'a Exchange<'_>) -> &'a domain::GatewaySettings {
    &exchange.snapshot.settings.gateway
}

/// Calls until the first byte has come, again and again while the trouble passes and the budget
/// lasts.
async fn begin(
    prepared: &Prepared,
    target: Target<'_>,
    place: &Place,
    until: Instant,
    exchange: &mut Exchange<'_>,
) -> Result<(String, Content), Trouble> {
    let mut tries = 0;
    loop {
        let error = match first_byte(prepared, target, until, exchange).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let most = limits_of(exchange).retries;
        let pause = pause_before(tries, &error);
        let has_time = Instant::now() + pause < until;
        if tries >= most || !error.is_passing() || !has_time || !place.take_retry() {
            return Err(error.into());
        }
        tries += 1;
        exchange.record.outcome().retries += 1;
        exchange.record.note(format!("tried again: {error}"));
        tokio::time::sleep(pause).await;
    }
}

/// How long to wait before the next try: what the server said, or a random part of a span that
/// doubles ("full jitter").
fn pause_before(tries: u32, error: &UpstreamError) -> Duration {
    if let UpstreamError::Answered {
        retry_after: Some(said),
        ..
    } = error
        && let Ok(seconds) = said.trim().parse::<u64>()
    {
        // Longer than this is for the client to wait.
        return Duration::from_secs(if seconds > LONGEST_WAIT.as_secs() {
            u64::from(u32::MAX)
        } else {
            seconds
        });
    }
    if matches!(error, UpstreamError::Unreachable { closed: true, .. }) && tries == 0 {
        // An idle connection that the server had closed: a new one is tried at once.
        return Duration::ZERO;
    }
    let span = Duration::from_millis(250 << tries.min(8)).min(LONGEST_PAUSE);
    let part = getrandom::u32().unwrap_or(u32::MAX / 2);
    span.mul_f64(f64::from(part) / f64::from(u32::MAX))
}

/// Calls once and waits for the first byte of the answer's body.
async fn first_byte(
    prepared: &Prepared,
    target: Target<'_>,
    until: Instant,
    exchange: &Exchange<'_>,
) -> Result<(String, Content), UpstreamError> {
    let begin = Instant::now();
    let within = until.saturating_duration_since(begin);
    let call = &prepared.call;
    let host = host_of(&call.url);
    let response = exchange
        .client
        .send(call, target, exchange.correlation_id, within)
        .await?;
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if prepared.streamed && is_stream(kind) {
        let mut pieces = response.bytes_stream();
        let first = tokio::time::timeout_at(until, pieces.next()).await;
        let closed = |reason: &str| UpstreamError::Unreachable {
            host: host.clone(),
            reason: reason.to_owned(),
            closed: true,
        };
        let first = match first {
            Err(_) => {
                return Err(UpstreamError::Late {
                    host,
                    after: within,
                });
            }
            Ok(None) => return Err(closed("it closed the stream before the first byte")),
            Ok(Some(Err(_))) => return Err(closed("the stream broke before the first byte")),
            Ok(Some(Ok(first))) => first,
        };
        let rest = pieces.map(|piece| piece.map_err(|_| StreamCut));
        let pieces = stream::once(std::future::ready(Ok(first)))
            .chain(rest)
            .boxed();
        return Ok((host, Content::Stream(pieces)));
    }
    let total = Duration::from_secs(limits_of(exchange).total_timeout.into());
    let left = total.saturating_sub(exchange.record.elapsed());
    let read = tokio::time::timeout(left, read_whole(response, &host)).await;
    let body = read.map_err(|_| UpstreamError::Late {
        host: host.clone(),
        after: total,
    })??;
    Ok((host, Content::Whole(body)))
}

/// Whether an answer of this type comes as a stream in one of the forms.
fn is_stream(content_type: &str) -> bool {
    [
        "text/event-stream",
        "application/x-ndjson",
        "application/vnd.amazon.eventstream",
    ]
    .iter()
    .any(|kind| content_type.starts_with(kind))
}

fn host_of(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whom to ask, as far as it is known without asking anybody.
pub(crate) fn target_of<'a>(
    model: &'a Model,
    family: &'a FamilyRecord,
    snapshot: &'a Snapshot,
) -> Result<Target<'a>, GatewayError> {
    let key = match snapshot.keys.get(&model.id) {
        None => None,
        Some(UpstreamKey::Ready(key)) => Some(key.as_ref()),
        Some(UpstreamKey::Missing(state)) => {
            return Err(GatewayError::KeyUnavailable {
                model: model.name.to_string(),
                state: *state,
            });
        }
    };
    let is_openai = |server: &ServerEndpoint| server.base().host_str() == Some("api.openai.com");
    let kind = match model.endpoint.server() {
        Some(server) if is_openai(server) => ServerKind::Openai,
        _ => ServerKind::Other,
    };
    Ok(Target {
        provider: model.provider(),
        server: model.endpoint.server(),
        name: "",
        connection: &model.connection,
        family,
        key,
        kind: model.connection.server.unwrap_or(kind),
    })
}

/// The name that the server knows the model by. Without an identifier it is the one model that the
/// server lists, and the family's name when the server lists none or cannot say.
pub(crate) async fn served_name(
    model: &Model,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<String, Trouble> {
    if let Some(identifier) = &model.identifier {
        return Ok(identifier.served_name().to_owned());
    }
    let listed = exchange
        .known
        .models(exchange.client, target, exchange.correlation_id)
        .await;
    match listed.as_deref().map(Vec::as_slice) {
        Ok([one]) => Ok(one.id.clone()),
        Ok([]) | Err(UpstreamError::Answered { .. } | UpstreamError::NotTheApi { .. }) => {
            Ok(model.family.to_string())
        }
        Ok(several) => {
            let ids = several.iter().take(10).map(|served| served.id.as_str());
            let names = ids.collect::<Vec<_>>().join(", ");
            let host = model.endpoint.host();
            let model = model.name.to_string();
            Err(GatewayError::Ambiguous { model, host, names }.into())
        }
        Err(error) => Err(error.clone().into()),
    }
}

fn sample_answer<'a>(
    wish: &Wish,
    model: &'a Model,
    exchange: &Exchange<'_>,
) -> Result<Begun<'a>, Trouble> {
    let (form, content, handling) = sample::answer(wish, exchange.correlation_id)?;
    debug_assert_eq!(model.provider(), Provider::Sample);
    Ok(Begun {
        model,
        host: "built in".into(),
        form,
        content,
        handling,
        place: None,
    })
}
