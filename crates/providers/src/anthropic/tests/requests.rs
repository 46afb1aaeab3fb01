use domain::{Parameter, Provider};
use serde_json::{Value, json};

use super::Model;
use crate::{
    Ask, Call, Format, FunctionTool, Image, ImageSource, Message, Parameters, Part, Role,
    ToolChoice, UpstreamError, anthropic, chat, counted_messages, pass_messages,
};

/// What goes out, as the golden files have it.
fn sent(call: &Call) -> Value {
    json!({
        "method": call.method.as_str(),
        "url": call.url.as_str(),
        "anthropic-version": call.headers["anthropic-version"].to_str().unwrap(),
        "body": body_of(call),
    })
}

fn body_of(call: &Call) -> Value {
    serde_json::from_slice(call.body.as_ref().unwrap()).unwrap()
}

fn ask_of(messages: Vec<Message>) -> Ask {
    Ask {
        messages,
        ..Ask::default()
    }
}

fn hello() -> Ask {
    ask_of(vec![Message::of_text(Role::User, "Hello")])
}

fn turn(role: Role, parts: Vec<Part>) -> Message {
    Message { role, parts }
}

fn text(text: &str) -> Part {
    Part::Text(text.into())
}

fn image(source: ImageSource) -> Part {
    let detail = None;
    Part::Image(Image { source, detail })
}

fn tool() -> FunctionTool {
    FunctionTool {
        name: "get_weather".into(),
        description: Some("The weather in a city.".into()),
        parameters: json!({"type": "object", "properties": {"city": {"type": "string"}}}),
        strict: Some(true),
    }
}

/// A request with everything that the form has a place for.
fn rich() -> Ask {
    let call = Part::ToolCall {
        id: "toolu_01".into(),
        name: "get_weather".into(),
        arguments: r#"{"city": "Köln"}"#.into(),
    };
    let thoughts = |signature: Option<&str>| Part::Reasoning {
        text: "Hm.".into(),
        signature: signature.map(str::to_owned),
    };
    let result = Part::ToolResult {
        id: "toolu_01".into(),
        parts: vec![text("no such city")],
        is_error: true,
    };
    let picture = ImageSource::Data {
        media_type: "image/png".into(),
        base64: "iVBORw0KGgo=".into(),
    };
    let link = ImageSource::Url("https://example.com/a.png".into());
    Ask {
        messages: vec![
            Message::of_text(Role::System, "Be brief."),
            turn(Role::User, vec![text("What is this?"), image(picture)]),
            turn(Role::User, vec![text(" \n"), image(link)]),
            turn(
                Role::Assistant,
                vec![thoughts(Some("EqoB")), thoughts(None), text("A map.")],
            ),
            turn(Role::Assistant, vec![call]),
            turn(Role::User, vec![result]),
            Message::of_text(Role::System, "Answer in German."),
            Message::of_text(Role::User, "Try again."),
            Message::of_text(Role::Assistant, "Es regnet \n"),
        ],
        tools: vec![
            tool(),
            FunctionTool {
                name: "now".into(),
                description: None,
                parameters: Value::Null,
                strict: None,
            },
        ],
        tool_choice: ToolChoice::Required,
        parallel_tool_calls: Some(false),
        format: Format::JsonSchema {
            name: "answer".into(),
            schema: json!({"type": "object", "additionalProperties": false}),
            strict: Some(true),
        },
        parameters: Parameters {
            max_tokens: Some(1000),
            temperature: Some(1.5),
            top_p: Some(0.9),
            top_k: Some(40),
            stop: vec!["\n\n".into(), "END".into()],
            seed: Some(7),
            frequency_penalty: Some(1.0),
            presence_penalty: Some(1.0),
            reasoning_effort: Some("low".into()),
        },
        stream: true,
        rest: json!({"thinking": {"type": "adaptive"}, "user": "u", "logit_bias": {}})
            .as_object()
            .unwrap()
            .clone(),
    }
}

