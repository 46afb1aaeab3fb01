//! Asks a server for the tokens of a text: vLLM's form and llama.cpp's. Their route lies beside
//! `/v1`, not below it.

use std::time::Duration;

use http::{HeaderMap, Method};
use serde::Deserialize;
use serde_json::json;

use super::native_url;
use super::quirks::{TokenizeForm, record_of};
use crate::{AnswerForm, Call, Client, Target, read_whole};
use outbound::host_of;

/// The ids of a text's tokens, without those that the server would put around it. None where the
/// server has no such call, or does not answer it.
pub(crate) async fn tokenize(
    client: &Client,
    target: Target<'_>,
    text: &str,
    correlation_id: &str,
    within: Duration,
) -> Option<Vec<u32>> {
    let call = call(target, text)?;
    let host = host_of(&call.url);
    let work = async {
        let response = client
            .send(&call, target, correlation_id, within)
            .await
            .ok()?;
        let body = read_whole(response, &host).await.ok()?;
        ids(&body)
    };
    tokio::time::timeout(within, work).await.ok()?
}

/// The call; none where the server has none.
pub(super) fn call(target: Target<'_>, text: &str) -> Option<Call> {
    let body = match record_of(target).tokenize? {
        TokenizeForm::Prompt => {
            json!({"model": target.name, "prompt": text, "add_special_tokens": false})
        }
        TokenizeForm::Content => {
            json!({"content": text, "add_special": false, "parse_special": true})
        }
    };
    Some(Call {
        method: Method::POST,
        url: native_url(target, "tokenize").ok()?,
        headers: HeaderMap::new(),
        body: Some(body.to_string().into()),
        form: AnswerForm::OpenaiText,
        notes: Vec::new(),
    })
}

/// The ids in an answer. llama.cpp can write a piece of text beside each.
pub(super) fn ids(body: &[u8]) -> Option<Vec<u32>> {
    #[derive(Deserialize)]
    struct Answer {
        tokens: Vec<Token>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Token {
        Id(u32),
        WithPiece { id: u32 },
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let ids = answer.tokens.into_iter().map(|token| match token {
        Token::Id(id) | Token::WithPiece { id } => id,
    });
    Some(ids.collect())
}
