use providers::{
    Ask, Format, FunctionTool, Image, ImageSource, Message, Parameters, Part, Role, ToolChoice,
};
use serde_json::{Map, Value, json};

use crate::openai::tests::refusals;
use crate::{Asked, Form};

fn read(body: &Value) -> Asked {
    Form::Chat.read(body.to_string().as_bytes()).unwrap()
}

#[test]
fn a_rich_request_is_read_whole() {
    let schema = json!({"type": "object", "properties": {"b": {}, "a": {}}});
    let body = json!({
        "model": "duo_chat",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "name": "ann", "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url":
                    {"url": "data:image/PNG;base64,iVBORw0=", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "HTTPS://example.com/a.png"}},
            ]},
            {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [
                {"id": "c1", "type": "function",
                    "function": {"name": "f", "arguments": "{\"a\":1}"}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": ""}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "one"},
            {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "two"}]},
            {"role": "user", "content": "Well?"},
            {"role": "assistant", "content": null, "function_call":
                {"name": "old", "arguments": "{}"}},
            {"role": "function", "name": "old", "content": "three"},
            {"role": "assistant", "content": null, "refusal": "No."},
        ],
        "tools": [
            {"type": "function", "function": {
                "name": "f", "description": "d", "parameters": schema, "strict": true}},
            {"type": "function", "function": {"name": "g"}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": false,
        "response_format": {"type": "json_schema", "json_schema":
            {"name": "s", "schema": schema, "strict": true}},
        "max_tokens": 1, "max_completion_tokens": 2, "temperature": 0, "top_p": 0.5, "top_k": -1,
        "stop": "END", "seed": -3, "frequency_penalty": 1, "presence_penalty": -1.5,
        "reasoning_effort": "low", "stream": true,
        "stream_options": {"include_usage": true}, "n": 1, "logprobs": false, "user": null,
        "min_p": 0.1, "chat_template_kwargs": {"enable_thinking": false},
    });
    let call = |id: &str, name: &str, arguments: &str| Part::ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
    };
    let result = |id: &str, text: &str| Part::ToolResult {
        id: id.into(),
        parts: vec![Part::Text(text.into())],
        is_error: false,
    };
    let image = |source, detail: Option<&str>| {
        let detail = detail.map(Into::into);
        Part::Image(Image { source, detail })
    };
    let png = ImageSource::Data {
        media_type: "image/png".into(),
        base64: "iVBORw0=".into(),
    };
    let turn = |role, parts| Message { role, parts };
    let thoughts = Part::Reasoning {
        text: "hm".into(),
        signature: None,
    };
    let mut rest = Map::new();
    rest.insert("min_p".into(), json!(0.1));
    rest.insert(
        "chat_template_kwargs".into(),
        json!({"enable_thinking": false}),
    );
    let ask = Ask {
        messages: vec![
            Message::of_text(Role::System, "Be brief."),
            Message::of_text(Role::System, "Be kind."),
            turn(
                Role::User,
                vec![
                    Part::Text("What is it?".into()),
                    image(png, Some("low")),
                    image(ImageSource::Url("HTTPS://example.com/a.png".into()), None),
                ],
            ),
            turn(
                Role::Assistant,
                vec![thoughts, call("c1", "f", "{\"a\":1}"), call("c2", "g", "")],
            ),
            turn(Role::User, vec![result("c1", "one"), result("c2", "two")]),
            Message::of_text(Role::User, "Well?"),
            turn(Role::Assistant, vec![call("call_1", "old", "{}")]),
            turn(Role::User, vec![result("call_1", "three")]),
            Message::of_text(Role::Assistant, "No."),
        ],
        tools: vec![
            FunctionTool {
                name: "f".into(),
                description: Some("d".into()),
                parameters: schema.clone(),
                strict: Some(true),
            },
            FunctionTool {
                name: "g".into(),
                description: None,
                parameters: json!({"type": "object", "properties": {}}),
                strict: None,
            },
        ],
        tool_choice: ToolChoice::Function("f".into()),
        parallel_tool_calls: Some(false),
        format: Format::JsonSchema {
            name: "s".into(),
            schema,
            strict: Some(true),
        },
        parameters: Parameters {
            max_tokens: Some(2),
            temperature: Some(0.0),
            top_p: Some(0.5),
            top_k: None,
            stop: vec!["END".into()],
            seed: Some(-3),
            frequency_penalty: Some(1.0),
            presence_penalty: Some(-1.5),
            reasoning_effort: Some("low".into()),
        },
        stream: true,
        rest,
    };
    let asked = Asked {
        model: "duo_chat".into(),
        ask,
        include_usage: true,
        echo: Map::new(),
    };
    assert_eq!(read(&body), asked);
}

fn hello() -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]})
}

