use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::upstream::Vendor;

use crate::client::{Form, Question};
use crate::fixture::{Fixture, until};

/// How long the server may go on for nobody.
const AT_MOST: Duration = Duration::from_millis(50);

/// How often each case is measured. The middle one counts: a machine that is busy with something
/// else for a moment is no fault of ours.
const TRIES: usize = 5;

/// Asks, waits until the server is at work, hangs up, and measures until the server has noticed.
async fn measure(gateway: &Fixture, path: &str, body: &Value, wants_token: bool) -> Duration {
    let mut times = Vec::new();
    for _ in 0..TRIES {
        let before = gateway.upstream.cancelled();
        // The server may be asked for its models first.
        let asked = || {
            let received = gateway.upstream.received();
            received
                .iter()
                .filter(|request| request.method == "POST")
                .count()
        };
        let asked_before = asked();
        let request = gateway.post(path, body).send();
        let left = if wants_token {
            let mut answer = request.await.unwrap();
            answer.chunk().await.unwrap().unwrap();
            let left = Instant::now();
            drop(answer);
            left
        } else {
            let at_work = until("the server is at work", || {
                asked() > asked_before && gateway.upstream.open() > 0
            });
            tokio::select! {
                answer = request => panic!("it never answers: {answer:?}"),
                () = at_work => {}
            }
            // The request was dropped by the end of `select!`.
            Instant::now()
        };
        until("the server notices", || {
            gateway.upstream.cancelled() > before
        })
        .await;
        let noticed = gateway.upstream.cancelled_at()[before];
        times.push(noticed.saturating_duration_since(left));
        until("it is idle", || gateway.upstream.open() == 0).await;
    }
    times.sort();
    times[TRIES / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_ends_the_call_within_50_ms_whatever_it_waits_for() {
    for (vendor, form) in [
        (Vendor::Openai, Form::Chat),
        (Vendor::Openai, Form::Messages),
        (Vendor::Bedrock, Form::Responses),
        (Vendor::Anthropic, Form::Messages),
    ] {
        let models = ["never-answers", "silent-from-start", "falls-silent"];
        let gateway = Fixture::of(vendor, &models);
        let stream = |model: &str| form.body(model, Question::Plain, true);
        for (case, body, wants_token) in [
            ("before the headers", stream("never-answers"), false),
            ("before the first token", stream("silent-from-start"), false),
            ("in the stream", stream("falls-silent"), true),
            (
                "not streaming",
                form.body("never-answers", Question::Plain, false),
                false,
            ),
            (
                "in half a document",
                form.body("falls-silent", Question::Plain, false),
                false,
            ),
        ] {
            let took = measure(&gateway, form.path(), &body, wants_token).await;
            assert!(took < AT_MOST, "{vendor:?} {form:?} {case}: {took:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_is_cancelled_in_the_log_and_not_tried_again() {
    let gateway = Fixture::start(&["falls-silent", "never-answers"]);
    let request = gateway.chat("falls-silent", json!({"stream": true}));
    let mut answer = request.header("x-request-id", "bye").send().await.unwrap();
    answer.chunk().await.unwrap().unwrap();
    drop(answer);
    assert_eq!(gateway.gatehouse.row("bye")["state"], "cancelled");

    let waiting = gateway.chat("never-answers", json!({}));
    let waiting = waiting.header("x-request-id", "bye-2").send();
    let result = tokio::time::timeout(Duration::from_millis(500), waiting).await;
    assert!(result.is_err(), "it never answers");
    let row = gateway.gatehouse.row("bye-2");
    assert_eq!(
        (&row["state"], &row["retries"]),
        (&json!("cancelled"), &json!(0)),
        "{row}"
    );
    // It was connected, though no answer came.
    assert!(row["connect_ms"].as_f64() > Some(0.0), "{row}");
    let asked = gateway.upstream.received_at("/v1/chat/completions");
    assert_eq!(asked.len(), 2);
}
