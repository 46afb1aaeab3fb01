//! The providers, and what an endpoint comes to before it is saved.

use domain::{
    DeploymentName, Endpoint, Family, Field, Model, ModelDraft, ModelId, PROVIDERS, Provider,
    ProviderRecord, ServerKind, Settings,
};
use serde_json::Map;
use uuid::Uuid;

use crate::reach::Reach;
use crate::view::{
    AuthChoice, AuthField, AuthKind, EndpointInput, ProviderView, ResolvedEndpoint, ServerChoice,
    SuggestedEndpoint,
};
use crate::{Control, Error};

/// Stands in a URL where the identifier is still missing.
const PLACEHOLDER: &str = "IDENTIFIER";
/// Stands for a deployment name that is still missing.
const NO_NAME: &str = "this model";

impl Control {
    /// The providers and what the form of a model asks for each.
    pub async fn list_providers(&self, (): ()) -> Result<Vec<ProviderView>, Error> {
        Ok(PROVIDERS.iter().map(view).collect())
    }

    /// What an endpoint comes to. A mistake in it is part of the answer.
    pub async fn resolve_endpoint(&self, input: EndpointInput) -> Result<ResolvedEndpoint, Error> {
        let settings = self.settings.load_full();
        let draft = draft_of(&input);
        let (model, problem) = match entered(&settings, &draft) {
            Ok(model) => (model, None),
            Err(error) => (as_typed(&draft)?, Some(error)),
        };
        let kind = input.model.and_then(|id| self.tests.of(id)?.server);
        let mut answer = resolved(&settings, &model, kind, problem);
        if input.identifier.trim().is_empty() && model.served_name() == Some(PLACEHOLDER) {
            answer.sent_name.clear();
        }
        Ok(answer)
    }
}

/// A draft of the model that is being entered; a missing identifier is not what is looked at here.
pub(super) fn draft_of(input: &EndpointInput) -> ModelDraft {
    // A deployment URL of Azure has a name already.
    let names_one = || {
        let typed: Option<Endpoint> = input.endpoint.parse().ok();
        let named = typed.as_ref().and_then(Endpoint::server);
        input.provider == Provider::Azure
            && named.is_some_and(|server| server.azure_deployment().is_some())
    };
    let is_missing = input.identifier.trim().is_empty();
    let needs_one = input.provider.record().needs_identifier;
    let identifier = if is_missing && needs_one && !names_one() {
        PLACEHOLDER.into()
    } else {
        input.identifier.clone()
    };
    // Neither is the name: it only tells the variant where nothing else does.
    let name = input.name.parse::<DeploymentName>();
    ModelDraft {
        id: input.model,
        name: name.map_or_else(|_| NO_NAME.into(), String::from),
        family: input
            .family
            .clone()
            .unwrap_or_else(|| domain::GENERAL.into()),
        endpoint: input.endpoint.clone(),
        identifier,
        provider: input.provider,
        connection: input.connection.clone(),
        enabled: true,
        self_hosted: true,
        price: None,
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
        draft.name = NO_NAME.into();
    }
    let mut alone = Settings {
        families: settings.families.clone(),
        ..Settings::default()
    };
    Ok(alone.save_model(&draft, id)?)
}

/// A model with what can be used of a draft that is refused: enough to tell provider and family.
fn as_typed(draft: &ModelDraft) -> Result<Model, Error> {
    let nowhere = || Endpoint::Vendor(String::new());
    Ok(Model {
        id: draft.id.unwrap_or(ModelId(Uuid::now_v7())),
        name: draft.name.parse().or_else(|_| NO_NAME.parse())?,
        family: draft.family.parse().unwrap_or_else(|_| Family::general()),
        endpoint: draft.endpoint.parse().unwrap_or_else(|_| nowhere()),
        identifier: draft.identifier.parse().ok(),
        provider: draft.provider,
        connection: draft.connection.clone(),
        enabled: draft.enabled,
        self_hosted: draft.self_hosted,
        price: None,
        has_key: false,
        hue: 1,
        rest: Map::new(),
    })
}

fn resolved(
    settings: &Settings,
    model: &Model,
    kind: Option<ServerKind>,
    problem: Option<Error>,
) -> ResolvedEndpoint {
    let family = settings.family_of(model);
    let reach = Reach::new(model, &family, kind);
    let has_address = !problem.as_ref().is_some_and(hides_address);
    let (chat, completed) = if has_address {
        (reach.chat_url(), reach.completion_url())
    } else {
        (Ok(String::new()), Ok(String::new()))
    };
    let problem = problem.or_else(|| chat.as_ref().err().cloned());
    let suggestion = suggestion(model).filter(|_| has_address);
    let advice = "This URL does not end in /v1, as those of most servers do.";
    let record = settings.family(&model.family);
    let variant = record.variant_of(model.variant_name());
    let record = record.for_identifier(model.variant_name());
    ResolvedEndpoint {
        provider: model.provider(),
        provider_title: model.provider().record().title.into(),
        variant_title: variant.map(|variant| variant.title.clone()),
        standing: record.standing,
        support: record.support,
        context: record.context,
        refuses: record.refuses.clone(),
        chat_url: chat.unwrap_or_default(),
        completion_url: completed.unwrap_or_default(),
        completion: reach.completion(),
        completion_note: reach.completion_note(),
        host: if has_address {
            reach.host()
        } else {
            String::new()
        },
        sent_name: reach.name().into(),
        advice: suggestion.as_ref().map(|_| advice.into()),
        suggestion,
        problem,
    }
}

/// Whether a problem keeps the address from being known.
fn hides_address(problem: &Error) -> bool {
    problem.field.is_none_or(Field::is_of_the_address)
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
