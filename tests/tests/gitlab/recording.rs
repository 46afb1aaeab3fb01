use serde_json::{Value, json};
use tests::gatehouse::files_with;
use tests::gitlab::headers;

use crate::fixture::{Fixture, golden, naming, row, set};

/// What GitLab's admin typed as the key of a model.
const KEY: &str = "typed-in-gitlab-77";

/// GitLab's ways to ask for it, and headers that are none.
const HEADERS: [(&str, &str, bool); 5] = [
    ("x-gitlab-enabled-instance-verbose-ai-logs", "true", true),
    (
        "x-gitlab-enabled-feature-flags",
        "expanded_ai_logging",
        true,
    ),
    (
        "x-gitlab-enabled-feature-flags",
        "other,expanded_ai_logging",
        true,
    ),
    ("x-gitlab-enabled-instance-verbose-ai-logs", "false", false),
    (
        "x-gitlab-enabled-feature-flags",
        "not_expanded_ai_logging",
        false,
    ),
];

async fn complete(gateway: &Fixture, id: &str, header: (&str, &str), has_token: bool) -> Value {
    let (path, body) = ("/v2/code/completions", golden("completions-17.6"));
    let mut headers = headers(&gateway.gitlab.token(), "18.9.0");
    headers.remove("x-gitlab-enabled-feature-flags");
    headers.remove("x-gitlab-enabled-instance-verbose-ai-logs");
    if !has_token {
        headers.remove("authorization");
    }
    let request = gateway.bare(path, &body).headers(headers);
    let request = request
        .header(header.0, header.1)
        .header("x-request-id", id);
    request.send().await.unwrap().text().await.unwrap();
    row(gateway, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn gitlab_expands_its_requests_only_where_the_admin_allows_it() {
    let gateway = Fixture::start("good");
    for (number, (name, value, _)) in HEADERS.into_iter().enumerate() {
        let row = complete(&gateway, &format!("before-{number}"), (name, value), true).await;
        assert_eq!(row["recorded"], false, "{name}: {value}");
    }
    gateway
        .gatehouse
        .run(&["record", "by-gitlab", "true"])
        .succeeded();
    for (number, (name, value, expands)) in HEADERS.into_iter().enumerate() {
        let row = complete(&gateway, &format!("after-{number}"), (name, value), true).await;
        assert_eq!(row["recorded"], expands, "{name}: {value}");
        if expands {
            let words = ["record", "show", &row["id"].to_string()];
            let kept = gateway.gatehouse.run(&words).succeeded().json();
            assert_eq!(kept["by"], "gitlab");
            assert!(
                kept["preprocessed"]["content"]
                    .as_str()
                    .unwrap()
                    .contains("prefix")
            );
        }
    }
    let refused = complete(&gateway, "nobody", (HEADERS[0].0, "true"), false).await;
    assert_eq!(
        (&refused["recorded"], &refused["status"]),
        (&json!(false), &json!(401))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_token_is_not_looked_at_says_why_it_is_not_recorded() {
    let gateway = Fixture::prepared("good", "general", |gatehouse, gitlab| {
        set(gatehouse, gitlab, json!({"open_on_loopback": true}));
        let allow = ["record", "by-gitlab", "true"];
        gatehouse.run(&allow).succeeded();
    });
    let row = complete(&gateway, "open", (HEADERS[0].0, "true"), true).await;
    assert_eq!(
        (&row["recorded"], &row["status"]),
        (&json!(false), &json!(200))
    );
    let notes = row["notes"].to_string();
    assert!(notes.contains("only GitLab's token may"), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_key_in_a_body_nor_a_token_is_recorded() {
    // A key that is used is known; one that is not is known by the name of its field alone.
    for is_used in [true, false] {
        no_key_is_recorded(is_used).await;
    }
}

async fn no_key_is_recorded(is_used: bool) {
    let gateway = Fixture::prepared("good", "general", move |gatehouse, gitlab| {
        set(gatehouse, gitlab, json!({"accept_named_models": is_used}));
    });
    gateway.gatehouse.run(&["record", "start"]).succeeded();
    let (server, token) = (gateway.upstream.endpoint(), gateway.gitlab.token());
    for (path, name) in [
        ("/v2/code/completions", "completions-17.6"),
        ("/v4/code/suggestions", "suggestions-18.9"),
        ("/v2/chat/agent", "hand-test-chat-v2"),
        ("/v1/prompts/chat/explain_code", "prompt-17.6"),
        ("/v1/chat/agent", "legacy-17.6"),
    ] {
        let body = naming(golden(name), &server, "custom_openai/wants-key", KEY);
        let id = name.to_owned();
        let request = gateway
            .post_as(&token, path, &body)
            .header("x-request-id", &id);
        request.send().await.unwrap().text().await.unwrap();
        assert_eq!(row(&gateway, &id)["recorded"], true, "{path}");
    }
    gateway.ask("/v1/code/user_access_token", &json!({})).await;
    for secret in [KEY, &token, "\"token\":\"ey"] {
        let found = files_with(&gateway.gatehouse.data(), secret.as_bytes());
        assert!(found.is_empty(), "{found:?}");
    }
}
