//! One prompt against one model, through the gateway's own pipeline, so that what is tried is what
//! clients get. Keeps nothing but what the latest prompts were, in memory.

mod check;
mod exchanges;
mod measure;
mod read;
mod show;
mod trouble;
mod write;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{RequestState, Settings};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};
use gateway::{AnswerBody, Gateway, Inside, Watched};
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};

use crate::view::{PromptEvent, PromptRequest, PromptSummary};
use crate::{Error, ErrorCode};
use check::check;
pub(crate) use exchanges::Exchanges;
use read::{Form, Heard, Reader};
pub(super) use trouble::{TEST_IT, refusal};
use trouble::{broken_off, error_in, failed};
use write::{Outgoing, write};

/// Who asks, and what is needed to say what it took.
pub(crate) struct Asking {
    /// Who answers.
    pub(crate) gateway: Arc<Gateway>,
    /// The client's name in the log.
    pub(crate) client: &'static str,
    /// Where it is kept what the prompt was; nowhere for a test.
    pub(crate) exchanges: Option<Arc<Exchanges>>,
    /// The models with their prices.
    pub(crate) settings: Arc<Settings>,
}

/// Asks a model. The events come in order; the last is finished or failed, and a prompt that breaks
/// a rule fails at once, unsent. Dropping the stream cancels the call.
pub(crate) fn prompt(asking: Asking, request: &PromptRequest) -> BoxStream<'static, PromptEvent> {
    let correlation_id = uuid::Uuid::now_v7().simple().to_string();
    let prepared = check(request).and_then(|()| {
        let outgoing = write(request);
        let http = http_of(&outgoing, &correlation_id)?;
        Ok((outgoing, http))
    });
    let (outgoing, http) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            let summary = PromptSummary::default();
            return stream::iter([PromptEvent::Failed { error, summary }]).boxed();
        }
    };
    let model = outgoing.is_gitlabs.then(|| request.model.clone());
    let answer = Answer::new(correlation_id.clone(), outgoing.form, &asking);
    let started = stream::iter([PromptEvent::Started { correlation_id }]);
    let rest = async move {
        let mut inside = Inside::new(asking.client).watched(answer.watch(asking.exchanges));
        if let Some(model) = model {
            inside = inside.answered_by(model);
        }
        let response = asking.gateway.call(http, inside).await;
        answer.events(response).await
    };
    started.chain(stream::once(rest).flatten()).boxed()
}

/// The request as the gateway takes it.
fn http_of(outgoing: &Outgoing, correlation_id: &str) -> Result<Request<Full<Bytes>>, Error> {
    Request::post(&outgoing.path)
        .header("x-request-id", correlation_id)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(outgoing.body.clone().into()))
        .map_err(|error| {
            let message = format!("the path cannot be used: {error}");
            Error::new(ErrorCode::Invalid, message, "Correct it.").at("ask.path")
        })
}

/// An answer as it arrives.
struct Answer {
    begin: Instant,
    summary: PromptSummary,
    reader: Reader,
    form: Form,
    first: Option<Instant>,
    last: Option<Instant>,
    error: Option<Error>,
    settings: Arc<Settings>,
    ended: Ended,
}

/// How the request ended, as its record says, and the model that answered.
type Ended = Arc<Mutex<Option<(gateway::Outcome, Option<String>)>>>;

impl Answer {
    fn new(correlation_id: String, form: Form, asking: &Asking) -> Self {
        let summary = PromptSummary {
            correlation_id,
            ..PromptSummary::default()
        };
        Self {
            begin: Instant::now(),
            summary,
            reader: Reader::new(form),
            form,
            first: None,
            last: None,
            error: None,
            settings: Arc::clone(&asking.settings),
            ended: Ended::default(),
        }
    }

