//! What a prompt's answer says where it is an error: what happened, and what to do. Decides nothing
//! about the request.

use gateway::{Advice, AnswerBody};
use http::Response;
use providers::{Overflow, is_about_context, overflow};
use serde_json::Value;

use crate::{Error, ErrorCode};

/// What to do about an error of which nothing more is known.
pub(in crate::operations) const TEST_IT: &str = "Test the model in Models to see where it stops.";

/// What to do about a prompt that does not fit.
const TRIM: &str = "Trim the prompt: shorten or remove earlier turns, or lower max_tokens.";

/// An answer of the gateway that is an error: what happened and what to do.
pub(in crate::operations) async fn refusal(response: Response<AnswerBody>) -> Error {
    let advice = response.extensions().get::<Advice>().cloned();
    error_in(&response.into_body().bytes().await, advice)
}

/// The connection ended before the answer did.
pub(super) fn broken_off() -> Error {
    let hint = "What arrived is kept. Run it again; the request log says what happened.";
    Error::new(
        ErrorCode::Upstream,
        "the answer broke off before its end",
        hint,
    )
}

/// The answer ended in an error, in the words of its record.
pub(super) fn failed(words: Option<String>) -> Error {
    let Some(words) = words else {
        return broken_off();
    };
    Error {
        message: words,
        ..broken_off()
    }
}

/// The gateway's own words in an error body. Advice that they end with is shown as the hint.
pub(super) fn error_in(body: &[u8], advice: Option<Advice>) -> Error {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = value["error"]["message"]
        .as_str()
        .or(value["error"].as_str())
        .or(value["detail"].as_str())
        .or(value["detail"][0]["msg"].as_str());
    let said = said.unwrap_or("The model server reported an error without words.");
    // These are sentences already, and a model's name in front keeps the letters it was given.
    let sentence = |message: String, hint: &str| {
        Error {
            message,
            ..Error::new(ErrorCode::Upstream, "", hint)
        }
        .with_details(String::from_utf8_lossy(body))
    };
    if let Some(Overflow { wanted, context }) = overflow(said) {
        let message = format!(
            "The prompt is {} tokens too long: it wants {wanted} with its answer, and the context of the model has {context}.",
            wanted - context
        );
        return sentence(message, TRIM);
    }
    if is_about_context(said) {
        return sentence(said.to_owned(), TRIM);
    }
    if let Some(Advice(hint)) = advice {
        return sentence(said.replacen(&format!(" {hint}"), "", 1), &hint);
    }
    let hint = match value["error"]["code"].as_str() {
        Some("key_locked" | "key_unavailable") => "See the keyring's state in the status bar.",
        Some("model_disabled" | "model_not_found") => {
            "Choose another model, or switch this one on in Models."
        }
        Some("feature_not_routed" | "feature_disabled") => "Choose a model for it in Features.",
        Some("invalid_body" | "invalid_value" | "body_too_large") => {
            "Correct what is sent, and send it again."
        }
        Some("unknown_url") => "Use a path that the gateway serves, such as /v1/chat/completions.",
        _ => TEST_IT,
    };
    sentence(said.to_owned(), hint)
}
