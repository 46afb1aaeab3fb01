use providers::{
    Event, FinishReason, Format, Image, ImageSource, Message, Part, Reply, Role, ToolChoice, Usage,
};
use serde_json::{Value, json};

use crate::openai::tests::{any_events, head, problem, refusals, stream};
use crate::{Asked, Form, Head};

fn read(body: &Value) -> Asked {
    Form::Responses.read(body.to_string().as_bytes()).unwrap()
}

#[test]
fn a_rich_request_is_read_whole() {
    let schema = json!({"type": "object"});
    let tool = json!({"type": "function", "name": "f", "parameters": schema, "strict": false});
    let format = json!({"type": "json_schema", "name": "s", "schema": schema});
    let body = json!({
        "model": "m",
        "instructions": "Be brief.",
        "input": [
            {"role": "developer", "content": "Be kind."},
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": "https://x/a.png", "detail": "auto"}]},
            {"type": "reasoning", "id": "rs_1", "encrypted_content": "sig",
                "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f",
                "arguments": "{}"},
            {"type": "function_call", "call_id": "c2", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "one"},
            {"type": "function_call_output", "call_id": "c2",
                "output": [{"type": "input_text", "text": "two"}]},
            {"type": "reasoning", "summary": []},
        ],
        "tools": [tool],
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": true,
        "text": {"format": format, "verbosity": "low"},
        "max_output_tokens": 9, "temperature": 1, "top_p": 0.5,
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "stream": true, "store": true, "metadata": {"k": "v"}, "truncation": "disabled",
        "background": false, "previous_response_id": null, "user": "ann", "top_k": 4, "min_p": 0.1,
    });
    let asked = read(&body);
    let result = |id: &str, text: &str| Part::ToolResult {
        id: id.into(),
        parts: vec![Part::Text(text.into())],
        is_error: false,
    };
    let call = |id: &str| Part::ToolCall {
        id: id.into(),
        name: "f".into(),
        arguments: "{}".into(),
    };
    let picture = Part::Image(Image {
        source: ImageSource::Url("https://x/a.png".into()),
        detail: Some("auto".into()),
    });
    let thoughts = Part::Reasoning {
        text: "hm".into(),
        signature: Some("sig".into()),
    };
    let turn = |role, parts| Message { role, parts };
    let answer = vec![
        thoughts,
        Part::Text("I look.".into()),
        call("c1"),
        call("c2"),
    ];
    let messages = [
        Message::of_text(Role::System, "Be brief."),
        Message::of_text(Role::System, "Be kind."),
        turn(Role::User, vec![Part::Text("What is it?".into()), picture]),
        turn(Role::Assistant, answer),
        turn(Role::User, vec![result("c1", "one"), result("c2", "two")]),
    ];
    assert_eq!(asked.ask.messages, messages);
    assert_eq!(asked.ask.tools[0].name, "f");
    assert_eq!(asked.ask.tools[0].strict, Some(false));
    assert_eq!(asked.ask.tool_choice, ToolChoice::Function("f".into()));
    let name = "s".into();
    assert_eq!(
        asked.ask.format,
        Format::JsonSchema {
            name,
            schema,
            strict: None
        }
    );
    let parameters = &asked.ask.parameters;
    assert_eq!(
        (parameters.max_tokens, parameters.top_k),
        (Some(9), Some(4))
    );
    assert_eq!(parameters.reasoning_effort.as_deref(), Some("high"));
    assert!(asked.ask.stream);
    let rest = json!({"user": "ann", "min_p": 0.1, "verbosity": "low"});
    assert_eq!(Value::from(asked.ask.rest), rest);
    let echo = json!({
        "instructions": "Be brief.", "max_output_tokens": 9, "metadata": {"k": "v"},
        "parallel_tool_calls": true, "reasoning": {"effort": "high", "summary": "auto"},
        "temperature": 1, "text": {"format": format, "verbosity": "low"},
        "tool_choice": {"type": "function", "name": "f"}, "tools": [tool], "top_p": 0.5,
        "user": "ann",
    });
    assert_eq!(Value::from(asked.echo), echo);
}

