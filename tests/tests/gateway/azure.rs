use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::azure::{CLIENT_SECRET, FORBIDDEN, KEY, TOKEN};
use tests::upstream::{Upstream, Vendor};

use crate::fixture::{Fixture, message, read};

/// One model per way to write the endpoint or to show who calls: name, what stands after the
/// resource's address, more words of the command.
#[rustfmt::skip]
const MODELS: [(&str, &str, &[&str]); 7] = [
    ("bare", "", &[]),
    ("dated", "/openai", &["--api-version", "2024-08-01-preview"]),
    ("whole-url", "/openai/deployments/d/chat/completions?api-version=2024-06-01", &[]),
    ("v1", "/openai/v1/", &[]),
    ("bearer", "/openai/v1", &["--auth", "bearer"]),
    ("entra", "", &["--auth", "entra", "--tenant", "contoso.example", "--client-id", "app-1"]),
    ("wrong-key", "", &[]),
];

/// A gateway in front of one Azure resource with all of these models; each deployment is `d`.
fn resource() -> Fixture {
    let upstream = Upstream::of(Vendor::Azure);
    let mut gatehouse = Gatehouse::new();
    for (name, path, more) in MODELS {
        let endpoint = format!("{}{path}", upstream.root());
        let mut words = vec![
            "model",
            "add",
            name,
            "--family",
            "gpt",
            "--endpoint",
            &endpoint,
        ];
        // A whole URL names the deployment.
        match name {
            "whole-url" => words.extend(["--provider", "azure"]),
            _ => words.extend(["--identifier", "azure/d"]),
        }
        words.extend(more);
        gatehouse.run(&words).succeeded();
        let key = match name {
            "entra" => CLIENT_SECRET,
            "wrong-key" => "wrong",
            _ => KEY,
        };
        let variable = format!("GATEHOUSE_KEY_{}", name.to_uppercase().replace('-', "_"));
        gatehouse.set(&variable, key);
    }
    gatehouse.set("AZURE_AUTHORITY_HOST", &upstream.root());
    Fixture::behind(upstream, gatehouse)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_write_the_endpoint_reaches_the_deployment() {
    let gateway = resource();
    let classic =
        |version: &str| format!("/openai/deployments/d/chat/completions?api-version={version}");
    for (model, path) in [
        ("bare", classic("2024-10-21")),
        ("dated", classic("2024-08-01-preview")),
        ("whole-url", classic("2024-06-01")),
        ("v1", "/openai/v1/chat/completions".into()),
        ("bearer", "/openai/v1/chat/completions".into()),
    ] {
        let (status, body) = gateway.ask(model, json!({})).await;
        assert_eq!(status, 200, "{model}: {body}");
        let sent = gateway.upstream.last();
        assert_eq!(
            (sent.path.as_str(), &sent.body["model"]),
            (path.as_str(), &json!("d")),
            "{model}"
        );
        let (key, bearer) = match model {
            "bearer" => (String::new(), format!("Bearer {KEY}")),
            _ => (KEY.to_owned(), String::new()),
        };
        assert_eq!(
            (sent.header("api-key"), sent.header("authorization")),
            (&*key, &*bearer),
            "{model}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_entra_is_fetched_once_for_many_requests() {
    let gateway = resource();
    let ask = || gateway.ask("entra", json!({}));
    let first = tokio::join!(ask(), ask(), ask(), ask());
    assert_eq!(
        [first.0.0, first.1.0, first.2.0, first.3.0],
        [200; 4],
        "{first:?}"
    );
    assert_eq!(ask().await.0, 200);
    let tokens = gateway
        .upstream
        .received_at("/contoso.example/oauth2/v2.0/token");
    assert_eq!(tokens.len(), 1, "one refresh at a time");
    let sent = gateway.upstream.last();
    assert_eq!(sent.header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(sent.header("api-key"), "");
    assert!(!String::from_utf8_lossy(&sent.bytes).contains(CLIENT_SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn azures_errors_say_what_to_do() {
    let gateway = resource();
    let (status, body) = gateway.ask("wrong-key", json!({})).await;
    assert_eq!(status, 401, "{body}");
    assert!(message(&body).contains("another resource"), "{body}");

    let filtered = json!({"messages": [{"role": "user", "content": FORBIDDEN}]});
    let (status, body) = gateway.ask("bare", filtered).await;
    assert_eq!(status, 400, "{body}");
    assert!(message(&body).contains("content filter"), "{body}");

    let other = Fixture::of(Vendor::Azure, &["nobody"]);
    let (status, body) = other.ask("nobody", json!({})).await;
    assert_eq!(status, 404, "{body}");
    assert!(
        message(&body).contains("nobody"),
        "the deployment is named: {body}"
    );

    let (status, body) = gateway.ask("bare", json!({"x_unknown": 1})).await;
    assert_eq!(status, 400, "{body}");
    assert!(
        message(&body).contains("x_unknown"),
        "Azure's own words: {body}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_of_entra_is_said_without_showing_it() {
    let upstream = Upstream::of(Vendor::Azure);
    let mut gatehouse = Gatehouse::new();
    let endpoint = upstream.root();
    let mut words = vec![
        "model",
        "add",
        "entra",
        "--family",
        "gpt",
        "--endpoint",
        &endpoint,
    ];
    words.extend(["--identifier", "azure/d", "--auth", "entra"]);
    words.extend(["--tenant", "contoso.example", "--client-id", "app-1"]);
    gatehouse.run(&words).succeeded();
    gatehouse.set("GATEHOUSE_KEY_ENTRA", "not-the-secret");
    gatehouse.set("AZURE_AUTHORITY_HOST", &upstream.root());
    let gateway = Fixture::behind(upstream, gatehouse);
    let (status, body) = gateway.ask("entra", json!({})).await;
    assert_eq!(status, 502, "{body}");
    let said = message(&body);
    assert!(
        said.contains("secret") && !said.contains("not-the-secret"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_answer_is_no_outage() {
    let gateway = Fixture::of(Vendor::Azure, &["filters"]);
    let (status, body) = gateway.ask("filters", json!({})).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["choices"][0]["finish_reason"], "content_filter");
    let request = gateway
        .chat("filters", json!({"stream": true}))
        .header("x-request-id", "f");
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains("prompt_filter_results"),
        "a chunk without choices passes: {text}"
    );
    let row: Value = gateway.gatehouse.row("f");
    assert_eq!(
        (&row["state"], &row["finish_reason"]),
        (&json!("completed"), &json!("content_filter"))
    );
    let messages = json!({"model": "filters", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]});
    let (_, body) = read(
        gateway
            .post("/v1/messages", &messages)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(body["stop_reason"], "refusal", "{body}");
}
