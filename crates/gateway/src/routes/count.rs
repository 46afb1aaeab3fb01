//! `POST /v1/messages/count_tokens`: counted by Anthropic for its own models, by the server's
//! tokenizer where it has one, else estimated (API reference, "Count tokens in a Message").

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Model, Provider};
use http::Response;
use http::request::Parts;
use providers::{Part, UpstreamError, read_whole};

use super::Exchange;
use super::model::{read_request, resolve};
use crate::answer::AnswerBody;
use crate::ask;
use crate::error::{GatewayError, Trouble};
use crate::incoming::ModelRequest;

/// Characters of a token where nobody can count: llama.cpp's own ratio.
const CHARACTERS_PER_TOKEN: usize = 3;

/// How long a server may take to count.
const COUNT_WITHIN: Duration = Duration::from_secs(10);

/// Counts the tokens of a conversation.
pub(super) async fn count<B>(
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
    let models = match resolve(&snapshot.settings, &request, &mut exchange) {
        Ok((models, _)) => models,
        Err(error) => return exchange.fail(&error),
    };
    let Some(model) = models.first() else {
        return exchange.fail(&GatewayError::Panicked);
    };
    let counted = tokio::time::timeout(COUNT_WITHIN, tokens(&request, model, &mut exchange)).await;
    let counted = counted.unwrap_or_else(|_| {
        let (host, after) = (model.endpoint.host(), COUNT_WITHIN);
        Err(UpstreamError::Late { host, after }.into())
    });
    match counted {
        Ok(tokens) => exchange.complete(forms::count_tokens_answer(tokens)),
        Err(trouble) => {
            let family = snapshot.family(model);
            exchange.fail(&trouble.in_words(model, &family, None))
        }
    }
}

async fn tokens(
    request: &ModelRequest,
    model: &Model,
    exchange: &mut Exchange<'_>,
) -> Result<u32, Trouble> {
    let snapshot = Arc::clone(&exchange.snapshot);
    let family = snapshot.family(model);
    let mut target = ask::target_of(model, &family, &snapshot)?;
    let name = ask::served_name(model, target, exchange).await?;
    target.name = &name;
    let (client, id) = (exchange.client, exchange.correlation_id);
    if target.provider == Provider::Anthropic {
        let call = providers::pass_count_messages(target, request.with_model(&name))?;
        let response = client.send(&call, target, id, COUNT_WITHIN).await?;
        let host = model.endpoint.host();
        let body = read_whole(response, &host).await?;
        return providers::counted_messages(&body).ok_or_else(|| {
            let said = "no input_tokens".to_owned();
            UpstreamError::NotTheApi { host, said }.into()
        });
    }
    let text = words_of(&forms::read_count_tokens(request.body())?.ask);
    target.kind = exchange.known.kind(client, target, id).await;
    let counted = match target.provider {
        Provider::OpenaiCompatible => {
            providers::count_tokens(client, target, &text, id, COUNT_WITHIN).await
        }
        _ => None,
    };
    let estimate = || text.chars().count().div_ceil(CHARACTERS_PER_TOKEN);
    if counted.is_none() {
        exchange.record.note("tokens estimated from characters");
    }
    Ok(counted.map_or_else(estimate, |ids| ids.len()) as u32)
}

/// All words of a conversation: turns, calls and tools.
fn words_of(ask: &providers::Ask) -> String {
    let mut words = String::new();
    for part in ask.messages.iter().flat_map(|message| &message.parts) {
        add(part, &mut words);
    }
    for tool in &ask.tools {
        words.push_str(&tool.name);
        words.push_str(tool.description.as_deref().unwrap_or_default());
        words.push_str(&tool.parameters.to_string());
    }
    words
}

fn add(part: &Part, words: &mut String) {
    match part {
        Part::Text(text) | Part::Reasoning { text, .. } => words.push_str(text),
        Part::ToolCall {
            name, arguments, ..
        } => {
            words.push_str(name);
            words.push_str(arguments);
        }
        Part::ToolResult { parts, .. } => parts.iter().for_each(|part| add(part, words)),
        Part::Image(_) => {}
    }
}
