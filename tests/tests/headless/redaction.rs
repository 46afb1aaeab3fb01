//! `gatehouse redact`: the rules as they are listed, changed and tried, and that a running gateway
//! follows them at once.

use serde_json::json;
use tests::client;
use tests::gatehouse::Gatehouse;

#[test]
fn rules_are_switched_added_tried_and_refused_at_their_place() {
    let gatehouse = Gatehouse::with_sample();
    let list = || gatehouse.run(&["redact", "list"]).succeeded().json();
    assert_eq!(list(), json!({ "off": [], "own": [] }));
    let text = b"jane@example.com has badge B-123456 and glpat-0123456789abcdefghij";
    let preview = || {
        gatehouse
            .run_with_input(&["redact", "preview"], text)
            .succeeded()
            .json()
    };
    let expected = "[REDACTED] has badge B-123456 and [REDACTED]";
    assert_eq!(preview()["text"], expected);

    gatehouse
        .run(&["redact", "add", "badge", r"B-\d{6}"])
        .succeeded();
    gatehouse
        .run(&["redact", "set", "emails", "off"])
        .succeeded();
    let own = json!([{ "name": "badge", "pattern": r"B-\d{6}" }]);
    assert_eq!(list(), json!({ "off": ["emails"], "own": own }));
    let tried = preview();
    assert_eq!(
        tried["text"],
        "jane@example.com has badge [REDACTED] and [REDACTED]"
    );
    let counts = tried["counts"].as_array().unwrap();
    assert!(
        counts.contains(&json!({ "rule": "badge", "found": 1 })),
        "{tried}"
    );

    for (pattern, word) in [
        ("B-(", "regular expression"),
        (r"(\w{100}){100}", "too complex"),
    ] {
        let error = gatehouse.run(&["redact", "add", "bad", pattern]).error();
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("invalid"), &json!("pattern"))
        );
        assert!(error["message"].as_str().unwrap().contains(word), "{error}");
    }
    assert_eq!(list()["own"], own, "what is refused changes nothing");
    assert!(
        gatehouse
            .run(&["redact", "set", "phones", "on"])
            .complaint()
            .contains("phones")
    );
    gatehouse.run(&["redact", "remove", "badge"]).succeeded();
    gatehouse
        .run(&["redact", "set", "emails", "on"])
        .succeeded();
    assert_eq!(list(), json!({ "off": [], "own": [] }));
    assert_eq!(
        gatehouse.run(&["redact", "remove", "badge"]).error()["code"],
        "invalid"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_gateway_follows_the_rules_at_once() {
    let gatehouse = Gatehouse::with_sample();
    let serving = gatehouse.serve();
    gatehouse.run(&["record", "start"]).succeeded();
    let ask = async |id: &str| {
        let body = json!({"model": "demo", "messages": [
            {"role": "user", "content": "badge B-123456 of jane@example.com"}]});
        let request = client()
            .post(serving.url("/v1/chat/completions"))
            .json(&body);
        let answer = request.header("x-request-id", id).send().await.unwrap();
        answer.text().await.unwrap();
        let row = gatehouse.row(id)["id"].to_string();
        let kept = gatehouse.run(&["record", "show", &row]).succeeded().json();
        kept["received"]["content"].as_str().unwrap().to_owned()
    };
    let kept = ask("before").await;
    assert!(kept.contains("badge B-123456 of [REDACTED]"), "{kept}");
    gatehouse
        .run(&["redact", "add", "badge", r"B-\d{6}"])
        .succeeded();
    let kept = ask("after").await;
    assert!(kept.contains("badge [REDACTED] of [REDACTED]"), "{kept}");
}
