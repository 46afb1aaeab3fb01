//! Recordings: what is kept of a request in full, of which requests, and that a purge leaves
//! nothing of it. All through the running gateway and the commands.

mod disk;

use serde_json::{Value, json};
use tests::gatehouse::files_with;
use tests::upstream::{Upstream, Vendor, anthropic};

use crate::fixture::{Fixture, until};

/// A word that nothing but a body holds.
const CANARY: &str = "marmalade-canary";

impl Fixture {
    fn record(&self, words: &[&str]) -> Value {
        let words = [&["record"], words].concat();
        self.gatehouse.run(&words).succeeded().json()
    }

    async fn ask_as(&self, id: &str, model: &str, more: Value) {
        let answer = self.chat(model, more).header("x-request-id", id).send();
        answer.await.unwrap().text().await.unwrap_or_default();
    }

    /// What is kept of the request with this id.
    fn recorded(&self, id: &str) -> Value {
        let row = self.gatehouse.row(id);
        assert_eq!(row["recorded"], true, "{row}");
        let recorded = self.record(&["show", id]);
        assert_eq!(recorded["id"], row["id"]);
        recorded
    }

    fn files(&self) -> Vec<std::path::PathBuf> {
        files_with(&self.gatehouse.data(), CANARY.as_bytes())
    }
}

