//! The OpenAI API, as OpenAI-compatible servers, Ollama and Mistral speak it: calls and their
//! answers. What servers do differently is data, in `quirks.rs`.

use std::borrow::Cow;

use bytes::Bytes;
use domain::{Provider, ServerEndpoint, ServerKind, UpstreamPath};
use http::{HeaderMap, Method};
use serde_json::Value;
use url::Url;

use crate::{AnswerForm, Ask, Call, Decode, Event, Target, UpstreamError};

mod chat;
mod fields;
mod fill;
mod fit;
mod infill;
mod measure;
pub(crate) mod ollama;
mod quirks;
mod reading;
mod stream;
mod tokenize;
mod turns;
mod wire;

pub(crate) use chat::body as chat_body;
pub(crate) use fill::fill;
pub(crate) use fit::{Fitted, adjust, with_counts};
pub(crate) use measure::{context, measure};
pub(crate) use tokenize::tokenize;

/// The call that continues a conversation.
pub(crate) fn chat(target: Target<'_>, ask: &Ask) -> Result<Call, UpstreamError> {
    let path = UpstreamPath::ChatCompletions;
    Ok(post(url(target, path)?, chat_body(target, ask)?, path))
}

/// A body in the API's own form, changed only where the server or the model refuses something.
pub(crate) fn pass(
    target: Target<'_>,
    path: UpstreamPath,
    body: Bytes,
) -> Result<Call, UpstreamError> {
    Ok(post(url(target, path)?, adjust(body, target, path)?, path))
}

/// The call that turns texts into vectors.
pub(crate) fn embed(target: Target<'_>, body: &Value) -> Result<Call, UpstreamError> {
    let path = UpstreamPath::Embeddings;
    Ok(post(url(target, path)?, named(target, body).into(), path))
}

/// Where the models are listed.
pub(crate) fn models_url(target: Target<'_>) -> Result<Url, UpstreamError> {
    url(target, UpstreamPath::Models)
}

/// Whether this kind of server can be asked for a gap, by a raw prompt or in its own way.
pub(crate) fn can_fill(provider: Provider, kind: ServerKind, way_is_raw: bool) -> bool {
    let record = quirks::record(provider, kind);
    if way_is_raw {
        record.raw.is_some()
    } else {
        record.gap.is_ok()
    }
}

/// The kind of server that calls itself so in `owned_by`; none when many do.
pub(crate) fn kind_of_owner(owner: &str) -> Option<ServerKind> {
    quirks::SERVERS
        .iter()
        .find(|(_, record)| record.owners.contains(&owner))
        .map(|(kind, _)| *kind)
}

/// A decoder of a stream.
pub(crate) fn decoder(form: AnswerForm) -> Box<dyn Decode> {
    match form {
        AnswerForm::Infill => Box::new(stream::EventDecoder::<infill::InfillReading>::default()),
        _ => Box::new(stream::EventDecoder::<reading::OpenaiReading>::default()),
    }
}

/// The events of an answer in one piece.
pub(crate) fn events(
    form: AnswerForm,
    body: &[u8],
    host: &str,
) -> Result<Vec<Event>, UpstreamError> {
    match form {
        AnswerForm::Infill => stream::whole(infill::InfillReading::default(), body, host),
        _ => stream::whole(reading::OpenaiReading::default(), body, host),
    }
}

/// A body in the API's form for this path.
pub(crate) fn post(url: Url, fitted: Fitted, path: UpstreamPath) -> Call {
    Call {
        method: Method::POST,
        url,
        headers: HeaderMap::new(),
        body: Some(fitted.body),
        notes: fitted.notes,
        form: match path {
            UpstreamPath::Completions => AnswerForm::OpenaiText,
            UpstreamPath::Embeddings => AnswerForm::OpenaiEmbeddings,
            UpstreamPath::ChatCompletions | UpstreamPath::Models => AnswerForm::OpenaiChat,
        },
    }
}

/// A body with the model's name at its server.
pub(crate) fn named(target: Target<'_>, body: &Value) -> Bytes {
    let mut body = body.clone();
    if let Value::Object(fields) = &mut body {
        fields.insert("model".into(), target.name.into());
    }
    body.to_string().into()
}

/// The base of the API. Ollama and Mistral have theirs below `/v1`, whether it was typed or not.
fn base(target: Target<'_>) -> Result<Cow<'_, ServerEndpoint>, UpstreamError> {
    let server = match target.server {
        Some(server) => Cow::Borrowed(server),
        None => match target.provider.record().own_endpoint.parse() {
            Ok(server) => Cow::Owned(server),
            Err(_) => return Err(UpstreamError::Invalid("the model has no endpoint".into())),
        },
    };
    let has_v1 = matches!(target.provider, Provider::Ollama | Provider::Mistral);
    match server.with_v1() {
        Some(server) if has_v1 => Ok(Cow::Owned(server)),
        _ => Ok(server),
    }
}

fn url(target: Target<'_>, path: UpstreamPath) -> Result<Url, UpstreamError> {
    if target.provider == Provider::OpenaiCompatible
        && let Some(server) = target.server
    {
        return Ok(server.url(path).clone());
    }
    Ok(base(target)?.url(path).clone())
}

/// The URL of a call of the server's own, beside `/v1`.
fn native_url(target: Target<'_>, tail: &str) -> Result<Url, UpstreamError> {
    let mut url = base(target)?.base().clone();
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path);
    url.set_path(&format!("{path}/{tail}"));
    Ok(url)
}

#[cfg(test)]
mod tests;
