use serde_json::json;
use tests::eventually;

use crate::fixture::{Fixture, message, read};

#[tokio::test(flavor = "multi_thread")]
async fn a_rebound_host_is_refused() {
    let gateway = Fixture::start(&["alpha"]);
    for path in ["/v1/models", "/monitoring/healthz"] {
        let answer = gateway
            .get(path)
            .header("host", "evil.example")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{path}");
        assert!(
            answer.text().await.unwrap().contains("evil.example"),
            "the admin sees which host"
        );
    }
    for host in ["localhost", "127.0.0.1:5052", "[::1]:5052"] {
        let answer = gateway
            .get("/v1/models")
            .header("host", host)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_is_refused() {
    let gateway = Fixture::start(&["alpha"]);
    for origin in ["https://evil.example", "null", "http://localhost:5173"] {
        let answer = gateway
            .get("/v1/models")
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{origin}");
        assert!(
            answer
                .headers()
                .get("access-control-allow-origin")
                .is_none()
        );
    }
    let answer = gateway
        .chat("alpha", json!({}))
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert!(
        gateway.upstream.received().is_empty(),
        "the model server was never asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_client_key_exists_every_request_carries_one() {
    let mut key = String::new();
    let gateway = Fixture::prepared(&["alpha"], |gatehouse| {
        let made = gatehouse
            .run(&["key", "create", "laptop"])
            .succeeded()
            .json();
        key = made["key"].as_str().unwrap().to_owned();
    });
    let (status, refusal) = gateway.ask("alpha", json!({})).await;
    assert_eq!(status, 401);
    message(&refusal);
    let wrong = gateway
        .get("/v1/models")
        .bearer_auth("wrong")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 401);
    let right = gateway
        .chat("alpha", json!({}))
        .bearer_auth(&key)
        .header("x-request-id", "named");
    assert_eq!(right.send().await.unwrap().status(), 200);
    assert_eq!(gateway.gatehouse.row("named")["client"], "laptop");
    let right = gateway
        .get("/v1/models")
        .header("x-api-key", &key)
        .send()
        .await
        .unwrap();
    assert_eq!(right.status(), 200);
    assert_eq!(
        gateway
            .get("/monitoring/healthz")
            .send()
            .await
            .unwrap()
            .status(),
        200,
        "the one open route"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_or_malformed_is_refused_in_words() {
    let gateway = Fixture::start(&["alpha"]);
    let large = json!({"messages": [{"role": "user", "content": "x".repeat(5 * 1024 * 1024)}]});
    let answer = gateway
        .chat("alpha", large)
        .header("x-request-id", "large-1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], "large-1");
    let (status, body) = read(answer).await;
    assert_eq!(status, 413);
    assert!(message(&body).contains("large-1"), "{body}");

    for text in [
        "{\"model\":",
        "[]",
        "",
        "{}",
        "{\"model\": 7}",
        "{\"model\":\"alpha\"} x",
    ] {
        let request = gateway
            .client
            .post(gateway.serving.url("/v1/chat/completions"));
        let request = request
            .header("content-type", "application/json")
            .header("x-request-id", "odd-1");
        let (status, body) = read(request.body(text).send().await.unwrap()).await;
        assert_eq!(status, 400, "{text}: {body}");
        assert!(message(&body).contains("odd-1"), "{body}");
    }
    assert!(gateway.upstream.received().is_empty());
    let states: Vec<_> = gateway
        .gatehouse
        .rows()
        .iter()
        .map(|row| row["state"].clone())
        .collect();
    assert!(!states.is_empty(), "what was turned away is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_limit_in_flight_is_refused_and_not_queued() {
    let gateway = Fixture::prepared(&["falls-silent", "alpha"], |gatehouse| {
        gatehouse
            .run(&["gateway", "set", "--max-in-flight", "1"])
            .succeeded();
    });
    let mut held = gateway
        .chat("falls-silent", json!({"stream": true}))
        .send()
        .await
        .unwrap();
    held.chunk().await.unwrap().unwrap();
    let refused = gateway
        .chat("alpha", json!({}))
        .header("x-request-id", "one-too-many")
        .send()
        .await
        .unwrap();
    assert!(refused.headers().contains_key("retry-after"));
    let (status, body) = read(refused).await;
    assert_eq!(status, 503);
    message(&body);
    assert_eq!(gateway.gatehouse.row("one-too-many")["state"], "refused");
    // A connection whose request was not read ends, and the client knows not to use it again.
    let long = json!({"model": "alpha", "prompt": "x".repeat(512 * 1024)});
    for _ in 0..20 {
        let refused = gateway.post("/v1/completions", &long).send().await.unwrap();
        assert_eq!(refused.status(), 503);
        refused.text().await.unwrap();
        let healthy = gateway.get("/monitoring/healthz").send().await.unwrap();
        assert_eq!(healthy.status(), 200);
    }
    drop(held);
    eventually("the place is free again", || {
        (gateway.upstream.open() == 0).then_some(())
    });
    let (status, _) = gateway.ask("alpha", json!({})).await;
    assert_eq!(status, 200);
}