#[test]
fn errors_name_the_field_and_what_to_do() {
    let item = |item: Value| json!({"input": [{"role": "user", "content": "x"}, item]});
    let whole = "(no answer is kept: send the whole input instead) is not served here";
    let (before, within) = (
        format!("previous_response_id {whole}"),
        format!("conversation {whole}"),
    );
    let cases = [
        (json!({"input": null}), "input: is missing"),
        (json!({"input": []}), "input: there is none"),
        (
            json!({"input": 5}),
            "input: must be a string or a list of items",
        ),
        (item(json!({"content": "x"})), "input[1].role: is missing"),
        (
            item(json!({"type": "function_call", "call_id": "c", "name": "f"})),
            "input[1].arguments: is missing",
        ),
        (
            item(json!({"type": "function_call_output", "output": "x"})),
            "input[1].call_id: is missing",
        ),
        (
            item(json!({"role": "user", "content": [{"type": "input_file"}]})),
            "input[1].content[0].type \"input_file\" is not served here",
        ),
        (
            item(json!({"role": "user", "content": [{"type": "input_image", "file_id": "f"}]})),
            "input[1].content[0].file_id (no file is kept: send the picture as image_url) is not \
             served here",
        ),
        (
            item(json!({"type": "item_reference", "id": "x"})),
            "input[1].type \"item_reference\" (no answer is kept: send the item itself) is not \
             served here",
        ),
        (
            item(json!({"type": "computer_call"})),
            "input[1].type \"computer_call\" is not served here",
        ),
        (json!({"previous_response_id": "resp_1"}), &before),
        (json!({"conversation": "conv_1"}), &within),
        (
            json!({"background": true}),
            "background (no answer is kept: wait for it, or stream it) is not served here",
        ),
        (
            json!({"prompt": {"id": "p"}}),
            "prompt (no template is kept: send instructions and input instead) is not served here",
        ),
        (
            json!({"truncation": "auto"}),
            "truncation \"auto\" is not served here",
        ),
        (
            json!({"top_logprobs": 1}),
            "top_logprobs is not served here",
        ),
        (
            json!({"include": ["message.output_text.logprobs"]}),
            "include \"message.output_text.logprobs\" is not served here",
        ),
        (
            json!({"tools": [{"type": "web_search"}]}),
            "tools[0].type \"web_search\" is not served here",
        ),
        (
            json!({"tool_choice": {"type": "file_search"}}),
            "tool_choice.type \"file_search\" is not served here",
        ),
        (
            json!({"text": {"format": {"type": "json_schema", "name": "s"}}}),
            "text.format.schema: is missing",
        ),
        (json!({"reasoning": "high"}), "reasoning: must be an object"),
    ];
    refusals(
        |body| Form::Responses.read(body),
        json!({"model": "m", "input": "x"}),
        &cases,
    );
}

fn events(reason: FinishReason) -> Vec<Event> {
    let call = |index, id: Option<&str>, arguments: &str| Event::ToolCall {
        index,
        id: id.map(Into::into),
        name: id.map(|_| "f".into()),
        arguments: arguments.into(),
    };
    vec![
        Event::Started {
            id: None,
            model: None,
        },
        Event::Reasoning {
            text: "hm".into(),
            signature: Some("sig".into()),
        },
        Event::Text("Hé".into()),
        Event::Text("!".into()),
        call(0, Some("c1"), "{"),
        call(1, Some("c2"), "[]"),
        call(0, None, "}"),
        Event::Usage(Usage {
            prompt: Some(3),
            completion: Some(5),
            cached: Some(2),
            reasoning: Some(1),
        }),
        Event::Finish { reason, stop: None },
    ]
}

#[test]
fn a_stream_has_the_events_of_each_item_in_order() {
    let values = stream(Form::Responses, head(), events(FinishReason::ToolCalls));
    let steps: Vec<String> = values
        .iter()
        .map(|value| {
            let kind = value["type"]
                .as_str()
                .unwrap()
                .trim_start_matches("response.");
            match value.get("output_index") {
                Some(place) => format!("{place} {kind}"),
                None => kind.to_owned(),
            }
        })
        .collect();
    let expected = [
        "created",
        "in_progress",
        "0 output_item.added",
        "0 content_part.added",
        "0 reasoning_text.delta",
        "0 reasoning_text.done",
        "0 content_part.done",
        "0 output_item.done",
        "1 output_item.added",
        "1 content_part.added",
        "1 output_text.delta",
        "1 output_text.delta",
        "1 output_text.done",
        "1 content_part.done",
        "1 output_item.done",
        "2 output_item.added",
        "2 function_call_arguments.delta",
        "3 output_item.added",
        "3 function_call_arguments.delta",
        "2 function_call_arguments.delta",
        "2 function_call_arguments.done",
        "2 output_item.done",
        "3 function_call_arguments.done",
        "3 output_item.done",
        "completed",
    ];
    assert_eq!(steps, expected);
    for (number, value) in values.iter().enumerate() {
        assert_eq!(value["sequence_number"], number);
    }
    let added = json!({"type": "response.output_item.added", "sequence_number": 15,
        "output_index": 2, "item": {"id": "fc_7_2", "type": "function_call",
        "status": "in_progress", "call_id": "c1", "name": "f", "arguments": ""}});
    assert_eq!(values[15], added);
    let delta = json!({"type": "response.output_text.delta", "sequence_number": 10,
        "item_id": "msg_7_1", "output_index": 1, "content_index": 0, "delta": "Hé",
        "logprobs": []});
    assert_eq!(values[10], delta);
}

