//! The admin ends a running request, wherever it stands: its client is told who did it, its row
//! says so, and the model server is free again.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use tests::eventually;

use crate::fixture::{Fixture, message, read, until};

impl Fixture {
    /// Whether the request with this id runs.
    fn runs(&self, id: &str) -> bool {
        let rows = ["logs", "--correlation-id", id];
        let rows = self.gatehouse.run(&rows).succeeded().lines();
        rows.iter().any(|row| row["state"] == "running")
    }

    /// Cancels the request with this id, and checks what its row says then.
    fn cancel(&self, id: &str) -> Value {
        let row = self.gatehouse.run(&["logs", "cancel", id]).succeeded();
        let row = row.json();
        assert_eq!(row["state"], "cancelled", "{row}");
        let notes = row["notes"].as_array().unwrap();
        assert!(notes.contains(&json!("cancelled by the admin")), "{row}");
        row
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_is_answered_503_that_no_library_sends_again() {
    for (script, streamed) in [
        ("never-answers", true),
        ("never-answers", false),
        ("silent-from-start", true),
        ("falls-silent", false),
    ] {
        let gateway = Fixture::start(&[script]);
        let request = gateway.chat(script, json!({"stream": streamed}));
        let asked = request.header("x-request-id", "stuck").send();
        let cancelled = async {
            until("the server is at work", || gateway.upstream.open() == 1).await;
            gateway.cancel("stuck")
        };
        let (answer, row) = tokio::join!(asked, cancelled);
        let answer = answer.unwrap();
        assert_eq!(answer.headers()["x-should-retry"], "false");
        let (status, body) = read(answer).await;
        assert_eq!((status, &row["status"]), (503, &json!(503)), "{script}");
        assert!(message(&body).contains("admin"), "{script}: {body}");
        assert_eq!(body["error"]["code"], "cancelled_by_admin");
        until("the server is free", || gateway.upstream.open() == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_an_event_that_says_who_ended_it() {
    let gateway = Fixture::start(&["falls-silent"]);
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let body = json!({"model": "falls-silent", "stream": true, "max_tokens": 100,
            "messages": [{"role": "user", "content": "hello"}]});
        let request = gateway.post(path, &body).header("x-request-id", path);
        let mut answer = request.send().await.unwrap();
        answer.chunk().await.unwrap().unwrap();
        let row = gateway.cancel(path);
        assert_eq!(row["status"], 200, "the head was sent before");
        let rest = answer.text().await.unwrap();
        assert!(rest.contains("admin of the gateway cancelled"), "{rest}");
    }
    until("the server is free", || gateway.upstream.open() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_the_queue_and_one_whose_body_has_not_come_are_cancelled() {
    let gateway = Fixture::prepared(&["never-answers"], |gatehouse| {
        let edit = ["model", "edit", "never-answers", "--max-concurrent", "1"];
        gatehouse.run(&edit).succeeded();
    });
    let held = gateway.chat("never-answers", json!({})).send();
    let queued = async {
        until("the model is at work", || gateway.upstream.open() == 1).await;
        let request = gateway.chat("never-answers", json!({}));
        request.header("x-request-id", "queued").send().await
    };
    let cancelled = async {
        until("it waits", || gateway.runs("queued")).await;
        gateway.cancel("queued")
    };
    let both = async { tokio::join!(queued, cancelled) };
    let (answer, row) = tokio::select! {
        _ = held => panic!("it never answers"),
        both = both => both,
    };
    assert_eq!(answer.unwrap().status(), 503);
    assert!(row["queued_ms"].as_f64() > Some(0.0), "{row}");

    let mut client = TcpStream::connect(&gateway.serving.address).unwrap();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n\
        x-request-id: half\r\ncontent-length: 1000\r\n\r\n{";
    client.write_all(head.as_bytes()).unwrap();
    eventually("its head has come", || gateway.runs("half").then_some(()));
    gateway.cancel("half");
    let mut told = [0; 12];
    client.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 503");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_loses_its_connection() {
    let gateway = Fixture::start(&["floods"]);
    let body = json!({"model": "floods", "stream": true, "messages": []}).to_string();
    let mut client = TcpStream::connect(&gateway.serving.address).unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-request-id: full\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(head.as_bytes()).unwrap();
    eventually("it streams", || gateway.runs("full").then_some(()));
    gateway.cancel("full");
    until("the server is free", || gateway.upstream.open() == 0).await;
    let mut all = Vec::new();
    // A connection that is reset is closed as well.
    let _ = client.read_to_end(&mut all);
    assert!(!all.ends_with(b"0\r\n\r\n"), "the answer has no end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_cannot_be_cancelled_and_what_is_unknown_is_said() {
    let gateway = Fixture::start(&["good"]);
    let request = gateway.chat("good", json!({}));
    request.header("x-request-id", "done").send().await.unwrap();
    let number = gateway.gatehouse.row("done")["id"].to_string();
    for (id, said) in [
        ("done", "has ended: completed"),
        (number.as_str(), "has ended: completed"),
        ("9999", "is not in the log"),
        ("nobody", "No request has the correlation id nobody"),
    ] {
        let refused = gateway.gatehouse.run(&["logs", "cancel", id]);
        let error = refused.error();
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
}
