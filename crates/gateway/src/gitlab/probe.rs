//! GitLab's *Test connection* and health check give up after three seconds, which is less than a
//! large model needs for its first words. They are answered in time: with the model's words, or
//! with what is known of its server by then.

use std::sync::Arc;
use std::time::Duration;

use domain::Model;
use http::Response;
use providers::{Reply, UpstreamError};
use serde_json::Value;

use super::question::Question;
use crate::answer::AnswerBody;
use crate::ask::{ask, target_of};
use crate::error::GatewayError;
use crate::respond::{head_for, whole};
use crate::routes::Exchange;
use crate::wish::Wish;

/// How long the model itself may take; the rest of the three seconds is for the way.
const ANSWERS_WITHIN: Duration = Duration::from_millis(2_000);

/// How long its server may then take to list its models.
const LISTS_WITHIN: Duration = Duration::from_millis(600);

/// The most tokens that a probe of a gap asks for.
pub(crate) const TOKENS: u32 = 8;

/// Answers a probe, which is never a stream.
pub(crate) async fn answer(
    wish: &Wish,
    models: &[&Model],
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    let asked = async {
        let begun = ask(wish, models, &mut exchange).await?;
        whole(wish, begun, &mut exchange).await
    };
    let asked = tokio::time::timeout(ANSWERS_WITHIN, asked).await;
    match (asked, models.first()) {
        (Ok(Ok(body)), Some(model)) if says_nothing(wish, &body) => {
            let words = format!("{} answered and wrote nothing", model.name);
            stand_in(wish, model, &words, exchange)
        }
        (Ok(Ok(body)), _) => exchange.complete(body),
        (Ok(Err(error)), _) => exchange.fail(&error),
        (Err(_), Some(model)) => slow(wish, model, exchange).await,
        (Err(_), None) => exchange.fail(&GatewayError::Panicked),
    }
}

/// The model is slow: whether it is there is known by whether its server lists its models.
async fn slow(wish: &Wish, model: &Model, exchange: Exchange<'_>) -> Response<AnswerBody> {
    let snapshot = Arc::clone(&exchange.snapshot);
    let family = snapshot.family(model);
    let late = || GatewayError::Late {
        model: model.name.to_string(),
        host: model.endpoint.host(),
        seconds: ANSWERS_WITHIN.as_secs() as u32,
    };
    let target = match target_of(model, &family, &snapshot) {
        Ok(target) => target,
        Err(error) => return exchange.fail(&error),
    };
    let listed = exchange
        .known
        .models(exchange.client, target, exchange.correlation_id);
    let is_there = match tokio::time::timeout(LISTS_WITHIN, listed).await {
        // A server without a list is a server.
        Ok(listed) => matches!(
            listed,
            Ok(_) | Err(UpstreamError::Answered { .. } | UpstreamError::NotTheApi { .. })
        ),
        Err(_) => false,
    };
    if !is_there {
        return exchange.fail(&late());
    }
    let words = format!(
        "{} is reachable and was slower than two seconds",
        model.name
    );
    stand_in(wish, model, &words, exchange)
}

/// Whether a completion holds no text, which GitLab's health check takes for a failure. A model that
/// thinks first may need all tokens of a probe for its thoughts.
fn says_nothing(wish: &Wish, body: &[u8]) -> bool {
    let is_empty = |answer: Value| answer["choices"].as_array().is_some_and(Vec::is_empty);
    matches!(wish.question, Some(Question::Gap(..)))
        && serde_json::from_slice(body).is_ok_and(is_empty)
}

/// An answer in the model's place that says what is known of it.
fn stand_in(
    wish: &Wish,
    model: &Model,
    words: &str,
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    exchange.record.note(format!("a probe of GitLab: {words}"));
    let text = match &wish.question {
        // The file that the health check makes up goes on with a comment.
        Some(Question::Gap(..)) => format!("\n  # {words}\nend\n"),
        _ => format!("{words}."),
    };
    let reply = Reply {
        text,
        ..Reply::default()
    };
    let head = head_for(model.name.to_string(), &exchange);
    exchange.complete(wish.voice.whole(head, &reply))
}
