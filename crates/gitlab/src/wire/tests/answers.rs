use providers::{FinishReason, Usage};
use serde_json::{Value, json};

use crate::GitlabError;
use crate::react::{Action, Event};
use crate::wire::{
    Choice, CodeModel, Found, Raw, Refusal, Sse, UsageLines, Write, agent_line, code_answer, lang,
    legacy_answer, prompt_answer, prompt_answer_v2, search_answer, suggestion_answer, token_answer,
};

fn model() -> CodeModel {
    CodeModel {
        engine: "agent".into(),
        name: "Codestral".into(),
        lang: "ruby".into(),
    }
}

fn choice(text: &str, finish: Option<FinishReason>) -> Choice {
    Choice {
        text: text.into(),
        finish,
    }
}

fn usage() -> Usage {
    Usage {
        prompt: Some(3),
        completion: Some(12),
        ..Usage::default()
    }
}

#[test]
fn code_answers_have_gitlabs_shape() {
    let list = [
        choice(" puts 'hi'\nend", None),
        choice(" \n", None),
        choice("x", Some(FinishReason::Stop)),
    ];
    let choices = json!([
        {"text": " puts 'hi'\nend", "index": 0, "finish_reason": "length"},
        {"text": "x", "index": 1, "finish_reason": "stop"}]);
    let tokens = json!({"input_tokens": 3, "output_tokens": 12, "context_tokens_sent": 0,
        "context_tokens_used": 0});
    let mut expected = json!({"id": "id", "model": {"engine": "agent", "name": "Codestral",
        "lang": "ruby", "tokens_consumption_metadata": tokens}, "experiments": [],
        "object": "text_completion", "created": 17, "choices": choices});
    assert_eq!(code_answer("id", 17, &model(), &usage(), &list), expected);

    expected["choices"] = json!([]);
    expected["model"]["tokens_consumption_metadata"] = Value::Null;
    let nothing = [choice("", None)];
    assert_eq!(
        code_answer("id", 17, &model(), &Usage::default(), &nothing),
        expected
    );

    let model_json = json!({"engine": "agent", "name": "Codestral", "lang": "ruby"});
    let expected = json!({"choices": choices, "model": model_json,
        "metadata": {"model": model_json, "timestamp": 17}});
    assert_eq!(suggestion_answer(17, &model(), &list), expected);
}

#[test]
fn the_language_is_of_the_file_then_of_the_editor() {
    for (file, editor, name) in [
        ("a.rb", Some("plaintext"), "ruby"),
        ("a.cs", None, "csharp"),
        ("a.lua", Some("Lua"), "lua"),
        ("a.lua", None, ""),
    ] {
        assert_eq!(lang(file, editor), name);
    }
}

