use serde_json::{Value, json};

use crate::fixture::{Fixture, golden, good_words, row};

const RAW: [(&str, &str); 5] = [
    ("/v2/code/completions", "completions-17.6"),
    ("/v2/code/generations", "generations-17.6"),
    ("/v3/code/completions", "suggestions-18.9"),
    ("/v1/prompts/chat/explain_code", "prompt-17.6"),
    ("/v1/chat/agent", "legacy-17.6"),
];

/// A body that asks for a stream.
fn streamed(name: &str) -> Value {
    let mut body = golden(name);
    body["stream"] = true.into();
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_text_are_the_text_and_nothing_else() {
    let gateway = Fixture::start("alpha");
    for (path, name) in RAW {
        let request = gateway.post(path, &streamed(name));
        let answer = request.header("accept-encoding", "gzip, br").send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let headers = answer.headers().clone();
        let kind = headers["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/event-stream"), "{path}: {kind}");
        for name in ["content-encoding", "x-streaming-format", "content-length"] {
            assert!(!headers.contains_key(name), "{path}: {name}");
        }
        assert_eq!(answer.text().await.unwrap().trim(), good_words(), "{path}");
    }
}

/// What has been said is there while the model still thinks about the rest: a line of code, of which
/// a part may be the beginning of a fence, and any piece of another text.
#[tokio::test(flavor = "multi_thread")]
async fn a_piece_is_sent_when_it_is_there() {
    let gateway = Fixture::start("writes-and-falls-silent");
    for (path, name) in RAW {
        let mut body = streamed(name);
        if path == "/v2/code/completions" {
            // Where a block ends in code shows with its next line.
            body["current_file"]["file_name"] = "notes.txt".into();
            body["current_file"]["language_identifier"] = "plaintext".into();
        }
        let mut answer = gateway.post(path, &body).send().await.unwrap();
        let first = tokio::time::timeout(tests::PATIENCE, answer.chunk()).await;
        let first = first.unwrap_or_else(|_| panic!("{path}: it is held back"));
        let first = first.unwrap().unwrap();
        assert!(!first.is_empty(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_text_whose_server_fails_does_not_end_well() {
    const FAIL: [&str; 2] = ["breaks-off", "error-in-stream"];
    let gateway = Fixture::with(&FAIL);
    for script in FAIL {
        for (path, name) in RAW {
            let id = format!("{script}{}", path.replace('/', "-"));
            let request = gateway.post(path, &gateway.naming(script, streamed(name)));
            let answer = request.header("x-request-id", &id).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let end = answer.bytes().await;
            assert!(end.is_err(), "{script} {path}: half is taken for the whole");
            let row = row(&gateway, &id);
            assert_eq!(row["state"], "failed", "{row}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_events_says_that_it_failed_and_has_no_end() {
    let gateway = Fixture::start("breaks-off");
    let body = golden("suggestions-18.9");
    let (_, text) = gateway.stream("/v4/code/suggestions", &body).await;
    assert!(text.starts_with("event: stream_start\n"), "{text}");
    assert!(text.contains("event: error\ndata: {"), "{text}");
    assert!(!text.contains("stream_end"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_prompts_v2_is_lines_with_the_counts_at_the_end() {
    let gateway = Fixture::start("alpha");
    let body = streamed("prompt-17.6");
    let (answer, text) = gateway.stream("/v2/prompts/chat/explain_code", &body).await;
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("application/x-ndjson"), "{kind}");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let said: String = lines
        .iter()
        .map(|line| line["content"].as_str().unwrap())
        .collect();
    assert_eq!(said, good_words());
    let (last, others) = lines.split_last().unwrap();
    assert!(others.iter().all(|line| line.get("usage").is_none()));
    let usage = last["usage"].as_object().unwrap();
    assert_eq!(
        usage["alpha"],
        json!({"input_tokens": 7, "output_tokens": 8})
    );
}
