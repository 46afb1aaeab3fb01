//! Asks a server how large a prompt is, as it would read it: vLLM's `/tokenize` takes conversations,
//! llama.cpp writes them out by `/apply-template` and says by `/props` how much it reads. What has
//! no answer is left to the caller to estimate.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use outbound::host_of;
use serde_json::{Map, Value, json};

use super::native_url;
use super::quirks::{TokenizeForm, record_of};
use super::tokenize::ids;
use crate::{AnswerForm, Call, Client, Target, read_whole};

/// The tokens of the prompt in the body of a call, with its template and special tokens. None where
/// the server cannot say.
pub(crate) async fn measure(
    client: &Client,
    target: Target<'_>,
    body: &[u8],
    correlation_id: &str,
    within: Duration,
) -> Option<u32> {
    let form = record_of(target).tokenize?;
    let body: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let ask = |tail, body| post(client, target, tail, body, correlation_id, within);
    let asked = match (form, body.get("messages"), body.get("prompt")) {
        (TokenizeForm::Prompt, Some(messages), _) => {
            let mut asked = json!({
                "model": target.name, "messages": messages, "add_generation_prompt": true,
            });
            if let Some(tools) = body.get("tools") {
                asked["tools"] = tools.clone();
            }
            asked
        }
        (TokenizeForm::Prompt, None, Some(Value::String(prompt))) => {
            json!({"model": target.name, "prompt": prompt, "add_special_tokens": true})
        }
        (TokenizeForm::Content, Some(messages), _) => {
            let mut asked = json!({"messages": messages});
            if let Some(tools) = body.get("tools") {
                asked["tools"] = tools.clone();
            }
            let written = ask("apply-template", asked).await?;
            let written: Value = serde_json::from_slice(&written).ok()?;
            content(written.get("prompt")?.as_str()?)
        }
        (TokenizeForm::Content, None, Some(Value::String(prompt))) => content(prompt),
        _ => return None,
    };
    let answer = ask("tokenize", asked).await?;
    u32::try_from(ids(&answer)?.len()).ok()
}

fn content(prompt: &str) -> Value {
    json!({"content": prompt, "add_special": true, "parse_special": true})
}

/// How many tokens llama.cpp reads and writes for one request; none of other servers.
pub(crate) async fn context(
    client: &Client,
    target: Target<'_>,
    correlation_id: &str,
    within: Duration,
) -> Option<u32> {
    if record_of(target).tokenize? != TokenizeForm::Content {
        return None;
    }
    let call = Call {
        method: Method::GET,
        body: None,
        ..call(target, "props", Value::Null)?
    };
    let answer = send(client, &call, target, correlation_id, within).await?;
    let answer: Value = serde_json::from_slice(&answer).ok()?;
    let context = answer.pointer("/default_generation_settings/n_ctx")?;
    u32::try_from(context.as_u64()?).ok().filter(|n| *n > 0)
}

async fn post(
    client: &Client,
    target: Target<'_>,
    tail: &str,
    body: Value,
    correlation_id: &str,
    within: Duration,
) -> Option<Bytes> {
    let call = call(target, tail, body)?;
    send(client, &call, target, correlation_id, within).await
}

fn call(target: Target<'_>, tail: &str, body: Value) -> Option<Call> {
    Some(Call {
        method: Method::POST,
        url: native_url(target, tail).ok()?,
        headers: HeaderMap::new(),
        body: Some(body.to_string().into()),
        form: AnswerForm::OpenaiText,
        notes: Vec::new(),
    })
}

async fn send(
    client: &Client,
    call: &Call,
    target: Target<'_>,
    correlation_id: &str,
    within: Duration,
) -> Option<Bytes> {
    let host = host_of(&call.url);
    let work = async {
        let sent = client.send(call, target, correlation_id, within).await;
        read_whole(sent.ok()?, &host).await.ok()
    };
    tokio::time::timeout(within, work).await.ok()?
}
