//! How models are called, where the variables of GitLab's own gateway say it.

use serde_json::{Value, json};
use tests::gatehouse::files_with;
use tests::panel::Panel;

use crate::fixture::{Fixture, completion, golden, good_words};

const SECRET: &str = "wombat-0123456789";

/// A gateway whose models follow these scripts, started with these variables.
fn started(script: &str, variables: &[(&str, &str)]) -> Fixture {
    Fixture::prepared(script, "general", |gatehouse, _| {
        for (name, value) in variables {
            gatehouse.set(name, value);
        }
    })
}

/// A server that cannot stream is asked for whole answers, and clients have their streams.
#[tokio::test(flavor = "multi_thread")]
async fn without_streams_of_models_a_client_still_has_its_own() {
    let gateway = started(
        "alpha",
        &[("AIGW_CUSTOM_MODELS__DISABLE_STREAMING", "true")],
    );
    let asked = |name: &str| {
        let mut body = golden(name);
        body["stream"] = true.into();
        if let Some(payload) = body.pointer_mut("/prompt_components/0/payload") {
            payload["stream"] = true.into();
        }
        body
    };
    for (path, name, kind) in [
        (
            "/v2/code/completions",
            "completions-17.6",
            "text/event-stream",
        ),
        (
            "/v2/code/generations",
            "generations-17.6",
            "text/event-stream",
        ),
        (
            "/v3/code/completions",
            "suggestions-18.9",
            "text/event-stream",
        ),
        (
            "/v4/code/suggestions",
            "suggestions-18.9",
            "text/event-stream",
        ),
        ("/v2/chat/agent", "chat-18.9", "application/x-ndjson"),
        (
            "/v1/prompts/chat/explain_code",
            "prompt-17.6",
            "text/event-stream",
        ),
        (
            "/v2/prompts/chat/explain_code",
            "prompt-17.6",
            "application/x-ndjson",
        ),
        ("/v1/chat/agent", "legacy-17.6", "text/event-stream"),
    ] {
        let (answer, text) = gateway.stream(path, &asked(name)).await;
        assert_eq!(answer.status(), 200, "{path}: {text}");
        let headers = answer.headers();
        let said = headers["content-type"].to_str().unwrap();
        assert!(said.starts_with(kind), "{path}: {said}");
        assert_eq!(
            headers.contains_key("x-streaming-format"),
            path == "/v4/code/suggestions",
            "{path}"
        );
        let sent = gateway.upstream.last().body;
        assert_ne!(sent["stream"], true, "{path}: {sent}");
        let words = good_words();
        let spoken = match path {
            "/v4/code/suggestions" => {
                assert!(
                    text.ends_with("event: stream_end\ndata: null\n\n"),
                    "{text}"
                );
                text.contains("event: content_chunk")
            }
            "/v2/chat/agent" => line_says(&text, "/data/text", &words),
            "/v2/prompts/chat/explain_code" => line_says(&text, "/content", &words),
            _ => text.trim() == words.trim(),
        };
        assert!(spoken, "{path}: {text}");
    }
    let (status, answer) = gateway.ask("/v2/code/completions", &completion()).await;
    assert_eq!(status, 200, "{answer}");
    assert_ne!(gateway.upstream.last().body["stream"], true);
}

