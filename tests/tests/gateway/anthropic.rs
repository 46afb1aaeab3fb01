use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::{Upstream, Vendor, anthropic};

use crate::client::{Form, Question, SYSTEM, USER};
use crate::fixture::{Fixture, read, register};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_its_own_form_gets_the_bytes_of_the_server() {
    let gateway = Fixture::of(Vendor::Anthropic, &["claude"]);
    let mut body = Form::Messages.body("claude", Question::Plain, true);
    body["metadata"] = json!({"user_id": "u-1"});
    let answer = gateway.post("/v1/messages", &body).send().await.unwrap();
    let text = answer.text().await.unwrap();
    for event in [
        "ping",
        "vendor_news",
        "vendor_block",
        "cache_read_input_tokens",
        "msg_1",
    ] {
        assert!(text.contains(event), "{event} is passed on: {text}");
    }
    let sent = gateway.upstream.last();
    assert_eq!(sent.path, "/v1/messages");
    assert_eq!(
        sent.body["metadata"],
        json!({"user_id": "u-1"}),
        "fields pass as they came"
    );
    assert_eq!(sent.header("anthropic-version"), "2023-06-01");
    assert_eq!(sent.header("x-api-key"), anthropic::KEY);
    assert_eq!(sent.header("authorization"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_becomes_messages_as_anthropic_wants_them() {
    let gateway = Fixture::of(Vendor::Anthropic, &["claude"]);
    Form::Chat
        .ask(&gateway, "claude", Question::Result, false)
        .await;
    let sent = gateway.upstream.last().body;
    let words = |value: &Value| value.to_string();
    assert!(words(&sent["system"]).contains(SYSTEM), "{sent}");
    assert!(
        sent["max_tokens"]
            .as_u64()
            .is_some_and(|most| most >= 1_024),
        "{sent}"
    );
    let messages = sent["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3, "{sent}");
    assert!(words(&messages[0]).contains(USER), "{sent}");
    assert_eq!(messages[1]["content"][0]["type"], "tool_use", "{sent}");
    assert_eq!(
        messages[1]["content"][0]["input"],
        json!({"city": "Köln"}),
        "{sent}"
    );
    assert_eq!(messages[2]["content"][0]["tool_use_id"], "call_7", "{sent}");
    assert_eq!(sent["tools"][0]["input_schema"]["type"], "object", "{sent}");
}

/// Newer models refuse what older ones take; the family or the model's own flags say so.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_refuses_is_not_sent_to_it() {
    let upstream = Upstream::of(Vendor::Anthropic);
    let mut gatehouse = Gatehouse::new();
    for name in ["claude-opus-4-7", "claude-sonnet-4-6"] {
        register(&mut gatehouse, &upstream, Vendor::Anthropic, name, name);
        gatehouse
            .run(&[
                "model",
                "edit",
                name,
                "--refuses",
                "temperature,top_p,prefill",
            ])
            .succeeded();
    }
    let gateway = Fixture::behind(upstream, gatehouse);
    for model in ["claude-opus-4-7", "claude-sonnet-4-6"] {
        let turns =
            json!([{"role": "user", "content": "x"}, {"role": "assistant", "content": "So"}]);
        let more = json!({"temperature": 0.5, "top_p": 0.9, "messages": turns});
        let (status, body) = gateway.ask(model, more.clone()).await;
        assert_eq!(status, 200, "{model}: {body}");
        let mut own = more;
        own["model"] = model.into();
        own["max_tokens"] = 9.into();
        let (status, body) = read(gateway.post("/v1/messages", &own).send().await.unwrap()).await;
        assert_eq!(status, 200, "{model}: {body}");
        assert!(gateway.upstream.last().body["temperature"].is_null());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_by_who_can() {
    let count = async |gateway: &Fixture, model: &str| {
        let mut body = Form::Messages.body(model, Question::Tool, false);
        for field in ["max_tokens", "stream"] {
            body.as_object_mut().unwrap().remove(field);
        }
        let request = gateway.post("/v1/messages/count_tokens", &body);
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{body}");
        body["input_tokens"].as_u64().unwrap()
    };
    let gateway = Fixture::of(Vendor::Anthropic, &["claude"]);
    assert_eq!(
        count(&gateway, "claude").await,
        4_711,
        "by Anthropic itself"
    );

    let gateway = Fixture::of(Vendor::LlamaCpp, &["scripted"]);
    let counted = count(&gateway, "scripted").await;
    let asked = gateway.upstream.received_at("/tokenize");
    let text = asked[0].body["content"].as_str().unwrap();
    assert_eq!(
        counted,
        text.chars().count() as u64,
        "the fake has a token for each character"
    );

    let gateway = Fixture::of(Vendor::Openai, &["scripted"]);
    let guessed = count(&gateway, "scripted").await;
    assert!(
        (counted / 4..counted / 2).contains(&guessed),
        "a third of the characters: {guessed}"
    );
}