#[test]
fn errors_name_the_field_and_the_place() {
    let message = |message: Value| json!({"messages": [{"role": "user", "content": ""}, message]});
    let part = |part: Value| json!({"messages": [{"role": "user", "content": [part]}]});
    let url = |url: &str| part(json!({"type": "image_url", "image_url": {"url": url}}));
    let no_data =
        "messages[0].content[0].image_url.url: must be a picture as data:image/…;base64,…";
    let cases = [
        (json!({"model": null}), "model: is missing"),
        (json!({"messages": []}), "messages: there is none"),
        (json!({"messages": "hi"}), "messages: must be a list"),
        (
            json!({"messages": ["hi"]}),
            "messages[0]: must be an object",
        ),
        (
            message(json!({"content": "x"})),
            "messages[1].role: is missing",
        ),
        (
            message(json!({"role": "bot"})),
            "messages[1].role: \"bot\" is no role",
        ),
        (
            message(json!({"role": "user"})),
            "messages[1].content: is missing",
        ),
        (
            message(json!({"role": "assistant", "content": null})),
            "messages[1].content: is missing",
        ),
        (
            message(json!({"role": "user", "content": 1})),
            "messages[1].content: must be a string or a list of parts",
        ),
        (
            message(json!({"role": "tool", "content": "x"})),
            "messages[1].tool_call_id: is missing",
        ),
        (
            message(json!({"role": "function", "content": "x"})),
            "messages[1].role: no function_call comes before it",
        ),
        (
            message(
                json!({"role": "assistant", "tool_calls": [{"id": "c", "function":
            {"name": "f", "arguments": {}}}]}),
            ),
            "messages[1].tool_calls[0].function.arguments: must be a string",
        ),
        (
            message(
                json!({"role": "system", "content": [{"type": "image_url", "image_url":
            {"url": "https://x"}}]}),
            ),
            "messages[1].content: only users and tools may send pictures",
        ),
        (
            part(json!({"text": "x"})),
            "messages[0].content[0].type: is missing",
        ),
        (
            part(json!({"type": "text", "text": 5})),
            "messages[0].content[0].text: must be a string",
        ),
        (
            url("file:///etc/passwd"),
            "messages[0].content[0].image_url.url: must start with http://, https:// or data:",
        ),
        (url("data:text/html;base64,AAAA"), no_data),
        (url("data:image/png,AAAA"), no_data),
        (url("data:image/png;base64"), no_data),
        (
            json!({"temperature": "hot"}),
            "temperature: must be a number",
        ),
        (
            json!({"max_tokens": -1}),
            "max_tokens: must be a whole number from 0 to 4294967295",
        ),
        (json!({"seed": u64::MAX}), "seed: must be a whole number"),
        (json!({"top_k": 1_u64 << 40}), "top_k: is too large"),
        (
            json!({"stop": ["a", 1]}),
            "stop: must be a string or a list of strings",
        ),
        (json!({"stream": "yes"}), "stream: must be true or false"),
        (json!({"n": 0}), "n: must be at least 1"),
        (
            json!({"tools": [{"type": "function"}]}),
            "tools[0].function: is missing",
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": 1}}]}),
            "tools[0].function.parameters: must be an object",
        ),
        (
            json!({"tool_choice": "any"}),
            "tool_choice: \"any\" is none of auto, none and required",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "s"}}}),
            "response_format.json_schema.schema: is missing",
        ),
    ];
    refusals(|body| Form::Chat.read(body), hello(), &cases);
}

#[test]
fn what_other_forms_lack_is_refused_by_name() {
    let part = |kind: &str| json!({"messages": [{"role": "user", "content": [{"type": kind}]}]});
    let cases = [
        (json!({"n": 2}), "n above 1 is not served here"),
        (json!({"logprobs": true}), "logprobs is not served here"),
        (
            json!({"top_logprobs": 3}),
            "top_logprobs is not served here",
        ),
        (
            json!({"functions": []}),
            "functions (send tools instead) is not served here",
        ),
        (
            json!({"modalities": ["text", "audio"]}),
            "modalities \"audio\" is not served here",
        ),
        (json!({"audio": {}}), "audio is not served here"),
        (
            json!({"web_search_options": {}}),
            "web_search_options is not served here",
        ),
        (
            part("input_audio"),
            "messages[0].content[0].type \"input_audio\" is not served here",
        ),
        (
            part("file"),
            "messages[0].content[0].type \"file\" is not served here",
        ),
        (
            json!({"tools": [{"type": "custom"}]}),
            "tools[0].type \"custom\" is not served here",
        ),
        (
            json!({"tool_choice": {"type": "allowed_tools"}}),
            "tool_choice.type \"allowed_tools\" is not served here",
        ),
        (
            json!({"response_format": {"type": "grammar"}}),
            "response_format.type \"grammar\" is not served here",
        ),
    ];
    refusals(|body| Form::Chat.read(body), hello(), &cases);
}

#[test]
fn a_word_of_a_client_is_cut_in_an_error() {
    let mut body = hello();
    body["messages"][0]["role"] = json!("é\n".repeat(1_000_000));
    let error = Form::Chat.read(body.to_string().as_bytes()).unwrap_err();
    assert!(error.to_string().len() < 200 && !error.to_string().contains('\n'));
}
