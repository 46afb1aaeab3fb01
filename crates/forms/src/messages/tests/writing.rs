use providers::{AnswerForm, Event, FinishReason, Reply, UpstreamError, Usage};

use super::{head, problem};
use crate::Form;

fn text(text: &str) -> Event {
    Event::Text(text.into())
}

fn thoughts(text: &str, signature: Option<&str>) -> Event {
    Event::Reasoning {
        text: text.into(),
        signature: signature.map(str::to_owned),
    }
}

fn call(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> Event {
    Event::ToolCall {
        index,
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        arguments: arguments.into(),
    }
}

fn usage(prompt: u32, cached: u32, completion: Option<u32>) -> Event {
    Event::Usage(Usage {
        prompt: Some(prompt),
        cached: Some(cached),
        completion,
        reasoning: completion.map(|count| count / 2),
    })
}

fn finish(reason: FinishReason, stop: Option<&str>) -> Event {
    Event::Finish {
        reason,
        stop: stop.map(str::to_owned),
    }
}

fn written(events: &[Event]) -> Vec<u8> {
    let mut writer = Form::Messages.writer(head());
    let mut bytes: Vec<u8> = events
        .iter()
        .flat_map(|event| writer.event(event.clone()))
        .collect();
    bytes.extend(writer.end());
    assert_eq!(writer.end(), b"", "an answer ends once");
    bytes
}

fn decoded(stream: &[u8]) -> (Reply, Result<(), UpstreamError>) {
    let (mut decoder, mut events) = (AnswerForm::Anthropic.decoder().unwrap(), Vec::new());
    let outcome = decoder
        .push(stream, &mut events)
        .and_then(|()| decoder.finish(&mut events));
    (Reply::from_events(events), outcome)
}

/// Answers that need nothing added to be said in this form.
fn answers() -> Vec<Vec<Event>> {
    vec![
        vec![
            usage(12, 0, None),
            text("Grüße"),
            text(""),
            text(" 🌦\n\ndata: x"),
            usage(12, 0, Some(5)),
            finish(FinishReason::Stop, Some("END")),
        ],
        vec![
            thoughts("Let me ", None),
            thoughts("see.", None),
            thoughts("", Some("EqoB")),
            usage(1125, 1000, None),
            text("I look it up."),
            call(0, Some("toolu_1"), Some("get_weather"), ""),
            call(0, None, None, "{\"city\":"),
            call(0, None, None, "\"Köln\"}"),
            call(1, Some("toolu_2"), Some("now"), "{\"zone\":null}"),
            Event::Usage(Usage {
                completion: Some(89),
                ..Usage::default()
            }),
            finish(FinishReason::ToolCalls, None),
        ],
        vec![usage(3, 0, Some(0)), finish(FinishReason::Length, None)],
        vec![
            text("I cannot."),
            usage(3, 0, Some(4)),
            finish(FinishReason::ContentFilter, None),
        ],
        vec![
            text("a"),
            usage(3, 0, Some(1)),
            finish(FinishReason::Other("pause_turn".into()), None),
        ],
    ]
}

fn expected(events: Vec<Event>) -> Reply {
    Reply {
        id: Some("msg_abc".into()),
        model: Some("duo_chat".into()),
        ..Reply::from_events(events)
    }
}

#[test]
fn what_is_written_reads_back_as_the_same_answer() {
    for events in answers() {
        let (reply, outcome) = decoded(&written(&events));
        assert_eq!(outcome, Ok(()));
        let expected = expected(events);
        assert_eq!(reply, expected);

        let whole = Form::Messages.whole(head(), &expected);
        let read = AnswerForm::Anthropic.events(&whole, "here").unwrap();
        assert_eq!(Reply::from_events(read), expected);
    }
}

#[test]
fn blocks_are_opened_filled_and_closed_in_order_each_event_under_its_name() {
    let stream = written(&[
        Event::Started {
            id: Some("chatcmpl-1".into()),
            model: Some("qwen".into()),
        },
        usage(9, 4, None),
        thoughts("Hm.", Some("EqoB")),
        thoughts("More.", None),
        text("Hi"),
        call(7, None, Some("now"), ""),
        finish(FinishReason::Stop, Some("never said with a call")),
    ]);
    let expected = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_abc","type":"message","role":"assistant","model":"duo_chat","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":0,"cache_read_input_tokens":4}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqoB"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"More."}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Hi"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: content_block_start
data: {"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_abc_0","name":"now","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":3}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":5,"output_tokens":0,"cache_read_input_tokens":4}}

event: message_stop
data: {"type":"message_stop"}

"#;
    assert_eq!(String::from_utf8(stream).unwrap(), expected);
}

#[test]
fn calls_that_a_server_mixes_keep_their_arguments() {
    let stream = written(&[
        call(0, Some("a"), Some("f"), "{\"x\":"),
        call(1, Some("b"), Some("g"), "{\"y\":"),
        call(0, None, None, "1}"),
        call(1, None, None, "2}"),
    ]);
    let blocks = |index: u32| -> String {
        let stream = String::from_utf8_lossy(&stream);
        let data = stream
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        let deltas = data.map(|data| serde_json::from_str::<serde_json::Value>(data).unwrap());
        deltas
            .filter(|event| event["index"] == index)
            .filter_map(|event| Some(event["delta"]["partial_json"].as_str()?.to_owned()))
            .collect()
    };
    assert_eq!(
        (blocks(0).as_str(), blocks(1).as_str()),
        ("{\"x\":1}", "{\"y\":2}")
    );
}

#[test]
fn an_error_is_never_followed_by_a_good_end() {
    for before in [vec![], vec![text("Hi")]] {
        let mut writer = Form::Messages.writer(head());
        let mut stream: Vec<u8> = before
            .iter()
            .flat_map(|event| writer.event(Event::clone(event)))
            .collect();
        stream.extend(writer.fail(&problem(529)));
        let after = [
            writer.event(text("more")),
            writer.end(),
            writer.fail(&problem(500)),
        ];
        assert_eq!(after.concat(), b"");

        let said = String::from_utf8_lossy(&stream);
        assert!(said.contains("event: error\n") && said.contains("\"request_id\":\"req_abc\""));
        assert!(!said.contains("message_stop"), "{said}");
        let (reply, outcome) = decoded(&stream);
        assert_eq!(reply.text.is_empty(), before.is_empty());
        match outcome {
            Err(UpstreamError::Reported { words, status }) => {
                assert_eq!(words, "overloaded_error: The model is busy.");
                assert_eq!(status.map(|status| status.as_u16()), Some(529));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn arguments_that_are_no_object_become_an_empty_one() {
    for arguments in ["", "{\"city\":", "[1]", "7"] {
        let reply = Reply {
            tool_calls: vec![(String::new(), "f".into(), arguments.into())],
            ..Reply::default()
        };
        let whole: serde_json::Value =
            serde_json::from_slice(&Form::Messages.whole(head(), &reply)).unwrap();
        assert_eq!(whole["content"][0]["input"], serde_json::json!({}));
        assert_eq!(whole["content"][0]["id"], "toolu_abc_0");
        assert_eq!(whole["stop_reason"], "tool_use");
    }
}
