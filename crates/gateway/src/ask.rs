//! Asks the models of a request, one after the other, until one answers: place in the queue, key,
//! name, call, retries within the budget, then the fallback. All of it before the first byte.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Endpoint, FamilyRecord, Model, Provider, ServerKind};
use forms::Form;
use providers::{AnswerForm, Event, Target, UpstreamError};
use url::Url;

use crate::begin::begin;
use crate::error::{GatewayError, Trouble};
use crate::load::Place;
use crate::passage::note;
use crate::prepare::{Handling, Prepared, prepare};
use crate::reading::{note_tokens, whole_answer};
use crate::record::Outcome;
use crate::relay::Pieces;
use crate::routes::Exchange;
use crate::sample;
use crate::snapshot::{Snapshot, UpstreamKey};
use crate::wish::Wish;

/// How long Ollama may take to load a model.
const LOADS_WITHIN: Duration = Duration::from_secs(300);

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
    /// At once, for the client as they are.
    Whole(Bytes),
    /// Read already.
    Events(Vec<Event>),
}

/// Asks these models in order. The error is that of the last one asked.
pub(crate) async fn ask<'a>(
    wish: &Wish,
    models: &[&'a Model],
    exchange: &mut Exchange<'_>,
) -> Result<Begun<'a>, GatewayError> {
    let total = Duration::from_secs(limits_of(exchange).total_timeout.into());
    let connect_time = exchange.record.connect_time();
    for (place, model) in models.iter().enumerate() {
        let has_fallback = place + 1 < models.len();
        let mut called = None;
        let asked = ask_one(wish, model, has_fallback, &mut called, exchange);
        let trouble = match connect_time.clone().of(asked).await {
            Ok(begun) => {
                if place > 0 {
                    exchange.record.outcome().answered_by = Some(model.name.to_string());
                }
                return Ok(begun);
            }
            Err(trouble) => trouble,
        };
        let may_fall_back = trouble.is_of_the_model() && exchange.record.elapsed() < total;
        let family = exchange.snapshot.family(model);
        let error = trouble.in_words(model, &family, called.as_ref());
        let Some(next) = models.get(place + 1).filter(|_| may_fall_back) else {
            return Err(error);
        };
        let words = format!("fell back to {}", next.name);
        exchange.record.note_said(&words, &error.to_string());
    }
    Err(GatewayError::Panicked)
}

/// Asks one model. `called` is set to where the call goes.
async fn ask_one<'a>(
    wish: &Wish,
    model: &'a Model,
    has_fallback: bool,
    called: &mut Option<Url>,
    exchange: &mut Exchange<'_>,
) -> Result<Begun<'a>, Trouble> {
    let limits = &exchange.snapshot.settings.gateway;
    let patience = Duration::from_secs(limits.queue_timeout.into());
    let queued = &mut exchange.record.outcome().queued;
    let entered = exchange.load.enter(model, patience, queued).await;
    let place = entered.map_err(|crowded| GatewayError::Crowded {
        model: model.name.to_string(),
        limit: crowded.limit,
    })?;
    if let Some(tape) = exchange.record.tape() {
        let key = match exchange.snapshot.keys.get(&model.id) {
            Some(UpstreamKey::Ready(key)) => Some(key),
            _ => None,
        };
        tape.asks(model, key);
    }
    if model.endpoint == Endpoint::Sample {
        return sample_answer(wish, model, exchange);
    }
    let snapshot = Arc::clone(&exchange.snapshot);
    let family = snapshot.family(model);
    let mut target = target_of(model, &family, &snapshot)?;
    let name = served_name(model, target, exchange).await?;
    target.name = &name;
    if wish.needs_kind(target.provider) {
        target.kind = exchange
            .known
            .kind(exchange.client, target, exchange.correlation_id)
            .await;
    }
    let prepared = prepare(wish, target, exchange).await?;
    *called = Some(prepared.call.url.clone());
    for note in prepared.notes.iter().chain(&prepared.call.notes) {
        exchange.record.note(note.clone());
    }
    if let Some(token) = wish.control_token(&family) {
        exchange.record.note(format!(
            "the conversation holds the control token {token}, passed as it came"
        ));
    }
    let patience = patience_for(wish, &prepared, model, &place, exchange);
    let patience = patience.min(share(has_fallback, exchange));
    let (host, content) = begin(
        &prepared,
        model,
        target,
        &place,
        patience,
        has_fallback,
        exchange,
    )
    .await?;
    if target.provider == Provider::Ollama {
        place.answered();
    }
    let content = checked(content, &prepared, wish, &host, exchange)?;
    Ok(Begun {
        model,
        host,
        form: prepared.call.form,
        content,
        handling: prepared.handling,
        place: Some(place),
    })
}

