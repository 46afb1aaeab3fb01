//! AWS Bedrock: Converse for every model, InvokeModel where the identifier asks for it, embeddings
//! of Titan and Cohere, signed or with a Bedrock API key. Each part has its file; this one makes
//! calls out of them.

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Map, Value};

use self::environment::Environment;
use self::name::{ModelName, Vendor, Way};
use crate::notes::missing;
use crate::{AnswerForm, Ask, Call, Decode, Event, Target, UpstreamError, anthropic};

mod chain;
mod converse;
mod credentials;
mod embeddings;
mod environment;
mod explain;
mod frames;
mod invoke;
mod kind;
mod models;
mod name;
mod reading;
mod region;
mod sign;
mod stream;
mod turns;
mod wire;

pub(crate) use self::credentials::Credentials;
pub(crate) use self::embeddings::vectors;
pub(crate) use self::explain::{explain, explain_unreachable};
pub(crate) use self::models::list_models;
pub use self::stream::event_stream_lines;

/// The call that continues a conversation.
pub(crate) fn chat(target: Target<'_>, ask: &Ask) -> Result<Call, UpstreamError> {
    chat_in(&Environment::of_process(), target, ask)
}

/// The call that turns texts into vectors, from a body in OpenAI's form.
pub(crate) fn embed(target: Target<'_>, body: &Value) -> Result<Call, UpstreamError> {
    embed_in(&Environment::of_process(), target, body)
}

/// The headers that authorize a call: a signature, or a Bedrock API key.
pub(crate) async fn authorize(
    credentials: &Credentials,
    call: &Call,
    target: Target<'_>,
) -> Result<HeaderMap, UpstreamError> {
    credentials.authorize(call, target).await
}

/// A decoder for a stream of this form.
pub(crate) fn decoder(form: AnswerForm) -> Box<dyn Decode> {
    stream::decoder(form)
}

/// The events of an answer in one piece.
pub(crate) fn events(
    form: AnswerForm,
    body: &[u8],
    host: &str,
) -> Result<Vec<Event>, UpstreamError> {
    match form {
        AnswerForm::InvokeAnthropic => anthropic::events(body, host),
        AnswerForm::InvokeMistral => invoke::events(body, host),
        _ => reading::events(body, host),
    }
}

fn chat_in(
    environment: &Environment,
    target: Target<'_>,
    ask: &Ask,
) -> Result<Call, UpstreamError> {
    let name = ModelName::of(target.name)?;
    let vendor = name.vendor(target.family.name.as_str());
    let ((body, notes), form, path) = match (name.way, vendor) {
        (Way::Converse, vendor) => {
            let body = converse::body(target, vendor, ask)?;
            let path = if ask.stream {
                "converse-stream"
            } else {
                "converse"
            };
            (body, AnswerForm::Converse, path)
        }
        (Way::Invoke, Vendor::Anthropic) => {
            let body = invoke::anthropic_body(target, ask)?;
            (body, AnswerForm::InvokeAnthropic, invoke_path(ask))
        }
        (Way::Invoke, Vendor::Mistral) => {
            let body = invoke::mistral_body(target, ask)?;
            let notes = missing(&ask.parameters, &ask.rest, &body);
            ((body, notes), AnswerForm::InvokeMistral, invoke_path(ask))
        }
        (Way::Invoke, _) => {
            return Err(UpstreamError::Unsupported {
                who: name.id.to_owned(),
                what: "InvokeModel from Gatehouse, which knows only Anthropic's and Mistral's \
                       bodies: leave out invoke/ in the identifier"
                    .into(),
            });
        }
    };
    let call = post(environment, target, name, path, body, form)?;
    Ok(Call { notes, ..call })
}

fn embed_in(
    environment: &Environment,
    target: Target<'_>,
    body: &Value,
) -> Result<Call, UpstreamError> {
    let name = ModelName::of(target.name)?;
    let (body, form) = embeddings::body(name, target.family.name.as_str(), body)?;
    post(environment, target, name, "invoke", body, form)
}

fn invoke_path(ask: &Ask) -> &'static str {
    if ask.stream {
        "invoke-with-response-stream"
    } else {
        "invoke"
    }
}

fn post(
    environment: &Environment,
    target: Target<'_>,
    name: ModelName<'_>,
    path: &str,
    body: Map<String, Value>,
    form: AnswerForm,
) -> Result<Call, UpstreamError> {
    let mut url = region::base(environment, target)?;
    let base = url.path().trim_end_matches('/');
    let path = format!("{base}/model/{}/{path}", name.segment());
    url.set_path(&path);
    Ok(Call {
        method: Method::POST,
        url,
        headers: HeaderMap::new(),
        body: Some(Bytes::from(Value::Object(body).to_string())),
        form,
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests;
