//! The steps of a test that ask the server.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{
    CompletionRoute, Endpoint, Model, Provider, ServerEndpoint, ServerKind, Settings, Support,
};
use gateway::{Gateway, GitlabAccess, Inside, Snapshot, UpstreamKey, record_channel};
use http::Request;
use http_body_util::Full;
use providers::{ServedModel, Target, UpstreamError};
use secrecy::SecretSlice;
use serde_json::{Value, json};

use super::run::{Seen, Test, without_an_answer};
use super::{Key, LIST_WITHIN, new_correlation_id, upstream_error};
use crate::operations::playground::{Asking, TEST_IT, outcome, prompt, refusal};
use crate::operations::providers::server_title;
use crate::reach::Reach;
use crate::view::{Message, PromptEvent, PromptRequest, Role, SuggestedEndpoint};
use crate::{Error, ErrorCode};

/// How long a server may take to count the tokens of a word.
const COUNT_WITHIN: Duration = Duration::from_secs(3);

impl Test<'_> {
    /// A server that lists no models may still chat, so only a server that is not there, or that
    /// refuses the key, ends the test here.
    pub(super) async fn models(&mut self, key: Option<&SecretSlice<u8>>) -> Result<Seen, Error> {
        if self.model.provider() == Provider::Sample {
            return Ok(Seen::Noted("not asked".into()));
        }
        let listed = self.listed(&self.reach(), key).await;
        match listed {
            Ok(listed) => {
                if self.model.provider() == Provider::OpenaiCompatible {
                    let entered = self.model.connection.server;
                    self.kind = Some(entered.unwrap_or_else(|| providers::detect(&listed)));
                }
                if let [only] = listed.as_slice() {
                    self.only = Some(only.id.clone());
                }
                Ok(self.said_of(&listed))
            }
            Err(error) if self.ends_at(&error) => Err(upstream_error(error, &self.reach())),
            Err(UpstreamError::Answered { status, .. }) => {
                self.suggest_v1(key).await;
                Ok(Seen::Noted(format!("answered {}", status.as_u16())))
            }
            Err(UpstreamError::NotTheApi { said, .. }) => {
                self.suggest_v1(key).await;
                Ok(Seen::Noted(format!("answered {said}")))
            }
            Err(error) => Ok(Seen::Noted(error.to_string())),
        }
    }

    /// Whether nothing else can be asked after this. AWS lists its models at another host, with a
    /// permission of its own.
    fn ends_at(&self, error: &UpstreamError) -> bool {
        match error {
            UpstreamError::Credentials(_) => true,
            _ if self.model.provider() == Provider::Bedrock => false,
            UpstreamError::Answered { status, .. } => matches!(status.as_u16(), 401 | 403),
            UpstreamError::NotTheApi { .. } | UpstreamError::Unsupported { .. } => false,
            _ => true,
        }
    }

    fn said_of(&self, listed: &[ServedModel]) -> Seen {
        let server = self
            .kind
            .map_or_else(String::new, |kind| format!("{}, ", server_title(kind)));
        let mut names: Vec<_> = listed.iter().map(|served| served.id.as_str()).collect();
        let wanted = self.reach().name();
        let is_there = wanted.is_empty() || names.contains(&wanted) || names.is_empty();
        let others = names.len().saturating_sub(10);
        names.truncate(10);
        let mut said = format!("{server}listed: {}", names.join(", "));
        if others > 0 {
            said += &format!(" and {others} more");
        }
        if is_there {
            Seen::Passed(said)
        } else {
            Seen::Noted(format!("{said}; not this identifier"))
        }
    }

    async fn suggest_v1(&mut self, key: Option<&SecretSlice<u8>>) {
        let server = self.model.endpoint.server();
        let Some(other) = server.and_then(ServerEndpoint::with_v1) else {
            return;
        };
        let endpoint = other.typed().to_owned();
        let model = Model {
            endpoint: Endpoint::Server(Box::new(other)),
            ..self.model.clone()
        };
        let reach = Reach::new(&model, self.family, None);
        if self.listed(&reach, key).await.is_ok() {
            self.suggestion = Some(SuggestedEndpoint {
                label: "Append /v1".into(),
                endpoint,
            });
        }
    }

    async fn listed(
        &self,
        reach: &Reach<'_>,
        key: Option<&SecretSlice<u8>>,
    ) -> Result<Vec<ServedModel>, UpstreamError> {
        let id = new_correlation_id();
        providers::list_models(self.client, reach.target(key), &id, LIST_WITHIN).await
    }

    /// One word through the gateway.
    pub(super) async fn chat(&self, key: &Key) -> Result<Seen, Error> {
        if !self.is_made_for_chat() {
            let title = &self.family.title;
            return Ok(Seen::Noted(format!("{title} models do not chat")));
        }
        // Every feature has a system turn, which some models do not take.
        let messages = vec![
            Message::text(Role::System, "You reply with one word."),
            Message::text(Role::User, "Reply."),
        ];
        let mut request = PromptRequest::chat(self.model.name.as_str(), messages);
        request.parameters.max_tokens = Some(16);
        request.parameters.temperature = Some(0.0);
        let (text, last) = outcome(prompt(self.asking(key), &request)).await;
        match last {
            Some(PromptEvent::Finished { summary }) => {
                let first = summary.first_token_ms.map_or("no text".into(), |first| {
                    format!("first token after {first} ms")
                });
                Ok(Seen::Passed(format!("{first}: {}", start_of(&text))))
            }
            Some(PromptEvent::Failed { error, .. }) => Err(self.seen_here(error)),
            _ => Err(without_an_answer()),
        }
    }

    /// Whether each text of the FIM prompt that has to be one token is one token here.
    pub(super) async fn fim(&self, key: Option<&SecretSlice<u8>>) -> Result<Seen, Error> {
        let reach = self.reach();
        let fim = match (reach.completion(), &self.family.fim) {
            (CompletionRoute::RawFim, Some(fim)) => fim,
            _ => return Ok(Seen::Noted(reach.completion_note())),
        };
        let mut counted = Vec::new();
        let mut kinds = match reach.target(key).kind {
            // It may be a server of these all the same, behind a proxy or of another name.
            ServerKind::Other => vec![ServerKind::Vllm, ServerKind::LlamaCpp],
            kind => vec![kind],
        };
        for token in &fim.tokens {
            let Some(ids) = self.ids_of(token, key, &mut kinds).await else {
                let said = "cannot be checked: the server does not answer /tokenize";
                return Ok(Seen::Noted(said.into()));
            };
            if ids.len() != 1 {
                return Err(self.not_one_token(token, ids.len()));
            }
            counted.push(format!("{token} is {}", ids[0]));
        }
        Ok(Seen::Passed(counted.join(", ")))
    }

    /// The tokens of a text, asked for as the first of these kinds that is answered; the others are
    /// left out then.
    async fn ids_of(
        &self,
        text: &str,
        key: Option<&SecretSlice<u8>>,
        kinds: &mut Vec<ServerKind>,
    ) -> Option<Vec<u32>> {
        let id = new_correlation_id();
        for kind in kinds.clone() {
            let target = Target {
                kind,
                ..self.reach().target(key)
            };
            let ids = providers::count_tokens(self.client, target, text, &id, COUNT_WITHIN).await;
            if ids.is_some() {
                *kinds = vec![kind];
                return ids;
            }
        }
        None
    }

    fn not_one_token(&self, token: &str, count: usize) -> Error {
        let title = &self.family.title;
        let message = format!(
            "fill-in-the-middle will not work on this server: \"{token}\" is {count} tokens there instead of one, so the model reads it as ordinary text"
        );
        let hint = format!(
            "Check that this is a {title} model and that its tokenizer is complete, or choose its real family."
        );
        Error::new(ErrorCode::Upstream, message, hint)
    }

    /// A small gap through the gateway, as a client would ask for it. A model that is hardly made
    /// for it may fail.
    pub(super) async fn completion(&self, key: &Key) -> Result<Seen, Error> {
        let level = self.family.support.completion;
        if level == Support::None {
            let title = &self.family.title;
            return Ok(Seen::Noted(format!("{title} models do not complete code")));
        }
        match self.fill_gap(key).await {
            Ok(text) => Ok(Seen::Passed(start_of(&text))),
            Err(error) if level == Support::Limited => Ok(Seen::Noted(error.message)),
            Err(error) => Err(error),
        }
    }

    /// The gateway's words without what the reader of a test sees anyway, and what to do here.
    fn seen_here(&self, error: Error) -> Error {
        let said = error.message.as_str();
        let said = said
            .strip_prefix(self.model.name.as_str())
            .and_then(|rest| rest.strip_prefix(": "))
            .unwrap_or(said);
        let said = said
            .rsplit_once(" (correlation id ")
            .map_or(said, |(said, _)| said);
        let answered = |status: &str| said.contains(&format!(" answered {status} "));
        let hint = if self.suggestion.is_some() {
            "The endpoint ends before /v1. With it, the server lists its models."
        } else if error.hint != TEST_IT {
            &error.hint
        } else if answered("401") || answered("403") {
            "The server wants a key, or refuses this one. Enter it again."
        } else if answered("404") {
            "Check the identifier, and the path of the endpoint."
        } else {
            "Check what the server names here, and its own log."
        };
        Error {
            details: error.details,
            ..Error::new(error.code, said, hint)
        }
    }

    async fn fill_gap(&self, key: &Key) -> Result<String, Error> {
        let body = json!({
            "model": self.model.name.as_str(),
            "prompt": "def add(a, b):\n    return ",
            "suffix": "\n\nprint(add(1, 2))\n",
            "max_tokens": 16,
            "temperature": 0,
        });
        let request = Request::post("/v1/completions")
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(|_| without_an_answer())?;
        let response = self.gateway(key).call(request, Inside::new("test")).await;
        if !response.status().is_success() {
            return Err(self.seen_here(refusal(response).await));
        }
        let body = response.into_body().bytes().await;
        let answer: Value = serde_json::from_slice(&body).map_err(|_| without_an_answer())?;
        let text = answer["choices"][0]["text"].as_str();
        text.map(str::to_owned).ok_or_else(without_an_answer)
    }

    /// A gateway for this model alone, which keeps no rows.
    fn asking(&self, key: &Key) -> Asking {
        Asking {
            gateway: self.gateway(key),
            client: "test",
            exchanges: None,
            settings: Arc::default(),
        }
    }

    fn gateway(&self, key: &Key) -> Arc<Gateway> {
        let mut settings = Settings {
            families: self.settings.families.clone(),
            gateway: self.settings.gateway.clone(),
            ..Settings::default()
        };
        settings.models.push(Model {
            enabled: true,
            ..self.model.clone()
        });
        let keys: HashMap<_, _> = key
            .iter()
            .map(|key| (self.model.id, UpstreamKey::Ready(Arc::clone(key))))
            .collect();
        let (sink, _nobody) = record_channel(None);
        let snapshot = Snapshot::new(Arc::new(settings), keys, GitlabAccess::default());
        Arc::new(Gateway::new(snapshot, self.client.clone(), sink))
    }
}

/// The beginning of an answer, on one line.
fn start_of(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let start: String = words.join(" ").chars().take(60).collect();
    if start.is_empty() {
        "an empty answer".into()
    } else {
        start
    }
}
