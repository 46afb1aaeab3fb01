//! `gatehouse gitlab …`

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::gitlab::{Gitlab, Manner};

use crate::fixture::{Fixture, completion, row};

#[test]
fn an_address_is_all_that_is_set_and_its_keys_are_shown() {
    let gitlab = Gitlab::start();
    let gatehouse = Gatehouse::new();
    let none = gatehouse.run(&["gitlab", "status"]).succeeded().json();
    assert_eq!(none["settings"]["url"], Value::Null);
    let address = format!("{}/", gitlab.url());
    let said = gatehouse
        .run(&["gitlab", "set", &address])
        .succeeded()
        .json();
    for view in [
        said,
        gatehouse.run(&["gitlab", "status"]).succeeded().json(),
    ] {
        assert_eq!(view["settings"]["url"], gitlab.url());
        assert_eq!(view["settings"]["accept_named_models"], false);
        assert_eq!(view["settings"]["open_on_loopback"], false);
        let provider = &view["providers"][0];
        assert_eq!(provider["keys"], json!([gitlab.key().kid]), "{view}");
        assert_eq!(provider["failure"], Value::Null, "{view}");
        assert!(provider["loaded_at"].is_string(), "{view}");
        assert_eq!(view["last_refusal"], Value::Null);
        assert_eq!(
            view["user_tokens"], "none",
            "no key is made to look at keys"
        );
    }
    let shown = gatehouse
        .run_plain(&["gitlab", "status"])
        .succeeded()
        .stdout;
    let key = "Key for users' tokens: none in the keyring";
    for part in [&gitlab.url(), gitlab.key().kid, key, "Last refusal: none"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let words = [
        "gitlab",
        "set",
        "--accept-named-models",
        "true",
        "--open-on-loopback",
        "true",
    ];
    let more = gatehouse.run(&words).succeeded().json();
    assert_eq!(
        more["settings"]["url"],
        gitlab.url(),
        "what is not named stays"
    );
    assert_eq!(more["settings"]["accept_named_models"], true);
    assert_eq!(more["settings"]["open_on_loopback"], true);
    gatehouse.run(&["gitlab", "clear"]).succeeded();
    let view = gatehouse.run(&["gitlab", "status"]).succeeded().json();
    assert_eq!(
        (&view["settings"]["url"], &view["providers"]),
        (&Value::Null, &json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_keys_and_the_last_refusal_while_the_gateway_runs() {
    let gateway = Fixture::start("alpha");
    let status = || {
        gateway
            .gatehouse
            .run(&["gitlab", "status"])
            .succeeded()
            .json()
    };
    assert_eq!(status()["last_refusal"], Value::Null);
    for (id, claims) in [
        ("first", json!({"aud": ["another"]})),
        ("second", json!({"exp": 1_000})),
    ] {
        let token = gateway.gitlab.token_with(claims);
        let request = gateway.post_as(&token, "/v2/code/completions", &completion());
        let answer = request.header("x-request-id", id).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        answer.text().await.unwrap();
        row(&gateway, id);
    }
    // This one is refused for another reason than its token.
    let stranger = gateway.client.get(gateway.serving.url("/v1/models"));
    let stranger = stranger
        .header("host", "evil.example")
        .header("x-request-id", "stranger")
        .send()
        .await;
    assert_eq!(stranger.unwrap().status(), 403);
    gateway.gatehouse.row("stranger");
    let view = status();
    let refusal = &view["last_refusal"];
    assert_eq!(refusal["correlation_id"], "second", "{view}");
    assert!(
        refusal["reason"].as_str().unwrap().contains("expired"),
        "{view}"
    );
    assert!(refusal["at"].is_string());
    assert_eq!(
        view["providers"][0]["keys"],
        json!([gateway.gitlab.key().kid])
    );
    let shown = gateway
        .gatehouse
        .run_plain(&["gitlab", "status"])
        .succeeded();
    assert!(
        shown.stdout.contains("(correlation id second)"),
        "{}",
        shown.stdout
    );
    // Changes reach the running gateway.
    gateway.gatehouse.run(&["gitlab", "clear"]).succeeded();
    assert_eq!(status()["settings"]["url"], serde_json::Value::Null);
}

#[test]
fn what_keeps_the_keys_away_is_shown() {
    let gitlab = Gitlab::start();
    let gatehouse = Gatehouse::new();
    gatehouse.run(&["gitlab", "set", &gitlab.url()]).succeeded();
    for (manner, words) in [
        (Manner::Down, "502"),
        (Manner::Huge, "MiB"),
        (Manner::Page, "JSON web keys"),
        (Manner::Empty, "key"),
        (Manner::Silent, "10 s"),
    ] {
        gitlab.behave(manner);
        let view = gatehouse.run(&["gitlab", "status"]).succeeded().json();
        let failure = view["providers"][0]["failure"].as_str().unwrap_or_default();
        assert!(failure.contains(words), "{manner:?}: {view}");
        assert!(view["providers"][0]["failed_at"].is_string(), "{view}");
    }
    let url = gitlab.url();
    drop(gitlab);
    let view = gatehouse.run(&["gitlab", "status"]).succeeded().json();
    let failure = view["providers"][0]["failure"].as_str().unwrap_or_default();
    let place = url.trim_start_matches("http://");
    assert!(failure.contains(place), "{view}");
}

#[test]
fn an_address_that_is_none_and_a_folder_that_is_anywhere_are_refused() {
    let gatehouse = Gatehouse::new();
    for address in ["gitlab", "ftp://gitlab.example", "http://169.254.169.254"] {
        let complaint = gatehouse.run(&["gitlab", "set", address]).complaint();
        assert!(complaint.contains("GitLab URL"), "{complaint}");
    }
    let outcome = gatehouse.run(&["gitlab", "set", "--documentation", "docs"]);
    let complaint = outcome.complaint();
    assert!(complaint.contains("documentation folder"), "{complaint}");
}
