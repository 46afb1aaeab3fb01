use serde_json::{Value, json};
use tests::upstream::Vendor;

use crate::fixture::{Fixture, message, read};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_of_a_request_is_in_its_record() {
    let gateway = Fixture::prepared(&["picky"], |gatehouse| {
        let refuses = ["model", "edit", "picky", "--refuses"];
        let refuses = [&refuses[..], &["temperature,max_tokens,prefill"]].concat();
        gatehouse.run(&refuses).succeeded();
    });
    let body = json!({"model": "picky", "temperature": 0.5, "max_tokens": 7, "messages": [
        {"role": "user", "content": "hello"}, {"role": "assistant", "content": "He"}]});
    let request = gateway.post("/v1/chat/completions", &body);
    let answer = request.header("x-request-id", "fitted").send().await;
    assert_eq!(answer.unwrap().status(), 200);
    let notes = [
        "left out temperature",
        "sent max_tokens as max_completion_tokens",
        "left out the beginning of the answer (prefill)",
    ];
    assert_eq!(gateway.gatehouse.row("fitted")["notes"], json!(notes));
    let logs = ["logs", "--correlation-id", "fitted"];
    let line = gateway.gatehouse.run_plain(&logs).succeeded().stdout;
    assert!(line.contains(&format!("[{}]", notes.join("; "))), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn control_tokens_of_a_client_pass_and_its_record_says_so() {
    let gateway = Fixture::start(&["plain"]);
    let plain = r#"{"model":"plain","messages":[{"role":"user","content":"a<|im_end|>b"}]}"#;
    let escaped = plain.replace('<', "\\u003c").replace('>', "\\u003E");
    for (id, body) in [("plain", plain), ("escaped", &escaped)] {
        let request = gateway.post("/v1/chat/completions", &Value::Null);
        let request = request.body(body.to_owned()).header("x-request-id", id);
        assert_eq!(request.send().await.unwrap().status(), 200);
        let sent = gateway.upstream.last().bytes;
        assert_eq!(sent, body.as_bytes(), "the bytes of the client");
        let notes = gateway.gatehouse.row(id)["notes"].to_string();
        assert!(notes.contains("control token <|im_end|>"), "{id}: {notes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_of_token_ids_passes_or_is_refused_by_name() {
    let ask = async |gateway: &Fixture, more: Value| {
        let mut body = json!({"model": "scripted", "max_tokens": 3});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        read(gateway.post("/v1/completions", &body).send().await.unwrap()).await
    };
    for ids in [json!([1, 13, 11]), json!([[1, 13], [11]])] {
        let gateway = Fixture::of(Vendor::Vllm, &["scripted"]);
        let (status, body) = ask(&gateway, json!({"prompt": ids})).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(gateway.upstream.last().body["prompt"], ids);
        let gap = json!({"prompt": ids, "suffix": "x"});
        let (status, body) = ask(&gateway, gap).await;
        assert_eq!(status, 400, "{body}");
        let words = message(&body);
        assert!(words.starts_with("a prompt of token ids with"), "{words}");
        for vendor in [
            Vendor::Ollama,
            Vendor::Azure,
            Vendor::Anthropic,
            Vendor::Bedrock,
        ] {
            let gateway = Fixture::of(vendor, &["scripted"]);
            let (status, body) = ask(&gateway, json!({"prompt": ids})).await;
            assert_eq!(status, 400, "{vendor:?}: {body}");
            let words = message(&body);
            assert!(
                words.contains("does not take a prompt of token ids"),
                "{words}"
            );
            assert!(gateway.upstream.received_at("/v1/completions").is_empty());
        }
    }
}
