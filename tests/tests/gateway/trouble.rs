use std::time::{Duration, Instant};

use serde_json::json;
use tests::eventually;
use tests::upstream::ERROR_SHAPES;

use crate::fixture::{Fixture, message, read};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_model_is_404_with_the_correlation_id() {
    let gateway = Fixture::start(&["alpha"]);
    let answer = gateway
        .chat("omega", json!({}))
        .header("x-request-id", "lost-1")
        .send()
        .await
        .unwrap();
    let (status, body) = read(answer).await;
    assert_eq!(status, 404);
    let message = message(&body);
    assert!(
        message.contains("omega") && message.contains("lost-1"),
        "{message}"
    );
    let row = gateway.gatehouse.row("lost-1");
    assert_eq!(
        (&row["state"], &row["model"]),
        (&json!("failed"), &json!("omega"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_model_is_not_called() {
    let gateway = Fixture::prepared(&["alpha"], |gatehouse| {
        gatehouse.run(&["model", "disable", "alpha"]).succeeded();
    });
    let (status, body) = gateway.ask("alpha", json!({})).await;
    assert!((400..600).contains(&status), "{status}");
    assert!(message(&body).contains("alpha"), "{body}");
    assert!(gateway.upstream.received().is_empty());
    let list = gateway
        .get("/v1/models")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!list.contains("alpha"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_502_and_named() {
    let gateway = Fixture::prepared(&[], |gatehouse| {
        gatehouse.add_model("gone", "http://127.0.0.1:9/v1", "x");
    });
    let (status, body) = gateway.ask("gone", json!({})).await;
    assert_eq!(status, 502);
    assert!(message(&body).contains("127.0.0.1:9"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_own_status_and_words_are_kept() {
    let names: Vec<&str> = ERROR_SHAPES.iter().map(|(name, ..)| *name).collect();
    let gateway = Fixture::start(&[names.as_slice(), &["busy"]].concat());
    for (model, status, _, words) in ERROR_SHAPES {
        let (answered, body) = gateway.ask(model, json!({})).await;
        assert_eq!(answered, *status, "{model}: {body}");
        let message = message(&body);
        assert!(message.contains(words), "{model}: {message}");
    }
    let (status, body) = gateway.ask("busy", json!({})).await;
    assert_eq!(status, 429);
    assert!(message(&body).contains("overloaded"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_an_answer_is_said_to_be_none() {
    let gateway = Fixture::start(&["html", "not-json"]);
    for model in ["html", "not-json"] {
        for more in [json!({}), json!({"stream": true})] {
            let (status, body) = gateway.ask(model, more).await;
            assert_eq!(status, 502, "{model}: {body}");
            message(&body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_what_to_do_and_so_does_its_record() {
    let gateway = Fixture::prepared(&["html", "error-system-role", "told"], |gatehouse| {
        let told = ["model", "edit", "told", "--identifier", "error-system-role"];
        gatehouse.run(&told).succeeded();
        let told = ["model", "edit", "told", "--refuses", "system_role"];
        gatehouse.run(&told).succeeded();
        let upstream = gatehouse.run(&["model", "show", "html"]).succeeded().json();
        let endpoint = upstream["endpoint"].as_str().unwrap();
        gatehouse.add_model("bare", endpoint.trim_end_matches("/v1"), "html");
    });
    let with_v1 = format!("went to {}/chat/completions:", gateway.upstream.endpoint());
    let bare = format!("went to {}/chat/completions:", gateway.upstream.root());
    let noted = "--refuses system_role`";
    for (model, told, not_told) in [
        ("html", with_v1.as_str(), "ends in /v1"),
        ("bare", &bare, "proxy"),
        ("bare", "ends in /v1, and this endpoint does not", "proxy"),
        ("error-system-role", noted, "proxy"),
        // It is noted already, and was of no use.
        ("told", "System role not supported", noted),
    ] {
        let request = gateway.chat(model, json!({})).header("x-request-id", model);
        let (_, body) = read(request.send().await.unwrap()).await;
        let row = gateway.gatehouse.row(model);
        for words in [message(&body), row["error"].as_str().unwrap().to_owned()] {
            assert!(words.contains(told), "{model}: {words}");
            assert!(!words.contains(not_told), "{model}: {words}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_the_server_cuts_ends_with_an_error_event() {
    let models = ["stops-short", "breaks-off", "error-in-stream"];
    let gateway = Fixture::start(&models);
    for model in models {
        let request = gateway
            .chat(model, json!({"stream": true}))
            .header("x-request-id", model);
        let text = request.send().await.unwrap().text().await.unwrap();
        assert!(
            text.contains("Grüße"),
            "{model}: what came is passed on: {text}"
        );
        let last = text
            .trim_end()
            .rsplit("data: ")
            .find(|event| !event.starts_with("[DONE]"))
            .unwrap();
        assert!(
            last.contains("\"error\""),
            "{model} ends with an error event: {text}"
        );
        let row = gateway.gatehouse.row(model);
        assert_eq!(row["state"], "failed", "{row}");
        assert!(row["error"].is_string(), "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_is_ended_after_the_time_that_was_set() {
    let gateway = Fixture::prepared(&["falls-silent"], |gatehouse| {
        gatehouse
            .run(&["gateway", "set", "--idle-timeout", "1"])
            .succeeded();
    });
    let started = Instant::now();
    let text = gateway.stream("falls-silent").await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(text.contains("\"error\""), "{text}");
    eventually("the upstream call ends", || {
        (gateway.upstream.open() == 0).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_504() {
    let gateway = Fixture::prepared(&["never-answers", "slow-headers"], |gatehouse| {
        let set = [
            "gateway",
            "set",
            "--first-byte-timeout",
            "1",
            "--total-timeout",
            "3",
        ];
        gatehouse.run(&set).succeeded();
    });
    for stream in [false, true] {
        let (status, body) = gateway
            .ask("never-answers", json!({"stream": stream}))
            .await;
        assert_eq!(status, 504);
        message(&body);
    }
    let (status, _) = gateway.ask("slow-headers", json!({})).await;
    assert_eq!(status, 200, "an answer in one piece has no first byte");
    let (status, body) = gateway.ask("slow-headers", json!({"stream": true})).await;
    assert_eq!(status, 504, "a stream begins at once: {body}");
}