/// How long to wait for the first byte. An answer in one piece has none before it is finished, so
/// it may take as long as a whole answer, unless it is worth nothing by then. Ollama loads a model
/// with the first request for it, which may take minutes.
fn patience_for(
    wish: &Wish,
    prepared: &Prepared,
    model: &Model,
    place: &Place,
    exchange: &Exchange<'_>,
) -> Duration {
    let limits = limits_of(exchange);
    let seconds = match wish.is_completion() {
        true => limits.completion_timeout,
        false if prepared.streamed => limits.first_byte_timeout,
        false => limits.total_timeout,
    };
    let chat_timeout = exchange.snapshot.gitlab.calls.chat_timeout;
    let patience = chat_timeout
        .filter(|_| wish.voice.is_gitlabs_chat())
        .unwrap_or(Duration::from_secs(seconds.into()));
    if model.provider() == Provider::Ollama && !place.is_warm() {
        return patience.max(LOADS_WITHIN);
    }
    patience
}

/// How long a model may take of what is left for the request: a fallback is left as much.
fn share(has_fallback: bool, exchange: &Exchange<'_>) -> Duration {
    let total = Duration::from_secs(limits_of(exchange).total_timeout.into());
    let left = total.saturating_sub(exchange.record.elapsed());
    if has_fallback { left / 2 } else { left }
}

pub(crate) fn limits_of<'a>(exchange: &'a Exchange<'_>) -> &'a domain::GatewaySettings {
    &exchange.snapshot.settings.gateway
}

/// Checks that an answer in one piece is one: a status 200 is none. Another model may still answer.
fn checked(
    content: Content,
    prepared: &Prepared,
    wish: &Wish,
    host: &str,
    exchange: &mut Exchange<'_>,
) -> Result<Content, UpstreamError> {
    let Content::Whole(body) = content else {
        return Ok(content);
    };
    let form = prepared.call.form;
    let outcome = exchange.record.outcome();
    let not_the_api = |said: String| UpstreamError::NotTheApi {
        host: host.to_owned(),
        said,
    };
    match &prepared.handling {
        Handling::Vectors => {
            let vectors = form.vectors(&body, &wish.request.model, host)?;
            note_tokens(&vectors, outcome);
            Ok(Content::Whole(vectors.into()))
        }
        _ if wish.request.streamed && prepared.streamed => {
            // Whatever it says, it is not the stream that was asked for.
            let said = whole_answer(&body, &mut Outcome::default()).err();
            let usual = || "one JSON document where a stream was asked for".into();
            Err(not_the_api(said.unwrap_or_else(usual)))
        }
        Handling::Pass {
            form: Form::Messages,
            ..
        } => {
            for event in form.events(&body, host)? {
                note(&event, &mut exchange.record);
            }
            Ok(Content::Whole(body))
        }
        Handling::Pass { .. } => {
            whole_answer(&body, outcome).map_err(not_the_api)?;
            Ok(Content::Whole(body))
        }
        Handling::Translate { .. } => Ok(Content::Events(form.events(&body, host)?)),
    }
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
    Ok(Target {
        provider: model.provider(),
        server: model.server(),
        name: "",
        connection: &model.connection,
        family,
        key,
        kind: model.server_kind().unwrap_or(ServerKind::Other),
    })
}

/// The name that the server knows the model by. Without an identifier it is the one model that the
/// server lists, and the family's name when the server lists none or cannot say.
pub(crate) async fn served_name(
    model: &Model,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<String, Trouble> {
    if let Some(name) = model.served_name() {
        return Ok(name.to_owned());
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
