use domain::{Connection, FamilyRecord, Provider, ServerKind};
use providers::{Format, Part, Role, Target, ToolChoice};
use serde_json::{Value, json};

use crate::{Form, FormError};

fn rich() -> Value {
    json!({
        "model": "duo_chat",
        "max_tokens": 1000,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}},
                   {"type": "text", "text": "Answer in German."}],
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "EqoB"},
                {"type": "redacted_thinking", "data": "EmwK"},
                {"type": "text", "text": "I look.", "citations": null},
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather",
                 "input": {"zone": null, "city": "Köln"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": true, "content": [
                    {"type": "text", "text": "a map"},
                    {"type": "image", "source":
                        {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                ]},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "plain"},
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "text", "text": "Well?"},
            ]},
        ],
        "tools": [{"name": "get_weather", "description": "The weather.", "strict": true,
                   "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
        "tool_choice": {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": true},
        "stop_sequences": ["END"],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "stream": true,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "max", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        "metadata": {"user_id": "u"},
        "service_tier": "auto",
        "repetition_penalty": 1.1,
    })
}

fn read(body: &Value) -> Result<crate::Asked, FormError> {
    Form::Messages.read(body.to_string().as_bytes())
}

#[test]
fn a_request_with_everything_is_read_in_full() {
    let asked = read(&rich()).unwrap();
    assert_eq!(asked.model, "duo_chat");
    assert!(asked.include_usage && asked.ask.stream);
    let ask = asked.ask;
    assert_eq!(
        ask.system().as_deref(),
        Some("Be brief.\n\nAnswer in German.")
    );
    let roles: Vec<Role> = ask.messages.iter().map(|message| message.role).collect();
    assert_eq!(
        roles,
        [Role::System, Role::User, Role::Assistant, Role::User]
    );
    assert_eq!(
        ask.messages[2].parts.len(),
        3,
        "but for the redacted thoughts"
    );
    let arguments = Part::ToolCall {
        id: "toolu_1".into(),
        name: "get_weather".into(),
        arguments: r#"{"zone":null,"city":"Köln"}"#.into(),
    };
    assert_eq!(ask.messages[2].parts[2], arguments);
    assert_eq!(ask.tool_choice, ToolChoice::Function("get_weather".into()));
    assert_eq!(ask.parallel_tool_calls, Some(false));
    assert!(matches!(ask.format, Format::JsonSchema { .. }));
    assert_eq!(ask.parameters.reasoning_effort.as_deref(), Some("high"));
    let rest = json!({"thinking": {"type": "adaptive"}, "repetition_penalty": 1.1});
    assert_eq!(Value::Object(ask.rest), rest);
}

