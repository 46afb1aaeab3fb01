use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::gatehouse::Gatehouse;
use tests::upstream::Upstream;
use tests::{PATIENCE, client, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn while_it_serves_it_carries_out_what_commands_change() {
    let gatehouse = Gatehouse::with_sample();
    let serving = gatehouse.serve();
    for words in [
        &["feature", "set", "duo_chat", "demo", "--anyway"][..],
        &["gateway", "set", "--max-in-flight", "5"],
        &[
            "model",
            "add",
            "second",
            "--family",
            "general",
            "--endpoint",
            "sample",
        ],
        &["model", "edit", "second", "--name", "other"],
        &["model", "disable", "other"],
        &["family", "copy", "general", "house"],
        &["key", "create", "laptop"],
        &["key", "revoke", "laptop"],
        &["gitlab", "clear"],
    ] {
        gatehouse.run(words).succeeded();
    }
    let gone = gatehouse.run(&["model", "remove", "nobody"]);
    assert_eq!(gone.error()["code"], "not_found");
    let answer = client()
        .post(serving.url("/v1/chat/completions"))
        .json(&json!({"model": "other", "messages": [{"role": "user", "content": "x"}]}))
        .send();
    let text = answer.await.unwrap().text().await.unwrap();
    assert!(
        text.contains("switched off"),
        "the gateway knows at once: {text}"
    );
    gatehouse.run(&["model", "remove", "other"]).succeeded();
    #[cfg(unix)]
    for name in ["gatehouse.sock", "gatehouse.door"] {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(gatehouse.data().join(name)).unwrap();
        assert_eq!(file.permissions().mode() & 0o077, 0, "{name} is private");
    }
    assert_eq!(
        gatehouse.run(&["model", "list"]).succeeded().json()[0]["name"],
        "demo"
    );
    gatehouse.run(&["feature", "list"]).succeeded();
    gatehouse.run(&["logs"]).succeeded();
    gatehouse
        .run_plain(&["prompt", "demo", "hello"])
        .succeeded();

    let second = gatehouse.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.error()["code"], "held");
    assert!(serving.stop().success());
    assert!(!gatehouse.data().join("gatehouse.door").exists());
    gatehouse
        .run(&["model", "remove", "demo", "--anyway"])
        .succeeded();
}

#[test]
fn a_taken_port_is_an_error_that_names_its_holder() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let gatehouse = Gatehouse::with_sample();
    let outcome = gatehouse.run(&["serve", "--listen", &address]);
    let complaint = outcome.complaint();
    assert_eq!(outcome.error()["code"], "port_taken", "{complaint}");
    assert!(
        complaint.contains(&std::process::id().to_string()),
        "this process holds it: {complaint}"
    );
}

#[test]
fn beyond_loopback_it_wants_a_client_key_first() {
    let gatehouse = Gatehouse::with_sample();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let complaint = gatehouse.run(&["serve", "--listen", address]).complaint();
        assert!(complaint.contains("key"), "{complaint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_after_its_running_requests() {
    let upstream = Upstream::start();
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("alpha", &upstream.endpoint(), "alpha");
    let mut serving = gatehouse.serve();
    let body =
        json!({"model": "alpha", "messages": [], "stream": true, "chunks": 10, "pace_ms": 100});
    let url = serving.url("/v1/chat/completions");
    let request = client()
        .post(&url)
        .header("x-request-id", "last")
        .json(&body);
    let mut answer = request.send().await.unwrap();
    answer.chunk().await.unwrap().unwrap();
    serving.process.signal("TERM");
    let rest = answer.text().await.unwrap();
    assert!(
        rest.trim_end().ends_with("data: [DONE]"),
        "the stream comes to its end: {rest}"
    );
    assert!(serving.process.wait(PATIENCE).expect("it ends").success());
    assert!(
        client().post(&url).json(&body).send().await.is_err(),
        "nobody listens any more"
    );
    assert_eq!(gatehouse.row("last")["state"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_stream_does_not_keep_it_from_ending() {
    let upstream = Upstream::start();
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("falls-silent", &upstream.endpoint(), "falls-silent");
    gatehouse
        .run(&["gateway", "set", "--drain-timeout", "1"])
        .succeeded();
    let mut serving = gatehouse.serve();
    let body = json!({"model": "falls-silent", "messages": [], "stream": true});
    let request = client()
        .post(serving.url("/v1/chat/completions"))
        .header("x-request-id", "endless");
    let mut answer = request.json(&body).send().await.unwrap();
    answer.chunk().await.unwrap().unwrap();
    let asked = Instant::now();
    serving.process.signal("INT");
    let status = serving
        .process
        .wait(Duration::from_secs(8))
        .expect("it ends within its time to drain");
    assert!(status.success(), "{status}");
    assert!(
        asked.elapsed() < Duration::from_secs(6),
        "{:?}",
        asked.elapsed()
    );
    let rest = answer.text().await.unwrap_or_default();
    assert!(
        !rest.contains("[DONE]"),
        "a cut stream does not look complete: {rest}"
    );
    assert_ne!(gatehouse.row("endless")["state"], "completed");
    eventually("the upstream call ended as well", || {
        (upstream.open() == 0).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_ran_when_it_was_killed_becomes_interrupted() {
    let upstream = Upstream::start();
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("falls-silent", &upstream.endpoint(), "falls-silent");
    let mut serving = gatehouse.serve();
    let body = json!({"model": "falls-silent", "messages": [], "stream": true});
    let request = client()
        .post(serving.url("/v1/chat/completions"))
        .header("x-request-id", "killed");
    let mut answer = request.json(&body).send().await.unwrap();
    answer.chunk().await.unwrap().unwrap();
    eventually("the row is written", || {
        gatehouse
            .rows()
            .iter()
            .find(|row| row["state"] == "running")
            .cloned()
    });
    serving.process.signal("KILL");
    serving
        .process
        .wait(PATIENCE)
        .expect("nothing survives this");
    let _again = gatehouse.serve();
    assert_eq!(gatehouse.row("killed")["state"], "interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_panel_asks_for_its_token() {
    let gatehouse = Gatehouse::with_sample();
    let serving = gatehouse.serve_with(&["--admin"]);
    let admin = serving.admin.clone().unwrap();
    let (page, token) = admin
        .split_once("/#token=")
        .expect("the address carries the token");
    assert!(
        page.starts_with("http://127.0.0.1:") && token.len() >= 20,
        "{admin}"
    );
    let page_text = client()
        .get(page)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page_text.contains("<div") && !page_text.contains(token),
        "{page_text}"
    );
    let call = |bearer: &'static str| {
        client()
            .post(format!("{page}/admin/call/status"))
            .bearer_auth(bearer)
            .body("null")
    };
    assert_eq!(call("wrong").send().await.unwrap().status(), 401);
    let rebound = client()
        .get(page)
        .header("host", "evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(rebound.status(), 403);
}
