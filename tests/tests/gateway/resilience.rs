use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::{Upstream, Vendor};

use crate::fixture::{Fixture, message, read, register};

/// Asks for a chat with this correlation id, and returns status, body and row.
async fn ask(gateway: &Fixture, model: &str, id: &str, more: Value) -> (u16, String, Value) {
    let request = gateway.chat(model, more).header("x-request-id", id);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, text, gateway.gatehouse.row(id))
}

fn notes(row: &Value) -> String {
    row["notes"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_passes_is_tried_again_before_the_first_byte() {
    let models = [
        "down-once",
        "down-twice",
        "closes-once",
        "breaks-first-once",
        "busy-once",
    ];
    let gateway = Fixture::start(&models);
    for (model, tries) in models.into_iter().zip([1, 2, 1, 1, 1]) {
        // The whole and the stream have an upstream memory of their own each: the second is good.
        let (status, text, row) = ask(&gateway, model, model, json!({"stream": true})).await;
        assert_eq!(status, 200, "{model}: {text}");
        assert!(
            text.trim_end().ends_with("[DONE]") && !text.contains("error"),
            "{model}: {text}"
        );
        assert_eq!(
            text.matches("Grüße").count(),
            1,
            "{model}: nothing came twice: {text}"
        );
        assert_eq!(
            (&row["retries"], &row["state"]),
            (&json!(tries), &json!("completed")),
            "{row}"
        );
        assert_eq!(notes(&row).matches("tried again").count(), tries, "{row}");
    }
    let sent: Vec<Value> = gateway
        .upstream
        .received()
        .iter()
        .map(|request| request.body["model"].clone())
        .collect();
    let count = |model: &str| sent.iter().filter(|name| **name == model).count();
    assert_eq!(models.map(count), [2, 3, 2, 2, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_end_with_what_the_server_said() {
    let gateway = Fixture::start(&["down"]);
    let (status, text, row) = ask(&gateway, "down", "gone", json!({})).await;
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("Loading model"), "{text}");
    assert_eq!(
        (&row["retries"], &row["state"]),
        (&json!(2), &json!("failed")),
        "{row}"
    );
    assert_eq!(gateway.upstream.received().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_pass_is_not_tried_again() {
    let gateway = Fixture::start(&["error-openai", "error-string", "html"]);
    for model in ["error-openai", "error-string", "html"] {
        let (_, _, row) = ask(&gateway, model, model, json!({})).await;
        assert_eq!(row["retries"], 0, "{row}");
    }
    assert_eq!(gateway.upstream.received().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_says_about_trying_again_wins_over_its_status() {
    let gateway = Fixture::start(&["down-for-good", "refuses-once"]);
    for (model, answered, retries) in [("down-for-good", 503, 0), ("refuses-once", 200, 1)] {
        let (status, text, row) = ask(&gateway, model, model, json!({})).await;
        assert_eq!(status, answered, "{model}: {text}");
        assert_eq!(row["retries"], retries, "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_retry_after_is_waited_for_and_a_long_one_is_the_clients() {
    let gateway = Fixture::start(&["busy-once", "busy"]);
    let begin = Instant::now();
    let (status, ..) = ask(&gateway, "busy-once", "short", json!({})).await;
    assert_eq!(status, 200);
    assert!(
        begin.elapsed() >= Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );

    let begin = Instant::now();
    let answer = gateway.chat("busy", json!({})).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "60");
    let (status, body) = read(answer).await;
    assert_eq!(status, 429);
    assert!(message(&body).contains("overloaded"), "{body}");
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "nobody waits a minute"
    );
}

/// duo_chat is answered by `first`, and by `second` when that one cannot.
fn with_fallback(first: &Upstream, script: &str, second: &Upstream) -> Gatehouse {
    let mut gatehouse = Gatehouse::new();
    register(&mut gatehouse, first, Vendor::Openai, "first", script);
    register(&mut gatehouse, second, Vendor::Openai, "second", "good");
    let route = [
        "feature",
        "set",
        "duo_chat",
        "first",
        "--fallback",
        "second",
    ];
    gatehouse.run(&route).succeeded();
    gatehouse
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_answer_has_its_fallback_answer() {
    for script in ["down", "busy", "closes-always", "wants-key"] {
        let (first, second) = (Upstream::start(), Upstream::start());
        let gateway = Fixture::behind(Upstream::start(), with_fallback(&first, script, &second));
        for stream in [true, false] {
            let id = format!("{script}-{stream}");
            let (status, text, row) =
                ask(&gateway, "duo_chat", &id, json!({"stream": stream})).await;
            assert_eq!(status, 200, "{script}: {text}");
            assert!(text.contains("Grüße"), "{text}");
            assert_eq!(row["answered_by"], "second", "{row}");
            assert!(notes(&row).contains("fell back"), "{row}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_busy_model_while_its_fallback_is_idle() {
    let (first, second) = (Upstream::start(), Upstream::start());
    let gatehouse = with_fallback(&first, "busy-for-seconds", &second);
    let gateway = Fixture::behind(Upstream::start(), gatehouse);
    let (status, text, row) = ask(&gateway, "duo_chat", "busy", json!({})).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(
        (&row["answered_by"], &row["retries"]),
        (&json!("second"), &json!(0)),
        "{row}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_leaves_its_fallback_half_of_the_time() {
    let (first, second) = (Upstream::start(), Upstream::start());
    let gatehouse = with_fallback(&first, "never-answers", &second);
    let set = ["gateway", "set", "--total-timeout", "10"];
    gatehouse.run(&set).succeeded();
    let gateway = Fixture::behind(Upstream::start(), gatehouse);
    let (status, text, row) = ask(&gateway, "duo_chat", "half", json!({})).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(row["answered_by"], "second", "{row}");
    assert!(notes(&row).contains("did not answer within 5 s"), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_does_not_answer_for_the_faults_of_a_request() {
    let (first, second) = (Upstream::start(), Upstream::start());
    let gateway = Fixture::behind(
        Upstream::start(),
        with_fallback(&first, "error-openai", &second),
    );
    let (status, text, row) = ask(&gateway, "duo_chat", "fault", json!({})).await;
    assert_eq!(status, 400, "{text}");
    assert!(row["answered_by"].is_null(), "{row}");
    assert!(second.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_first_byte_nobody_else_answers() {
    let (first, second) = (Upstream::start(), Upstream::start());
    let gateway = Fixture::behind(
        Upstream::start(),
        with_fallback(&first, "breaks-off", &second),
    );
    let (status, text, row) = ask(&gateway, "duo_chat", "late", json!({"stream": true})).await;
    assert_eq!(status, 200);
    assert!(
        text.contains("Kälte") && text.contains("\"error\""),
        "every token, then the error: {text}"
    );
    assert!(!text.contains("[DONE]"), "{text}");
    assert_eq!(
        (&row["retries"], &row["state"]),
        (&json!(0), &json!("failed")),
        "{row}"
    );
    assert!(second.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_model_delays_no_other() {
    let dead = "http://127.0.0.1:9/v1";
    let gateway = Fixture::prepared(&["alpha", "never-answers"], |gatehouse| {
        gatehouse.add_model("dead", dead, "dead");
    });
    let hang = gateway.chat("never-answers", json!({})).send();
    let gone = gateway.chat("dead", json!({})).send();
    let healthy = async {
        for _ in 0..20 {
            let begin = Instant::now();
            let (status, _) = gateway.ask("alpha", json!({})).await;
            assert_eq!(status, 200);
            assert!(
                begin.elapsed() < Duration::from_millis(500),
                "{:?}",
                begin.elapsed()
            );
        }
    };
    tokio::select! {
        _ = async { tokio::join!(hang, gone) } => panic!("one of them never answers"),
        () = healthy => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_server_of_a_model_is_tried_again_on_the_next_request() {
    let gatehouse = Gatehouse::new();
    // Somebody else may take the port in between; then the test fails and says so.
    let place = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    gatehouse.add_model("alpha", &format!("http://{place}/v1"), "alpha");
    gatehouse
        .run(&["gateway", "set", "--retries", "0"])
        .succeeded();
    let gateway = Fixture::behind(Upstream::start(), gatehouse);
    for _ in 0..12 {
        let (status, body) = gateway.ask("alpha", json!({})).await;
        assert_eq!(status, 502, "{body}");
    }
    let _back = Upstream::at(Vendor::Openai, place);
    let (status, body) = gateway.ask("alpha", json!({})).await;
    assert_eq!(
        status, 200,
        "it is asked at once, however often it was gone: {body}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_is_waited_for_less_than_a_chat() {
    let gateway = Fixture::prepared(&["slow-headers"], |gatehouse| {
        let set = [
            "gateway",
            "set",
            "--completion-timeout",
            "1",
            "--first-byte-timeout",
            "5",
        ];
        gatehouse.run(&set).succeeded();
    });
    let (status, _) = gateway.ask("slow-headers", json!({})).await;
    assert_eq!(status, 200);
    let gap = json!({"model": "slow-headers", "prompt": "def f(", "suffix": "\n"});
    let begin = Instant::now();
    let (status, body) = read(gateway.post("/v1/completions", &gap).send().await.unwrap()).await;
    assert_eq!(status, 504, "{body}");
    assert!(
        begin.elapsed() < Duration::from_millis(1_450),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_silent_from_the_start_is_504_and_not_200() {
    let gateway = Fixture::prepared(&["silent-from-start"], |gatehouse| {
        gatehouse
            .run(&["gateway", "set", "--first-byte-timeout", "1"])
            .succeeded();
    });
    let begin = Instant::now();
    let (status, body) = gateway
        .ask("silent-from-start", json!({"stream": true}))
        .await;
    assert_eq!(status, 504, "{body}");
    message(&body);
    assert!(begin.elapsed() < Duration::from_secs(8));
}
