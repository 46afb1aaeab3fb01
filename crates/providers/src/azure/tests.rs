use domain::{Auth, Connection, FamilyRecord, Provider, ServerEndpoint, ServerKind, UpstreamPath};
use http::StatusCode;
use secrecy::SecretSlice;

use super::{Tokens, authorize, endpoint, explain};
use crate::{Client, Target};

/// A deployment at this endpoint.
fn with<T>(
    endpoint: &str,
    name: &str,
    connection: &Connection,
    key: Option<&SecretSlice<u8>>,
    look: impl FnOnce(Target<'_>) -> T,
) -> T {
    let server: ServerEndpoint = endpoint.parse().unwrap();
    look(Target {
        provider: Provider::Azure,
        server: Some(&server),
        name,
        connection,
        family: FamilyRecord::built_in("gpt").unwrap(),
        key,
        kind: ServerKind::Other,
    })
}

fn url(typed: &str, name: &str, version: Option<&str>, path: UpstreamPath) -> String {
    let connection = Connection {
        api_version: version.map(str::to_owned),
        ..Connection::default()
    };
    with(typed, name, &connection, None, |target| {
        endpoint::url(target, path).map_or_else(|error| error.to_string(), String::from)
    })
}

#[test]
fn every_form_of_an_endpoint_leads_to_the_right_address() {
    const CLASSIC: &str = "https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
    const V1: &str = "https://r.openai.azure.com/openai/v1/chat/completions";
    const DATED: &str = "https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-08-01-preview";
    for (typed, version, expected) in [
        ("https://r.openai.azure.com", None, CLASSIC),
        ("https://r.openai.azure.com/", None, CLASSIC),
        ("https://r.openai.azure.com/openai", None, CLASSIC),
        ("https://r.openai.azure.com/openai/", None, CLASSIC),
        (
            "https://r.openai.azure.com/openai/deployments",
            None,
            CLASSIC,
        ),
        (
            "https://r.openai.azure.com/openai/deployments/old",
            None,
            CLASSIC,
        ),
        (
            "https://r.openai.azure.com",
            Some("2024-08-01-preview"),
            DATED,
        ),
        (DATED, None, DATED),
        (DATED, Some("2024-10-21"), CLASSIC),
        ("https://r.openai.azure.com/openai/v1", None, V1),
        ("https://r.openai.azure.com/openai/v1/", None, V1),
        (
            "https://r.openai.azure.com/openai/v1/chat/completions",
            None,
            V1,
        ),
        (
            "https://r.openai.azure.com/openai/v1",
            Some("2024-10-21"),
            V1,
        ),
        ("https://r.openai.azure.com", Some("v1"), V1),
        (DATED, Some("v1"), V1),
        (
            "https://r.openai.azure.com/openai/v1/?api-version=preview",
            None,
            "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview",
        ),
        (
            "https://r.openai.azure.com",
            Some("latest"),
            "https://r.openai.azure.com/openai/v1/chat/completions?api-version=latest",
        ),
        (
            "https://r.services.ai.azure.com",
            None,
            "https://r.services.ai.azure.com/openai/v1/chat/completions",
        ),
        (
            "https://r.services.ai.azure.com",
            Some("2024-10-21"),
            "https://r.services.ai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://r.services.ai.azure.com/api/projects/p/openai/v1",
            None,
            "https://r.services.ai.azure.com/api/projects/p/openai/v1/chat/completions",
        ),
        (
            "https://apim.example/azure/?team=a%20b",
            None,
            "https://apim.example/azure/openai/deployments/gpt-4o/chat/completions?team=a+b&api-version=2024-10-21",
        ),
    ] {
        let seen = url(typed, "gpt-4o", version, UpstreamPath::ChatCompletions);
        assert_eq!(seen, expected, "{typed} {version:?}");
    }
}

#[test]
fn the_other_calls_have_their_own_addresses() {
    let at = |typed, path| url(typed, "e", None, path);
    let (classic, v1) = (
        "https://r.openai.azure.com",
        "https://r.openai.azure.com/openai/v1",
    );
    for (typed, path, expected) in [
        (
            classic,
            UpstreamPath::Embeddings,
            "/openai/deployments/e/embeddings?api-version=2024-10-21",
        ),
        (
            classic,
            UpstreamPath::Models,
            "/openai/models?api-version=2024-10-21",
        ),
        (v1, UpstreamPath::Embeddings, "/openai/v1/embeddings"),
        (v1, UpstreamPath::Models, "/openai/v1/models"),
    ] {
        assert_eq!(at(typed, path), format!("{classic}{expected}"));
    }
}

#[test]
fn the_name_of_a_deployment_stays_in_its_place() {
    let at = |name| {
        url(
            "https://r.openai.azure.com",
            name,
            None,
            UpstreamPath::ChatCompletions,
        )
    };
    for (name, encoded) in [
        ("gpt-35-turbo", "gpt-35-turbo"),
        ("a/../b", "a%2F..%2Fb"),
        ("50%?#é", "50%25%3F%23%C3%A9"),
    ] {
        let expected = format!("/openai/deployments/{encoded}/chat/completions?");
        assert!(at(name).contains(&expected), "{}", at(name));
    }
    for name in ["", ".", ".."] {
        assert!(
            at(name).ends_with("is not the name of a deployment"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_key_goes_into_the_header_that_was_chosen() {
    let client = Client::new().unwrap();
    let key = SecretSlice::from(b"k".to_vec());
    for (auth, key, name, value) in [
        (Auth::Key, Some(&key), "api-key", "k"),
        (Auth::Bearer, Some(&key), "authorization", "Bearer k"),
    ] {
        let connection = Connection {
            auth,
            ..Connection::default()
        };
        let server: ServerEndpoint = "https://r.openai.azure.com".parse().unwrap();
        let target = Target {
            provider: Provider::Azure,
            server: Some(&server),
            name: "m",
            connection: &connection,
            family: FamilyRecord::built_in("gpt").unwrap(),
            key,
            kind: ServerKind::Other,
        };
        let tokens = Tokens::of_authority("");
        let headers = authorize(&client, &tokens, server.base(), target)
            .await
            .unwrap();
        assert_eq!(
            (headers.len(), &headers[name]),
            (1, &value.parse().unwrap())
        );
        assert!(headers[name].is_sensitive());
        let none = Target {
            key: None,
            ..target
        };
        assert!(
            authorize(&client, &tokens, server.base(), none)
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[test]
fn errors_of_azure_are_explained() {
    let key = Connection::default();
    let entra = Connection {
        auth: Auth::Entra {
            tenant: "t".into(),
            client_id: "c".into(),
        },
        ..Connection::default()
    };
    for (connection, status, said, meaning) in [
        (
            &key,
            404,
            "The API deployment for this resource does not exist.",
            "no deployment named \"gpt-4o\"",
        ),
        (
            &key,
            404,
            "{\"code\":\"DeploymentNotFound\"}",
            "can take some minutes",
        ),
        (
            &key,
            404,
            "Resource not found",
            "the address or the API version",
        ),
        (&key, 401, "Access denied", "belongs to another resource"),
        (
            &entra,
            401,
            "PermissionDenied",
            "Cognitive Services OpenAI User",
        ),
        (
            &key,
            400,
            "… Azure OpenAI's content management policy.",
            "content filter refused the prompt",
        ),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let words = with(
            "https://r.openai.azure.com",
            "gpt-4o",
            connection,
            None,
            |target| explain(status, said, target),
        );
        let words = words.unwrap();
        assert!(words.contains(meaning) && words.contains(said), "{words}");
    }
    let status = StatusCode::BAD_REQUEST;
    let words = with("https://r.openai.azure.com", "m", &key, None, |target| {
        explain(status, "'messages' is required", target)
    });
    assert_eq!(words, None);
}
