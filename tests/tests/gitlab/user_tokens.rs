use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tests::gitlab::{INSTANCE, USER, headers, now};

use crate::fixture::{Fixture, golden, good_words, naming, read, row, told};

const PATH: &str = "/v1/code/user_access_token";

/// GitLab asks with an empty body.
fn wanted(gateway: &Fixture) -> RequestBuilder {
    let request = gateway.client.post(gateway.serving.url(PATH));
    request.headers(headers(&gateway.gitlab.token(), "18.9.0"))
}

async fn token(gateway: &Fixture) -> String {
    let (status, answer) = read(wanted(gateway)).await;
    assert_eq!(status, 200, "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

/// The claims of a token, not checked.
fn claims(token: &str) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_completes_on_its_own_and_does_nothing_else() {
    let gateway = Fixture::start("alpha");
    let (status, answer) = read(wanted(&gateway)).await;
    assert_eq!(status, 200, "{answer}");
    let ends = answer["expires_at"].as_u64().expect("whole seconds");
    assert!((now() + 3_590..=now() + 3_600).contains(&ends), "{ends}");
    let token = answer["token"].as_str().unwrap();
    let said = claims(token);
    for (name, value) in [
        ("iss", json!("gitlab-ai-gateway")),
        ("aud", json!("gitlab-ai-gateway")),
        ("sub", json!(USER)),
        ("scopes", json!(["complete_code"])),
        ("gitlab_realm", json!("self-managed")),
        ("gitlab_instance_id", json!(INSTANCE)),
        ("exp", json!(ends)),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    // The editor names no model: the one of code completion answers.
    let request = gateway.post_as(token, "/v2/completions", &golden("completions-direct"));
    let request = request
        .header("user-agent", "gitlab-language-server:8.1.0 (Code 1.97)")
        .header("x-gitlab-language-server-version", "8.1.0")
        .header("x-request-id", "direct");
    let (status, answer) = read(request).await;
    assert_eq!(status, 200, "{answer}");
    let text = answer["choices"][0]["text"].as_str().unwrap();
    assert!(good_words().starts_with(text.trim_end()), "{text}");
    let row = row(&gateway, "direct");
    assert_eq!(
        (&row["feature"], &row["model"]),
        (&json!("code_completions"), &json!("alpha"))
    );
    for (path, name) in [
        ("/v2/code/generations", "generations-17.6"),
        ("/v4/code/suggestions", "suggestions-18.9"),
        ("/v2/chat/agent", "chat-18.9"),
        ("/v1/search/gitlab-docs", "search"),
        (PATH, "search"),
    ] {
        let (status, answer) = gateway.ask_as(token, path, &golden(name)).await;
        assert_eq!(status, 403, "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editors_token_holds_for_its_user_alone() {
    let gateway = Fixture::start("alpha");
    let token = token(&gateway).await;
    for (name, words) in [
        (
            "x-gitlab-global-user-id",
            "Header mismatch 'X-Gitlab-Global-User-Id'",
        ),
        (
            "x-gitlab-instance-id",
            "Header mismatch 'X-Gitlab-Instance-Id'",
        ),
        ("x-gitlab-realm", "Header mismatch 'X-Gitlab-Realm'"),
    ] {
        let mut sent = headers(&token, "18.9.0");
        sent.insert(name, "another".parse().unwrap());
        let request = gateway.bare("/v2/completions", &golden("completions-direct"));
        let (status, answer) = read(request.headers(sent)).await;
        assert_eq!((status, told(&answer)), (401, words));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_token_is_for_has_to_be_said() {
    let gateway = Fixture::start("alpha");
    let mut sent = headers(&gateway.gitlab.token(), "18.9.0");
    sent.remove("x-gitlab-global-user-id");
    let (status, answer) = read(gateway.client.post(gateway.serving.url(PATH)).headers(sent)).await;
    assert_eq!(
        (status, told(&answer)),
        (400, "Missing X-Gitlab-Global-User-Id header")
    );
}

/// An editor's user may not choose where the gateway sends requests.
#[tokio::test(flavor = "multi_thread")]
async fn an_editor_cannot_name_a_model() {
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        crate::fixture::set(gatehouse, gitlab, json!({"accept_named_models": true}));
    });
    let other = tests::upstream::Upstream::start();
    let body = golden("completions-17.6");
    let body = naming(body, &other.endpoint(), "custom_openai/beta", "k");
    let token = token(&gateway).await;
    let (status, answer) = gateway.ask_as(&token, "/v2/completions", &body).await;
    assert_eq!(status, 200, "the route answers: {answer}");
    assert!(other.received().is_empty());
    let (status, _) = gateway.ask("/v2/completions", &body).await;
    assert_eq!(status, 200);
    assert_eq!(other.last().body["model"], "beta", "GitLab itself may");
}

/// Without a keyring the key is in memory, and the panel says so.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_a_token_ends_with_the_gateway() {
    let gateway = Fixture::start("alpha");
    let token = token(&gateway).await;
    let gateway = gateway.restarted();
    let body = golden("completions-direct");
    let (status, answer) = gateway.ask_as(&token, "/v2/completions", &body).await;
    assert_eq!(status, 401, "{answer}");
    let logs = tests::gatehouse::files_with(&gateway.gatehouse.data(), b"kept in memory");
    assert!(!logs.is_empty(), "the service log says so");
}
