//! Clients that speak the three forms of a conversation, and read what came back into one answer,
//! so that forms and vendors can be compared.

use serde_json::{Value, json};

use crate::fixture::Fixture;

/// The forms of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Chat,
    Responses,
    Messages,
}

pub const FORMS: [Form; 3] = [Form::Chat, Form::Responses, Form::Messages];

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// A word from the system and one from the user.
    Plain,
    /// The same with room for three words.
    Short,
    /// The same with a function to call.
    Tool,
    /// The same, the function's call and what it gave back.
    Result,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    pub text: String,
    pub thoughts: String,
    /// The function and its arguments.
    pub call: Option<(String, Value)>,
    /// In OpenAI's word.
    pub finish: String,
    pub usage: (u64, u64),
}

pub const TOOL: &str = "look_up";
pub const RESULT: &str = "3 °C";
pub const SYSTEM: &str = "Be brief.";
pub const USER: &str = "How cold is it?";

impl Form {
    pub fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
        }
    }

    /// A request of this form.
    pub fn body(self, model: &str, question: Question, stream: bool) -> Value {
        let mut body = match self {
            Self::Chat => chat(question),
            Self::Responses => responses(question),
            Self::Messages => messages(question),
        };
        body["model"] = model.into();
        body["stream"] = stream.into();
        if stream && self == Self::Chat {
            body["stream_options"] = json!({"include_usage": true});
        }
        body
    }

    /// Asks and reads the answer.
    pub async fn ask(
        self,
        gateway: &Fixture,
        model: &str,
        question: Question,
        stream: bool,
    ) -> Said {
        let body = self.body(model, question, stream);
        let answer = gateway.post(self.path(), &body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{self:?} {model} {question:?}: {text}");
        if stream {
            self.read_stream(&text)
        } else {
            self.read(&serde_json::from_str(&text).unwrap())
        }
    }

    /// Reads an answer in one piece.
    pub fn read(self, body: &Value) -> Said {
        match self {
            Self::Chat => {
                let choice = &body["choices"][0];
                let message = &choice["message"];
                let call = &message["tool_calls"][0]["function"];
                Said {
                    text: text(&message["content"]),
                    thoughts: text(&message["reasoning_content"]),
                    call: call_of(&call["name"], &text(&call["arguments"])),
                    finish: text(&choice["finish_reason"]),
                    usage: usage(&body["usage"], "prompt_tokens", "completion_tokens"),
                }
            }
            Self::Responses => read_response(body),
            Self::Messages => read_message(body),
        }
    }

    /// Reads a whole stream; fails on an error event.
    pub fn read_stream(self, stream: &str) -> Said {
        let events = events(stream);
        for event in &events {
            assert!(
                event.get("error").is_none_or(Value::is_null) && event["type"] != "error",
                "an error in the stream: {stream}"
            );
        }
        match self {
            Self::Chat => {
                assert!(stream.trim_end().ends_with("data: [DONE]"), "{stream}");
                read_chunks(&events)
            }
            Self::Responses => {
                let last = events.last().expect("there are events");
                let said = read_response(&last["response"]);
                let deltas = joined(&events, "response.output_text.delta", "delta");
                assert_eq!(deltas, said.text, "deltas and the whole agree: {stream}");
                said
            }
            Self::Messages => read_message_events(&events),
        }
    }
}

/// The data of the events of a stream that are JSON.
pub fn events(stream: &str) -> Vec<Value> {
    stream
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
        .collect()
}

fn schema() -> Value {
    json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
}

fn chat(question: Question) -> Value {
    let mut messages = vec![
        json!({"role": "system", "content": SYSTEM}),
        json!({"role": "user", "content": USER}),
    ];
    let mut body = json!({});
    let function = json!({"name": TOOL, "description": "Looks up.", "parameters": schema()});
    match question {
        Question::Plain => {}
        Question::Short => body["max_tokens"] = 3.into(),
        Question::Tool => body["tools"] = json!([{"type": "function", "function": function}]),
        Question::Result => {
            body["tools"] = json!([{"type": "function", "function": function}]);
            let call = json!({"name": TOOL, "arguments": "{\"city\": \"Köln\"}"});
            let calls = json!([{"id": "call_7", "type": "function", "function": call}]);
            messages.push(json!({"role": "assistant", "content": null, "tool_calls": calls}));
            messages.push(json!({"role": "tool", "tool_call_id": "call_7", "content": RESULT}));
        }
    }
    body["messages"] = messages.into();
    body
}

fn responses(question: Question) -> Value {
    let mut input = vec![json!({"role": "user", "content": USER})];
    let mut body = json!({"instructions": SYSTEM});
    let tool = json!({"type": "function", "name": TOOL, "parameters": schema(), "strict": false});
    match question {
        Question::Plain => {}
        Question::Short => body["max_output_tokens"] = 3.into(),
        Question::Tool => body["tools"] = json!([tool]),
        Question::Result => {
            body["tools"] = json!([tool]);
            let arguments = "{\"city\": \"Köln\"}";
            input.push(json!({"type": "function_call", "call_id": "call_7", "name": TOOL, "arguments": arguments}));
            input.push(
                json!({"type": "function_call_output", "call_id": "call_7", "output": RESULT}),
            );
        }
    }
    body["input"] = input.into();
    body
}

