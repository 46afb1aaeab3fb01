//! Anthropic Messages: the calls of `POST {base}/v1/messages`, to Anthropic itself or to a server
//! that speaks its form (vLLM, llama.cpp). Requests are written in `body`, answers read in
//! `reading`; what a model does not take is taken out in `fit`.

use bytes::Bytes;
use domain::Provider;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::{AnswerForm, Ask, Call, Decode, Event, Target, UpstreamError};

mod body;
mod fit;
mod reading;
mod wire;

pub(crate) use body::{Written, body};
pub(crate) use reading::Reading;

/// The version that everybody implements; `providers.md` §7.
const DEFAULT_VERSION: &str = "2023-06-01";

/// The call that continues a conversation.
pub(crate) fn chat(target: Target<'_>, ask: &Ask) -> Result<Call, UpstreamError> {
    let (mut body, notes) = body(target, ask)?;
    body.insert("model".into(), target.name.into());
    if ask.stream {
        body.insert("stream".into(), true.into());
    }
    post(target, "messages", (body_bytes(body), notes))
}

/// The call that passes a body of this form on. It stays as it is, but for what the model refuses.
pub(crate) fn pass(target: Target<'_>, body: Bytes) -> Result<Call, UpstreamError> {
    post(target, "messages", fitted(target, body)?)
}

/// The call that asks how many tokens a body of this form has.
pub(crate) fn pass_count(target: Target<'_>, body: Bytes) -> Result<Call, UpstreamError> {
    post(target, "messages/count_tokens", fitted(target, body)?)
}

/// The fields of a request that count, by the reference of `count_tokens`; it refuses others.
const COUNTED: [&str; 6] = [
    "messages",
    "model",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

/// The call that asks how many tokens a whole request of this form has; none when it is none.
pub(crate) fn count_of_body(
    target: Target<'_>,
    body: &[u8],
) -> Result<Option<Call>, UpstreamError> {
    let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return Ok(None);
    };
    fields.retain(|name, _| COUNTED.contains(&name.as_str()));
    pass_count(target, body_bytes(fields)).map(Some)
}

/// The count in the answer to such a call.
pub(crate) fn counted(body: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Counted {
        input_tokens: u32,
    }
    let counted: Counted = serde_json::from_slice(body).ok()?;
    Some(counted.input_tokens)
}

/// Where the server lists its models; all of them, as a page has only 20 unless asked.
pub(crate) fn models_url(target: Target<'_>) -> Result<Url, UpstreamError> {
    let mut url = url(target, "models");
    url.query_pairs_mut().append_pair("limit", "1000");
    Ok(url)
}

/// The headers of the form, without authorization.
pub(crate) fn headers(target: Target<'_>) -> HeaderMap {
    let version = HeaderValue::from_str(version(target))
        .unwrap_or_else(|_| HeaderValue::from_static(DEFAULT_VERSION));
    HeaderMap::from_iter([(HeaderName::from_static("anthropic-version"), version)])
}

/// A decoder for a stream.
pub(crate) fn decoder() -> Box<dyn Decode> {
    Box::new(reading::Stream::default())
}

/// The events of an answer in one piece.
pub(crate) fn events(body: &[u8], host: &str) -> Result<Vec<Event>, UpstreamError> {
    reading::events(body, host)
}

/// The version of the API that this model is asked by.
fn version(target: Target<'_>) -> &str {
    target
        .connection
        .api_version
        .as_deref()
        .unwrap_or(DEFAULT_VERSION)
}

/// The body without what the model refuses, and what that was; the bytes themselves when it is
/// nothing.
fn fitted(target: Target<'_>, body: Bytes) -> Result<(Bytes, Vec<String>), UpstreamError> {
    if !fit::is_needed(target) {
        return Ok((body, Vec::new()));
    }
    let mut body: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|error| UpstreamError::Invalid(format!("the body is no JSON object: {error}")))?;
    let notes = fit::fit(&mut body, target)?;
    Ok((body_bytes(body), notes))
}

fn body_bytes(body: Map<String, Value>) -> Bytes {
    Value::Object(body).to_string().into()
}

fn post(
    target: Target<'_>,
    path: &str,
    (body, notes): (Bytes, Vec<String>),
) -> Result<Call, UpstreamError> {
    Ok(Call {
        method: Method::POST,
        url: url(target, path),
        headers: headers(target),
        body: Some(body),
        form: AnswerForm::Anthropic,
        notes,
    })
}

/// The URL of a call. The base may end in `/v1` or in `/v1/messages`, as people paste it.
fn url(target: Target<'_>, path: &str) -> Url {
    let mut url = target
        .server
        .map_or_else(vendor, |server| server.base().clone());
    let base = url.path().trim_end_matches('/');
    let base = base.strip_suffix("/messages").unwrap_or(base);
    let base = base.strip_suffix("/v1").unwrap_or(base);
    let path = format!("{base}/v1/{path}");
    url.set_path(&path);
    url
}

fn vendor() -> Url {
    let own = Provider::Anthropic.record().own_endpoint;
    own.parse()
        .expect("the table's address is a URL; a test checks it")
}

#[cfg(test)]
mod tests;
