//! One prompt against one model, through the gateway's own pipeline, so that what is tried is what
//! clients get.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};
use gateway::{Advice, AnswerBody, Gateway};
use http::{Request, Response};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::view::{PromptAsk, PromptEvent, PromptRequest, PromptSummary};
use crate::{Error, ErrorCode};

/// Asks a model. The events come in order; the last is finished or failed. Dropping the stream
/// cancels the call.
pub(crate) fn prompt(
    gateway: Arc<Gateway>,
    request: &PromptRequest,
    client: &'static str,
) -> BoxStream<'static, PromptEvent> {
    let correlation_id = uuid::Uuid::now_v7().simple().to_string();
    let begin = Instant::now();
    let http = Request::post("/v1/chat/completions")
        .header("x-request-id", &correlation_id)
        .body(Full::new(Bytes::from(body_of(request).to_string())));
    let answer = Answer::new(correlation_id.clone(), begin);
    let started = stream::iter([PromptEvent::Started { correlation_id }]);
    let Ok(http) = http else {
        return started.boxed();
    };
    let rest = async move {
        let response = gateway.call(http, client).await;
        answer.events(response).await
    };
    started.chain(stream::once(rest).flatten()).boxed()
}

fn body_of(request: &PromptRequest) -> Value {
    let PromptAsk::Chat { messages } = &request.ask else {
        return Value::Null;
    };
    let mut body = json!({
        "model": request.model,
        "messages": messages,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if let Some(most) = request.parameters.max_tokens {
        body["max_tokens"] = most.into();
    }
    if let Some(temperature) = request.parameters.temperature {
        // Through its text, so that 0.2 does not become 0.20000000298.
        body["temperature"] = serde_json::from_str(&temperature.to_string()).unwrap_or(Value::Null);
    }
    body
}

/// An answer as it arrives.
struct Answer {
    begin: Instant,
    summary: PromptSummary,
    first: Option<Instant>,
    last: Option<Instant>,
    error: Option<Error>,
    done: bool,
}

/// The fields of a chunk that the playground shows; the gateway has checked the rest.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<ChunkChoice>,
    #[serde(default)]
    usage: Option<ChunkUsage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct ChunkChoice {
    #[serde(default)]
    delta: ChunkDelta,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct ChunkDelta {
    #[serde(default)]
    content: Option<String>,
    /// llama.cpp, DeepSeek and older vLLM.
    #[serde(default)]
    reasoning_content: Option<String>,
    /// vLLM.
    #[serde(default)]
    reasoning: Option<String>,
}

#[derive(Deserialize)]
struct ChunkUsage {
    #[serde(default)]
    prompt_tokens: Option<u32>,
    #[serde(default)]
    completion_tokens: Option<u32>,
}

impl Answer {
    fn new(correlation_id: String, begin: Instant) -> Self {
        let summary = PromptSummary {
            correlation_id,
            ..PromptSummary::default()
        };
        Self {
            begin,
            summary,
            first: None,
            last: None,
            error: None,
            done: false,
        }
    }

    async fn events(mut self, response: Response<AnswerBody>) -> BoxStream<'static, PromptEvent> {
        if !response.status().is_success() {
            self.error = Some(refusal(response).await);
            return stream::iter([self.end()]).boxed();
        }
        let data = response.into_body().events().boxed();
        stream::unfold((Some(self), data), |(answer, mut data)| async move {
            let mut answer = answer?;
            while let Some(event) = data.next().await {
                if let Some(delta) = answer.read(&event) {
                    return Some((delta, (Some(answer), data)));
                }
            }
            Some((answer.end(), (None, data)))
        })
        .boxed()
    }

    /// Reads one chunk; the text in it, when it has some.
    fn read(&mut self, event: &[u8]) -> Option<PromptEvent> {
        if event == b"[DONE]" {
            self.done = true;
            return None;
        }
        let chunk: Chunk = serde_json::from_slice(event).ok()?;
        if chunk.error.is_some_and(|error| !error.is_null()) {
            self.error = Some(error_in(event, None));
            return None;
        }
        if let Some(usage) = chunk.usage {
            self.summary.prompt_tokens = usage.prompt_tokens;
            self.summary.completion_tokens = usage.completion_tokens;
        }
        let (mut text, mut reasoning) = (String::new(), String::new());
        for choice in chunk.choices {
            text += &choice.delta.content.unwrap_or_default();
            reasoning += &choice
                .delta
                .reasoning_content
                .or(choice.delta.reasoning)
                .unwrap_or_default();
            self.summary.finish_reason = choice.finish_reason.or(self.summary.finish_reason.take());
        }
        if text.is_empty() && reasoning.is_empty() {
            return None;
        }
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        Some(PromptEvent::Delta {
            text,
            reasoning,
            tool_calls: Vec::new(),
        })
    }

    fn end(mut self) -> PromptEvent {
        self.summary.duration_ms = milliseconds(self.begin.elapsed());
        self.summary.first_token_ms = self.first.map(|first| milliseconds(first - self.begin));
        if let (Some(first), Some(last), Some(tokens)) =
            (self.first, self.last, self.summary.completion_tokens)
        {
            let seconds = (last - first).as_secs_f64();
            if tokens > 1 && seconds > 0.0 {
                self.summary.tokens_per_second = Some(f64::from(tokens - 1) / seconds);
            }
        }
        match self.error {
            Some(error) => PromptEvent::Failed {
                error,
                summary: self.summary,
            },
            None => PromptEvent::Finished {
                summary: self.summary,
            },
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// What to do about an error of which nothing more is known.
pub(super) const TEST_IT: &str = "Test the model in Models to see where it stops.";

/// An answer of the gateway that is an error: what happened and what to do.
pub(super) async fn refusal(response: Response<AnswerBody>) -> Error {
    let advice = response.extensions().get::<Advice>().cloned();
    error_in(&response.into_body().bytes().await, advice)
}

/// The gateway's own words in an error body. Advice that they end with is shown as the hint.
fn error_in(body: &[u8], advice: Option<Advice>) -> Error {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = value["error"]["message"]
        .as_str()
        .or(value["error"].as_str());
    let said = said.unwrap_or("The model server reported an error without words.");
    if let Some(Advice(hint)) = advice {
        return Error {
            message: said.replacen(&format!(" {hint}"), "", 1),
            ..Error::new(ErrorCode::Upstream, "", hint)
        }
        .with_details(String::from_utf8_lossy(body));
    }
    let hint = match value["error"]["code"].as_str() {
        Some("key_locked" | "key_unavailable") => "See the keyring's state in the status bar.",
        Some("model_disabled" | "model_not_found") => {
            "Choose another model, or switch this one on in Models."
        }
        Some("feature_not_routed") => "Choose a model for it in Features.",
        _ => TEST_IT,
    };
    // These are sentences already, and a model's name in front keeps the letters it was given.
    Error {
        message: said.to_owned(),
        ..Error::new(ErrorCode::Upstream, "", hint)
    }
    .with_details(String::from_utf8_lossy(body))
}

/// The whole of a prompt's answer: all text, then how it ended.
pub(crate) async fn outcome(
    mut events: impl Stream<Item = PromptEvent> + Unpin,
) -> (String, Option<PromptEvent>) {
    let (mut all, mut last) = (String::new(), None);
    while let Some(event) = events.next().await {
        if let PromptEvent::Delta {
            text, reasoning, ..
        } = &event
        {
            all += text;
            all += reasoning;
        }
        last = Some(event);
    }
    (all, last)
}
