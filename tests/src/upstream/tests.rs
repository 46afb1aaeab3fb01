use serde_json::json;

use super::*;

async fn ask(upstream: &Upstream, body: Value) -> reqwest::Response {
    let client = crate::client();
    let url = format!("{}/chat/completions", upstream.endpoint());
    client
        .post(url)
        .header("x-request-id", "abc")
        .json(&body)
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_and_remembers() {
    let upstream = Upstream::start();
    let answer: Value = ask(&upstream, json!({"model": "any", "x": 1}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer["usage"]["completion_tokens"], 8);
    assert_eq!(upstream.last().body["x"], 1);
    assert_eq!(upstream.last().header("x-request-id"), "abc");
    assert_eq!((upstream.open(), upstream.cancelled()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_as_many_words_as_asked_for_and_usage() {
    let upstream = Upstream::start();
    let body = json!({"model": "any", "stream": true, "chunks": 20, "stream_options": {"include_usage": true}});
    let text = ask(&upstream, body).await.text().await.unwrap();
    assert_eq!(text.matches("\"content\"").count(), 20);
    assert!(
        text.contains("\"total_tokens\":27") && text.ends_with("data: [DONE]\n\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_characters_add_up_to_the_same_text() {
    let upstream = Upstream::start();
    let whole = ask(&upstream, json!({"model": "x-character", "stream": true}))
        .await
        .text()
        .await
        .unwrap();
    let cut = ask(&upstream, json!({"model": "cut-character", "stream": true}))
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(
        whole.replace("x-character", ""),
        cut.replace("cut-character", "")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_break_as_their_names_say() {
    let upstream = Upstream::start();
    let short = ask(&upstream, json!({"model": "stops-short", "stream": true}))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        !short.contains("[DONE]") && short.contains("content"),
        "{short}"
    );
    assert!(
        ask(&upstream, json!({"model": "breaks-off", "stream": true}))
            .await
            .text()
            .await
            .is_err()
    );
    let dead = ask(
        &upstream,
        json!({"model": "error-in-stream", "stream": true}),
    )
    .await
    .text()
    .await
    .unwrap();
    assert!(dead.contains("the engine died"), "{dead}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_counted() {
    let upstream = Upstream::start();
    let mut answer = ask(&upstream, json!({"model": "falls-silent", "stream": true})).await;
    answer.chunk().await.unwrap().unwrap();
    assert_eq!(upstream.open(), 1);
    drop(answer);
    crate::eventually("the upstream notices", || {
        (upstream.cancelled() == 1).then_some(())
    });
    assert_eq!(upstream.open(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_shape_has_its_status_and_words() {
    let upstream = Upstream::start();
    for (model, status, _, words) in ERROR_SHAPES {
        let answer = ask(&upstream, json!({"model": model})).await;
        assert_eq!(answer.status(), *status);
        assert!(answer.text().await.unwrap().contains(words), "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_break_before_its_first_byte_does() {
    let upstream = Upstream::start();
    let broken = |model: &str| ask_once(&upstream, json!({"model": model, "stream": true}));
    let closed = broken("closes-once").await;
    assert!(closed.is_err(), "not even a status came: {closed:?}");
    let broken = broken("breaks-first-once").await.unwrap();
    assert_eq!(broken.status(), 200);
    assert!(broken.text().await.is_err());
    let good = ask(&upstream, json!({"model": "closes-once", "stream": true})).await;
    assert!(good.text().await.unwrap().contains("[DONE]"));
}

async fn ask_once(upstream: &Upstream, body: Value) -> reqwest::Result<reqwest::Response> {
    let url = format!("{}/chat/completions", upstream.endpoint());
    crate::client().post(url).json(&body).send().await
}

/// The worked example of the format's description: an empty event.
#[test]
fn a_frame_is_written_as_the_description_says() {
    assert_eq!(
        frames::frame(&[], b"").as_ref(),
        [
            0, 0, 0, 16, 0, 0, 0, 0, 5, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff
        ]
    );
}
