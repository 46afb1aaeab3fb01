use serde_json::{Value, json};

use crate::GitlabError;
use crate::wire::{
    Refusal, read_chat, read_completion, read_generation, read_legacy_chat, read_prompt,
    read_search, read_suggestion,
};

/// Type and place of every flaw.
fn flaws<T: std::fmt::Debug>(result: Result<T, GitlabError>) -> Vec<(String, String)> {
    let error = match result {
        Ok(_) => return Vec::new(),
        Err(error) => Refusal::Body(error),
    };
    assert_eq!(error.status(), 422);
    let body = error.json();
    let item = |item: &Value| {
        let place = item["loc"].as_array().unwrap().iter();
        let place: Vec<String> = place
            .map(|part| {
                part.as_str()
                    .map_or_else(|| part.to_string(), str::to_owned)
            })
            .collect();
        let kind = item["type"].as_str().unwrap().to_owned();
        assert!(item["msg"].as_str().is_some_and(|words| !words.is_empty()));
        assert_eq!(
            item.as_object().unwrap().len(),
            3,
            "nothing of the body: {item}"
        );
        (kind, place.join("."))
    };
    body["detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(item)
        .collect()
}

type Read = fn(&[u8]) -> Vec<(String, String)>;

/// A reader, a good body for it, a field, and how many characters it may have.
type Limit<'a> = (Read, fn() -> Value, &'a str, usize);

fn completion(body: &[u8]) -> Vec<(String, String)> {
    flaws(read_completion(body))
}

fn generation(body: &[u8]) -> Vec<(String, String)> {
    flaws(read_generation(body))
}

fn suggestion(body: &[u8]) -> Vec<(String, String)> {
    flaws(read_suggestion(body))
}

fn chat(body: &[u8]) -> Vec<(String, String)> {
    flaws(read_chat(body))
}

fn prompt(body: &[u8]) -> Vec<(String, String)> {
    flaws(read_prompt(body))
}

fn legacy(body: &[u8]) -> Vec<(String, String)> {
    flaws(read_legacy_chat(body))
}

fn search(body: &[u8]) -> Vec<(String, String)> {
    flaws(read_search(body))
}

fn code_body() -> Value {
    json!({"current_file": {"file_name": "a", "content_above_cursor": "",
        "content_below_cursor": ""}, "prompt_version": 2, "prompt": ""})
}

fn suggestion_body() -> Value {
    json!({"prompt_components": [
        {"type": "code_editor_generation", "payload": {"file_name": "a",
            "content_above_cursor": "", "content_below_cursor": ""}},
        {"type": "code_context", "payload": {"type": "t", "name": "n", "content": "c"}}],
        "model_metadata": {}})
}

fn chat_body() -> Value {
    json!({"messages": [{"role": "user", "content": "a"}], "model_metadata": {}})
}

fn legacy_body() -> Value {
    json!({"prompt_components": [{"type": "prompt", "payload": {"content": "a", "params": {}}}]})
}

fn search_body() -> Value {
    json!({"type": "search", "payload": {"query": "q"}})
}

/// A text of so many characters, three bytes each.
fn long(characters: usize) -> Value {
    "€".repeat(characters).into()
}

fn list(item: Value, length: usize) -> Value {
    vec![item; length].into()
}

/// Puts a value where a JSON pointer says.
fn with(mut body: Value, pointer: &str, value: Value) -> Vec<u8> {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(pointer) {
        Some(field) => *field = value,
        None => body.pointer_mut(parent).unwrap()[name] = value,
    }
    body.to_string().into_bytes()
}