#[test]
fn requests_go_out_as_their_golden_files_say() {
    let plain = Ask {
        parameters: Parameters {
            temperature: Some(0.2),
            top_p: Some(1.0),
            ..Parameters::default()
        },
        ..hello()
    };
    let table = [
        ("rich", chat(Model::new().target(), &rich())),
        (
            "plain",
            chat(Model::at("http://gpu-1:8080/v1").target(), &plain),
        ),
    ];
    for (name, call) in table {
        let path = format!(
            "{}/tests/golden/anthropic-{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let sent = sent(&call.unwrap());
        assert_eq!(sent, golden, "{name}: {sent:#}");
    }
    assert_eq!(counted_messages(br#"{"input_tokens":2095}"#), Some(2095));
    assert_eq!(counted_messages(b"{}"), None);
}

#[test]
fn every_spelling_of_the_base_resolves_to_one_url() {
    let table = [
        ("http://gpu-1:8080", "http://gpu-1:8080/v1/messages"),
        ("http://gpu-1:8080/v1", "http://gpu-1:8080/v1/messages"),
        ("http://gpu-1:8080/v1/", "http://gpu-1:8080/v1/messages"),
        (
            "http://gpu-1:8080/v1/messages",
            "http://gpu-1:8080/v1/messages",
        ),
        (
            "https://proxy/anthropic?team=a",
            "https://proxy/anthropic/v1/messages?team=a",
        ),
    ];
    for (endpoint, url) in table {
        let model = Model::at(endpoint);
        assert_eq!(chat(model.target(), &hello()).unwrap().url.as_str(), url);
    }
    let models = anthropic::models_url(Model::at("https://proxy/a?team=b").target()).unwrap();
    assert_eq!(
        models.as_str(),
        "https://proxy/a/v1/models?team=b&limit=1000"
    );
}

#[test]
fn a_conversation_that_the_form_refuses_is_mended_or_refused() {
    let messages = |ask: Vec<Message>| {
        let call = chat(Model::new().target(), &ask_of(ask))?;
        Ok::<_, UpstreamError>(body_of(&call)["messages"].clone())
    };
    let user = |words: &str| json!({"role": "user", "content": [{"type": "text", "text": words}]});
    let of = |role, words| Message::of_text(role, words);

    let begun = messages(vec![of(Role::Assistant, "Hi"), of(Role::User, "Hello")]);
    assert_eq!(begun.unwrap()[0], user("(The conversation continues.)"));
    let rules_alone = messages(vec![of(Role::System, "Say hello.")]);
    assert_eq!(rules_alone.unwrap(), json!([user("Say hello.")]));
    let nothing = messages(vec![of(Role::User, " ")]).unwrap_err();
    assert!(nothing.to_string().contains("no words"), "{nothing}");
    for arguments in ["[]", "{\"city\":", "7"] {
        let call = Part::ToolCall {
            id: "1".into(),
            name: "f".into(),
            arguments: arguments.into(),
        };
        let error = messages(vec![of(Role::User, "x"), turn(Role::Assistant, vec![call])]);
        let said = error.unwrap_err().to_string();
        assert!(
            said.contains("\"f\"") && said.contains("no JSON object"),
            "{said}"
        );
    }
    let json_mode = Ask {
        format: Format::JsonObject,
        ..hello()
    };
    let said = chat(Model::new().target(), &json_mode)
        .unwrap_err()
        .to_string();
    assert!(said.contains("JSON answers without a schema"), "{said}");
}

#[test]
fn what_the_model_refuses_is_left_out_or_refused_by_name() {
    let ask = rich();
    let body = |refuses: &[Parameter]| {
        chat(Model::refusing(refuses).target(), &ask).map(|call| body_of(&call))
    };
    for (parameter, field) in [
        (Parameter::Temperature, "temperature"),
        (Parameter::TopP, "top_p"),
        (Parameter::TopK, "top_k"),
        (Parameter::Stop, "stop_sequences"),
    ] {
        let mut expected = body(&[]).unwrap();
        expected.as_object_mut().unwrap().remove(field).unwrap();
        assert_eq!(body(&[parameter]).unwrap(), expected, "{field}");
    }
    for (parameter, what) in [
        (Parameter::Tools, "tools"),
        (Parameter::Images, "images"),
        (Parameter::JsonSchema, "an answer by JSON schema"),
    ] {
        let said = body(&[parameter]).unwrap_err().to_string();
        assert_eq!(said, format!("General does not take {what}"));
    }

    let without_prefill = body(&[Parameter::Prefill]).unwrap();
    let last = without_prefill["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert_eq!(last["content"][1]["text"], "Try again.");
    let folded = body(&[Parameter::SystemRole]).unwrap();
    assert_eq!(folded.get("system"), None);
    let first = &folded["messages"][0]["content"];
    assert_eq!(first[0]["text"], "Be brief.\n\nAnswer in German.");
    assert_eq!(first[1]["text"], "What is this?");

    let model = Model::of_version("2026-10-21");
    let call = chat(model.target(), &ask).unwrap();
    assert_eq!(call.headers["anthropic-version"], "2026-10-21");
    let body = body_of(&call);
    for field in ["temperature", "top_p", "top_k"] {
        assert_eq!(body.get(field), None, "version 2026-10-21 has no {field}");
    }
}

#[test]
fn a_body_in_this_form_passes_unchanged_but_for_what_is_refused() {
    let body = r#"{"model": "m", "top_k": 5,"temperature":1,  "messages": [{"role":"user","content":"Hi"},
        {"role":"assistant","content":[{"type":"text","text":"A "}]}], "system":"Be brief.",
        "max_tokens":5, "new_field":{"b":1,"a":2.50}}"#;
    let pass = |model: &Model, body: &'static str| pass_messages(model.target(), body.into());
    let same = pass(&Model::new(), body).unwrap();
    assert_eq!(same.body.as_ref().unwrap(), body);
    assert_eq!(same.url.as_str(), "https://api.anthropic.com/v1/messages");

    let refuses = [
        Parameter::Temperature,
        Parameter::Prefill,
        Parameter::SystemRole,
    ];
    let edited = pass(&Model::refusing(&refuses), body).unwrap();
    let expected = r#"{"model":"m","top_k":5,"messages":[{"role":"user","content":[{"type":"text","text":"Be brief."},{"type":"text","text":"Hi"}]}],"max_tokens":5,"new_field":{"b":1,"a":2.5}}"#;
    assert_eq!(edited.body.unwrap(), expected);
    let newer = pass(&Model::of_version("2026-10-21"), body).unwrap();
    assert_eq!(body_of(&same)["top_k"], 5);
    assert_eq!(body_of(&newer).get("top_k"), None);

    let nested = r#"{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"image"}]}]}]}"#;
    for (parameter, body) in [
        (Parameter::Images, nested),
        (Parameter::Tools, r#"{"tools":[{"name":"f"}]}"#),
        (Parameter::JsonSchema, r#"{"output_config":{"format":{}}}"#),
    ] {
        let outcome = pass(&Model::refusing(&[parameter]), body);
        assert!(
            matches!(outcome, Err(UpstreamError::Unsupported { .. })),
            "{body}"
        );
    }
    let prefill_alone = r#"{"messages":[{"role":"assistant","content":"A"}]}"#;
    let call_at_the_end = r#"{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"tool_use"}]}]}"#;
    for body in [prefill_alone, call_at_the_end] {
        let call = pass(&Model::refusing(&[Parameter::Prefill]), body).unwrap();
        assert_eq!(call.body.unwrap(), body, "the server says what is wrong");
    }
    let strict = r#"{"tools":[{"name":"f","strict":true}]}"#;
    let lax = pass(&Model::refusing(&[Parameter::JsonSchema]), strict).unwrap();
    assert_eq!(lax.body.unwrap(), r#"{"tools":[{"name":"f"}]}"#);
    for body in ["", "[]", "{\"messages\":7", "7"] {
        let outcome = pass(&Model::refusing(&[Parameter::Tools]), body);
        assert!(matches!(outcome, Err(UpstreamError::Invalid(_))), "{body}");
    }
    for odd in [
        r#"{"messages":7}"#,
        r#"{"messages":[7,null],"system":7}"#,
        "{}",
    ] {
        let refuses = [Parameter::Images, Parameter::SystemRole, Parameter::Prefill];
        assert!(
            pass(&Model::refusing(&refuses), odd).is_ok(),
            "the server says what is wrong"
        );
    }
    let model = Model::new();
    let mut target = model.target();
    target.provider = Provider::Azure;
    let said = pass_messages(target, "{}".into()).unwrap_err().to_string();
    assert_eq!(
        said,
        "Azure OpenAI does not take requests in Anthropic's form"
    );
}
