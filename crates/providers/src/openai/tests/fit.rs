//! What is changed in a body, and what keeps its bytes.

use domain::{Parameter, Provider, ServerKind, UpstreamPath};

use super::Setting;
use crate::openai::adjust;

const CHAT: UpstreamPath = UpstreamPath::ChatCompletions;

fn adjusted(setting: &Setting, body: &'static str) -> String {
    let fitted = adjust(body.into(), setting.target(), CHAT).unwrap();
    String::from_utf8(fitted.body.to_vec()).unwrap()
}

#[test]
fn a_body_that_nobody_objects_to_is_not_even_parsed() {
    let setting = Setting::of_kind(ServerKind::Vllm);
    assert_eq!(adjusted(&setting, "no JSON at all"), "no JSON at all");
    let picky = setting.refusing(&[Parameter::TopK, Parameter::Prefill]);
    let body = r#"{ "messages" : [ {"role":"user","content":"\u00e9"} ],"x":1.00 }"#;
    assert_eq!(
        adjusted(&picky, body),
        body,
        "nothing to change keeps every byte"
    );
    let refused = adjust("no JSON".into(), picky.target(), CHAT);
    let error = refused.err().unwrap();
    assert!(error.to_string().contains("no JSON object"), "{error}");
}

#[test]
fn what_a_model_refuses_is_left_out_and_the_rest_keeps_its_bytes() {
    use Parameter::{MaxTokens, Stop, Temperature, TopK, TopP};
    let setting =
        Setting::of_kind(ServerKind::Vllm).refusing(&[Temperature, TopP, TopK, Stop, MaxTokens]);
    assert_eq!(
        adjusted(
            &setting,
            r#"{"a":1.00,"temperature":0,"temperature":1,"top_p":1,"top_k":1,"stop":[ "x" ],"max_tokens":7,"b":"\u00e9"}"#
        ),
        r#"{"a":1.00,"b":"\u00e9","max_completion_tokens":7}"#
    );
    // The newer name is there already: the older one goes.
    assert_eq!(
        adjusted(&setting, r#"{"max_tokens":7,"max_completion_tokens":9}"#),
        r#"{"max_completion_tokens":9}"#
    );
    let raw = adjust(
        r#"{"prompt":"x","stop":["a"],"max_tokens":7}"#.into(),
        setting.target(),
        UpstreamPath::Completions,
    );
    assert_eq!(
        raw.unwrap().body,
        r#"{"prompt":"x","max_tokens":7}"#,
        "no such name there"
    );
}

#[test]
fn what_a_server_refuses_is_renamed_or_left_out() {
    let mistral = Setting::new(Provider::Mistral, ServerKind::Other, "");
    assert_eq!(
        adjusted(
            &mistral,
            r#"{"stream":true,"stream_options":{},"seed":1,"max_completion_tokens":2}"#
        ),
        r#"{"stream":true,"max_tokens":2,"random_seed":1}"#
    );
    assert_eq!(
        adjusted(&Setting::of_kind(ServerKind::Openai), r#"{"max_tokens":2}"#),
        r#"{"max_completion_tokens":2}"#
    );
}

#[test]
fn a_system_turn_is_folded_into_the_first_turn_of_the_user() {
    let setting = Setting::of_kind(ServerKind::Vllm).refusing(&[Parameter::SystemRole]);
    for (before, after) in [
        (
            r#"[{"role":"system","content":"S"},{"role":"user","name":"n","content":"U"},{"role":"user","content" : "V"}]"#,
            r#"[{"role":"user","name":"n","content":"S\n\nU"},{"role":"user","content" : "V"}]"#,
        ),
        (
            r#"[{"role":"developer","content":[{"type":"text","text":"S"}]},{"role":"assistant","content":"A"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]},{"role":"system","content":"T"}]"#,
            r#"[{"role":"assistant","content":"A"},{"role":"user","content":[{"type":"text","text":"S\n\nT"},{"type":"image_url","image_url":{"url":"u"}}]}]"#,
        ),
        (
            r#"[{"role":"system","content":"S"}]"#,
            r#"[{"role":"user","content":"S"}]"#,
        ),
    ] {
        let body = format!(r#"{{"messages":{before}}}"#).leak();
        assert_eq!(
            adjusted(&setting, body),
            format!(r#"{{"messages":{after}}}"#)
        );
    }
}

#[test]
fn a_turn_to_continue_is_left_out_and_a_call_is_not() {
    let setting = Setting::of_kind(ServerKind::Vllm).refusing(&[Parameter::Prefill]);
    let prefill =
        r#"{"messages":[{"role":"user","content":"U"},{"role":"assistant","content":"{"}]}"#;
    assert_eq!(
        adjusted(&setting, prefill),
        r#"{"messages":[{"role":"user","content":"U"}]}"#
    );
    let call = r#"{"messages":[{"role":"user","content":"U"},{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]}]}"#;
    assert_eq!(adjusted(&setting, call), call);
}

#[test]
fn what_cannot_be_left_out_is_refused_by_name() {
    use Parameter::{Images, JsonSchema, Tools};
    let setting = Setting::of_kind(ServerKind::Vllm).refusing(&[Images, JsonSchema, Tools]);
    for (body, what) in [
        (r#"{"tools":[{"type":"function"}]}"#, Some("tools")),
        (
            r#"{"tools":[],"messages":[{"role":"user","content":"image_url"}]}"#,
            None,
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#,
            Some("images"),
        ),
        (
            r#"{"response_format":{"type":"json_schema"}}"#,
            Some("an answer by JSON schema"),
        ),
        (r#"{"response_format":{"type":"json_object"}}"#, None),
    ] {
        let outcome = adjust(body.into(), setting.target(), CHAT);
        let said = outcome.err().map(|error| error.to_string());
        let title = &setting.family.title;
        let expected = what.map(|what| format!("{title} does not take {what}"));
        assert_eq!(said, expected, "{body}");
    }
}

#[test]
fn turns_of_another_shape_are_a_clear_error() {
    let setting = Setting::of_kind(ServerKind::Vllm).refusing(&[Parameter::SystemRole]);
    let deep = format!(
        r#"{{"messages":[{{"role":"system","content":{}"#,
        "[".repeat(10_000)
    );
    for body in [
        r#"{"messages":7}"#,
        r#"{"messages":["x"]}"#,
        r#"{"messages":[{"role":7}]}"#,
        deep.leak(),
    ] {
        assert!(
            adjust(body.into(), setting.target(), CHAT).is_err(),
            "{body}"
        );
    }
}