#[test]
fn every_limit_is_in_characters_and_named() {
    let snippet = json!({"type": "", "name": "", "content": ""});
    let counters = json!({"requests": 1, "accepts": 1, "errors": 1});
    let (v2, v3) = (code_body, suggestion_body);
    let payload = "/prompt_components/0/payload";
    let texts: &[Limit<'_>] = &[
        (completion, v2, "/current_file/file_name", 255),
        (completion, v2, "/current_file/language_identifier", 255),
        (
            completion,
            v2,
            "/current_file/content_above_cursor",
            100_000,
        ),
        (
            generation,
            v2,
            "/current_file/content_below_cursor",
            100_000,
        ),
        (completion, v2, "/project_path", 255),
        (completion, v2, "/model_name", 50),
        (suggestion, v3, &format!("{payload}/file_name"), 255),
        (suggestion, v3, &format!("{payload}/prompt"), 400_000),
        (suggestion, v3, "/prompt_components/1/payload/type", 1_024),
        (
            suggestion,
            v3,
            "/prompt_components/1/payload/content",
            100_000,
        ),
        (suggestion, v3, "/model_metadata/api_key", 2_000),
        (suggestion, v3, "/model_metadata/identifier", 1_000),
        (chat, chat_body, "/model_metadata/provider", 255),
        (chat, chat_body, "/model_metadata/name", 255),
        (legacy, legacy_body, "/prompt_components/0/type", 100),
        (legacy, legacy_body, &format!("{payload}/content"), 400_000),
        (search, search_body, "/type", 100),
        (search, search_body, "/payload/query", 400_000),
    ];
    for (read, body, pointer, most) in texts {
        assert_eq!(read(&with(body(), pointer, long(*most))), [], "{pointer}");
        let place = format!("body{}", pointer.replace('/', "."));
        let expected = [("string_too_long".to_owned(), place)];
        assert_eq!(read(&with(body(), pointer, long(most + 1))), expected);
    }
    let item = suggestion_body()["prompt_components"][0].clone();
    let turn = json!({"role": "user", "content": ""});
    for (read, body, pointer, value, most) in [
        (completion as Read, code_body(), "/telemetry", counters, 10),
        (completion, code_body(), "/context", snippet, 100),
        (
            suggestion,
            suggestion_body(),
            "/prompt_components",
            item,
            100,
        ),
        (
            legacy,
            legacy_body(),
            "/prompt_components/0/payload/content",
            turn,
            100,
        ),
    ] {
        let at_most = with(body.clone(), pointer, list(value.clone(), most));
        assert_eq!(read(&at_most), [], "{pointer}");
        let place = format!("body{}", pointer.replace('/', "."));
        let expected = [("too_long".to_owned(), place)];
        assert_eq!(read(&with(body, pointer, list(value, most + 1))), expected);
    }
}

#[test]
fn white_space_is_not_counted_where_it_is_taken_away() {
    let name = format!("  {}\n", "x".repeat(255));
    let body = with(code_body(), "/current_file/file_name", name.into());
    assert_eq!(read_completion(&body).unwrap().file.name.len(), 255);
}

