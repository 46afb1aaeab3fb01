use http::StatusCode;

use crate::{AnswerForm, Event, FinishReason, Reply, UpstreamError, Usage};

const RECORDED: &[u8] = include_bytes!("../../../tests/recorded/llamacpp-messages_stream.txt");
const RECORDED_WHOLE: &[u8] = include_bytes!("../../../tests/recorded/llamacpp-messages.txt");
const DOCUMENTED: &[u8] = include_bytes!("../../../tests/golden/anthropic-stream.txt");

/// A recording without its HTTP headers.
fn body_of(recording: &[u8]) -> &[u8] {
    let at = recording.windows(4).position(|four| four == b"\r\n\r\n");
    &recording[at.unwrap() + 4..]
}

fn read(pieces: &[&[u8]]) -> (Vec<Event>, Result<(), UpstreamError>) {
    let (mut decoder, mut events) = (AnswerForm::Anthropic.decoder().unwrap(), Vec::new());
    for piece in pieces {
        if let Err(error) = decoder.push(piece, &mut events) {
            return (events, Err(error));
        }
    }
    let outcome = decoder.finish(&mut events);
    (events, outcome)
}

/// The answer of a stream that is cut at every place, and then in every place at once.
fn read_at_every_cut(stream: &[u8]) -> Reply {
    let (expected, outcome) = read(&[stream]);
    assert_eq!(outcome, Ok(()));
    for cut in 0..stream.len() {
        let (events, outcome) = read(&[&stream[..cut], &stream[cut..]]);
        assert_eq!((&events, outcome), (&expected, Ok(())), "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(read(&bytes).0, expected);
    Reply::from_events(expected)
}

fn event(data: &str) -> String {
    format!("event: x\ndata: {data}\n\n")
}

#[test]
fn a_recorded_answer_of_llama_cpp_is_the_same_whole_and_cut_anywhere() {
    let reply = read_at_every_cut(body_of(RECORDED));
    assert_eq!(reply.text, "I'm glad you're");
    assert_eq!(reply.finish, Some(FinishReason::Length));
    let usage = |prompt, cached, completion| Usage {
        prompt: Some(prompt),
        cached: Some(cached),
        completion: Some(completion),
        reasoning: None,
    };
    assert_eq!(reply.usage, usage(32, 31, 5));

    let whole = AnswerForm::Anthropic.events(body_of(RECORDED_WHOLE), "llama:8080");
    let whole = Reply::from_events(whole.unwrap());
    assert_eq!(whole.text, "Hello! I'm a creative");
    assert_eq!(whole.finish, Some(FinishReason::Length));
    assert_eq!(whole.usage, usage(18, 3, 6));
}

#[test]
fn a_stream_of_every_documented_event_gives_thoughts_words_and_calls() {
    let reply = read_at_every_cut(DOCUMENTED);
    let call = |id: &str, name: &str, arguments: &str| {
        (id.to_owned(), name.to_owned(), arguments.to_owned())
    };
    let expected = Reply {
        id: Some("msg_01".into()),
        model: Some("claude-sonnet-4-5-20250929".into()),
        text: "Grüße aus Köln 🌦.".into(),
        reasoning: "The user asks for the weather.".into(),
        signature: Some("EqoBCkgIARABGAI=".into()),
        tool_calls: vec![
            call("toolu_01", "get_weather", r#"{"city": "Köln"}"#),
            call("toolu_02", "now", "{}"),
        ],
        call_numbers: vec![0, 1],
        usage: Usage {
            prompt: Some(1125),
            completion: Some(89),
            cached: Some(1000),
            reasoning: Some(12),
        },
        finish: Some(FinishReason::ToolCalls),
        stop: None,
    };
    assert_eq!(reply, expected);

    let whole = br#"{"id":"msg_01","type":"message","role":"assistant",
        "model":"claude-sonnet-4-5-20250929","content":[
            {"type":"thinking","thinking":"The user asks for the weather.",
             "signature":"EqoBCkgIARABGAI="},
            {"type":"redacted_thinking","data":"x"},
            {"type":"text","text":"Gr\u00fc\u00dfe aus K\u00f6ln \ud83c\udf26.","citations":null},
            {"type":"tool_use","id":"toolu_01","name":"get_weather","input":{"city":"K\u00f6ln"}},
            {"type":"tool_use","id":"toolu_02","name":"now","input":{}}],
        "stop_reason":"tool_use","stop_sequence":null,
        "usage":{"input_tokens":25,"cache_creation_input_tokens":100,
            "cache_read_input_tokens":1000,"output_tokens":89,
            "output_tokens_details":{"thinking_tokens":12}}}"#;
    let mut whole = Reply::from_events(AnswerForm::Anthropic.events(whole, "x").unwrap());
    whole.tool_calls[0].2 = whole.tool_calls[0].2.replace(':', ": ");
    assert_eq!(whole, expected);
}

#[test]
fn a_count_stays_until_the_server_says_another() {
    let start = r#"{"type":"message_start","message":{"usage":{"input_tokens":25,"cache_read_input_tokens":1000,"output_tokens":1}}}"#;
    let table = [
        (r#"{"output_tokens":5}"#, 1025),
        (r#"{"output_tokens":5,"input_tokens":30}"#, 1030),
        (r#"{"output_tokens":5,"cache_read_input_tokens":7}"#, 32),
        (
            r#"{"output_tokens":5,"input_tokens":99999999999}"#,
            u32::MAX,
        ),
    ];
    for (usage, prompt) in table {
        let delta = format!(r#"{{"type":"message_delta","delta":{{}},"usage":{usage}}}"#);
        let stream = event(start) + &event(&delta) + &event(r#"{"type":"message_stop"}"#);
        let usage = Reply::from_events(read(&[stream.as_bytes()]).0).usage;
        assert_eq!(
            (usage.prompt, usage.completion),
            (Some(prompt), Some(5)),
            "{delta}"
        );
    }
}

#[test]
fn every_reason_of_an_end_has_its_meaning() {
    let table = [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("tool_use", FinishReason::ToolCalls),
        ("refusal", FinishReason::ContentFilter),
        ("pause_turn", FinishReason::Other("pause_turn".into())),
    ];
    for (word, reason) in table {
        let stream = event(&format!(
            r#"{{"type":"message_delta","delta":{{"stop_reason":"{word}","stop_sequence":"END"}}}}"#
        )) + &event(
            r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{}}"#,
        ) + "data: [DONE]\n\n";
        let (events, outcome) = read(&[stream.as_bytes()]);
        assert_eq!(outcome, Ok(()), "{word}");
        let stop = Some("END".into());
        assert_eq!(events, [Event::Finish { reason, stop }], "{word}");
    }
}

#[test]
fn a_stream_that_ends_early_is_an_error_after_every_token_that_came() {
    let whole = body_of(RECORDED);
    let end = whole
        .windows(13)
        .position(|some| some == b"message_delta")
        .unwrap();
    for cut in [end - 7, end + 30, whole.len() - 40] {
        let (events, outcome) = read(&[&whole[..cut]]);
        let said = outcome.unwrap_err().to_string();
        assert!(said.contains("before the event message_stop"), "{said}");
        assert_eq!(Reply::from_events(events).text, "I'm glad you're");
    }
    assert!(read(&[]).1.is_err(), "nothing at all is no answer");
}

#[test]
fn an_error_in_the_stream_has_the_status_that_it_has_outside() {
    let table = [
        ("invalid_request_error", Some(400)),
        ("authentication_error", Some(401)),
        ("billing_error", Some(402)),
        ("permission_error", Some(403)),
        ("not_found_error", Some(404)),
        ("request_too_large", Some(413)),
        ("rate_limit_error", Some(429)),
        ("api_error", Some(500)),
        ("timeout_error", Some(504)),
        ("overloaded_error", Some(529)),
        ("an_error_of_next_year", None),
    ];
    for (kind, status) in table {
        let data = format!(
            r#"{{"type":"error","error":{{"type":"{kind}","message":"Sorry"}},"request_id":"r"}}"#
        );
        let stream = event(
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}}"#,
        ) + &event(&data);
        let expected = UpstreamError::Reported {
            words: format!("{kind}: Sorry"),
            status: status.map(|code| StatusCode::from_u16(code).unwrap()),
        };
        // With and without the empty line at the end.
        for stream in [stream.as_str(), stream.trim_end()] {
            let (events, outcome) = read(&[stream.as_bytes()]);
            assert_eq!(outcome.as_ref(), Err(&expected));
            assert_eq!(events, [Event::Text("Hi".into())]);
        }
        let whole = AnswerForm::Anthropic.events(data.as_bytes(), "host");
        assert_eq!(whole, Err(expected));
    }
}

#[test]
fn what_is_not_of_the_form_is_a_clear_error() {
    let deep = format!(r#"{{"type":"ping","x":{}}}"#, "[".repeat(10_000));
    let open = |index| {
        event(&format!(
            r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"new"}}}}"#
        ))
    };
    let table = [
        (
            event("{\"type\":"),
            "something that is not the expected JSON",
        ),
        (event("<html>"), "a web page instead of JSON"),
        (event(&deep), "something that is not the expected JSON"),
        (event("[]"), "something that is not the expected JSON"),
        (
            event(r#"{"type":"content_block_delta","index":-1,"delta":{"type":"x"}}"#),
            "something that is not the expected JSON",
        ),
        (
            event(r#"{"error":{"code":500,"message":"out of memory","type":"server_error"}}"#),
            "reported in the stream: out of memory",
        ),
        (
            format!("data: {}", "x".repeat(16 * 1024 * 1024)),
            "larger than 16 MiB",
        ),
        ((0..1001).map(open).collect(), "more than 1000 open blocks"),
    ];
    for (stream, words) in table {
        let said = read(&[stream.as_bytes()]).1.unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
        assert!(said.len() < 400, "{} bytes", said.len());
    }
    for body in [
        "",
        "[]",
        "{}",
        "<html>",
        "{\"choices\":[]}",
        "{\"content\":7}",
    ] {
        let error = AnswerForm::Anthropic.events(body.as_bytes(), "host:1");
        assert!(
            matches!(error, Err(UpstreamError::NotTheApi { .. })),
            "{body}"
        );
    }
}
