use serde_json::json;

use crate::fixture::{Fixture, golden, told};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_scope_is_403_in_the_documented_words() {
    let gateway = Fixture::start("alpha");
    let token = gateway
        .gitlab
        .token_for(&["ask_issue", "self_hosted_models"]);
    for (path, name, words) in [
        (
            "/v2/code/completions",
            "completions-17.6",
            "Unauthorized to access code completions",
        ),
        (
            "/v2/completions",
            "completions-direct",
            "Unauthorized to access code completions",
        ),
        (
            "/v2/code/generations",
            "generations-17.6",
            "Unauthorized to access code generations",
        ),
        (
            "/v3/code/completions",
            "suggestions-17.6",
            "Unauthorized to access code completions",
        ),
        (
            "/v3/code/completions",
            "suggestions-18.9",
            "Unauthorized to access code generations",
        ),
        (
            "/v4/code/suggestions",
            "suggestions-18.9",
            "Unauthorized to access code generations",
        ),
        (
            "/v2/chat/agent",
            "chat-18.9",
            "Unauthorized to access duo chat",
        ),
        (
            "/v1/chat/agent",
            "legacy-17.6",
            "Unauthorized to access duo chat",
        ),
        (
            "/v1/prompts/chat%2Fexplain_code",
            "prompt-17.6",
            "Unauthorized to access 'chat/explain_code'",
        ),
        (
            "/v1/prompts/model_configuration%2Fcheck",
            "prompt-18.9",
            "Unauthorized to access 'model_configuration/check'",
        ),
        (
            "/v1/search/gitlab-docs",
            "search",
            "Unauthorized to search documentations",
        ),
        (
            "/v1/code/user_access_token",
            "search",
            "Unauthorized to create user access token",
        ),
    ] {
        let (status, answer) = gateway.ask_as(&token, path, &golden(name)).await;
        assert_eq!((status, told(&answer)), (403, words), "{path}");
    }
    let view = gateway.gatehouse.run(&["gitlab", "status"]).succeeded();
    let refusal = view.json()["last_refusal"]["reason"].to_string();
    assert!(refusal.contains("create user access token"), "{refusal}");
    assert!(gateway.upstream.received().is_empty(), "no model was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_scope_is_enough_for_what_it_is_for() {
    let gateway = Fixture::start("alpha");
    for (scope, path, name) in [
        ("complete_code", "/v2/code/completions", "completions-17.6"),
        ("generate_code", "/v2/code/generations", "generations-17.6"),
        ("duo_chat", "/v1/chat/agent", "hand-test-chat-v1"),
        (
            "complete_code",
            "/v1/prompts/model_configuration/check",
            "prompt-18.9",
        ),
    ] {
        let token = gateway.gitlab.token_for(&[scope]);
        let (status, answer) = gateway.ask_as(&token, path, &golden(name)).await;
        assert_eq!(status, 200, "{scope} {path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attached_context_needs_its_scope_and_a_bad_body_is_told_first() {
    let gateway = Fixture::start("alpha");
    let token = gateway.gitlab.token_for(&["duo_classic_chat"]);
    let mut body = golden("chat-17.6");
    let (status, answer) = gateway.ask_as(&token, "/v2/chat/agent", &body).await;
    assert_eq!(
        (status, told(&answer)),
        (403, "Unauthorized to access include_file_context")
    );
    body["messages"][0]["additional_context"][0]["category"] = json!("wombat");
    let (status, answer) = gateway.ask_as(&token, "/v2/chat/agent", &body).await;
    assert_eq!(status, 422, "{answer}");
}
