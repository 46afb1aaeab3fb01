use serde_json::{Value, json};

use crate::fixture::{Fixture, completion, golden};

/// The body with the value at this pointer changed.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    match name.parse::<usize>() {
        Ok(place) => parent[place] = value,
        Err(_) => parent[name] = value,
    }
    body
}

fn letters(count: usize) -> Value {
    "x".repeat(count).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_beyond_its_limit_is_422_with_its_field() {
    let gateway = Fixture::start("alpha");
    let file = |name: &str| format!("/current_file/{name}");
    let snippet = json!({"type": "file", "name": "n", "content": "c"});
    let counter = json!({"requests": 1, "accepts": 0, "errors": 0});
    let payload = |name: &str| format!("/prompt_components/0/payload/{name}");
    let metadata = |name: &str| format!("/model_metadata/{name}");
    let completion = completion();
    let suggestion = golden("suggestions-18.9");
    let chat = golden("chat-18.9");
    let prompt = golden("prompt-18.9");
    let legacy = golden("legacy-17.6");
    let search = golden("search");
    for (path, body, pointer, value) in [
        (
            "/v2/code/completions",
            &completion,
            "/prompt_version".into(),
            json!(4),
        ),
        (
            "/v2/code/completions",
            &completion,
            file("file_name"),
            letters(256),
        ),
        (
            "/v2/code/completions",
            &completion,
            file("file_name"),
            Value::Null,
        ),
        (
            "/v2/completions",
            &completion,
            file("language_identifier"),
            letters(256),
        ),
        (
            "/v2/code/completions",
            &completion,
            file("content_above_cursor"),
            letters(100_001),
        ),
        (
            "/v2/code/completions",
            &completion,
            file("content_below_cursor"),
            letters(100_001),
        ),
        (
            "/v2/code/completions",
            &completion,
            "/project_path".into(),
            letters(256),
        ),
        (
            "/v2/code/completions",
            &completion,
            "/model_name".into(),
            letters(51),
        ),
        (
            "/v2/code/completions",
            &completion,
            "/model_provider".into(),
            json!("wombat"),
        ),
        (
            "/v2/code/completions",
            &completion,
            "/stream".into(),
            json!("perhaps"),
        ),
        (
            "/v2/code/completions",
            &completion,
            "/telemetry".into(),
            vec![counter; 11].into(),
        ),
        (
            "/v2/code/completions",
            &completion,
            "/context".into(),
            vec![snippet; 101].into(),
        ),
        (
            "/v3/code/completions",
            &suggestion,
            "/prompt_components".into(),
            json!([]),
        ),
        (
            "/v3/code/completions",
            &suggestion,
            payload("file_name"),
            letters(256),
        ),
        (
            "/v4/code/suggestions",
            &suggestion,
            payload("prompt"),
            letters(400_001),
        ),
        (
            "/v4/code/suggestions",
            &suggestion,
            payload("prompt_version"),
            json!("new"),
        ),
        (
            "/v4/code/suggestions",
            &suggestion,
            metadata("endpoint"),
            json!("nowhere"),
        ),
        ("/v2/chat/agent", &chat, "/messages".into(), json!([])),
        (
            "/v2/chat/agent",
            &chat,
            "/messages/0/role".into(),
            json!("system"),
        ),
        ("/v2/chat/agent", &chat, metadata("api_key"), letters(2_001)),
        (
            "/v1/prompts/chat/issue_reader",
            &prompt,
            "/inputs".into(),
            Value::Null,
        ),
        (
            "/v1/prompts/chat/issue_reader",
            &prompt,
            "/prompt_version".into(),
            json!("^x"),
        ),
        (
            "/v1/chat/agent",
            &legacy,
            payload("params/temperature"),
            json!(1.5),
        ),
        (
            "/v1/chat/agent",
            &legacy,
            "/prompt_components/0/type".into(),
            letters(101),
        ),
        (
            "/v1/search/gitlab-docs",
            &search,
            "/payload/query".into(),
            letters(400_001),
        ),
        (
            "/v1/search/gitlab-docs",
            &search,
            "/payload/page_size".into(),
            json!(21),
        ),
    ] {
        let body = with(body.clone(), &pointer, value);
        let (status, answer) = gateway.ask(path, &body).await;
        assert_eq!(status, 422, "{path} {pointer}: {answer}");
        let detail = &answer["detail"][0];
        let names: Vec<_> = pointer.split('/').filter(|name| !name.is_empty()).collect();
        let loc = detail["loc"].as_array().expect("a list of names").iter();
        let loc: Vec<String> = loc
            .map(|part| {
                part.as_str()
                    .map_or_else(|| part.to_string(), str::to_owned)
            })
            .collect();
        assert!(
            loc.last().map(String::as_str) == names.last().copied(),
            "{pointer}: {detail}"
        );
        assert!(
            detail["msg"].is_string() && detail["type"].is_string(),
            "{detail}"
        );
        let said = answer.to_string();
        assert!(
            said.len() < 2_000,
            "the value is not repeated: {} letters",
            said.len()
        );
    }
    assert!(gateway.upstream.received().is_empty(), "no model was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_refused_in_words() {
    let gateway = Fixture::start("alpha");
    for path in [
        "/v2/code/completions",
        "/v2/chat/agent",
        "/v1/prompts/chat/fix_code",
    ] {
        for body in ["", "{", "[]", "null", "\u{feff}"] {
            let request = gateway.post(path, &Value::Null).body(body);
            let (status, answer) = crate::fixture::read(request).await;
            assert_eq!(status, 422, "{path} {body:?}: {answer}");
            assert!(answer["detail"][0]["msg"].is_string(), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scratchpad_of_a_user_is_400() {
    let gateway = Fixture::start("alpha");
    let mut body = golden("chat-18.9");
    body["messages"][0]["agent_scratchpad"] = json!([]);
    let (status, answer) = gateway.ask("/v2/chat/agent", &body).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer["detail"][0]["msg"].is_string());
}
