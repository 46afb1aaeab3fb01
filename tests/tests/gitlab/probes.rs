use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tests::upstream::Upstream;

use crate::fixture::{Fixture, golden, naming, read, row, set};

const COMPLETIONS: &str = "/v2/code/completions";

/// How long GitLab waits.
const WAITS: Duration = Duration::from_secs(3);

/// The health check's request, as GitLab makes it up.
fn health() -> Value {
    json!({"prompt_version": 1, "project_path": "", "project_id": -1,
        "current_file": {"file_name": "test.rb", "content_above_cursor": "def hello_world",
            "content_below_cursor": ""},
        "model_provider": "litellm", "model_name": "codestral", "telemetry": []})
}

fn health_of(gateway: &Fixture) -> RequestBuilder {
    gateway.post(COMPLETIONS, &health()).timeout(WAITS)
}

fn check_of(gateway: &Fixture, body: &Value) -> RequestBuilder {
    let path = "/v1/prompts/model_configuration%2Fcheck";
    gateway.post(path, body).timeout(WAITS)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_answers_in_time_answers_itself() {
    let gateway = Fixture::start("half-a-second");
    let (status, answer) = read(health_of(&gateway)).await;
    assert_eq!(status, 200, "{answer}");
    let text = answer["choices"][0]["text"].as_str().unwrap();
    assert!(text.contains("Grüße"), "{answer}");
    let (status, answer) = read(check_of(&gateway, &golden("prompt-18.9"))).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.as_str().unwrap().contains("Grüße"), "{answer}");
    let most = |asked: &tests::upstream::Received| asked.body["max_tokens"].as_u64();
    let asked = gateway.upstream.received();
    assert!(
        asked.iter().filter_map(most).all(|most| most <= 16),
        "few tokens"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_slow_is_known_to_be_there_within_three_seconds() {
    // The last one begins to answer, and does not go on.
    const SLOW: [&str; 3] = ["never-answers", "silent-from-start", "falls-silent"];
    let gateway = Fixture::with(&SLOW);
    for script in SLOW {
        let request = gateway.post(COMPLETIONS, &gateway.naming(script, health()));
        let request = request.timeout(WAITS).header("x-request-id", script);
        let (status, answer) = read(request).await;
        assert_eq!(status, 200, "{script}: {answer}");
        let text = answer["choices"][0]["text"].as_str().unwrap();
        assert!(!text.trim().is_empty(), "{answer}");
        let row = row(&gateway, script);
        assert!(row["notes"].to_string().contains("slower than"), "{row}");
        let body = gateway.naming(script, golden("prompt-18.9"));
        let (status, answer) = read(check_of(&gateway, &body)).await;
        assert_eq!(status, 200, "{script}: {answer}");
        assert!(answer.as_str().unwrap().contains("reachable"), "{answer}");
    }
}

/// A model that thinks first needs all tokens of a probe for its thoughts.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_writes_nothing_is_healthy_all_the_same() {
    let gateway = Fixture::start("says-nothing");
    let (status, answer) = read(health_of(&gateway)).await;
    assert_eq!(status, 200, "{answer}");
    let text = answer["choices"][0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("wrote nothing"), "{answer}");
}

/// A server that takes a connection and says nothing, not even which models it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_an_error_within_three_seconds() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        set(gatehouse, gitlab, json!({"accept_named_models": true}));
    });
    let endpoint = format!("http://{address}/v1");
    let body = naming(golden("prompt-18.9"), &endpoint, "custom_openai/beta", "k");
    let (status, answer) = read(check_of(&gateway, &body)).await;
    assert_eq!(status, 421, "{answer}");
    assert!(
        answer["detail"].as_str().unwrap().starts_with("504: "),
        "{answer}"
    );
    // Rails names the model flat in its health check.
    let mut body = naming(health(), &endpoint, "custom_openai/beta", "k");
    body["prompt_version"] = 2.into();
    let request = gateway.post(COMPLETIONS, &body).timeout(WAITS);
    let (status, answer) = read(request).await;
    assert_eq!(status, 503, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_an_error_that_says_so() {
    let gone = Upstream::start().endpoint();
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        set(gatehouse, gitlab, json!({"accept_named_models": true}));
    });
    let body = naming(golden("prompt-18.9"), &gone, "custom_openai/beta", "k");
    let (status, answer) = read(check_of(&gateway, &body)).await;
    assert_eq!(status, 421, "{answer}");
    let detail = answer["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("502: ") && detail.contains("cannot reach"),
        "{detail}"
    );
}
