//! The forms in which GitLab and its editors read answers and errors. Decides what an error of ours
//! is in GitLab's words; the words themselves are those of the crate `gitlab`.

use forms::{Head, Problem, Write};
use gitlab::prompt::{AnswerForm, Prompt, fit_answer};
use gitlab::react::{Event as TurnEvent, Parser, Tool};
use gitlab::wire::{self, Choice, CodeModel, PromptApi, Refusal};
use http::StatusCode;
use providers::{Event, Reply, Usage};

use crate::error::GatewayError;

/// What the answers of the gateway say of who served them, as GitLab's own gateway does.
const ENGINE: &str = "agent";

/// The form of one answer.
#[derive(Debug, Clone)]
pub(crate) enum Speech {
    /// No model answers, or it is not known yet what is asked.
    Plain,
    /// `/v2/code`, for a file in this language.
    Code { lang: String },
    /// `/v3/code` and `/v4/code`; a stream of the latter is of events.
    Suggestion { lang: String, events: bool },
    /// A turn of Duo Chat with these tools on offer.
    Turn(Vec<&'static Tool>),
    /// A prompt by its id.
    Prompt(PromptApi, &'static Prompt),
    /// `/v1/chat`, with the provider and the model as the request named them.
    Legacy { provider: String, model: String },
}

impl Speech {
    /// Whether it is an answer in chat.
    pub(crate) fn is_chat(&self) -> bool {
        match self {
            Self::Turn(_) | Self::Legacy { .. } => true,
            Self::Prompt(_, prompt) => prompt.is_of_chat(),
            Self::Plain | Self::Code { .. } | Self::Suggestion { .. } => false,
        }
    }

    /// The content type of a stream.
    pub(crate) fn stream_type(&self) -> &'static str {
        match self {
            Self::Turn(_) | Self::Prompt(PromptApi::V2, _) => wire::NDJSON,
            _ => wire::EVENT_STREAM,
        }
    }

    /// The header that tells an editor to read events.
    pub(crate) fn stream_header(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Suggestion { events: true, .. } => Some(wire::STREAMING_FORMAT),
            _ => None,
        }
    }

    /// Whether a stream in this form can say that it failed. Where it cannot, the connection has
    /// to break off, so that half an answer is not taken for a whole one.
    pub(crate) fn can_fail(&self) -> bool {
        matches!(
            self,
            Self::Turn(_) | Self::Prompt(PromptApi::V2, _) | Self::Suggestion { events: true, .. }
        )
    }

    /// A writer for a stream.
    pub(crate) fn writer(&self, head: Head) -> Box<dyn Write> {
        let model = head.model;
        let stream: Box<dyn wire::Write> = match self {
            Self::Turn(tools) => return Box::new(TurnWriter(Some(Parser::new(tools.clone())))),
            Self::Suggestion { lang, events: true } => Box::new(wire::Sse {
                model: code_model(model, lang),
                created: head.created,
            }),
            Self::Prompt(PromptApi::V2, _) => Box::new(wire::UsageLines { model }),
            _ => Box::new(wire::Raw),
        };
        let whole = match self {
            Self::Prompt(_, prompt) if prompt.answer != AnswerForm::Text => {
                Some((*prompt, String::new()))
            }
            _ => None,
        };
        Box::new(TextWriter {
            stream,
            whole,
            begun: false,
            usage: None,
        })
    }

    /// An answer in one piece, as JSON.
    pub(crate) fn whole(&self, head: Head, reply: &Reply) -> Vec<u8> {
        let choices = || {
            [Choice {
                text: reply.text.clone(),
                finish: reply.finish.clone(),
            }]
        };
        let (created, text) = (head.created, reply.text.as_str());
        let answer = match self {
            Self::Code { lang } => {
                let model = code_model(head.model, lang);
                wire::code_answer(&head.id, created, &model, &reply.usage, &choices())
            }
            Self::Suggestion { lang, .. } => {
                wire::suggestion_answer(created, &code_model(head.model, lang), &choices())
            }
            Self::Prompt(PromptApi::V1, prompt) => wire::prompt_answer(&fit_answer(prompt, text)),
            Self::Prompt(PromptApi::V2, prompt) => {
                let text = fit_answer(prompt, text);
                wire::prompt_answer_v2(&text, &head.model, Some(&reply.usage))
            }
            Self::Legacy { provider, model } => wire::legacy_answer(text, provider, model, created),
            Self::Turn(tools) => {
                let mut writer = TurnWriter(Some(Parser::new(tools.clone())));
                let mut lines = writer.event(Event::Text(text.to_owned()));
                lines.extend(writer.end());
                return lines;
            }
            Self::Plain => wire::prompt_answer(text),
        };
        answer.to_string().into_bytes()
    }

