use serde_json::{Value, json};
use tests::gatehouse::{Gatehouse, files_with};
use tests::gitlab::Gitlab;
use tests::upstream::Upstream;

use crate::fixture::{Fixture, add, golden, naming, read, row, set};

/// What GitLab's admin typed as the key of a model.
const KEY: &str = "right";

/// Where a body names its model, and a request of each kind.
const REQUESTS: [(&str, &str); 6] = [
    ("/v2/code/completions", "completions-17.6"),
    ("/v2/code/generations", "generations-17.6"),
    ("/v4/code/suggestions", "suggestions-18.9"),
    ("/v2/chat/agent", "hand-test-chat-v2"),
    ("/v1/prompts/chat/explain_code", "prompt-17.6"),
    ("/v1/chat/agent", "legacy-17.6"),
];

fn accepting(gatehouse: &mut Gatehouse, gitlab: &Gitlab) {
    set(gatehouse, gitlab, json!({"accept_named_models": true}));
}

/// Asks for the model `identifier` at this server, and returns the row.
async fn named(gateway: &Fixture, server: &str, identifier: &str, which: (&str, &str)) -> Value {
    let (path, name) = which;
    let id = format!("{identifier}{path}").replace('/', "-");
    let body = naming(golden(name), server, identifier, KEY);
    let request = gateway.post(path, &body).header("x-request-id", &id);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{path}: {text}");
    row(gateway, &id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_model_is_found_by_endpoint_and_identifier() {
    let other = Upstream::start();
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, _| {
        add(gatehouse, "wants-key", "mistral", &other.endpoint());
        gatehouse.set("GATEHOUSE_KEY_WANTS_KEY", "right");
    });
    for which in REQUESTS {
        for (server, identifier) in [
            (other.endpoint(), "custom_openai/wants-key"),
            (format!("{}/", other.endpoint()), "wants-key"),
            (other.root(), "openai/wants-key"),
        ] {
            let (path, name) = which;
            // The key that GitLab knows is not the one that was registered, which is used.
            let body = naming(golden(name), &server, identifier, "stale");
            let request = gateway.post(path, &body).header("x-request-id", "one");
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path} {server} {identifier}");
            let text = answer.text().await.unwrap();
            assert!(!text.contains("wrong key"), "{path}: {text}");
            assert_eq!(other.last().header("authorization"), "Bearer right");
        }
    }
    assert!(gateway.upstream.received().is_empty(), "not the route");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_only_gitlab_knows_is_answered_for_by_the_route() {
    let gateway = Fixture::start("alpha");
    let other = Upstream::start();
    for which in REQUESTS {
        let row = named(&gateway, &other.endpoint(), "custom_openai/beta", which).await;
        assert_eq!(row["model"], "alpha", "{which:?}");
        let notes = row["notes"].to_string();
        assert!(notes.contains("custom_openai/beta"), "{which:?}: {row}");
        assert!(notes.contains("not registered"), "{which:?}: {row}");
    }
    assert!(other.received().is_empty());
    let asked = gateway.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("authorization").is_empty())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_that_is_allowed_it_is_called_with_its_key_which_is_kept_nowhere() {
    let gateway = Fixture::prepared("alpha", "general", accepting);
    let other = Upstream::start();
    for which in REQUESTS {
        let row = named(
            &gateway,
            &other.endpoint(),
            "custom_openai/wants-key",
            which,
        )
        .await;
        let model = row["model"].as_str().unwrap();
        assert!(model.contains("wants-key"), "{which:?}: {row}");
        let asked = other.last();
        assert_eq!(asked.header("authorization"), "Bearer right", "{which:?}");
        assert_eq!(asked.body["model"], "wants-key");
    }
    assert!(gateway.upstream.received().is_empty());
    let settings = gateway.gatehouse.settings().to_string();
    assert!(!settings.contains("wants-key"), "{settings}");
}

/// The two headers by which GitLab asks for logs with contents, and a refused key.
#[tokio::test(flavor = "multi_thread")]
async fn no_key_and_no_text_of_a_request_is_in_any_file() {
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        accepting(gatehouse, gitlab);
        gatehouse.set("GATEHOUSE_LOG", "trace");
    });
    let other = Upstream::start();
    let (key, text) = ("sk-zanzibar-1234567890", "tea from Zanzibar");
    for identifier in ["custom_openai/wants-key", "custom_openai/beta"] {
        for (path, name) in REQUESTS {
            let mut body = naming(golden(name), &other.endpoint(), identifier, key);
            for pointer in [
                "/current_file/content_above_cursor",
                "/prompt_components/0/payload/content_above_cursor",
                "/prompt_components/0/payload/content",
                "/messages/0/content",
                "/inputs/selected_text",
            ] {
                if let Some(place) = body.pointer_mut(pointer) {
                    *place = text.into();
                }
            }
            let answer = gateway.post(path, &body).send().await.unwrap();
            // Broken off where the refused key is told inside a stream.
            let _ = answer.text().await;
        }
    }
    assert!(other.received().len() >= 2 * REQUESTS.len(), "they arrived");
    let Fixture {
        gatehouse, serving, ..
    } = gateway;
    assert!(serving.stop().success());
    for secret in [key, text] {
        let found = files_with(&gatehouse.data(), secret.as_bytes());
        assert!(found.is_empty(), "{secret}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_never_a_model_server_is_not_called() {
    let gateway = Fixture::prepared("alpha", "general", accepting);
    for server in ["http://169.254.169.254/v1", "http://[fe80::1]/v1"] {
        let which = ("/v2/code/completions", "completions-17.6");
        let row = named(&gateway, server, "custom_openai/beta", which).await;
        assert_eq!(row["model"], "alpha");
        assert!(
            row["notes"].to_string().contains("cannot be called"),
            "{row}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_that_is_switched_off_stays_off() {
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        accepting(gatehouse, gitlab);
        gatehouse
            .run(&["feature", "disable", "code_completions"])
            .succeeded();
    });
    let other = Upstream::start();
    let body = golden("completions-17.6");
    let body = naming(body, &other.endpoint(), "custom_openai/beta", KEY);
    let (status, answer) = gateway.ask("/v2/code/completions", &body).await;
    assert_eq!(status, 404, "{answer}");
    assert!(other.received().is_empty());
    let body = gateway.naming("alpha", golden("completions-17.6"));
    let (status, answer) = gateway.ask("/v2/code/completions", &body).await;
    assert_eq!(status, 404, "a registered model, too: {answer}");
    assert!(gateway.asked().is_empty());
}

/// Whoever is not asked for a token may not choose where requests go.
#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_known_may_name_a_model() {
    let mut key = String::new();
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        let open = json!({"accept_named_models": true, "open_on_loopback": true});
        set(gatehouse, gitlab, open);
        let created = gatehouse.run(&["key", "create", "scripts"]).succeeded();
        key = created.json()["key"].as_str().unwrap().to_owned();
    });
    let other = Upstream::start();
    let body = golden("completions-17.6");
    let body = naming(body, &other.endpoint(), "custom_openai/beta", KEY);
    let bare = || gateway.bare("/v2/code/completions", &body);
    let (status, answer) = read(bare()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["model"]["name"], json!("alpha"));
    assert!(other.received().is_empty());
    let (status, answer) = read(bare().bearer_auth(&key)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(other.last().body["model"], "beta");
}
