//! Requests with everything in them.

use serde_json::json;

use crate::{
    Ask, Format, FunctionTool, Image, ImageSource, Message, Parameters, Part, Role, ToolChoice,
};

/// A request with everything in it.
pub(super) fn everything() -> Ask {
    let picture = |source, detail: Option<&str>| {
        Part::Image(Image {
            source,
            detail: detail.map(str::to_owned),
        })
    };
    let png = ImageSource::Data {
        media_type: "image/png".into(),
        base64: "iVBO".into(),
    };
    let turns = vec![
        Message::of_text(Role::System, "Be brief."),
        Message {
            role: Role::User,
            parts: vec![
                Part::Text("What is this?".into()),
                picture(png, Some("low")),
            ],
        },
        Message {
            role: Role::Assistant,
            parts: vec![
                Part::Reasoning {
                    text: "hm".into(),
                    signature: None,
                },
                Part::ToolCall {
                    id: "1".into(),
                    name: "look".into(),
                    arguments: "{\"at\":1}".into(),
                },
                Part::ToolCall {
                    id: "2".into(),
                    name: "look".into(),
                    arguments: "{}".into(),
                },
            ],
        },
        Message {
            role: Role::User,
            parts: vec![
                Part::ToolResult {
                    id: "1".into(),
                    parts: vec![
                        Part::Text("a".into()),
                        picture(ImageSource::Url("https://h/p".into()), None),
                    ],
                    is_error: false,
                },
                Part::ToolResult {
                    id: "2".into(),
                    parts: vec![Part::Text("b".into())],
                    is_error: true,
                },
            ],
        },
        Message::of_text(Role::Assistant, "A cat."),
        Message {
            role: Role::User,
            parts: vec![Part::Text("Sure?".into()), Part::Text("Quite?".into())],
        },
    ];
    let mut rest = serde_json::Map::new();
    rest.insert("min_p".into(), json!(0.1));
    rest.insert("model".into(), json!("never"));
    Ask {
        messages: turns,
        tools: vec![FunctionTool {
            name: "look".into(),
            description: Some("Looks.".into()),
            parameters: json!({"type": "object"}),
            strict: Some(true),
        }],
        tool_choice: ToolChoice::Function("look".into()),
        parallel_tool_calls: Some(false),
        format: Format::JsonSchema {
            name: "cat".into(),
            schema: json!({"type": "object"}),
            strict: Some(true),
        },
        parameters: parameters(),
        stream: true,
        rest,
    }
}

/// All parameters at once.
pub(super) fn parameters() -> Parameters {
    Parameters {
        max_tokens: Some(64),
        temperature: Some(0.5),
        top_p: Some(0.75),
        top_k: Some(40),
        stop: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(),
        seed: Some(7),
        frequency_penalty: Some(0.25),
        presence_penalty: Some(-0.25),
        reasoning_effort: Some("low".into()),
    }
}
