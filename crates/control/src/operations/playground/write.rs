//! Writes a prompt as the request that a client would send: path, body, and how its answer is read.
//! The prompt has been checked.

use serde_json::{Map, Value, json};

use super::read::Form;
use crate::view::{Message, PromptAsk, PromptParameters, PromptRequest, Role, SentAs};

/// A request to send.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// The path.
    pub(super) path: String,
    /// The body.
    pub(super) body: Vec<u8>,
    /// How the answer is read.
    pub(super) form: Form,
    /// Whether its body names no model, so that the column has to.
    pub(super) is_gitlabs: bool,
}

impl Outgoing {
    fn new(path: &str, body: &Value, form: Form) -> Self {
        Self {
            path: path.to_owned(),
            body: body.to_string().into_bytes(),
            form,
            is_gitlabs: !path.starts_with("/v1/"),
        }
    }
}

/// The request of a prompt.
pub(super) fn write(request: &PromptRequest) -> Outgoing {
    match (&request.ask, request.sent_as) {
        (PromptAsk::Raw { path, body }, _) => Outgoing {
            path: path.clone(),
            body: body.clone().into_bytes(),
            form: Form::Bytes,
            is_gitlabs: false,
        },
        (PromptAsk::Chat { messages }, SentAs::Openai) => chat(request, messages),
        (PromptAsk::Chat { messages }, SentAs::Gitlab) => {
            let turn =
                |message: &Message| json!({"role": message.role, "content": message.content});
            let turns: Vec<_> = messages.iter().map(turn).collect();
            Outgoing::new("/v2/chat/agent", &json!({"messages": turns}), Form::Lines)
        }
        (
            PromptAsk::Completion {
                file_name,
                prefix,
                suffix,
            },
            SentAs::Openai,
        ) => {
            let mut body = json!({
                "model": request.model,
                "prompt": prefix,
                "suffix": suffix,
                "file_name": file_name,
                "stream": true,
                "stream_options": {"include_usage": true},
            });
            add_sampling(&mut body, &request.parameters);
            Outgoing::new("/v1/completions", &body, Form::Events)
        }
        (
            PromptAsk::Completion {
                file_name,
                prefix,
                suffix,
            },
            SentAs::Gitlab,
        ) => {
            // As GitLab itself asks; its editors get the whole completion from it at once.
            let body = json!({
                "prompt_version": 1,
                "current_file": current_file(file_name, prefix, suffix),
                "stream": false,
                "intent": "completion",
            });
            Outgoing::new("/v2/code/completions", &body, Form::Document)
        }
        (
            PromptAsk::Generation {
                file_name,
                prefix,
                suffix,
                instruction,
            },
            SentAs::Gitlab,
        ) => {
            let body = json!({
                "prompt_version": 2,
                "prompt_id": "code_suggestions/generations",
                "prompt": instruction,
                "current_file": current_file(file_name, prefix, suffix),
                "stream": true,
            });
            Outgoing::new("/v2/code/generations", &body, Form::Text)
        }
        (
            PromptAsk::Generation {
                file_name,
                prefix,
                suffix,
                instruction,
            },
            SentAs::Openai,
        ) => {
            let text = generation(file_name, prefix, suffix, instruction);
            let plain = PromptRequest {
                parameters: PromptParameters {
                    schema: None,
                    tools: Vec::new(),
                    ..request.parameters.clone()
                },
                ..request.clone()
            };
            chat(&plain, &[Message::text(Role::User, text)])
        }
    }
}

fn current_file(name: &str, above: &str, below: &str) -> Value {
    json!({
        "file_name": name,
        "content_above_cursor": above,
        "content_below_cursor": below,
    })
}

/// How an OpenAI-style client of an editor asks for code: the file with the place, then what to
/// write.
fn generation(file_name: &str, prefix: &str, suffix: &str, instruction: &str) -> String {
    format!(
        "Write code for the place marked <CURSOR> in the file {file_name}.\n\n<file>\n{prefix}<CURSOR>{suffix}\n</file>\n\n{instruction}\n\nAnswer with nothing but the code that stands at <CURSOR>, without repeating what is around it and without a code fence."
    )
}

fn chat(request: &PromptRequest, messages: &[Message]) -> Outgoing {
    let mut body = json!({
        "model": request.model,
        "messages": messages.iter().map(message).collect::<Vec<_>>(),
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    let parameters = &request.parameters;
    add_sampling(&mut body, parameters);
    if let Some(schema) = &parameters.schema {
        let schema = json!({"name": "answer", "schema": schema, "strict": true});
        body["response_format"] = json!({"type": "json_schema", "json_schema": schema});
    }
    if !parameters.tools.is_empty() {
        let tools = parameters.tools.iter().map(|tool| {
            json!({"type": "function", "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
            }})
        });
        body["tools"] = tools.collect();
    }
    Outgoing::new("/v1/chat/completions", &body, Form::Events)
}

fn message(message: &Message) -> Value {
    let mut body = Map::new();
    body.insert("role".into(), json!(message.role));
    let content = if !message.images.is_empty() {
        let text =
            (!message.content.is_empty()).then(|| json!({"type": "text", "text": message.content}));
        let images = message.images.iter();
        let images = images.map(|url| json!({"type": "image_url", "image_url": {"url": url}}));
        text.into_iter().chain(images).collect()
    } else if message.content.is_empty() && !message.tool_calls.is_empty() {
        Value::Null
    } else {
        json!(message.content)
    };
    body.insert("content".into(), content);
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            json!({"id": call.id, "type": "function",
                "function": {"name": call.name, "arguments": call.arguments}})
        });
        body.insert("tool_calls".into(), calls.collect());
    }
    if let Some(id) = &message.tool_call_id {
        body.insert("tool_call_id".into(), json!(id));
    }
    Value::Object(body)
}

/// What a model may be told in every form of OpenAI's API.
fn add_sampling(body: &mut Value, parameters: &PromptParameters) {
    let stop = (!parameters.stop.is_empty()).then_some(&parameters.stop);
    for (name, value) in [
        ("temperature", parameters.temperature.map(Value::from)),
        ("top_p", parameters.top_p.map(Value::from)),
        ("max_tokens", parameters.max_tokens.map(Value::from)),
        ("stop", stop.map(|stop| json!(stop))),
        ("seed", parameters.seed.map(Value::from)),
        (
            "frequency_penalty",
            parameters.frequency_penalty.map(Value::from),
        ),
        (
            "presence_penalty",
            parameters.presence_penalty.map(Value::from),
        ),
    ] {
        if let Some(value) = value {
            body[name] = value;
        }
    }
}