#[test]
fn other_answers_have_gitlabs_shape() {
    assert_eq!(prompt_answer("a\"b").to_string(), r#""a\"b""#);
    let counted = prompt_answer_v2("a", "m", Some(&usage()));
    let tokens = json!({"m": {"input_tokens": 3, "output_tokens": 12}});
    assert_eq!(counted, json!({"content": "a", "usage": tokens}));
    let expected = json!({"response": "a", "metadata":
        {"provider": "litellm", "model": "mistral", "timestamp": 17}});
    assert_eq!(legacy_answer("a", "litellm", "mistral", 17), expected);
    let found = Found {
        id: "1".into(),
        content: "c".into(),
        title: "t".into(),
        source_url: "u".into(),
    };
    let results = json!([{"id": "1", "content": "c",
        "metadata": {"title": "t", "source_url": "u"}}]);
    for (found, results) in [(&[found][..], results), (&[], json!([]))] {
        let expected = json!({"response": {"results": results},
            "metadata": {"provider": "sqlite", "timestamp": 17}});
        assert_eq!(search_answer(found, 17), expected);
    }
    assert_eq!(
        token_answer("t", 17),
        json!({"token": "t", "expires_at": 17})
    );
}

fn stream(mut writer: impl Write) -> String {
    let mut bytes = writer.start();
    for piece in ["def ", "", "x\n"] {
        bytes.extend(writer.text(piece));
    }
    bytes.extend(writer.end(Some(&usage())));
    String::from_utf8(bytes).unwrap()
}

#[test]
fn streams_are_raw_events_or_lines() {
    assert_eq!(stream(Raw), "def x\n");
    let (model, created) = (model(), 17);
    let expected = "event: stream_start\ndata: {\"metadata\":{\"model\":{\"engine\":\"agent\",\
        \"name\":\"Codestral\"},\"timestamp\":17}}\n\n\
        event: content_chunk\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"def \"}}]}\n\n\
        event: content_chunk\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\\n\"}}]}\n\n\
        event: stream_end\ndata: null\n\n";
    assert_eq!(
        stream(Sse {
            model: model.clone(),
            created
        }),
        expected
    );
    let failed = String::from_utf8(Sse { model, created }.fail("a\nb")).unwrap();
    assert_eq!(failed, "event: error\ndata: {\"message\":\"a\\nb\"}\n\n");
    let lines = stream(UsageLines { model: "m".into() });
    let last = "{\"content\":\"\",\"usage\":{\"m\":{\"input_tokens\":3,\"output_tokens\":12}}}\n";
    assert_eq!(
        lines,
        format!("{{\"content\":\"def \"}}\n{{\"content\":\"x\\n\"}}\n{last}")
    );
}

#[test]
fn agent_events_are_one_line_each() {
    let action = Action {
        thought: "t\n".into(),
        tool: "issue_reader".into(),
        tool_input: "#1".into(),
    };
    for (event, line) in [
        (
            Event::Delta("a\r\nb".into()),
            r#"{"type":"final_answer_delta","data":{"text":"a\r\nb"}}"#,
        ),
        (
            Event::Action(action),
            r##"{"type":"action","data":{"thought":"t\n","tool":"issue_reader","tool_input":"#1"}}"##,
        ),
        (
            Event::Unknown(String::new()),
            r#"{"type":"unknown","data":{"text":""}}"#,
        ),
        (
            Event::tool_not_available(),
            r#"{"type":"error","data":{"message":"tool not available","retryable":false}}"#,
        ),
    ] {
        assert_eq!(
            String::from_utf8(agent_line(&event)).unwrap(),
            format!("{line}\n")
        );
    }
}

#[test]
fn every_error_has_its_status_and_the_envelope() {
    use Refusal::{NoHeader, NoPrompt, TooMany};
    let header = "X-Gitlab-Realm";
    for (refusal, status, message) in [
        (
            Refusal::Unauthenticated("Forbidden by auth provider".into()),
            401,
            "Forbidden by auth provider",
        ),
        (Refusal::NotFound, 404, "Not found"),
        (NoPrompt("chat/x".into()), 404, "Prompt 'chat/x' not found"),
        (Refusal::WrongMethod, 405, "Method Not Allowed"),
        (Refusal::Body(GitlabError::Refused("no")), 400, "no"),
        (NoHeader(header), 400, "Missing X-Gitlab-Realm header"),
        (TooMany("later".into()), 429, "later"),
        (
            Refusal::InferenceFailed(String::new()),
            503,
            "Inference failed",
        ),
        (
            Refusal::InferenceFailed("it broke".into()),
            503,
            "Inference failed: it broke",
        ),
        (Refusal::NoToken, 500, "Failed to generate JWT"),
        (Refusal::Other(502, "broken".into()), 502, "broken"),
    ] {
        assert_eq!(refusal.status(), status, "{message}");
        let body = refusal.json();
        assert_eq!(body["error"], message);
        assert_eq!(body["detail"][0]["msg"], message);
        assert_eq!(body["detail"][0]["loc"], json!([]));
        assert!(body["detail"][0]["type"].is_string());
    }
    let refusal = Refusal::NoInput("diff".into());
    let detail = json!([{"msg": "Input 'diff' is missing in the prompt's inputs",
        "type": "value_error", "loc": ["body", "inputs", "diff"]}]);
    assert_eq!(
        (refusal.status(), &refusal.json()["detail"]),
        (422, &detail)
    );
    let refusal = Refusal::Nowhere {
        refused: "Invalid authorization header".into(),
        method: "GET".into(),
        path: "/x".into(),
    };
    let body = refusal.json();
    assert_eq!(
        (refusal.status(), &body["error"]),
        (401, &json!("Invalid authorization header"))
    );
    let told = body["detail"][0]["msg"].as_str().unwrap();
    assert!(told.starts_with("Invalid authorization header"), "{told}");
    let refusal = Refusal::Upstream {
        code: 401,
        reason: "Unauthorized".into(),
    };
    assert_eq!(refusal.status(), 421);
    assert_eq!(
        refusal.json()["detail"],
        "401: Unauthorized",
        "Rails wants a text here"
    );
}
