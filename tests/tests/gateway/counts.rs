//! Token counts of streams that pass: in every record, and for the clients that asked.

use serde_json::{Value, json};
use tests::upstream::{Upstream, Vendor};

use crate::fixture::Fixture;

const CHAT: &str = "/v1/chat/completions";
const TEXT: &str = "/v1/completions";

fn body(path: &str, model: &str, options: &Value) -> Value {
    let mut body = json!({"model": model, "stream": true});
    match path {
        CHAT => body["messages"] = json!([{"role": "user", "content": "hello"}]),
        _ => body["prompt"] = "hello".into(),
    }
    if !options.is_null() {
        body["stream_options"] = options.clone();
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_did_not_ask_sees_no_counts_and_its_record_has_them() {
    let direct = Upstream::of(Vendor::Vllm);
    // Whole events, events in pieces of three bytes, and other line ends.
    let scripts = ["alpha", "cut-character", "carriage-returns"];
    let gateway = Fixture::of(Vendor::Vllm, &scripts);
    for path in [CHAT, TEXT] {
        for script in scripts {
            for options in [Value::Null, json!({"include_usage": false}), json!({})] {
                let body = body(path, script, &options);
                let id = format!("{path}-{script}-{options}").replace('"', "");
                let answer = gateway.post(path, &body).header("x-request-id", &id);
                let answer = answer.send().await.unwrap().text().await.unwrap();
                let url = format!("{}{path}", direct.root());
                let without_us = tests::client().post(url).json(&body);
                let without_us = without_us.send().await.unwrap().text().await.unwrap();
                assert_eq!(answer, without_us, "{id}: every byte but the counts");
                assert!(!answer.contains("usage"), "{answer}");
                let asked = &gateway.upstream.last().body["stream_options"];
                assert_eq!(asked, &json!({"include_usage": true}), "{id}");
                let row = gateway.gatehouse.row(&id);
                let counts = (&row["prompt_tokens"], &row["completion_tokens"]);
                assert_eq!(counts, (&json!(7), &json!(8)), "{row}");
                let notes = row["notes"].to_string();
                assert!(notes.contains("asked for token counts"), "{row}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asked_sees_its_counts() {
    let gateway = Fixture::of(Vendor::Vllm, &["alpha"]);
    let options = json!({"include_usage": true});
    for path in [CHAT, TEXT] {
        let answer = gateway.post(path, &body(path, "alpha", &options)).send();
        let answer = answer.await.unwrap().text().await.unwrap();
        assert_eq!(answer.matches("\"total_tokens\":15").count(), 1, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_known_to_count_gets_the_bytes_of_the_client() {
    // One that does not say what it is, and options that counts would change.
    let continuous = json!({"continuous_usage_stats": true});
    for (vendor, options) in [(Vendor::Openai, Value::Null), (Vendor::Vllm, continuous)] {
        let gateway = Fixture::of(vendor, &["alpha"]);
        let body = body(CHAT, "alpha", &options).to_string();
        let answer = gateway.post(CHAT, &Value::Null).body(body.clone()).send();
        assert_eq!(answer.await.unwrap().status(), 200);
        assert_eq!(gateway.upstream.last().bytes, body.as_bytes(), "{vendor:?}");
    }
}
