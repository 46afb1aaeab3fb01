//! Writes the call that fills a gap: a raw prompt, or the server's own way by prefix and suffix.
//! Makes no prompt; that is the family's matter.

use domain::{Parameter, UpstreamPath};
use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use super::chat::{add_parameters, add_stream};
use super::fit::refuses;
use super::quirks::{Form, record_of};
use super::{infill, native_url, ollama, url};
use crate::notes::missing;
use crate::{AnswerForm, Call, Fill, Target, UpstreamError, Way};

/// The call that fills a gap.
pub(crate) fn fill(target: Target<'_>, gap: &Fill) -> Result<Call, UpstreamError> {
    let record = record_of(target);
    let form = match gap.way {
        Way::Raw { .. } => record.raw_form()?,
        Way::Server { .. } => record.gap_form()?,
    };
    let given = &gap.parameters;
    let gap = &allowed(target, gap);
    let (url, mut body, form) = match form {
        Form::Completions => (
            url(target, UpstreamPath::Completions)?,
            completions(target, gap),
            AnswerForm::OpenaiText,
        ),
        Form::Infill => (
            native_url(target, "infill")?,
            infill::body(target, gap),
            AnswerForm::Infill,
        ),
        Form::OllamaGenerate => (
            native_url(target, "api/generate")?,
            ollama::body(target, gap),
            AnswerForm::OllamaGenerate,
        ),
        Form::MistralFim => (
            native_url(target, "v1/fim/completions")?,
            fim(target, gap),
            AnswerForm::OpenaiChat,
        ),
    };
    if record.takes_unknown_fields {
        for (name, value) in &gap.rest {
            body.entry(name).or_insert_with(|| value.clone());
        }
    }
    Ok(Call {
        method: Method::POST,
        url,
        headers: HeaderMap::new(),
        notes: missing(given, &gap.rest, &body),
        body: Some(Value::Object(body).to_string().into()),
        form,
    })
}

/// The gap without what the model refuses.
fn allowed(target: Target<'_>, gap: &Fill) -> Fill {
    let mut gap = gap.clone();
    let parameters = &mut gap.parameters;
    if refuses(target, Parameter::Temperature) {
        parameters.temperature = None;
    }
    if refuses(target, Parameter::TopP) {
        parameters.top_p = None;
    }
    if refuses(target, Parameter::TopK) {
        parameters.top_k = None;
    }
    if refuses(target, Parameter::Stop) {
        parameters.stop.clear();
    }
    gap
}

/// `/v1/completions`.
fn completions(target: Target<'_>, gap: &Fill) -> Map<String, Value> {
    let record = record_of(target);
    let mut body = Map::new();
    body.insert("model".into(), target.name.into());
    match &gap.way {
        Way::Raw { prompt } => {
            body.insert("prompt".into(), prompt.as_str().into());
        }
        Way::Server { prefix, suffix } => {
            body.insert("prompt".into(), prefix.as_str().into());
            body.insert("suffix".into(), suffix.as_str().into());
        }
    }
    add_parameters(&mut body, &gap.parameters, record);
    // Not a field of this call.
    body.shift_remove("reasoning_effort");
    if record.takes_stop_ids && !gap.stop_ids.is_empty() {
        body.insert("stop_token_ids".into(), gap.stop_ids.as_slice().into());
    }
    add_stream(&mut body, gap.stream, record);
    body
}

/// Mistral's `/v1/fim/completions`; its answer has the form of a conversation.
fn fim(target: Target<'_>, gap: &Fill) -> Map<String, Value> {
    let (prefix, suffix) = sides(&gap.way);
    let parameters = &gap.parameters;
    let mut body = Map::new();
    body.insert("model".into(), target.name.into());
    body.insert("prompt".into(), prefix.into());
    body.insert("suffix".into(), suffix.into());
    let mut set = |name: &str, value: Option<Value>| {
        body.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("max_tokens", parameters.max_tokens.map(Value::from));
    set("temperature", parameters.temperature.map(Value::from));
    set("top_p", parameters.top_p.map(Value::from));
    let stop = &parameters.stop;
    set("stop", (!stop.is_empty()).then(|| json!(stop)));
    set("random_seed", parameters.seed.map(Value::from));
    set("stream", gap.stream.then(|| true.into()));
    body
}

/// Prefix and suffix; a raw prompt has all before the gap.
pub(super) fn sides(way: &Way) -> (&str, &str) {
    match way {
        Way::Raw { prompt } => (prompt, ""),
        Way::Server { prefix, suffix } => (prefix, suffix),
    }
}

/// Gives a field another name.
pub(super) fn rename(body: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = body.shift_remove(from) {
        body.insert(to.to_owned(), value);
    }
}