    /// An error: its status, the type of its body, and the body.
    pub(crate) fn error(
        &self,
        error: &GatewayError,
        problem: &Problem,
    ) -> (StatusCode, &'static str, Vec<u8>) {
        if let Self::Turn(_) = self
            && !error.is_of_the_request()
        {
            // Only a line of the answer can say whether to ask again, or that the prompt is long.
            let line = wire::agent_line(&TurnEvent::failed(&problem.message));
            return (StatusCode::OK, wire::NDJSON, line);
        }
        let refusal = self.refusal(error, problem);
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(error.status());
        (status, wire::JSON, refusal.json().to_string().into_bytes())
    }

    fn refusal(&self, error: &GatewayError, problem: &Problem) -> Refusal {
        match error {
            GatewayError::Gitlab(refusal) => return Refusal::clone(refusal),
            GatewayError::TokenRefused { text, .. } => {
                return Refusal::Unauthenticated(text.clone());
            }
            _ => {}
        }
        let message = problem.message.clone();
        match self {
            _ if error.status() == StatusCode::TOO_MANY_REQUESTS => Refusal::TooMany(message),
            Self::Prompt(..) if error.is_of_a_server() => Refusal::Upstream {
                code: error.status().as_u16(),
                reason: message,
            },
            Self::Code { .. } | Self::Suggestion { .. } if error.is_of_a_server() => {
                Refusal::InferenceFailed(message)
            }
            // A status of the model server would say that GitLab's own token or path is wrong.
            Self::Legacy { .. } if error.is_of_a_server() => {
                let is_late = error.status() == StatusCode::GATEWAY_TIMEOUT;
                Refusal::Other(if is_late { 504 } else { 502 }, message)
            }
            _ => Refusal::Other(error.status().as_u16(), message),
        }
    }
}

fn code_model(name: String, lang: &str) -> CodeModel {
    CodeModel {
        engine: ENGINE.to_owned(),
        name,
        lang: lang.to_owned(),
    }
}

/// Writes the text of an answer; thoughts are not for GitLab.
struct TextWriter {
    stream: Box<dyn wire::Write>,
    /// The answer so far, where its form shows at its end only.
    whole: Option<(&'static Prompt, String)>,
    begun: bool,
    usage: Option<Usage>,
}

impl TextWriter {
    fn begin(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.begun, true) {
            true => Vec::new(),
            false => self.stream.start(),
        }
    }
}

impl Write for TextWriter {
    fn event(&mut self, event: Event) -> Vec<u8> {
        let mut out = self.begin();
        match (event, &mut self.whole) {
            (Event::Text(text), Some((_, whole))) => whole.push_str(&text),
            (Event::Text(text), None) => out.extend(self.stream.text(&text)),
            (Event::Usage(usage), _) => self.usage.get_or_insert_default().update(usage),
            _ => {}
        }
        out
    }

    fn end(&mut self) -> Vec<u8> {
        let mut out = self.begin();
        if let Some((prompt, text)) = self.whole.take() {
            out.extend(self.stream.text(&fit_answer(prompt, &text)));
        }
        out.extend(self.stream.end(self.usage.as_ref()));
        out
    }

    fn fail(&mut self, problem: &Problem) -> Vec<u8> {
        self.stream.fail(&problem.message)
    }
}

/// Writes a turn of Duo Chat.
struct TurnWriter(Option<Parser>);

impl Write for TurnWriter {
    fn event(&mut self, event: Event) -> Vec<u8> {
        let (Event::Text(text), Some(parser)) = (event, &mut self.0) else {
            return Vec::new();
        };
        let event = parser.push(&text);
        event.iter().flat_map(wire::agent_line).collect()
    }

    fn end(&mut self) -> Vec<u8> {
        let events = self.0.take().map(Parser::finish).unwrap_or_default();
        events.iter().flat_map(wire::agent_line).collect()
    }

    fn fail(&mut self, problem: &Problem) -> Vec<u8> {
        wire::agent_line(&TurnEvent::failed(&problem.message))
    }
}