/// Whether these words stand there in the first line.
fn line_says(text: &str, place: &str, words: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let line: Value = serde_json::from_str(line).unwrap_or_default();
    let said = line.pointer(place).and_then(Value::as_str);
    said.is_some_and(|said| said.trim() == words.trim())
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_added_to_every_call_and_their_values_shown_nowhere() {
    let headers = format!(r#"{{"X-Tenant": "{SECRET}", "x-team": "duo"}}"#);
    let gateway = started(
        "error-string",
        &[("AIGW_CUSTOM_MODELS__EXTRA_HEADERS", &headers)],
    );
    gateway.ask("/v2/code/completions", &completion()).await;
    let received = gateway.upstream.received();
    assert!(received.len() > 1, "the list of models and the call");
    for request in received {
        assert_eq!(request.header("x-tenant"), SECRET, "{}", request.path);
        assert_eq!(request.header("x-team"), "duo", "{}", request.path);
    }
    let Fixture {
        gatehouse, serving, ..
    } = gateway;
    assert!(serving.stop().success());
    assert!(files_with(&gatehouse.data(), SECRET.as_bytes()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_alone_has_its_own_wait() {
    let gateway = started(
        "never-answers",
        &[("AIGW_DUO_CHAT__MODEL_REQUEST_TIMEOUT", "0.5")],
    );
    let (answer, text) = gateway.stream("/v2/chat/agent", &golden("chat-18.9")).await;
    assert_eq!(answer.status(), 200);
    assert!(text.contains("did not answer within 1 s"), "{text}");
    let (status, answer) = gateway
        .ask("/v1/prompts/chat/explain_code", &golden("prompt-17.6"))
        .await;
    assert_eq!(status, 421, "{answer}");
    let detail = answer["detail"].as_str().unwrap();
    assert!(detail.contains("within 1 s"), "{detail}");
    let completion = gateway.ask("/v2/code/completions", &completion()).await;
    let text = completion.1.to_string();
    assert!(text.contains("within 10 s"), "the wait for code: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_alone_has_its_own_number_of_tokens() {
    let gateway = started("alpha", &[("AIGW_DUO_CHAT__MAX_TOKENS", "77")]);
    let most = |sent: Value| sent["max_tokens"].clone();
    for (path, name) in [
        ("/v2/chat/agent", "chat-18.9"),
        ("/v1/prompts/chat/explain_code", "prompt-17.6"),
    ] {
        gateway.stream(path, &golden(name)).await;
        assert_eq!(most(gateway.upstream.last().body), 77, "{path}");
    }
    let diff = json!({"inputs": {"diff": "+ tea"}});
    gateway
        .ask("/v1/prompts/generate_commit_message", &diff)
        .await;
    assert_eq!(most(gateway.upstream.last().body), 4096);
}

/// The panel shows each beside what it changes.
#[tokio::test(flavor = "multi_thread")]
async fn the_panel_shows_what_they_say_and_no_value_of_a_header() {
    let headers = format!(r#"{{"x-tenant": "{SECRET}"}}"#);
    let mut gatehouse = tests::gatehouse::Gatehouse::with_sample();
    for (name, value) in [
        ("AIGW_CUSTOM_MODELS__DISABLE_STREAMING", "1"),
        ("AIGW_CUSTOM_MODELS__EXTRA_HEADERS", &headers),
        ("AIGW_DUO_CHAT__MODEL_REQUEST_TIMEOUT", "120.0"),
        ("AIGW_DUO_CHAT__MAX_TOKENS", "2048"),
    ] {
        gatehouse.set(name, value);
    }
    let serving = gatehouse.serve_with(&["--admin"]);
    let panel = Panel::open(&serving).await;
    let (status, view) = panel.call("gitlab", &Value::Null).await;
    assert_eq!(status, 200, "{view}");
    let shown = |variable: &str, setting: &str, value: &str| json!({"variable": variable, "setting": setting, "value": value});
    let expected = json!([
        shown(
            "AIGW_CUSTOM_MODELS__DISABLE_STREAMING",
            "gitlab.model_calls",
            "true"
        ),
        shown(
            "AIGW_CUSTOM_MODELS__EXTRA_HEADERS",
            "gitlab.model_calls",
            "x-tenant"
        ),
        shown(
            "AIGW_DUO_CHAT__MODEL_REQUEST_TIMEOUT",
            "gateway.first_byte_timeout",
            "120 s"
        ),
        shown("AIGW_DUO_CHAT__MAX_TOKENS", "prompts.max_tokens", "2048"),
    ]);
    assert_eq!(view["overrides"], expected, "{view}");
    assert!(!view.to_string().contains(SECRET));
}