#[test]
fn the_last_event_is_the_whole_answer() {
    let echo = json!({"metadata": {"k": "v"}, "temperature": 0.5});
    let head = Head {
        echo: echo.as_object().unwrap().clone(),
        ..head()
    };
    let values = stream(Form::Responses, head.clone(), events(FinishReason::Length));
    let last = values.last().unwrap();
    let reply = Reply::from_events(events(FinishReason::Length));
    let whole: Value = serde_json::from_slice(&Form::Responses.whole(head, &reply)).unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"], whole);
    let call = |id: &str, call_id: &str, arguments: &str, status: &str| {
        json!({"id": id, "type": "function_call", "status": status, "call_id": call_id,
            "name": "f", "arguments": arguments})
    };
    let expected = json!({
        "id": "resp_7", "object": "response", "created_at": 1_700_000_000, "model": "m",
        "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"},
        "error": null, "store": false, "background": false, "previous_response_id": null,
        "output": [
            {"id": "rs_7_0", "type": "reasoning", "status": "completed", "summary": [],
                "content": [{"type": "reasoning_text", "text": "hm"}],
                "encrypted_content": "sig"},
            {"id": "msg_7_1", "type": "message", "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": "Hé!", "annotations": [],
                    "logprobs": []}]},
            call("fc_7_2", "c1", "{}", "completed"),
            call("fc_7_3", "c2", "[]", "incomplete"),
        ],
        "usage": {"input_tokens": 3,
            "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
            "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 1},
            "total_tokens": 8},
        "instructions": null, "max_output_tokens": null, "metadata": {"k": "v"},
        "parallel_tool_calls": true, "reasoning": {"effort": null, "summary": null},
        "temperature": 0.5, "text": {"format": {"type": "text"}}, "tool_choice": "auto",
        "tools": [], "top_p": null, "truncation": "disabled",
    });
    assert_eq!(whole, expected);
}

#[test]
fn clients_put_the_same_output_together_from_any_stream() {
    for seed in 0..300 {
        let mut items: Vec<Value> = Vec::new();
        let mut texts: Vec<String> = Vec::new();
        let values = stream(Form::Responses, head(), any_events(seed));
        for value in &values {
            let place = value["output_index"].as_u64().unwrap_or_default() as usize;
            let kind = value["type"].as_str().unwrap();
            if kind == "response.output_item.added" {
                assert_eq!(place, items.len(), "{seed}");
                items.push(value["item"].clone());
                texts.push(String::new());
            } else if kind.ends_with(".delta") {
                assert_eq!(items[place]["status"], "in_progress", "{seed}");
                texts[place] += value["delta"].as_str().unwrap();
            } else if kind == "response.output_item.done" {
                assert_eq!(items[place]["id"], value["item"]["id"], "{seed}");
                items[place] = value["item"].clone();
                let item = &items[place];
                let text = item.get("arguments").unwrap_or(&item["content"][0]["text"]);
                assert_eq!(*text, texts[place], "{seed}");
            }
        }
        let last = values.last().unwrap();
        assert_eq!(last["response"]["output"], Value::from(items), "{seed}");
    }
}

#[test]
fn a_failed_answer_keeps_what_came() {
    let mut writer = Form::Responses.writer(head());
    let mut bytes = writer.event(Event::Text("Hé".into()));
    bytes.extend(writer.fail(&problem(502)));
    let values = crate::openai::tests::parsed(&bytes);
    let last = values.last().unwrap();
    assert_eq!(last["type"], "response.failed");
    assert_eq!(last["response"]["status"], "failed");
    assert_eq!(last["response"]["output"][0]["content"][0]["text"], "Hé");
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
}
