//! Takes a request's body in, within its limits, and reads the two fields that the gateway acts
//! on. Everything else stays as it came.

use std::borrow::Cow;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT};
use http::request::Parts;
use http_body_util::BodyExt;
use providers::Pieces;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::depth::is_too_deep;
use crate::error::GatewayError;

/// How long a body may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);

/// How much of a body that is too large is read and thrown away, so that the client gets to read
/// the refusal instead of a broken connection.
const DISCARDED: usize = 64 * 1024 * 1024;

/// How long that may take.
const DISCARDED_WITHIN: Duration = Duration::from_secs(10);

/// Reads the body of a refused request and throws it away: a connection with an unread one ends
/// behind the answer, which the client sees too late to use another for its next request.
pub(crate) async fn throw_away<B>(parts: &Parts, body: B)
where
    B: http_body::Body<Data = Bytes>,
{
    // To read would be the sign to send it.
    if !parts.headers.contains_key(EXPECT) {
        discard(&mut std::pin::pin!(body)).await;
    }
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read_body<B>(parts: &Parts, body: B, limit: u32) -> Result<Bytes, GatewayError>
where
    B: http_body::Body<Data = Bytes>,
{
    let announced = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let waits_for_go_ahead = parts.headers.contains_key(EXPECT);
    let too_large = announced.is_some_and(|length| length > u64::from(limit));
    if too_large && waits_for_go_ahead {
        return Err(GatewayError::BodyTooLarge { limit });
    }
    let mut body = std::pin::pin!(body);
    if too_large {
        discard(&mut body).await;
        return Err(GatewayError::BodyTooLarge { limit });
    }
    let read = async {
        let mut whole = Pieces::with_hint(announced);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| GatewayError::BodyBroken)?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            whole.add(data);
            if whole.len() > limit as usize {
                discard(&mut body).await;
                return Err(GatewayError::BodyTooLarge { limit });
            }
        }
        Ok(whole.into_bytes())
    };
    tokio::time::timeout(ARRIVES_WITHIN, read)
        .await
        .unwrap_or(Err(GatewayError::BodyLate))
}

async fn discard<B>(body: &mut std::pin::Pin<&mut B>)
where
    B: http_body::Body<Data = Bytes>,
{
    let read = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > DISCARDED {
                return;
            }
        }
    };
    // Whether it ended or ran out of time, the answer is the same.
    let _ = tokio::time::timeout(DISCARDED_WITHIN, read).await;
}

/// A request body of the OpenAI API, scanned once.
#[derive(Debug)]
pub(crate) struct ModelRequest {
    body: Bytes,
    /// Where the JSON text of `model` stands in the body.
    model_place: std::ops::Range<usize>,
    /// The model that the client named.
    pub(crate) model: String,
    /// Whether the client wants a stream.
    pub(crate) streamed: bool,
    /// Whether it has a suffix, so that a gap is to be filled.
    pub(crate) has_suffix: bool,
    /// Whether its prompt is written in token ids.
    pub(crate) has_token_ids: bool,
    /// Whether its stream is to end with token counts.
    pub(crate) wants_counts: bool,
    /// Whether it names texts that end the answer.
    pub(crate) has_stop: bool,
    /// Whether it wants several choices.
    pub(crate) has_choices: bool,
    /// Whether it wants more than one text: tools, log probabilities, several choices.
    pub(crate) has_extras: bool,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(borrow, default)]
    suffix: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stream_options: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stop: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tools: Option<&'a RawValue>,
    #[serde(borrow, default)]
    logprobs: Option<&'a RawValue>,
    #[serde(borrow, default)]
    n: Option<&'a RawValue>,
}

impl ModelRequest {
    /// A request for this model that came in another form and is read already.
    pub(crate) fn without_body(model: &str, streamed: bool) -> Self {
        Self {
            body: Bytes::new(),
            model_place: 0..0,
            model: model.to_owned(),
            streamed,
            has_suffix: false,
            has_token_ids: false,
            wants_counts: false,
            has_stop: false,
            has_choices: false,
            has_extras: false,
        }
    }

