//! How large a prompt is, as the model would be sent it: counted by the server's tokenizer where it
//! has one, else estimated from characters. Asks no model for an answer.

use std::sync::Arc;
use std::time::Duration;

use domain::{Endpoint, Model, Provider};
use http::Response;
use providers::{context_of_server, measure_body};
use serde_json::Value;

use crate::answer::AnswerBody;
use crate::ask;
use crate::error::{GatewayError, Trouble};
use crate::gitlab::heard;
use crate::prepare::prepare;
use crate::routes::Exchange;
use crate::wish::Wish;

/// How long all of it may take: a person is typing.
const WITHIN: Duration = Duration::from_secs(3);

/// How long the count and the context may take once the prompt is written.
const COUNT_WITHIN: Duration = Duration::from_millis(1_500);

/// Characters of a token where nobody can count: llama.cpp's own ratio.
const CHARACTERS_PER_TOKEN: usize = 3;

/// How large a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Its tokens.
    pub prompt_tokens: u32,
    /// Whether they were estimated from characters.
    pub is_estimate: bool,
    /// What the model reads and writes at most; none of the sample model.
    pub context_tokens: Option<u32>,
}

/// Answers a request with its size, in the extensions of the answer.
pub(crate) async fn answer(
    wish: &Wish,
    models: &[&Model],
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    let Some(model) = models.first() else {
        return exchange.fail(&GatewayError::Panicked);
    };
    let work = Box::pin(measured(wish, model, &mut exchange));
    let found = match tokio::time::timeout(WITHIN, work).await {
        Ok(found) => found,
        // Its server says nothing in time: the body as it came has to do.
        Err(_) => Ok(Measured {
            prompt_tokens: as_it_came(wish),
            is_estimate: true,
            context_tokens: context(model, &exchange),
        }),
    };
    match found {
        Ok(found) => {
            let mut response = exchange.complete("");
            response.extensions_mut().insert(found);
            response
        }
        Err(trouble) => {
            let family = exchange.snapshot.family(model);
            exchange.fail(&trouble.in_words(model, &family, None))
        }
    }
}

/// The context as far as it is known without asking.
fn context(model: &Model, exchange: &Exchange<'_>) -> Option<u32> {
    let family = exchange.snapshot.family(model);
    (model.endpoint != Endpoint::Sample).then(|| model.connection.context.unwrap_or(family.context))
}

async fn measured(
    wish: &Wish,
    model: &Model,
    exchange: &mut Exchange<'_>,
) -> Result<Measured, Trouble> {
    if model.endpoint == Endpoint::Sample {
        return Ok(Measured {
            prompt_tokens: as_it_came(wish),
            is_estimate: true,
            context_tokens: None,
        });
    }
    let snapshot = Arc::clone(&exchange.snapshot);
    let family = snapshot.family(model);
    let mut target = ask::target_of(model, &family, &snapshot)?;
    let name = ask::served_name(model, target, exchange).await?;
    target.name = &name;
    let (client, id) = (exchange.client, exchange.correlation_id);
    if target.provider == Provider::OpenaiCompatible {
        // Its list tells the kind of server, and with it how it counts.
        target.kind = exchange.known.kind(client, target, id).await;
    }
    let prepared = prepare(wish, target, exchange).await?;
    let body = prepared.call.body.unwrap_or_default();
    // What the server lists is remembered for a minute, and its context with it.
    let listed = exchange.known.models(client, target, id);
    let (counted, served, _) = tokio::join!(
        measure_body(client, target, &body, id, COUNT_WITHIN),
        context_of_server(client, target, id, COUNT_WITHIN),
        tokio::time::timeout(COUNT_WITHIN, listed),
    );
    let context = target.connection.context.or(served);
    let context = context.or_else(|| exchange.known.context(target));
    Ok(Measured {
        prompt_tokens: counted.unwrap_or_else(|| estimate(&body)),
        is_estimate: counted.is_none(),
        context_tokens: Some(context.unwrap_or(family.context)),
    })
}

/// An estimate before a prompt is written.
fn as_it_came(wish: &Wish) -> u32 {
    match &wish.question {
        Some(question) => estimate(heard(question).as_bytes()),
        None => estimate(wish.request.body()),
    }
}

/// The tokens of all that is to be read in the body of a call.
fn estimate(body: &[u8]) -> u32 {
    let characters = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(fields)) => fields
            .iter()
            .filter(|(name, _)| !NOT_READ.contains(&name.as_str()))
            .map(|(_, value)| characters(value))
            .sum(),
        _ => String::from_utf8_lossy(body).chars().count(),
    };
    u32::try_from(characters.div_ceil(CHARACTERS_PER_TOKEN)).unwrap_or(u32::MAX)
}

/// Fields whose texts are not part of a prompt.
const NOT_READ: [&str; 4] = ["model", "stop", "stream_options", "response_format"];

/// The characters of all texts, without those of images.
fn characters(value: &Value) -> usize {
    match value {
        Value::String(text) if text.starts_with("data:") => 0,
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(characters).sum(),
        Value::Object(fields) => fields.values().map(characters).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
