use serde_json::json;
use tests::gatehouse::Gatehouse;
use tests::upstream::{Upstream, Vendor};

use crate::fixture::{Fixture, message, read, register};

#[tokio::test(flavor = "multi_thread")]
async fn vectors_come_in_openais_form_from_every_provider_that_has_them() {
    for (vendor, model, count) in [
        (Vendor::Openai, "embed", 2),
        (Vendor::Azure, "embed", 2),
        (Vendor::Ollama, "embed", 2),
        (Vendor::Mistral, "embed", 2),
        (Vendor::Bedrock, "cohere.embed-multilingual-v3", 2),
        (Vendor::Bedrock, "amazon.titan-embed-text-v2:0", 1),
    ] {
        let upstream = Upstream::of(vendor);
        let mut gatehouse = Gatehouse::new();
        register(&mut gatehouse, &upstream, vendor, "m", model);
        let gateway = Fixture::behind(upstream, gatehouse);
        let texts: Vec<&str> = ["cold", "warm"].into_iter().take(count).collect();
        let body = json!({"model": "m", "input": texts});
        let request = gateway
            .post("/v1/embeddings", &body)
            .header("x-request-id", "v");
        let (status, answer) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{vendor:?} {model}: {answer}");
        let data = answer["data"].as_array().unwrap();
        assert_eq!(
            (&answer["object"], data.len()),
            (&json!("list"), count),
            "{answer}"
        );
        for (index, vector) in data.iter().enumerate() {
            assert_eq!(vector["index"], index, "{answer}");
            assert_eq!(vector["embedding"][0], 0.25, "{answer}");
        }
        assert_eq!(gateway.gatehouse.row("v")["state"], "completed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_that_a_provider_has_not_are_refused_by_name() {
    let gateway = Fixture::of(Vendor::Anthropic, &["claude"]);
    let body = json!({"model": "claude", "input": "cold"});
    let answer = gateway.post("/v1/embeddings", &body).send().await.unwrap();
    let (status, body) = read(answer).await;
    assert_eq!(status, 400, "{body}");
    assert!(message(&body).contains("embeddings"), "{body}");
    assert!(gateway.upstream.received().is_empty());
}
