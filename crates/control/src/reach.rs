//! Where the calls for a model go, and how code completion goes with it: what the providers make of
//! small examples. Sends nothing.

use domain::{CompletionRoute, Endpoint, FamilyRecord, Field, Model, Provider, ServerKind};
use gateway::Advice;
use providers::{Ask, Call, Fill, Message, Parameters, Role, Target, UpstreamError, Way};
use secrecy::SecretSlice;

use crate::{Error, ErrorCode};

/// A model and what is known of its server.
pub(crate) struct Reach<'a> {
    model: &'a Model,
    family: &'a FamilyRecord,
    kind: ServerKind,
    name: &'a str,
}

impl<'a> Reach<'a> {
    /// What is known of a model. The kind of server that was found by asking counts where none was
    /// entered.
    pub(crate) fn new(
        model: &'a Model,
        family: &'a FamilyRecord,
        found: Option<ServerKind>,
    ) -> Self {
        let kind = model.server_kind().or(found);
        Self {
            model,
            family,
            kind: kind.unwrap_or(ServerKind::Other),
            name: model.served_name().unwrap_or_default(),
        }
    }

    /// The same by the name that the server gave, where none was entered.
    pub(crate) fn or_named(self, name: Option<&'a str>) -> Self {
        let name = name.filter(|_| self.name.is_empty());
        Self {
            name: name.unwrap_or(self.name),
            ..self
        }
    }

    /// The model as the providers take it.
    pub(crate) fn target(&self, key: Option<&'a SecretSlice<u8>>) -> Target<'a> {
        Target {
            provider: self.model.provider(),
            server: self.model.server(),
            name: self.name,
            connection: &self.model.connection,
            family: self.family,
            key,
            kind: self.kind,
        }
    }

    /// The name that is sent to the server; empty when the server decides.
    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    /// The URL that a chat request goes to; empty for the sample model.
    pub(crate) fn chat_url(&self) -> Result<String, Error> {
        self.url(CompletionRoute::Chat)
    }

    /// What to do about an error of the server when its models are listed.
    pub(crate) fn advice(&self, error: &UpstreamError) -> Option<Advice> {
        let called = providers::models_url(self.target(None)).ok().flatten();
        gateway::advice(error, self.model, self.family, called.as_ref())
    }

    /// The URL that a code completion goes to; empty for the sample model.
    pub(crate) fn completion_url(&self) -> Result<String, Error> {
        self.url(self.completion())
    }

    /// Host and port of the server, the vendor's own included.
    pub(crate) fn host(&self) -> String {
        let Endpoint::Vendor(_) = self.model.endpoint else {
            return self.model.endpoint.host();
        };
        let host = |call: Call| call.url.host_str().map(str::to_owned);
        let called = self.call(CompletionRoute::Chat).ok().and_then(host);
        called.unwrap_or_else(|| self.model.endpoint.host())
    }

    /// The way that code completion goes; the gateway goes by the same rule.
    pub(crate) fn completion(&self) -> CompletionRoute {
        providers::completion_route(self.model.provider(), self.kind, self.family)
    }

    /// The way that code completion goes, in a sentence.
    pub(crate) fn completion_note(&self) -> String {
        let provider = self.model.provider();
        if provider == Provider::Sample {
            return "Built in: answers with sample text.".into();
        }
        let title = &self.family.title;
        let way = self.completion();
        let means = match way {
            CompletionRoute::RawFim => format!("the one that {title} models were trained with"),
            CompletionRoute::ServerFim => "it builds the prompt".into(),
            CompletionRoute::RawPrefix => "the text after the cursor is not seen".into(),
            CompletionRoute::Chat if self.has_other_ways() => format!(
                "{} takes no raw prompts, so the model is asked with an instruction",
                provider.record().title
            ),
            CompletionRoute::Chat => "the model is asked with an instruction".into(),
        };
        let (first, rest) = way.words().split_at(1);
        format!("{}{rest}: {means}.", first.to_uppercase())
    }

    fn has_other_ways(&self) -> bool {
        let first = self.family.routes.first();
        first.is_some_and(|way| *way != CompletionRoute::Chat)
    }

    fn url(&self, way: CompletionRoute) -> Result<String, Error> {
        if self.model.endpoint == Endpoint::Sample {
            return Ok(String::new());
        }
        let call = self.call(way).map_err(|error| {
            let field = match &error {
                UpstreamError::Setting { field, .. } => *field,
                _ => Field::Endpoint,
            };
            let hint = "Check provider, endpoint, identifier and region.";
            Error::new(ErrorCode::Invalid, error.to_string(), hint).about(field)
        });
        Ok(call?.url.to_string())
    }

    /// The call for a small example.
    fn call(&self, way: CompletionRoute) -> Result<Call, UpstreamError> {
        let gap = |way| Fill {
            way,
            parameters: Parameters::default(),
            stop_ids: Vec::new(),
            stream: true,
            rest: serde_json::Map::new(),
        };
        let target = self.target(None);
        match way {
            CompletionRoute::RawFim | CompletionRoute::RawPrefix => {
                let prompt = "x".to_owned();
                providers::fill(target, &gap(Way::Raw { prompt }))
            }
            CompletionRoute::ServerFim => {
                let (prefix, suffix) = ("x".to_owned(), "y".to_owned());
                providers::fill(target, &gap(Way::Server { prefix, suffix }))
            }
            CompletionRoute::Chat => {
                let ask = Ask {
                    messages: vec![Message::of_text(Role::User, "x")],
                    stream: true,
                    ..Ask::default()
                };
                providers::chat(target, &ask)
            }
        }
    }
}
