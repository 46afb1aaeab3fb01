//! The tests by hand of GitLab's documentation: inside the container, without a token.

use serde_json::{Value, json};

use crate::fixture::{Fixture, golden, good_words, read, set};

fn open(script: &str) -> Fixture {
    Fixture::prepared(script, "general", |gatehouse, gitlab| {
        set(gatehouse, gitlab, json!({"open_on_loopback": true}));
    })
}

/// GitLab would take a status of the model server for one about its own token or path.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_server_answers_is_no_status_of_the_old_chat() {
    let gateway = open("wants-key");
    let mut body = golden("legacy-17.6");
    body["stream"] = false.into();
    let (status, answer) = read(gateway.bare("/v1/chat/agent", &body)).await;
    assert_eq!(status, 502, "{answer}");
    assert!(answer.to_string().contains("401"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_asks_the_old_chat() {
    let gateway = open("alpha");
    let mut body = golden("legacy-17.6");
    body["stream"] = false.into();
    for body in [body, golden("hand-test-chat-v1")] {
        let (status, answer) = read(gateway.bare("/v1/chat/agent", &body)).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["response"], good_words());
        assert_eq!(answer["metadata"]["provider"], "litellm");
        assert_eq!(answer["metadata"]["model"], "mistral");
        assert!(answer["metadata"]["timestamp"].is_i64(), "{answer}");
    }
    let asked = &gateway.asked()[0].body;
    let messages = asked["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "its own prompt: {asked}");
    assert_eq!(messages[1]["content"], "u");
    assert_eq!(
        (asked["temperature"].as_f64(), asked["max_tokens"].as_u64()),
        (Some(0.2), Some(2_048))
    );
    assert!(asked["stop"].to_string().contains("Human:"), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_asks_the_agent() {
    let gateway = open("reacts");
    let request = gateway.bare("/v2/chat/agent", &golden("hand-test-chat-v2"));
    let request = request.header("x-gitlab-enabled-feature-flags", "expanded_ai_logging");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    let event: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(event["type"], "action", "{text}");
}
