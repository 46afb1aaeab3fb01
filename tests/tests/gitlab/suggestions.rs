use serde_json::{Value, json};

use crate::fixture::{Fixture, golden, good_words, row};

/// Checks an answer of `/v3/code` or `/v4/code` and returns the text of its choice.
#[track_caller]
fn text_of(body: &Value, lang: &str) -> String {
    for model in [&body["model"], &body["metadata"]["model"]] {
        assert_eq!(
            (&model["engine"], &model["lang"]),
            (&json!("agent"), &json!(lang))
        );
        assert!(model["name"].is_string(), "{body}");
    }
    assert!(body["metadata"]["timestamp"].is_i64(), "{body}");
    assert_eq!(body["choices"].as_array().map(Vec::len), Some(1), "{body}");
    assert_eq!(body["choices"][0]["index"], 0);
    body["choices"][0]["text"].as_str().unwrap().to_owned()
}

fn in_one_piece(mut body: Value) -> Value {
    body["prompt_components"][0]["payload"]["stream"] = false.into();
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn both_paths_generate_and_complete() {
    let gateway = Fixture::start("alpha");
    for path in ["/v3/code/completions", "/v4/code/suggestions"] {
        for (name, lang) in [("suggestions-17.6", "go"), ("suggestions-18.9", "python")] {
            let (status, answer) = gateway.ask(path, &in_one_piece(golden(name))).await;
            assert_eq!(status, 200, "{path} {name}: {answer}");
            let text = text_of(&answer, lang);
            assert!(text.contains("Kälte"), "{path} {name}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rails_found_reaches_the_model() {
    let gateway = Fixture::start("alpha");
    let body = in_one_piece(golden("suggestions-18.9"));
    gateway.ask("/v3/code/completions", &body).await;
    let asked = gateway.upstream.last().body["messages"].to_string();
    for part in [
        "sum two numbers",
        "app.py",
        "python",
        "a task",
        "its answer",
        "x = 1",
        "y = 2",
        "requests",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    assert!(!asked.contains("None"), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_larger_than_the_context_is_cut_around_the_cursor() {
    // CodeGemma has 8,192 tokens.
    let gateway = Fixture::of_family("alpha", "codegemma");
    let mut body = in_one_piece(golden("suggestions-18.9"));
    let payload = &mut body["prompt_components"][0]["payload"];
    let above = format!("{}# right above the cursor\n", "far = 1\n".repeat(9_000));
    let below = format!("# right below the cursor\n{}", "later = 2\n".repeat(2_000));
    payload["content_above_cursor"] = above.into();
    payload["content_below_cursor"] = below.into();
    payload["prompt_enhancer"]["trimmed_content_above_cursor"] = Value::Null;
    payload["prompt_enhancer"]["trimmed_content_below_cursor"] = Value::Null;
    let (status, answer) = gateway.ask("/v3/code/completions", &body).await;
    assert_eq!(status, 200, "{answer}");
    let asked = gateway.upstream.last().body["messages"].to_string();
    assert!(asked.len() < 3 * 8_192 + 2_000, "{}", asked.len());
    assert!(
        asked.len() > 2 * 8_192,
        "the context is used: {}",
        asked.len()
    );
    for part in ["right above the cursor", "right below the cursor"] {
        assert!(asked.contains(part), "{part}");
    }
    let row = row(&gateway, gateway.upstream.last().header("x-request-id"));
    let notes = row["notes"].to_string();
    assert!(notes.contains("characters before the cursor"), "{notes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fence_around_generated_code_is_not_part_of_it() {
    let gateway = Fixture::start("fences");
    let body = in_one_piece(golden("suggestions-18.9"));
    for path in ["/v3/code/completions", "/v4/code/suggestions"] {
        let (status, answer) = gateway.ask(path, &body).await;
        assert_eq!(status, 200, "{answer}");
        let text = text_of(&answer, "python");
        assert_eq!(text.trim(), "return a + b", "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_v4_is_of_events_and_that_of_v3_is_text() {
    let gateway = Fixture::start("alpha");
    let body = golden("suggestions-18.9");
    let (answer, text) = gateway.stream("/v4/code/suggestions", &body).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-streaming-format"], "sse");
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    let events: Vec<(&str, Value)> = text
        .split("\n\n")
        .filter(|block| !block.is_empty())
        .map(|block| {
            let (name, data) = block.split_once('\n').unwrap();
            let data = data.strip_prefix("data: ").unwrap();
            (
                name.strip_prefix("event: ").unwrap(),
                serde_json::from_str(data).unwrap(),
            )
        })
        .collect();
    let (first, last) = (&events[0], &events[events.len() - 1]);
    assert_eq!(first.0, "stream_start");
    assert_eq!(first.1["metadata"]["model"]["engine"], "agent");
    assert!(first.1["metadata"]["timestamp"].is_i64());
    assert_eq!(last, &("stream_end", Value::Null));
    let chunks = &events[1..events.len() - 1];
    assert!(chunks.iter().all(|(name, _)| *name == "content_chunk"));
    let said: String = chunks
        .iter()
        .map(|(_, data)| data["choices"][0]["delta"]["content"].as_str().unwrap())
        .collect();
    assert_eq!(said.trim(), good_words());

    let (answer, text) = gateway.stream("/v3/code/completions", &body).await;
    assert!(!answer.headers().contains_key("x-streaming-format"));
    assert_eq!(text.trim(), good_words());
}