    /// Scans a body. Duplicate fields, a missing or non-text model and anything that is not one
    /// JSON object are refused.
    pub(crate) fn scan(body: Bytes) -> Result<Self, GatewayError> {
        let malformed = |problem: &str| GatewayError::Malformed(problem.to_owned());
        if body.trim_ascii_start().first() != Some(&b'{') {
            let problem = if body.is_empty() {
                "it is empty"
            } else {
                "it does not start with {"
            };
            return Err(malformed(problem));
        }
        if is_too_deep(&body) {
            return Err(malformed("it is nested deeper than 200 levels"));
        }
        let fields: Fields<'_> =
            serde_json::from_slice(&body).map_err(|error| malformed(&error.to_string()))?;
        let raw = fields
            .model
            .ok_or_else(|| malformed("the field model is missing"))?;
        let model: Cow<'_, str> = serde_json::from_str(raw.get())
            .map_err(|_| malformed("the field model is not a text"))?;
        let start = raw.get().as_ptr() as usize - body.as_ptr() as usize;
        let model_place = start..start + raw.get().len();
        let (model, streamed) = (model.into_owned(), fields.stream.unwrap_or(false));
        let has_suffix = fields.suffix.is_some_and(|raw| raw.get() != "null");
        let has_token_ids = fields.prompt.is_some_and(|raw| are_ids(raw.get()));
        let wants_counts = fields
            .stream_options
            .is_some_and(|raw| asks_counts(raw.get()));
        let has_stop = fields.stop.is_some_and(|raw| raw.get() != "null");
        let has_choices = fields
            .n
            .is_some_and(|raw| !["null", "1"].contains(&raw.get()));
        let has_extras = [fields.tools, fields.logprobs, fields.n]
            .into_iter()
            .flatten()
            .any(|raw| !["null", "[]", "false", "1"].contains(&raw.get()));
        Ok(Self {
            model_place,
            model,
            streamed,
            has_suffix,
            has_token_ids,
            wants_counts,
            has_stop,
            has_choices,
            has_extras,
            body,
        })
    }

    /// The body with another model name and everything else as it came.
    pub(crate) fn with_model(&self, name: &str) -> Bytes {
        if name == self.model {
            return self.body.clone();
        }
        let name = serde_json::Value::from(name).to_string();
        let (before, after) = (
            &self.body[..self.model_place.start],
            &self.body[self.model_place.end..],
        );
        let mut body = BytesMut::with_capacity(before.len() + name.len() + after.len());
        body.extend_from_slice(before);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(after);
        body.freeze()
    }

    /// The body as it came.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Whether the options of a stream ask for token counts.
fn asks_counts(options: &str) -> bool {
    #[derive(Deserialize)]
    struct Options {
        #[serde(default)]
        include_usage: Option<bool>,
    }
    serde_json::from_str(options).is_ok_and(|options: Options| options.include_usage == Some(true))
}

/// Whether a prompt is a list of token ids, or a list of such lists.
fn are_ids(prompt: &str) -> bool {
    let first = prompt.strip_prefix('[').map(str::trim_start);
    first.is_some_and(|first| first.starts_with(|letter: char| "[-0123456789".contains(letter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &'static str) -> Result<ModelRequest, GatewayError> {
        ModelRequest::scan(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn only_the_model_name_changes() {
        let text = r#" { "x":{"model":"inner"} ,"model" : "Mixtral \"8x7B\"" , "top_k": 1.50e0,"stream":true } "#;
        let request = scan(text).unwrap();
        assert_eq!(request.model, "Mixtral \"8x7B\"");
        assert!(request.streamed);
        let expected = text.replace(r#""Mixtral \"8x7B\"""#, r#""a\\b""#);
        assert_eq!(request.with_model("a\\b"), expected.as_bytes());
    }

    #[test]
    fn the_same_name_passes_the_same_bytes() {
        let request = scan(r#"{"model":"m"}"#).unwrap();
        assert_eq!(request.with_model("m").as_ptr(), request.body().as_ptr());
    }

    #[test]
    fn what_is_not_a_request_is_refused_in_words() {
        for (text, said) in [
            ("", "empty"),
            ("[]", "does not start with {"),
            ("{\"model\":\"m\"", "EOF"),
            ("{}", "model is missing"),
            ("{\"model\":7}", "not a text"),
            ("{\"model\":\"m\"} x", "trailing"),
            ("{\"model\":\"m\",\"model\":\"n\"}", "duplicate"),
            ("{\"model\":\"m\",\"stream\":\"yes\"}", "boolean"),
        ] {
            let refusal = scan(text).unwrap_err().to_string();
            assert!(refusal.contains(said), "{text}: {refusal}");
        }
    }
}
