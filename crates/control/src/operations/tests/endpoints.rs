use domain::{Auth, CompletionRoute, Connection, Field, Provider, ServerKind, Standing, Support};

use super::Fixture;
use crate::view::{AuthKind, EndpointInput};

fn input(provider: Provider, endpoint: &str, identifier: &str) -> EndpointInput {
    EndpointInput {
        name: String::new(),
        endpoint: endpoint.into(),
        provider,
        identifier: identifier.into(),
        family: Some("codestral".into()),
        connection: Connection {
            region: Some("eu-central-1".into()).filter(|_| provider == Provider::Bedrock),
            ..Connection::default()
        },
        key: None,
        model: None,
    }
}

#[tokio::test]
async fn an_endpoint_shows_where_calls_go_by_which_provider_and_under_which_name() {
    use CompletionRoute::{Chat, RawFim, ServerFim};
    use Provider::{Anthropic, Azure, Bedrock, Mistral, Ollama, OpenaiCompatible};
    let fixture = Fixture::open().await;
    // What is typed; the provider that counts, the end of the URL of chat, the way and the URL of
    // completion, the name that is sent.
    let cases = [
        (
            input(OpenaiCompatible, "http://gpu-1:8000/v1", "hosted_vllm/a/b"),
            (OpenaiCompatible, "http://gpu-1:8000/v1/chat/completions"),
            (RawFim, "http://gpu-1:8000/v1/completions"),
            "a/b",
        ),
        (
            input(OpenaiCompatible, "http://h:11434", "ollama/qwen:7b"),
            (Ollama, "http://h:11434/v1/chat/completions"),
            (RawFim, "http://h:11434/api/generate"),
            "qwen:7b",
        ),
        (
            input(Mistral, "", "codestral-latest"),
            (Mistral, "https://api.mistral.ai/v1/chat/completions"),
            (ServerFim, "https://api.mistral.ai/v1/fim/completions"),
            "codestral-latest",
        ),
        (
            input(Azure, "https://r.openai.azure.com/openai/v1", "azure/gpt"),
            (
                Azure,
                "https://r.openai.azure.com/openai/v1/chat/completions",
            ),
            (
                Chat,
                "https://r.openai.azure.com/openai/v1/chat/completions",
            ),
            "gpt",
        ),
        (
            input(Azure, "https://r.services.ai.azure.com", ""),
            (
                Azure,
                "https://r.services.ai.azure.com/openai/v1/chat/completions",
            ),
            (
                Chat,
                "https://r.services.ai.azure.com/openai/v1/chat/completions",
            ),
            "",
        ),
        (
            input(Anthropic, "", "claude-sonnet-4-5"),
            (Anthropic, "https://api.anthropic.com/v1/messages"),
            (Chat, "https://api.anthropic.com/v1/messages"),
            "claude-sonnet-4-5",
        ),
        (
            input(Bedrock, "", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            (
                Bedrock,
                "https://bedrock-runtime.eu-central-1.amazonaws.com/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
            ),
            (
                Chat,
                "https://bedrock-runtime.eu-central-1.amazonaws.com/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
            ),
            "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
    ];
    for (input, (provider, chat), (way, completion), name) in cases {
        let typed = format!("{} {}", input.endpoint, input.identifier);
        let seen = fixture.control.resolve_endpoint(input).await.unwrap();
        assert_eq!(seen.problem, None, "{typed}");
        assert_eq!((seen.provider, seen.chat_url.as_str()), (provider, chat));
        assert_eq!(
            (seen.completion, seen.completion_url.as_str()),
            (way, completion)
        );
        assert_eq!(seen.sent_name, name);
        assert_eq!(seen.completion_note.starts_with("No FIM"), way == Chat);
        assert!(!seen.host.is_empty() && seen.host != "vendor", "{typed}");
        assert_eq!((seen.advice, seen.suggestion), (None, None), "{typed}");
    }
}

#[tokio::test]
async fn what_does_not_belong_together_is_told_and_not_repaired() {
    use Provider::{Anthropic, Azure, Bedrock, OpenaiCompatible};
    let fixture = Fixture::open().await;
    let abroad = Connection {
        region: Some("nowhere".into()),
        ..Connection::default()
    };
    let abroad = EndpointInput {
        connection: abroad,
        ..input(Bedrock, "", "x")
    };
    #[rustfmt::skip]
    let cases = [
        (input(OpenaiCompatible, "", "x"), "empty", Field::Endpoint),
        (input(OpenaiCompatible, "gpu-1:8000", "x"), "scheme", Field::Endpoint),
        (input(OpenaiCompatible, "https://r.openai.azure.com", "x"), "Azure", Field::Endpoint),
        (input(Azure, "https://api.anthropic.com", "x"), "Anthropic", Field::Endpoint),
        (input(Anthropic, "http://bedrockselfhostedmodel.com", "x"), "Bedrock", Field::Endpoint),
        (input(Bedrock, "", "bedrok/x"), "bedrock/", Field::Identifier),
        (input(Bedrock, "", "../x"), "Bedrock model", Field::Identifier),
        (abroad, "nowhere", Field::Region),
    ];
    for (input, word, field) in cases {
        let typed = format!("{} {}", input.endpoint, input.identifier);
        let seen = fixture.control.resolve_endpoint(input).await.unwrap();
        let problem = seen.problem.unwrap_or_else(|| panic!("{typed} is fine"));
        assert!(problem.message.contains(word), "{typed}: {problem}");
        assert_eq!(problem.field, Some(field), "{typed}: {problem}");
        assert_eq!(seen.chat_url, "", "{typed}");
    }
    let bare = input(OpenaiCompatible, "http://gpu-1:8000", "x");
    let seen = fixture.control.resolve_endpoint(bare).await.unwrap();
    assert_eq!(seen.chat_url, "http://gpu-1:8000/chat/completions");
    assert!(seen.advice.is_some() && seen.problem.is_none());
    assert_eq!(seen.suggestion.unwrap().endpoint, "http://gpu-1:8000/v1");
}

#[tokio::test]
async fn a_mistake_elsewhere_hides_neither_the_family_nor_the_address() {
    let fixture = Fixture::open().await;
    let mixtral = |endpoint: &str, identifier: &str| EndpointInput {
        family: Some("mixtral".into()),
        ..input(Provider::OpenaiCompatible, endpoint, identifier)
    };
    let mut named = mixtral("http://h/v1", "");
    named.name = "Mixtral-8x22B-it".into();
    for (input, variant) in [
        (
            mixtral("no address", "Mixtral-8x7B-Instruct-v0.1"),
            Some("Mixtral 8x7B-it"),
        ),
        (named, Some("Mixtral 8x22B-it")),
        (mixtral("no address", "some-model"), None),
    ] {
        let seen = fixture.control.resolve_endpoint(input).await.unwrap();
        assert_eq!(seen.variant_title.as_deref(), variant);
        assert_eq!(seen.standing, Standing::Approved);
        assert_eq!(seen.completion, CompletionRoute::Chat);
        assert!(seen.completion_note.starts_with("No FIM"));
        assert_ne!(seen.support.generation, Support::None);
    }

    let mut azure = input(
        Provider::Azure,
        "https://r.openai.azure.com",
        "azure/gpt-4o",
    );
    azure.connection.auth = Auth::Entra {
        tenant: "contoso".into(),
        client_id: String::new(),
    };
    let seen = fixture.control.resolve_endpoint(azure).await.unwrap();
    assert_eq!(seen.problem.unwrap().field, Some(Field::ClientId));
    assert!(
        seen.chat_url.contains("/deployments/gpt-4o/"),
        "{}",
        seen.chat_url
    );
}

#[tokio::test]
async fn code_completion_goes_the_way_that_the_server_has() {
    let fixture = Fixture::open().await;
    // Codestral of today leaves the prompt to the server.
    for (kind, expected) in [
        (ServerKind::Vllm, CompletionRoute::Chat),
        (ServerKind::LlamaCpp, CompletionRoute::ServerFim),
    ] {
        let mut input = input(
            Provider::OpenaiCompatible,
            "http://h/v1",
            "codestral-latest",
        );
        input.connection.server = Some(kind);
        let seen = fixture.control.resolve_endpoint(input).await.unwrap();
        assert_eq!(seen.completion, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn each_provider_says_how_calls_prove_who_they_are() {
    use AuthKind::{AwsChain, AwsKeys, Bearer, Entra, Key};
    let fixture = Fixture::open().await;
    let providers = fixture.control.list_providers(()).await.unwrap();
    for (provider, expected) in [
        (Provider::OpenaiCompatible, &[Key][..]),
        (Provider::Azure, &[Key, Entra, Bearer]),
        (Provider::Bedrock, &[AwsChain, AwsKeys, Key]),
        (Provider::Sample, &[]),
    ] {
        let view = providers.iter().find(|view| view.provider == provider);
        let view = view.unwrap();
        let kinds: Vec<_> = view.auth.iter().map(|choice| choice.kind).collect();
        assert_eq!(kinds, expected, "{provider}");
        assert_eq!(view.is_sample, provider == Provider::Sample);
    }
}
