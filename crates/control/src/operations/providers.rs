//! The providers, and what an endpoint comes to before it is saved.

use domain::{
    Endpoint, Model, ModelDraft, ModelId, PROVIDERS, Provider, ProviderRecord, ServerKind, Settings,
};
use uuid::Uuid;

use crate::reach::Reach;
use crate::view::{
    AuthChoice, AuthField, AuthKind, EndpointInput, ProviderView, ResolvedEndpoint, ServerChoice,
    SuggestedEndpoint,
};
use crate::{Control, Error};

/// Stands in a URL where the identifier is still missing.
const PLACEHOLDER: &str = "IDENTIFIER";

impl Control {
    /// The providers and what the form of a model asks for each.
    pub async fn list_providers(&self, (): ()) -> Result<Vec<ProviderView>, Error> {
        Ok(PROVIDERS.iter().map(view).collect())
    }

    /// What an endpoint comes to. A mistake in it is part of the answer.
    pub async fn resolve_endpoint(&self, input: EndpointInput) -> Result<ResolvedEndpoint, Error> {
        let settings = self.settings.load_full();
        let has_name = !input.identifier.trim().is_empty();
        let entered = entered(&settings, &draft_of(&input));
        let kind = input.model.and_then(|id| self.tests.of(id)?.server);
        Ok(match entered {
            Ok(model) => resolved(&settings, &model, kind, has_name),
            Err(error) => refused(&input, error),
        })
    }
}

/// A draft of the model that is being entered; a missing identifier is not what is looked at here.
pub(super) fn draft_of(input: &EndpointInput) -> ModelDraft {
    let is_missing = input.identifier.trim().is_empty();
    let identifier = if is_missing && input.provider.record().needs_identifier {
        PLACEHOLDER.into()
    } else {
        input.identifier.clone()
    };
    ModelDraft {
        id: input.model,
        name: String::new(),
        family: input
            .family
            .clone()
            .unwrap_or_else(|| domain::GENERAL.into()),
        endpoint: input.endpoint.clone(),
        identifier,
        provider: input.provider,
        connection: input.connection.clone(),
        enabled: true,
    }
}

/// A model as entered, whether it is saved or not. It needs no name of its own.
pub(super) fn entered(settings: &Settings, draft: &ModelDraft) -> Result<Model, Error> {
    let id = draft.id.unwrap_or(ModelId(Uuid::now_v7()));
    let mut draft = ModelDraft {
        id: None,
        ..draft.clone()
    };
    if draft.name.trim().is_empty() {
        draft.name = "this model".into();
    }
    let mut alone = Settings {
        families: settings.families.clone(),
        ..Settings::default()
    };
    Ok(alone.save_model(&draft, id)?)
}

fn resolved(
    settings: &Settings,
    model: &Model,
    kind: Option<ServerKind>,
    has_name: bool,
) -> ResolvedEndpoint {
    let family = settings.family_of(model);
    let reach = Reach::new(model, &family, kind);
    let (chat, completed) = (reach.chat_url(), reach.completion_url());
    let problem = chat.as_ref().err().cloned();
    let suggestion = suggestion(model);
    let sent_name = if has_name { reach.name() } else { "" };
    ResolvedEndpoint {
        provider: model.provider(),
        provider_title: model.provider().record().title.into(),
        chat_url: chat.unwrap_or_default(),
        completion_url: completed.unwrap_or_default(),
        completion: reach.completion(),
        completion_note: reach.completion_note(),
        host: reach.host(),
        sent_name: sent_name.into(),
        advice: suggestion
            .as_ref()
            .map(|_| "This URL does not end in /v1, as those of most servers do.".into()),
        suggestion,
        problem,
    }
}

fn refused(input: &EndpointInput, error: Error) -> ResolvedEndpoint {
    let provider = input
        .identifier
        .parse::<domain::Identifier>()
        .ok()
        .and_then(|identifier| identifier.provider())
        .unwrap_or(input.provider);
    ResolvedEndpoint {
        provider,
        provider_title: provider.record().title.into(),
        chat_url: String::new(),
        completion_url: String::new(),
        completion: domain::CompletionRoute::Chat,
        completion_note: String::new(),
        host: String::new(),
        sent_name: String::new(),
        advice: None,
        suggestion: None,
        problem: Some(error),
    }
}

