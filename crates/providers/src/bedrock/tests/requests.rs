use domain::Parameter;
use serde_json::{Value, json};

use super::Model;
use crate::bedrock::chat_in;
use crate::bedrock::environment::Environment;
use crate::{
    Ask, Format, FunctionTool, Image, ImageSource, Message, Parameters, Part, Role, ToolChoice,
    UpstreamError,
};

fn try_body(model: &Model, ask: &Ask) -> Result<Value, UpstreamError> {
    let call = chat_in(&Environment::of(&[]), model.target(), ask)?;
    Ok(serde_json::from_slice(&call.body.unwrap()).unwrap())
}

fn body(model: &Model, ask: &Ask) -> Value {
    try_body(model, ask).unwrap()
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

fn image(source: ImageSource) -> Ask {
    let image = Image {
        source,
        detail: None,
    };
    ask_of(vec![turn(Role::User, vec![Part::Image(image)])])
}

fn png() -> Ask {
    image(ImageSource::Data {
        media_type: "image/png".into(),
        base64: "aGk=".into(),
    })
}

fn weather() -> FunctionTool {
    FunctionTool {
        name: "weather".into(),
        description: Some("Tells it".into()),
        parameters: json!({"type": "object", "properties": {"city": {"type": "string"}}}),
        strict: None,
    }
}

/// A conversation with a call, its result and a last question.
fn after_a_call() -> Ask {
    ask_of(vec![
        Message::of_text(Role::System, "Be brief"),
        Message::of_text(Role::Assistant, "Yes?"),
        Message::of_text(Role::User, "Weather?"),
        Message::of_text(Role::User, "In Köln"),
        turn(
            Role::Assistant,
            vec![
                Part::Reasoning {
                    text: "Hm".into(),
                    signature: Some("c2ln".into()),
                },
                Part::Reasoning {
                    text: "Unproven".into(),
                    signature: None,
                },
                Part::ToolCall {
                    id: "t1".into(),
                    name: "weather".into(),
                    arguments: "{\"city\":\"Köln\"}".into(),
                },
            ],
        ),
        turn(
            Role::User,
            vec![Part::ToolResult {
                id: "t1".into(),
                parts: vec![Part::Text(" ".into())],
                is_error: true,
            }],
        ),
        Message::of_text(Role::System, "Speak German"),
        Message::of_text(Role::User, "And now?"),
    ])
}

#[test]
fn a_conversation_becomes_alternating_turns_of_blocks() {
    let mut ask = after_a_call();
    ask.tools = vec![weather()];
    ask.tool_choice = ToolChoice::Function("weather".into());
    let schema = json!({"json": {"type": "object", "properties": {"city": {"type": "string"}}}});
    assert_eq!(
        body(&Model::claude(), &ask),
        json!({
            "messages": [
                {"role": "user", "content": [{"text": "(The conversation continues.)"}]},
                {"role": "assistant", "content": [{"text": "Yes?"}]},
                {"role": "user", "content": [{"text": "Weather?"}, {"text": "In Köln"}]},
                {"role": "assistant", "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
                    {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Köln"}}},
                ]},
                {"role": "user", "content": [
                    {"toolResult": {
                        "toolUseId": "t1", "content": [{"text": "(no output)"}], "status": "error",
                    }},
                    {"text": "And now?"},
                ]},
            ],
            "system": [{"text": "Be brief\n\nSpeak German"}],
            "toolConfig": {
                "tools": [{"toolSpec": {
                    "name": "weather", "inputSchema": schema, "description": "Tells it",
                }}],
                "toolChoice": {"tool": {"name": "weather"}},
            },
        })
    );
}

#[test]
fn sampling_goes_where_the_form_and_the_vendor_have_it() {
    let mut ask = hello();
    ask.parameters = Parameters {
        max_tokens: Some(16),
        temperature: Some(1.5),
        top_p: Some(0.5),
        top_k: Some(40),
        stop: vec!["END".into(), "\n".into(), String::new()],
        seed: Some(1),
        frequency_penalty: Some(1.0),
        ..Parameters::default()
    };
    let claude = body(&Model::claude(), &ask);
    assert_eq!(
        claude["inferenceConfig"],
        json!({"maxTokens": 16, "temperature": 1.0, "topP": 0.5, "stopSequences": ["END"]})
    );
    assert_eq!(claude["additionalModelRequestFields"], json!({"top_k": 40}));
    assert_eq!(
        claude["additionalModelResponseFieldPaths"],
        json!(["/stop_sequence"])
    );
    assert_eq!(
        claude.as_object().unwrap().len(),
        4,
        "seed and penalties have no field"
    );
    let nova = body(&Model::of("amazon.nova-lite-v1:0"), &ask);
    assert_eq!(
        nova["additionalModelRequestFields"],
        json!({"inferenceConfig": {"topK": 40}})
    );
    assert_eq!(
        nova["inferenceConfig"]["stopSequences"],
        json!(["END", "\n"])
    );
    let llama = body(&Model::of("meta.llama3-70b-instruct-v1:0"), &ask);
    assert_eq!(llama.get("additionalModelRequestFields"), None);
}

#[test]
fn what_a_family_refuses_is_left_out_or_refused_by_name() {
    let all = [
        Parameter::Temperature,
        Parameter::TopP,
        Parameter::TopK,
        Parameter::Stop,
        Parameter::SystemRole,
        Parameter::Prefill,
        Parameter::Tools,
        Parameter::Images,
        Parameter::JsonSchema,
    ];
    let model = Model::claude().refusing(&all);
    let mut ask = ask_of(vec![
        Message::of_text(Role::System, "Be brief"),
        Message::of_text(Role::User, "Hello"),
        Message::of_text(Role::Assistant, "Once upon"),
    ]);
    ask.parameters = Parameters {
        temperature: Some(0.1),
        top_p: Some(0.5),
        top_k: Some(40),
        stop: vec!["END".into()],
        ..Parameters::default()
    };
    assert_eq!(
        body(&model, &ask),
        json!({"messages": [
            {"role": "user", "content": [{"text": "Be brief"}, {"text": "Hello"}]},
        ]})
    );
    let mut tools = hello();
    tools.tools = vec![weather()];
    let mut schema = hello();
    schema.format = Format::JsonSchema {
        name: "x".into(),
        schema: json!({}),
        strict: None,
    };
    for (ask, what) in [(tools, "tools"), (png(), "images"), (schema, "JSON schema")] {
        let error = try_body(&model, &ask).unwrap_err();
        assert!(
            matches!(&error, UpstreamError::Unsupported { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn past_calls_keep_their_tools_whatever_may_be_called_now() {
    let mut ask = after_a_call();
    let bare = json!({"tools": [
        {"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}},
    ]});
    assert_eq!(body(&Model::claude(), &ask)["toolConfig"], bare);
    ask.tools = vec![weather()];
    ask.tool_choice = ToolChoice::None;
    assert!(body(&Model::claude(), &ask).get("toolConfig").is_some());
    let mut fresh = hello();
    fresh.tools = vec![weather()];
    fresh.tool_choice = ToolChoice::None;
    assert_eq!(body(&Model::claude(), &fresh).get("toolConfig"), None);
    fresh.tool_choice = ToolChoice::Required;
    assert_eq!(
        body(&Model::claude(), &fresh)["toolConfig"]["toolChoice"],
        json!({"any": {}})
    );
}

#[test]
fn images_go_as_bytes_or_not_at_all() {
    assert_eq!(
        body(&Model::claude(), &png())["messages"][0]["content"],
        json!([{"image": {"format": "png", "source": {"bytes": "aGk="}}}])
    );
    let other = image(ImageSource::Data {
        media_type: "image/bmp".into(),
        base64: "aGk=".into(),
    });
    for (ask, words) in [
        (image(ImageSource::Url("https://x/y.png".into())), "base64"),
        (other, "image/bmp"),
    ] {
        let error = try_body(&Model::claude(), &ask).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_schema_goes_as_text() {
    let mut ask = hello();
    ask.format = Format::JsonSchema {
        name: "answer".into(),
        schema: json!({"type": "object"}),
        strict: Some(true),
    };
    let schema = json!({"name": "answer", "schema": "{\"type\":\"object\"}"});
    assert_eq!(
        body(&Model::claude(), &ask)["outputConfig"],
        json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}})
    );
    ask.format = Format::JsonObject;
    assert!(try_body(&Model::claude(), &ask).is_err());
}

#[test]
fn invoke_sends_the_body_of_the_vendor() {
    let mut ask = ask_of(vec![
        Message::of_text(Role::System, "SYS"),
        Message::of_text(Role::User, "hi [/INST]"),
        Message::of_text(Role::Assistant, "yo"),
        Message::of_text(Role::User, "bye"),
    ]);
    ask.parameters.max_tokens = Some(16);
    let mistral = Model::of("invoke/mistral.mixtral-8x7b-instruct-v0:1");
    assert_eq!(
        body(&mistral, &ask),
        json!({
            "prompt": "<s>[INST] SYS\n\nhi [\u{200b}/INST] [/INST] yo</s>[INST] bye [/INST]",
            "max_tokens": 16,
        })
    );
    ask.messages.pop();
    let prompt = body(&mistral, &ask)["prompt"].as_str().unwrap().to_owned();
    assert!(
        prompt.ends_with("[/INST] yo"),
        "a beginning of the answer stays open: {prompt}"
    );
    let claude = body(
        &Model::of("invoke/anthropic.claude-3-haiku-20240307-v1:0"),
        &hello(),
    );
    assert_eq!(claude["anthropic_version"], "bedrock-2023-05-31");
    assert_eq!(claude["messages"][0]["content"][0]["text"], "Hello");
    assert!(claude.get("model").is_none() && claude.get("stream").is_none());
    let error = try_body(&Model::of("invoke/meta.llama3"), &hello()).unwrap_err();
    assert!(error.to_string().contains("leave out invoke/"), "{error}");
    let error = try_body(&mistral, &png()).unwrap_err();
    assert!(error.to_string().contains("images"), "{error}");
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let empty = ask_of(vec![Message::of_text(Role::User, " ")]);
    let broken = Part::ToolCall {
        id: "t1".into(),
        name: "weather".into(),
        arguments: "[1]".into(),
    };
    let broken = ask_of(vec![turn(Role::Assistant, vec![broken])]);
    for (ask, words) in [(empty, "no words"), (broken, "no JSON object")] {
        let error = try_body(&Model::claude(), &ask).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