fn canary() -> Value {
    json!({"user": CANARY})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_holds_what_came_and_what_was_sent_byte_by_byte() {
    let gateway = Fixture::start(&["good"]);
    gateway.ask_as("before", "good", canary()).await;
    assert_eq!(gateway.gatehouse.row("before")["recorded"], false);
    assert_eq!(
        gateway.files(),
        Vec::<std::path::PathBuf>::new(),
        "off keeps nothing anywhere"
    );

    let view = gateway.record(&["start"]);
    assert_eq!(
        (&view["is_on"], &view["until"]),
        (&json!(true), &Value::Null)
    );
    let body = json!({"model": "good", "stream": true, "user": CANARY,
        "messages": [{"role": "user", "content": "hello"}]});
    let request = gateway
        .post("/v1/chat/completions", &body)
        .header("x-request-id", "taken")
        .header("authorization", "Bearer client-secret-1")
        .header("x-nobody-knows", "s3cret-header");
    let given = request.send().await.unwrap().text().await.unwrap();

    let kept = gateway.recorded("taken");
    let sent = gateway.upstream.last();
    assert_eq!(kept["by"], "recording");
    assert_eq!(kept["received"]["content"], body.to_string());
    let call = &kept["calls"][0];
    assert_eq!(
        call["body"]["content"].as_str().unwrap().as_bytes(),
        sent.bytes
    );
    assert_eq!(
        call["url"],
        format!("{}/chat/completions", gateway.upstream.endpoint())
    );
    assert_eq!(
        (&call["method"], &call["status"]),
        (&json!("POST"), &json!(200))
    );
    assert_eq!(kept["answer"]["content"], given);
    for body in [&call["answer"], &kept["answer"]] {
        let pieces = body["pieces"].as_array().unwrap();
        assert!(!pieces.is_empty());
        let times: Vec<_> = pieces
            .iter()
            .map(|piece| piece["at_ms"].as_f64().unwrap())
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        let told: u64 = pieces
            .iter()
            .map(|piece| piece["bytes"].as_u64().unwrap())
            .sum();
        assert_eq!(json!(told), body["size"]);
    }
    let names = |headers: &Value| {
        let list = headers.as_array().unwrap().iter();
        list.map(|header| header["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(names(&kept["headers"]).contains(&"content-type".into()));
    assert!(names(&call["answer_headers"]).contains(&"content-type".into()));
    for secret in ["client-secret-1", "s3cret-header"] {
        assert!(!kept.to_string().contains(secret));
        assert!(files_with(&gateway.gatehouse.data(), secret.as_bytes()).is_empty());
    }

    assert_eq!(gateway.record(&["stop"])["is_on"], false);
    gateway.ask_as("after", "good", canary()).await;
    assert_eq!(gateway.gatehouse.row("after")["recorded"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_kept_with_its_answer_and_no_key() {
    let upstream = Upstream::of(Vendor::Anthropic);
    let mut gatehouse = tests::gatehouse::Gatehouse::new();
    crate::fixture::register(
        &mut gatehouse,
        &upstream,
        Vendor::Anthropic,
        "claude",
        "down-once",
    );
    let gateway = Fixture::behind(upstream, gatehouse);
    gateway.record(&["start"]);
    gateway.ask_as("twice", "claude", json!({})).await;
    let kept = gateway.recorded("twice");
    let statuses: Vec<_> = kept["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| &call["status"])
        .collect();
    assert_eq!(statuses, [503, 200], "{kept}");
    assert!(
        kept["calls"][0]["answer"]["size"].as_u64() > Some(0),
        "the body of a refusal"
    );
    assert!(kept["calls"][0]["error"].is_string());
    let prompt = kept["preprocessed"]["content"].as_str().unwrap();
    let prompt: Value = serde_json::from_str(prompt).unwrap();
    assert_eq!(
        prompt["messages"],
        json!([{"role": "user", "content": "hello"}])
    );
    assert!(!kept.to_string().contains(anthropic::KEY));
    assert!(files_with(&gateway.gatehouse.data(), anthropic::KEY.as_bytes()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_chosen_features_are_recorded_and_never_what_leaves_the_house() {
    let gateway = Fixture::prepared(&["good", "cloud"], |gatehouse| {
        for words in [
            &["feature", "set", "duo_chat", "good", "--anyway"][..],
            &["feature", "set", "code_generations", "good", "--anyway"],
            &["model", "edit", "cloud", "--self-hosted", "false"],
        ] {
            gatehouse.run(words).succeeded();
        }
    });
    gateway.record(&["start", "--feature", "duo_chat"]);
    for (id, model, is_recorded) in [
        ("chosen", "duo_chat", true),
        ("other", "code_generations", false),
        ("by-name", "good", false),
    ] {
        gateway.ask_as(id, model, json!({})).await;
        assert_eq!(gateway.gatehouse.row(id)["recorded"], is_recorded, "{id}");
    }
    gateway.record(&["start"]);
    gateway.ask_as("cloud", "cloud", canary()).await;
    let row = gateway.gatehouse.row("cloud");
    assert_eq!(row["recorded"], false);
    assert!(
        row["notes"]
            .to_string()
            .contains("cloud is not self-hosted"),
        "{row}"
    );
    assert!(gateway.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_fallback_beyond_the_house_was_asked_is_not_kept() {
    let gateway = Fixture::prepared(&["down-for-good", "cloud"], |gatehouse| {
        let route = [
            "feature",
            "set",
            "duo_chat",
            "down-for-good",
            "--fallback",
            "cloud",
            "--anyway",
        ];
        gatehouse.run(&route).succeeded();
        gatehouse
            .run(&["model", "edit", "cloud", "--self-hosted", "false"])
            .succeeded();
    });
    gateway.record(&["start"]);
    gateway.ask_as("fell", "duo_chat", canary()).await;
    let row = gateway.gatehouse.row("fell");
    assert_eq!(
        (&row["recorded"], &row["answered_by"]),
        (&json!(false), &json!("cloud"))
    );
    assert!(gateway.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_ends_by_itself_and_survives_a_restart() {
    let gateway = Fixture::start(&["good"]);
    let hour = gateway.record(&["start", "--for", "1h"]);
    let Fixture {
        upstream,
        gatehouse,
        serving,
        ..
    } = gateway;
    assert!(serving.stop().success());
    let gateway = Fixture::behind(upstream, gatehouse);
    let now = gateway.record(&["status"]);
    assert_eq!(
        (&now["is_on"], &now["until"]),
        (&json!(true), &hour["until"])
    );
    gateway.ask_as("on", "good", json!({})).await;
    assert_eq!(gateway.gatehouse.row("on")["recorded"], true);

    gateway.record(&["start", "--for", "1s"]);
    tests::eventually("the settings say that it ended", || {
        let state = &gateway.gatehouse.settings()["settings"]["recording"]["state"];
        (state["state"] != "until").then_some(())
    });
    gateway.ask_as("over", "good", json!({})).await;
    assert_eq!(gateway.gatehouse.row("over")["recorded"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_no_byte_also_of_what_runs() {
    let gateway = Fixture::start(&["good", "writes-code"]);
    gateway.record(&["start"]);
    gateway.ask_as("kept", "good", canary()).await;
    assert_eq!(gateway.gatehouse.row("kept")["recorded"], true);
    assert!(!gateway.files().is_empty(), "it is there before");
    let running = gateway
        .chat("writes-code", canary())
        .header("x-request-id", "running");
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(running.send());
    until("the server is at work", || gateway.upstream.open() > 0).await;

    let view = gateway.record(&["purge"]);
    assert_eq!((&view["requests"], &view["bytes"]), (&json!(0), &json!(0)));
    assert!(gateway.files().is_empty(), "{:?}", gateway.files());
    gateway.upstream.release();
    let answered = tasks.join_next().await.unwrap().unwrap().unwrap();
    answered.text().await.unwrap();
    let row = gateway.gatehouse.row("running");
    assert_eq!(row["recorded"], false);
    assert!(row["notes"].to_string().contains("purged"), "{row}");
    assert_eq!(gateway.gatehouse.row("kept")["recorded"], false);
    assert!(gateway.files().is_empty());

    gateway.ask_as("later", "good", canary()).await;
    assert_eq!(gateway.gatehouse.row("later")["recorded"], true);
    let Fixture {
        gatehouse, serving, ..
    } = gateway;
    assert!(serving.stop().success());
    gatehouse.run(&["record", "purge"]).succeeded();
    let left = files_with(&gatehouse.data(), CANARY.as_bytes());
    assert!(left.is_empty(), "also without a gateway: {left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_is_cut_and_a_stream_that_is_left_keeps_what_came() {
    let gateway = Fixture::start(&["good", "falls-silent"]);
    gateway.record(&["start"]);
    let long = json!({"user": "x ".repeat(750_000)});
    gateway.ask_as("long", "good", long).await;
    let received = &gateway.recorded("long")["received"];
    assert_eq!(received["cut"], "too_long");
    let kept = received["kept"].as_u64().unwrap();
    assert!((1_048_500..=1_048_576).contains(&kept), "{kept}");
    assert!(received["size"].as_u64() > Some(1_500_000));

    let request = gateway.chat("falls-silent", json!({"stream": true}));
    let mut answer = request.header("x-request-id", "left").send().await.unwrap();
    let first = answer.chunk().await.unwrap().unwrap();
    drop(answer);
    assert_eq!(gateway.gatehouse.row("left")["state"], "cancelled");
    let kept = gateway.recorded("left");
    let given = kept["answer"]["content"].as_str().unwrap();
    assert!(given.as_bytes().starts_with(&first), "{given}");
    assert!(kept["calls"][0]["answer"]["size"].as_u64() > Some(0));
}

/// A key is known by its length, too: where the body is cut, half of one is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_cut_is_in_no_file() {
    let key = format!("sk-{CANARY}-0123456789");
    let gateway = Fixture::start(&["good"]);
    gateway.record(&["start"]);
    let begin = &key[..12];
    // Once at least the cut leaves more than this beginning, and less than a whole key.
    for more in (0..key.len()).step_by(7) {
        let keys = format!("{} {}", "x".repeat(more), format!("{key} ").repeat(36_000));
        let id = format!("cut-{more}");
        gateway.ask_as(&id, "good", json!({"user": keys})).await;
        assert_eq!(gateway.recorded(&id)["received"]["cut"], "too_long");
        let files = files_with(&gateway.gatehouse.data(), begin.as_bytes());
        assert!(files.is_empty(), "{more}: {files:?}");
    }
}

/// Bedrock's frames bring an answer in parts, some of them wrapped in base64.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_frames_of_bedrock_is_not_kept() {
    let key = format!("sk-{CANARY}-0123456789");
    let gateway = Fixture::of(Vendor::Bedrock, &["echoes", "good"]);
    gateway.record(&["start"]);
    let say =
        |words: &str| json!({"stream": true, "messages": [{"role": "user", "content": words}]});
    gateway.ask_as("frames", "echoes", say(&key)).await;
    let kept = gateway.recorded("frames");
    let answer = kept["calls"][0]["answer"].to_string();
    assert!(
        answer.contains("[REDACTED]") && !answer.contains("canary"),
        "{answer}"
    );
    // What needs no change stays as it came.
    gateway
        .ask_as("clean", "echoes", say("nothing of the kind"))
        .await;
    let kept = gateway.recorded("clean");
    assert_eq!(kept["calls"][0]["answer"]["is_binary"], true, "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_recorded_words_until_they_are_purged() {
    let gateway = Fixture::start(&["good"]);
    gateway.ask_as("unrecorded", "good", canary()).await;
    gateway.record(&["start"]);
    gateway.ask_as("recorded", "good", canary()).await;
    gateway
        .ask_as("other", "good", json!({"user": "plum"}))
        .await;
    gateway.gatehouse.row("other");
    let found = |query: &str| {
        let words = ["logs", "--query", query];
        let rows = gateway.gatehouse.run(&words).succeeded().lines();
        let ids = rows
            .iter()
            .map(|row| row["correlation_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let quoted = format!("{CANARY:?}");
    for (query, expected) in [
        (quoted.clone(), vec!["recorded"]),
        ("marmalade canar* status:200".into(), vec!["recorded"]),
        (format!("{quoted} status:500"), vec![]),
        (format!("{quoted} recorded"), vec!["recorded"]),
        (format!("{quoted} plum"), vec![]),
        (format!("-{quoted}"), vec!["unrecorded", "other"]),
        ("plum -marmalade".into(), vec!["other"]),
    ] {
        assert_eq!(found(&query), expected, "{query}");
    }
    let count = ["logs", "--count", "--query", &quoted];
    let counts = gateway.gatehouse.run(&count).succeeded().json();
    assert_eq!(counts["matching"], 1);
    gateway.record(&["purge"]);
    assert_eq!(found(&quoted), [""; 0]);
    assert_eq!(found(&format!("-{quoted}")).len(), 3);
}