/// The same endpoint with `/v1`, where most servers have it.
fn suggestion(model: &Model) -> Option<SuggestedEndpoint> {
    let has_v1 = [Provider::OpenaiCompatible, Provider::Mistral];
    let Endpoint::Server(server) = &model.endpoint else {
        return None;
    };
    let other = server
        .with_v1()
        .filter(|_| has_v1.contains(&model.provider()))?;
    Some(SuggestedEndpoint {
        label: "Append /v1".into(),
        endpoint: other.typed().to_owned(),
    })
}

fn view(record: &ProviderRecord) -> ProviderView {
    ProviderView {
        provider: record.provider,
        title: record.title.into(),
        prefix: record.prefix.into(),
        is_sample: record.provider == Provider::Sample,
        endpoint_example: record.endpoint_example.into(),
        own_endpoint: record.own_endpoint.into(),
        identifier_example: record.identifier_example.into(),
        needs_identifier: record.needs_identifier,
        has_region: record.has_region,
        has_api_version: record.has_api_version,
        advice: record.advice.into(),
        auth: auth_of(record.provider),
        servers: if record.provider == Provider::OpenaiCompatible {
            SERVERS
                .iter()
                .map(|&(kind, _)| server_choice(kind))
                .collect()
        } else {
            Vec::new()
        },
    }
}

/// The kinds of server and their names.
const SERVERS: [(ServerKind, &str); 7] = [
    (ServerKind::Vllm, "vLLM"),
    (ServerKind::LlamaCpp, "llama.cpp"),
    (ServerKind::LmStudio, "LM Studio"),
    (ServerKind::Sglang, "SGLang"),
    (ServerKind::Tgi, "Text Generation Inference"),
    (ServerKind::Openai, "OpenAI"),
    (ServerKind::Other, "Another server"),
];

fn server_choice(kind: ServerKind) -> ServerChoice {
    ServerChoice {
        kind,
        title: server_title(kind).into(),
    }
}

/// The name of a kind of server.
pub(super) fn server_title(kind: ServerKind) -> &'static str {
    SERVERS
        .iter()
        .find(|(other, _)| *other == kind)
        .map_or("Another server", |(_, title)| title)
}

/// The ways for a call to a provider to prove who it is, the usual one first.
fn auth_of(provider: Provider) -> Vec<AuthChoice> {
    let keyless_too = |title: &str| AuthChoice {
        needs_key: false,
        ..choice(AuthKind::Key, title, "API key", &[])
    };
    match provider {
        Provider::OpenaiCompatible | Provider::Ollama => {
            vec![keyless_too("API key, where the server asks for one")]
        }
        Provider::Mistral => vec![choice(AuthKind::Key, "API key", "API key", &[])],
        Provider::Azure => vec![
            choice(AuthKind::Key, "API key", "API key", &[]),
            choice(
                AuthKind::Entra,
                "Microsoft Entra ID",
                "Client secret",
                &[
                    ("tenant", "Tenant", false),
                    ("client_id", "Client id", false),
                ],
            ),
            choice(AuthKind::Bearer, "Bearer token", "Token", &[]),
        ],
        Provider::Bedrock => vec![
            AuthChoice {
                takes_key: false,
                needs_key: false,
                ..choice(
                    AuthKind::AwsChain,
                    "Credentials of this machine",
                    "",
                    &[("profile", "Profile", true)],
                )
            },
            choice(
                AuthKind::AwsKeys,
                "Access key",
                "Secret access key",
                &[("access_key_id", "Access key id", false)],
            ),
            choice(AuthKind::Key, "Bedrock API key", "Bedrock API key", &[]),
        ],
        // Servers of one's own speak Anthropic's API, too, and many ask for no key.
        Provider::Anthropic => vec![
            keyless_too("API key"),
            choice(AuthKind::Bearer, "Bearer token", "Token", &[]),
        ],
        Provider::Sample => Vec::new(),
    }
}

fn choice(
    kind: AuthKind,
    title: &str,
    key_title: &str,
    fields: &[(&str, &str, bool)],
) -> AuthChoice {
    let field = |&(name, title, is_optional): &(&str, &str, bool)| AuthField {
        name: name.into(),
        title: title.into(),
        is_optional,
    };
    AuthChoice {
        kind,
        title: title.into(),
        takes_key: true,
        needs_key: true,
        key_title: key_title.into(),
        fields: fields.iter().map(field).collect(),
    }
}