#[test]
fn a_request_that_is_read_and_written_for_the_vendor_says_the_same() {
    let family = FamilyRecord {
        refuses: Vec::new(),
        ..FamilyRecord::built_in("general").unwrap().clone()
    };
    let target = Target {
        provider: Provider::Anthropic,
        server: None,
        name: "claude",
        connection: &Connection::default(),
        family: &family,
        key: None,
        kind: ServerKind::Other,
    };
    let call = providers::chat(target, &read(&rich()).unwrap().ask).unwrap();
    let written: Value = serde_json::from_slice(&call.body.unwrap()).unwrap();
    let mut expected = rich();
    expected["model"] = "claude".into();
    expected["system"] = "Be brief.\n\nAnswer in German.".into();
    expected["messages"][0]["content"] = json!([{"type": "text", "text": "Hello"}]);
    let of_model = expected["messages"][1]["content"].as_array_mut().unwrap();
    of_model.remove(1);
    of_model[1].as_object_mut().unwrap().remove("citations");
    expected["messages"][2]["content"][1]["content"] = json!([{"type": "text", "text": "plain"}]);
    expected["output_config"]
        .as_object_mut()
        .unwrap()
        .remove("effort");
    for name in ["metadata", "service_tier", "repetition_penalty"] {
        expected.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(written, expected);
}

#[test]
fn thoughts_without_proof_and_the_older_place_of_a_schema_are_read() {
    let mut body = rich();
    body["output_config"] = Value::Null;
    body["output_format"] = json!({"type": "json_schema", "schema": {"type": "object"}});
    body["messages"][1]["content"][0]["signature"] = "".into();
    let ask = read(&body).unwrap().ask;
    assert!(matches!(ask.format, Format::JsonSchema { .. }));
    let thoughts = Part::Reasoning {
        text: "Hm.".into(),
        signature: None,
    };
    assert_eq!(ask.messages[2].parts[0], thoughts);
}

#[test]
fn a_count_needs_no_number_of_tokens() {
    let mut body = rich();
    body.as_object_mut().unwrap().remove("max_tokens");
    let refused = read(&body).unwrap_err().to_string();
    assert_eq!(refused, "max_tokens: is missing");
    let counted = crate::read_count_tokens(body.to_string().as_bytes()).unwrap();
    assert_eq!(counted.ask.messages.len(), 4);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let content = |block: Value| json!([{"role": "user", "content": [block]}]);
    let table = [
        ("model", Value::Null, "model: is missing"),
        ("messages", json!([]), "messages: needs at least one turn"),
        ("messages", json!({}), "messages: must be a list"),
        ("messages", json!([7]), "messages[0]: must be an object"),
        (
            "messages",
            json!([{"role": "tool"}]),
            "messages[0].role: must be user, assistant or system",
        ),
        (
            "messages",
            json!([{"role": "user"}]),
            "messages[0].content: is missing",
        ),
        (
            "messages",
            content(json!({"type": "text"})),
            "messages[0].content[0].text: is missing",
        ),
        (
            "messages",
            content(json!({"type": "document"})),
            "messages[0].content[0].type \"document\" is not served here",
        ),
        (
            "messages",
            content(json!({"type": "tool_use", "id": "1", "name": "f", "input": {}})),
            "messages[0].content[0].type \"tool_use\" is not served here",
        ),
        (
            "messages",
            content(json!({"type": "image", "source": {"type": "file", "file_id": "f"}})),
            "messages[0].content[0].source.type \"file\" is not served here",
        ),
        (
            "messages",
            json!([{"role": "assistant", "content": [
                {"type": "tool_use", "id": "1", "name": "f", "input": "x"}]}]),
            "messages[0].content[0].input: must be an object",
        ),
        (
            "system",
            json!([{"type": "image"}]),
            "system[0].type \"image\" is not served here",
        ),
        (
            "tools",
            json!([{"type": "web_search_20250305", "name": "web_search"}]),
            "tools[0].type \"web_search_20250305\" is not served here",
        ),
        (
            "tools",
            json!([{"name": "f"}]),
            "tools[0].input_schema: is missing",
        ),
        (
            "tool_choice",
            json!({"type": "x"}),
            "tool_choice.type: must be auto, any, tool or none",
        ),
        ("max_tokens", json!(0), "max_tokens: must be at least 1"),
        (
            "temperature",
            json!(1.5),
            "temperature: must be from 0 to 1",
        ),
        (
            "output_config",
            json!({"format": {"type": "xml"}}),
            "output_config.format.type: must be json_schema",
        ),
        (
            "mcp_servers",
            json!([]),
            "\"mcp_servers\" is not served here",
        ),
    ];
    for (field, value, words) in table {
        let mut body = rich();
        body[field] = value;
        assert_eq!(read(&body).unwrap_err().to_string(), words, "{field}");
    }
    let deep = format!("{{\"model\":{}", "[".repeat(10_000));
    for body in ["", "[]", "\u{feff}{}", deep.as_str()] {
        assert!(matches!(
            Form::Messages.read(body.as_bytes()),
            Err(FormError::Malformed(_))
        ));
    }
}