    /// Notes how the request ended, and keeps what it was.
    fn watch(&self, exchanges: Option<Arc<Exchanges>>) -> impl Fn(Watched) + Send + Sync + 'static {
        let (ended, id) = (Arc::clone(&self.ended), self.summary.correlation_id.clone());
        move |watched| {
            // A fallback may have answered; the sample model calls nobody.
            let last = watched.expanded.calls.last();
            let model = last.map(|call| call.model.clone()).or(watched.model);
            *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some((watched.outcome, model));
            if let Some(exchanges) = &exchanges {
                exchanges.take(id.clone(), watched.expanded);
            }
        }
    }

    async fn events(mut self, response: Response<AnswerBody>) -> BoxStream<'static, PromptEvent> {
        self.summary.status = Some(response.status().as_u16());
        let is_error = !response.status().is_success();
        if is_error && self.form != Form::Bytes {
            self.error = Some(refusal(response).await);
            return stream::iter([self.end()]).boxed();
        }
        let advice = response.extensions().get::<gateway::Advice>().cloned();
        let body = is_error.then(Vec::new);
        let start = Some((self, response.into_body(), body));
        stream::unfold(start, move |state| {
            let advice = advice.clone();
            async move {
                let (mut answer, mut data, mut refused) = state?;
                loop {
                    let heard = match data.frame().await {
                        Some(Ok(frame)) => {
                            let piece = frame.into_data().unwrap_or_default();
                            if let Some(refused) = &mut refused {
                                refused.extend_from_slice(&piece);
                            }
                            answer.reader.push(piece)
                        }
                        Some(Err(_)) => {
                            answer.error.get_or_insert_with(broken_off);
                            break;
                        }
                        None => break,
                    };
                    if let Some(delta) = answer.take(heard) {
                        return Some((vec![delta], Some((answer, data, refused))));
                    }
                }
                // The record ends with the body, and it knows what the body does not say.
                drop(data);
                let rest = answer.reader.end();
                let rest = answer.take(rest);
                if let Some(refused) = refused {
                    answer.error = Some(error_in(&refused, advice));
                }
                let events: Vec<_> = rest.into_iter().chain([answer.end()]).collect();
                Some((events, None))
            }
        })
        .flat_map(stream::iter)
        .boxed()
    }

    /// Notes what a piece brought; what of it is to be shown.
    fn take(&mut self, heard: Heard) -> Option<PromptEvent> {
        if let Some(error) = &heard.error {
            self.error = Some(error_in(error, None));
        }
        let summary = &mut self.summary;
        summary.prompt_tokens = heard.prompt_tokens.or(summary.prompt_tokens);
        summary.completion_tokens = heard.completion_tokens.or(summary.completion_tokens);
        if heard.finish_reason.is_some() {
            summary.finish_reason.clone_from(&heard.finish_reason);
        }
        if heard.is_silent() {
            return None;
        }
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        Some(PromptEvent::Delta {
            text: heard.text,
            reasoning: heard.reasoning,
            tool_calls: heard.tool_calls,
            chunks: heard.chunks,
        })
    }

    fn end(mut self) -> PromptEvent {
        let summary = &mut self.summary;
        summary.duration_ms = milliseconds(self.begin.elapsed());
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, model) = ended.clone().unwrap_or_default();
        drop(ended);
        // Bytes are shown as they come, and the end of a stream looks the same however it ended.
        if outcome.state == RequestState::Failed && self.error.is_none() {
            self.error = Some(failed(outcome.error));
        }
        summary.prompt_tokens = summary.prompt_tokens.or(outcome.prompt_tokens);
        summary.completion_tokens = summary.completion_tokens.or(outcome.completion_tokens);
        if summary.finish_reason.is_none() {
            summary.finish_reason = outcome.finish_reason;
        }
        // What came at once, or may be no tokens at all, has no first token.
        summary.first_token_ms = match self.form {
            Form::Bytes => outcome.first_token_after.map(milliseconds),
            Form::Document => None,
            _ => self.first.map(|first| milliseconds(first - self.begin)),
        };
        if let (Some(first), Some(last), Some(tokens)) =
            (self.first, self.last, summary.completion_tokens)
        {
            let seconds = (last - first).as_secs_f64();
            if tokens > 1 && seconds > 0.0 {
                summary.tokens_per_second = Some(f64::from(tokens - 1) / seconds);
            }
        }
        let price = model.and_then(|name| self.settings.model_named(&name)?.price);
        let counts = summary.prompt_tokens.zip(summary.completion_tokens);
        summary.cost = price
            .zip(counts)
            .map(|(price, (prompt, answer))| price.of(prompt, answer));
        let summary = self.summary;
        match self.error {
            Some(error) => PromptEvent::Failed { error, summary },
            None => PromptEvent::Finished { summary },
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
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
