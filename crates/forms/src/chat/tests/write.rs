use providers::{AnswerForm, Event, FinishReason, Reply, Usage};
use serde_json::{Value, json};

use crate::openai::tests::{any_events, head, stream};
use crate::{Form, Head};

/// An answer as clients put it together.
fn heard(chunks: &[Value]) -> Reply {
    let mut reply = Reply::default();
    for chunk in chunks.iter().filter(|chunk| chunk.is_object()) {
        let delta = &chunk["choices"][0]["delta"];
        reply.text += delta["content"].as_str().unwrap_or_default();
        reply.reasoning += delta["reasoning_content"].as_str().unwrap_or_default();
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let place = call["index"].as_u64().unwrap() as usize;
            let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            if place == reply.tool_calls.len() {
                assert_eq!(call["type"], "function");
                reply.tool_calls.push(Default::default());
                reply.tool_calls[place].0 = words(&call["id"]);
                reply.tool_calls[place].1 = words(&call["function"]["name"]);
            }
            reply.tool_calls[place].2 += &words(&call["function"]["arguments"]);
        }
    }
    reply
}

fn call(index: u32, id: Option<&str>, arguments: &str) -> Event {
    Event::ToolCall {
        index,
        id: id.map(Into::into),
        name: id.map(|_| "f".into()),
        arguments: arguments.into(),
    }
}

fn events() -> Vec<Event> {
    let usage = |prompt, completion| {
        Event::Usage(Usage {
            prompt,
            completion,
            cached: Some(2),
            reasoning: None,
        })
    };
    vec![
        Event::Started {
            id: None,
            model: None,
        },
        usage(Some(3), None),
        Event::Reasoning {
            text: "hm".into(),
            signature: None,
        },
        Event::Text("Hé\n".into()),
        call(4, Some("c1"), ""),
        call(4, None, "{\"a\""),
        call(9, None, "{}"),
        call(4, None, ":1}"),
        Event::Finish {
            reason: FinishReason::Stop,
            stop: None,
        },
        usage(None, Some(5)),
    ]
}

#[test]
fn a_stream_is_chunks_with_what_came() {
    let chunks = stream(Form::Chat, head(), events());
    let deltas: Vec<Value> = chunks
        .iter()
        .filter_map(|chunk| chunk.get("choices")?.get(0)?.get("delta").cloned())
        .collect();
    let new_call = |index: u32, id: &str, name: &str, arguments: &str| {
        json!({"tool_calls": [{"index": index, "id": id, "type": "function",
            "function": {"name": name, "arguments": arguments}}]})
    };
    let more = |index: u32, arguments: &str| json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]});
    let expected = [
        json!({"role": "assistant", "content": ""}),
        json!({"reasoning_content": "hm"}),
        json!({"content": "Hé\n"}),
        new_call(0, "c1", "f", ""),
        more(0, "{\"a\""),
        new_call(1, "call_7_1", "", "{}"),
        more(0, ":1}"),
        json!({}),
    ];
    assert_eq!(deltas, expected);
    let chunk = |choices: Value, usage: Value| {
        json!({"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": "m", "choices": choices, "usage": usage})
    };
    let end = json!([{"index": 0, "delta": {}, "logprobs": null, "finish_reason": "tool_calls"}]);
    let counts = json!({"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8,
        "prompt_tokens_details": {"cached_tokens": 2}});
    let tail = [
        chunk(end, Value::Null),
        chunk(json!([]), counts),
        json!("[DONE]"),
    ];
    assert_eq!(chunks[chunks.len() - 3..], tail);
}

#[test]
fn counts_come_only_when_they_were_asked_for() {
    let head = Head {
        include_usage: false,
        ..head()
    };
    let chunks = stream(Form::Chat, head, events());
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
    assert_eq!(
        chunks[chunks.len() - 2]["choices"][0]["finish_reason"],
        "tool_calls"
    );
}

#[test]
fn a_stream_and_a_whole_answer_say_the_same() {
    for seed in 0..300 {
        let streamed = heard(&stream(Form::Chat, head(), any_events(seed)));
        let bytes = Form::Chat.whole(head(), &streamed);
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let mut message = whole["choices"][0]["message"].clone();
        let calls = message["tool_calls"].as_array_mut();
        for (index, call) in calls.into_iter().flatten().enumerate() {
            call["index"] = json!(index);
        }
        let again = heard(&[json!({"choices": [{"delta": message}]})]);
        assert_eq!(streamed, again, "{seed}");
    }
}

#[test]
fn a_whole_answer_has_its_calls() {
    let mut reply = Reply::from_events(events().into_iter().take(4));
    reply.text.clear();
    reply.tool_calls = vec![("c1".into(), "f".into(), "{}".into())];
    reply.finish = Some(FinishReason::Length);
    let whole: Value = serde_json::from_slice(&Form::Chat.whole(head(), &reply)).unwrap();
    let expected = json!({
        "id": "chatcmpl-7", "object": "chat.completion", "created": 1_700_000_000, "model": "m",
        "choices": [{"index": 0, "logprobs": null, "finish_reason": "length", "message": {
            "role": "assistant", "content": null, "refusal": null, "reasoning_content": "hm",
            "tool_calls": [{"id": "c1", "type": "function",
                "function": {"name": "f", "arguments": "{}"}}],
        }}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 2}},
    });
    assert_eq!(whole, expected);
}

#[test]
fn the_reader_of_servers_understands_what_is_written_for_clients() {
    for (form, answer_form) in [
        (Form::Chat, AnswerForm::OpenaiChat),
        (Form::Completions, AnswerForm::OpenaiText),
    ] {
        let mut said = events();
        // Thoughts and calls have no place in a completion.
        said.retain(|event| match event {
            Event::Reasoning { .. } | Event::ToolCall { .. } => form == Form::Chat,
            _ => true,
        });
        let mut writer = form.writer(head());
        let mut bytes: Vec<u8> = said
            .into_iter()
            .flat_map(|event| writer.event(event))
            .collect();
        bytes.extend(writer.end());
        let mut decoder = answer_form.decoder().unwrap();
        let mut read = Vec::new();
        decoder.push(&bytes, &mut read).unwrap();
        decoder.finish(&mut read).unwrap();
        let streamed = Reply::from_events(read);
        let whole = form.whole(head(), &streamed);
        let whole = Reply::from_events(answer_form.events(&whole, "gpu-1").unwrap());
        assert_eq!(streamed, whole);
        assert_eq!(streamed.text, "Hé\n");
        assert_eq!(
            (streamed.usage.prompt, streamed.usage.completion),
            (Some(3), Some(5))
        );
        if form == Form::Chat {
            assert_eq!(streamed.reasoning, "hm");
            assert_eq!(
                streamed.tool_calls[0],
                ("c1".into(), "f".into(), "{\"a\":1}".into())
            );
            assert_eq!(streamed.finish, Some(FinishReason::ToolCalls));
        }
    }
}