fn messages(question: Question) -> Value {
    let mut messages = vec![json!({"role": "user", "content": USER})];
    let mut body = json!({"system": SYSTEM, "max_tokens": 100});
    let tool = json!({"name": TOOL, "description": "Looks up.", "input_schema": schema()});
    match question {
        Question::Plain => {}
        Question::Short => body["max_tokens"] = 3.into(),
        Question::Tool => body["tools"] = json!([tool]),
        Question::Result => {
            body["tools"] = json!([tool]);
            let call = json!({"type": "tool_use", "id": "call_7", "name": TOOL, "input": {"city": "Köln"}});
            messages.push(json!({"role": "assistant", "content": [call]}));
            let result = json!({"type": "tool_result", "tool_use_id": "call_7", "content": RESULT});
            messages.push(json!({"role": "user", "content": [result]}));
        }
    }
    body["messages"] = messages.into();
    body
}

fn read_chunks(events: &[Value]) -> Said {
    let mut said = Said::default();
    let (mut name, mut arguments) = (Value::Null, String::new());
    for event in events {
        let delta = &event["choices"][0]["delta"];
        said.text += &text(&delta["content"]);
        said.thoughts += &text(&delta["reasoning_content"]);
        let call = &delta["tool_calls"][0]["function"];
        if call["name"].is_string() {
            name = call["name"].clone();
        }
        arguments += &text(&call["arguments"]);
        said.finish += &text(&event["choices"][0]["finish_reason"]);
        if event["usage"].is_object() {
            said.usage = usage(&event["usage"], "prompt_tokens", "completion_tokens");
        }
    }
    said.call = call_of(&name, &arguments);
    said
}

fn read_response(body: &Value) -> Said {
    let mut said = Said {
        finish: match (text(&body["status"]).as_str(), &body["incomplete_details"]) {
            ("completed", _) => "stop".into(),
            ("incomplete", details) if details["reason"] == "max_output_tokens" => "length".into(),
            other => format!("{other:?}"),
        },
        usage: usage(&body["usage"], "input_tokens", "output_tokens"),
        ..Said::default()
    };
    for item in body["output"].as_array().into_iter().flatten() {
        match item["type"].as_str() {
            Some("function_call") => {
                said.call = call_of(&item["name"], &text(&item["arguments"]));
                said.finish = "tool_calls".into();
            }
            Some("message") => said.text += &parts(&item["content"]),
            Some("reasoning") => said.thoughts += &parts(&item["content"]),
            other => panic!("an item of type {other:?}: {body}"),
        }
    }
    said
}

fn read_message(body: &Value) -> Said {
    let mut said = Said {
        finish: finish_of(&body["stop_reason"]),
        usage: message_usage(&body["usage"]),
        ..Said::default()
    };
    for block in body["content"].as_array().into_iter().flatten() {
        said.text += &text(&block["text"]);
        said.thoughts += &text(&block["thinking"]);
        if block["type"] == "tool_use" {
            said.call = call_of(&block["name"], &block["input"].to_string());
        }
    }
    said
}

fn read_message_events(events: &[Value]) -> Said {
    let mut said = Said::default();
    let (mut name, mut arguments) = (Value::Null, String::new());
    for event in events {
        let (block, delta) = (&event["content_block"], &event["delta"]);
        if block["type"] == "tool_use" {
            name = block["name"].clone();
        }
        said.text += &text(&delta["text"]);
        said.thoughts += &text(&delta["thinking"]);
        arguments += &text(&delta["partial_json"]);
        if event["type"] == "message_start" {
            said.usage = message_usage(&event["message"]["usage"]);
        }
        if event["type"] == "message_delta" {
            said.finish = finish_of(&delta["stop_reason"]);
            let last = message_usage(&event["usage"]);
            said.usage = (said.usage.0.max(last.0), last.1);
        }
    }
    let last = events.last().expect("there are events");
    assert_eq!(last["type"], "message_stop", "{last}");
    said.call = call_of(&name, &arguments);
    said
}

fn finish_of(reason: &Value) -> String {
    match reason.as_str() {
        Some("end_turn" | "stop_sequence") => "stop".into(),
        Some("max_tokens") => "length".into(),
        Some("tool_use") => "tool_calls".into(),
        other => format!("{other:?}"),
    }
}

fn call_of(name: &Value, arguments: &str) -> Option<(String, Value)> {
    let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| arguments.into());
    Some((name.as_str()?.to_owned(), arguments))
}

fn message_usage(usage: &Value) -> (u64, u64) {
    let number = |name: &str| usage[name].as_u64().unwrap_or(0);
    let cached = number("cache_read_input_tokens") + number("cache_creation_input_tokens");
    (number("input_tokens") + cached, number("output_tokens"))
}

fn usage(usage: &Value, prompt: &str, completion: &str) -> (u64, u64) {
    let number = |name: &str| usage[name].as_u64().unwrap_or(0);
    (number(prompt), number(completion))
}

fn parts(list: &Value) -> String {
    let list = list.as_array().into_iter().flatten();
    list.map(|part| text(&part["text"])).collect()
}

fn joined(events: &[Value], kind: &str, field: &str) -> String {
    let of_kind = events.iter().filter(|event| event["type"] == kind);
    of_kind.map(|event| text(&event[field])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
