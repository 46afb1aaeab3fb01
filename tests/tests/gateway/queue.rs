use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tests::eventually;

use crate::fixture::{Fixture, message, read, until};

/// A gateway with one model that answers as many requests at once as `limit` says.
fn limited(script: &str, limit: &str, patience: &str) -> Fixture {
    Fixture::prepared(&[script, "free"], |gatehouse| {
        let edit = ["model", "edit", script, "--max-concurrent", limit];
        gatehouse.run(&edit).succeeded();
        let set = ["gateway", "set", "--queue-timeout", patience];
        gatehouse.run(&set).succeeded();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_never_asked_more_at_once_than_it_bears() {
    let gateway = limited("half-a-second", "2", "20");
    let asked = |place: usize| {
        let request = gateway.chat("half-a-second", json!({}));
        request.header("x-request-id", format!("q-{place}")).send()
    };
    let most = async {
        let mut most = 0;
        while gateway.upstream.received().len() < 6 {
            most = most.max(gateway.upstream.open());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        most
    };
    let (answers, most) = tokio::join!(join_all((0..6).map(asked)), most);
    for answer in answers {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(most, 2);
    let waits = |place| gateway.gatehouse.row(&format!("q-{place}"))["queued_ms"].is_number();
    let waited = (0..6).filter(|place| waits(*place)).count();
    assert_eq!(waited, 4, "the record says who waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_429_and_says_when_to_come_back() {
    let gateway = limited("never-answers", "1", "1");
    let held = gateway.chat("never-answers", json!({})).send();
    let crowd = async {
        until("the model is at work", || gateway.upstream.open() == 1).await;
        let request = gateway.chat("never-answers", json!({}));
        let request = request.header("x-request-id", "crowded");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["retry-after"], "1");
        let (status, body) = read(answer).await;
        assert_eq!(status, 429, "{body}");
        assert!(message(&body).contains("never-answers"), "{body}");
        let waited = gateway.gatehouse.row("crowded")["queued_ms"].as_f64();
        assert!(waited >= Some(1_000.0), "a second in vain: {waited:?}");
        let (status, _) = gateway.ask("free", json!({})).await;
        assert_eq!(status, 200, "another model has a queue of its own");
    };
    tokio::select! { _ = held => panic!("it never answers"), () = crowd => {} }
    assert_eq!(
        gateway.upstream.received_at("/v1/chat/completions").len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_says_how_long_a_client_waited_that_hung_up() {
    let gateway = limited("never-answers", "1", "20");
    let held = gateway.chat("never-answers", json!({})).send();
    let leaves = async {
        until("the model is at work", || gateway.upstream.open() == 1).await;
        let waits = gateway.chat("never-answers", json!({}));
        let waits = waits.header("x-request-id", "left");
        let waits = waits.timeout(Duration::from_millis(300)).send();
        assert!(waits.await.unwrap_err().is_timeout());
    };
    tokio::select! { _ = held => panic!("it never answers"), () = leaves => {} }
    let row = gateway.gatehouse.row("left");
    assert_eq!(row["state"], "cancelled", "{row}");
    assert!(row["queued_ms"].as_f64() > Some(0.0), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_free_again_when_its_client_hangs_up() {
    let gateway = limited("falls-silent", "1", "20");
    for _ in 0..3 {
        let mut answer = gateway
            .chat("falls-silent", json!({"stream": true}))
            .send()
            .await
            .unwrap();
        answer.chunk().await.unwrap().unwrap();
    }
    eventually("all of them are gone", || {
        (gateway.upstream.cancelled() == 3).then_some(())
    });
}
