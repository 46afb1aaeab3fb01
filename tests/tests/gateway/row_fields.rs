//! What a row says of times and of where a request came from.

use serde_json::{Value, json};

use crate::fixture::Fixture;

impl Fixture {
    fn found(&self, query: &str) -> Vec<Value> {
        let words = ["logs", "--query", query];
        self.gatehouse.run(&words).succeeded().lines()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_the_time_to_connect_the_gap_of_a_stream_and_the_address_of_its_client() {
    let gateway = Fixture::start(&["good"]);
    let ask = async |id: &str, streamed: bool| {
        let request = gateway.chat("good", json!({"stream": streamed}));
        let answer = request.header("x-request-id", id).send().await.unwrap();
        answer.text().await.unwrap();
        gateway.gatehouse.row(id)
    };
    let (first, third) = (ask("first", true).await, ask("third", false).await);
    assert!(first["connect_ms"].as_f64() > Some(0.0), "{first}");
    // A connection is free again a moment after its answer has ended.
    let mut again = String::from("again");
    while ask(&again, true).await["connect_ms"] != Value::Null {
        assert!(again.len() < 100, "no connection is ever used again");
        again.push('+');
    }
    assert!(first["gap_ms"].as_f64() > Some(0.0), "{first}");
    assert_eq!(third["gap_ms"], Value::Null, "no stream has no gaps");
    let address = first["address"].as_str().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{first}");
    let ids = |query: &str| {
        let rows = gateway.found(query);
        let ids = rows
            .iter()
            .map(|row| row["correlation_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let (connected, streamed) = (ids("connect:>0ms"), ids("gap:>0ms"));
    assert!(connected.contains(&"first".into()) && !connected.contains(&again));
    assert!(streamed.contains(&"first".into()) && streamed.contains(&again));
    assert!(!streamed.contains(&"third".into()));
    let all = ids("address:127.0.0.1").len();
    assert!(all >= 3);
    assert_eq!(ids(&format!("address:{address} id:first")), ["first"]);
    assert_eq!(ids("address:127.0.0.10"), [""; 0]);
    assert_eq!(ids("address:127.0.*").len(), all);

    let text = gateway
        .gatehouse
        .run_plain(&["logs", "--correlation-id", "first"]);
    let text = text.succeeded().stdout;
    assert!(
        text.contains("connect ") && text.contains(" gap ") && text.contains(address),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_what_was_asked_for_with_its_content_filtered() {
    let gateway = Fixture::start(&["good"]);
    let body = json!({
        "model": "good",
        "messages": [{"role": "user", "content": "marmalade"}],
        "temperature": 0.2,
        "stop": ["marmalade"],
    });
    for (id, path) in [
        ("known", "/v1/chat/completions"),
        ("nowhere", "/v1/chat/nothing"),
    ] {
        let request = gateway.post(path, &body).header("x-request-id", id);
        request.send().await.unwrap().text().await.unwrap();
    }
    let stranger = json!({"model": "jane@example.com", "messages": []});
    let request = gateway.post("/v1/chat/completions", &stranger);
    let request = request.header("x-request-id", "stranger");
    request.send().await.unwrap().text().await.unwrap();

    let row = gateway.gatehouse.row("known");
    let asked = json!([
        {"key": "model", "value": "good"},
        {"key": "messages", "value": [{"role": "user", "content": "[FILTERED]"}]},
        {"key": "temperature", "value": 0.2},
        {"key": "stop", "value": "[FILTERED]"},
    ]);
    assert_eq!(row["params"], asked);
    assert_eq!(gateway.gatehouse.row("nowhere")["params"], json!([]));
    // The rules of redaction hold for what is no content, too.
    let params = &gateway.gatehouse.row("stranger")["params"];
    assert_eq!(params[0], json!({"key": "model", "value": "[REDACTED]"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_repeats_of_a_prompt_is_in_no_row() {
    let gateway = Fixture::start(&["down-for-good"]);
    let failed = async |id: &str, prompt: &str| {
        let messages = json!([{"role": "user", "content": prompt}]);
        let request = gateway.chat("down-for-good", json!({"messages": messages}));
        let answer = request.header("x-request-id", id).send().await.unwrap();
        let told = answer.json::<Value>().await.unwrap()["error"]["message"].to_string();
        (told, gateway.gatehouse.row(id)["error"].to_string())
    };
    let (told, kept) = failed("plain", "hello").await;
    assert!(!kept.contains("[FILTERED]"), "{kept}");
    // Whoever wrote that into a prompt would be quoted by this server.
    let (told_again, kept) = failed("quoted", &told).await;
    let told_again = told_again.replace("quoted", "plain");
    assert_eq!(told_again, told, "the client is told in full");
    assert!(kept.contains("[FILTERED]"), "{kept}");
}