#[test]
fn what_is_wrong_is_named_by_type_and_place() {
    let (c, s) = ("body.current_file", "body.prompt_components");
    #[rustfmt::skip]
    let cases: &[(Read, Value, &str, Value, &str, &str)] = &[
        (completion, code_body(), "/current_file", json!({}), "missing", &format!("{c}.file_name")),
        (completion, code_body(), "/current_file", json!([]), "model_attributes_type", c),
        (completion, code_body(), "/current_file/file_name", Value::Null, "string_type", &format!("{c}.file_name")),
        (completion, code_body(), "/prompt_version", json!(4), "union_tag_invalid", "body.prompt_version"),
        (completion, code_body(), "/prompt_version", json!("2"), "union_tag_invalid", "body.prompt_version"),
        (completion, code_body(), "/model_provider", json!("x"), "literal_error", "body.model_provider"),
        (completion, code_body(), "/stream", json!("perhaps"), "bool_type", "body.stream"),
        (completion, code_body(), "/project_id", json!(1.5), "int_type", "body.project_id"),
        (completion, code_body(), "/project_id", json!(18_446_744_073_709_551_615_u64), "int_type", "body.project_id"),
        (completion, code_body(), "/telemetry", json!([{"requests": null, "accepts": 0, "errors": 0}]), "int_type", "body.telemetry.0.requests"),
        (completion, code_body(), "/context", json!({}), "list_type", "body.context"),
        (generation, code_body(), "/prompt", Value::Null, "string_type", "body.prompt"),
        (suggestion, suggestion_body(), "/prompt_components", json!([]), "too_short", s),
        (suggestion, suggestion_body(), "/prompt_components/0/type", json!("code_context"), "missing", &format!("{s}.0.payload.type")),
        (suggestion, suggestion_body(), "/prompt_components/0", json!({"type": "code_context", "payload": {"type": "", "name": "", "content": ""}}), "value_error", s),
        (suggestion, suggestion_body(), "/prompt_components/0/payload/prompt_version", json!("latest"), "value_error", &format!("{s}.0.payload.prompt_version")),
        (suggestion, suggestion_body(), "/prompt_components/0/payload/prompt_enhancer", json!([]), "dict_type", &format!("{s}.0.payload.prompt_enhancer")),
        (suggestion, suggestion_body(), "/model_metadata/endpoint", json!("not a url"), "url_parsing", "body.model_metadata.endpoint"),
        (chat, chat_body(), "/messages", json!([]), "too_short", "body.messages"),
        (chat, chat_body(), "/messages/0/role", json!("system"), "literal_error", "body.messages.0.role"),
        (chat, chat_body(), "/messages/0/context", json!({"type": "x", "content": ""}), "literal_error", "body.messages.0.context.type"),
        (chat, chat_body(), "/messages/0/additional_context", json!([{"category": "x"}]), "literal_error", "body.messages.0.additional_context.0.category"),
        (chat, chat_body(), "/unavailable_resources", json!([1]), "string_type", "body.unavailable_resources.0"),
        (chat, chat_body(), "/options", json!({"agent_scratchpad": {"agent_type": "x", "steps": []}}), "literal_error", "body.options.agent_scratchpad.agent_type"),
        (prompt, json!({"inputs": {}}), "/inputs", Value::Null, "dict_type", "body.inputs"),
        (legacy, legacy_body(), "/prompt_components/0/payload/content", json!([]), "too_short", &format!("{s}.0.payload.content")),
        (legacy, legacy_body(), "/prompt_components/0/payload/params/temperature", json!(1.1), "less_than_equal", &format!("{s}.0.payload.params.temperature")),
        (search, search_body(), "/payload/page_size", json!(21), "less_than_equal", "body.payload.page_size"),
        (search, search_body(), "/payload/page_size", json!(0), "greater_than_equal", "body.payload.page_size"),
    ];
    for (read, body, pointer, value, kind, place) in cases {
        let found = read(&with(body.clone(), pointer, value.clone()));
        let expected = ((*kind).to_owned(), (*place).to_owned());
        assert_eq!(found.first(), Some(&expected), "{pointer}: {value}");
    }
}

#[test]
fn every_violation_is_collected_and_no_value_is_repeated() {
    let body = json!({"model_api_key": 7, "model_name": "SECRET".repeat(20), "stream": "SECRET",
        "prompt_version": "SECRET", "model_provider": "SECRET",
        "current_file": {"file_name": ["SECRET"]}});
    let error = read_completion(body.to_string().as_bytes()).unwrap_err();
    let GitlabError::Invalid(found) = &error else {
        panic!("it is the schema");
    };
    assert_eq!(found.len(), 8, "{found:?}");
    assert!(
        !format!("{error} {error:?} {}", Refusal::Body(error.clone()).json()).contains("SECRET")
    );

    let many = json!({"messages": vec![json!({"role": "x"}); 1_000]});
    assert_eq!(
        chat(many.to_string().as_bytes()).len(),
        50,
        "no growth without bound"
    );
}

#[test]
fn what_is_no_json_object_is_an_error() {
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for (body, kind) in [
        ("", "missing"),
        (" \n", "missing"),
        ("[]", "model_attributes_type"),
        ("{", "json_invalid"),
        ("{\"x\":1e999}", "json_invalid"),
        ("{\"x\":\"\\ud800\"}", "json_invalid"),
        ("{\"x\":\"\0\"}", "json_invalid"),
        ("{\"x\":{\"a\":1,\"a\":2}}", "json_invalid"),
        ("\u{feff}{}", "json_invalid"),
        (deep.as_str(), "json_invalid"),
    ] {
        for read in [
            completion, generation, suggestion, chat, prompt, legacy, search,
        ] {
            let expected = [(kind.to_owned(), "body".to_owned())];
            assert_eq!(read(body.as_bytes()), expected);
        }
    }
    assert_eq!(prompt(b"{\"inputs\":{\"a\":\"\xff\"}}").len(), 1);
}
