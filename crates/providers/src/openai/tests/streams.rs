//! Streams of servers that cannot be recorded here, and streams that are damaged.

use super::answers::decoded;
use crate::{AnswerForm, Event, FinishReason, Reply, UpstreamError};

/// Every way to cut a stream in two, and single bytes.
fn everywhere(form: AnswerForm, stream: &str) -> Reply {
    let bytes = stream.as_bytes();
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    let expected = decoded(form, &single).unwrap();
    for cut in 0..=bytes.len() {
        let reply = decoded(form, &[&bytes[..cut], &bytes[cut..]]);
        assert_eq!(reply.as_ref(), Ok(&expected), "cut at {cut}");
    }
    expected
}

#[test]
fn vllm_with_thoughts_and_tools_is_read() {
    let reply = everywhere(
        AnswerForm::OpenaiChat,
        "data: {\"id\":\"a\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n\
         data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"hm\",\"reasoning_content\":\"hm\"}}]}\n\n\
         data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ü\"}}]}\n\n\
         data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}}]}\n\n\
         data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}},{\"index\":1,\"id\":\"2\",\"function\":{\"name\":\"g\",\"arguments\":\"[\"}}]}}]}\n\n\
         data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"]\"}}]},\"finish_reason\":\"tool_calls\",\"stop_reason\":151645}]}\n\n\
         data: {\"id\":\"a\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n\
         data: [DONE]\n\n",
    );
    assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm", "ü"));
    let call = |id: &str, name: &str, arguments: &str| (id.into(), name.into(), arguments.into());
    assert_eq!(
        reply.tool_calls,
        [call("1", "f", "{}"), call("2", "g", "[]")]
    );
    assert_eq!(
        (reply.finish, reply.stop),
        (Some(FinishReason::ToolCalls), None)
    );
    assert_eq!(
        (reply.usage.prompt, reply.usage.completion),
        (Some(3), Some(4))
    );
}

#[test]
fn azure_tgi_and_odd_framing_are_read() {
    let reply = everywhere(
        AnswerForm::OpenaiChat,
        "\u{feff}: ping\r\n\r\nevent: message\r\ndata:{\"id\":\"\",\"model\":\"\",\"choices\":[],\"prompt_filter_results\":[]}\r\n\r\n\
         data:{\"id\":\"a\",\"model\":\"gpt-4o\",\r\ndata:\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"}}]}\r\n\r\n\
         data: {\"id\":\"a\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"another\"}}]}\r\r\
         data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\n\
         data: {\"id\":\"\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}",
    );
    assert_eq!(
        (reply.id.as_deref(), reply.model.as_deref()),
        (Some("a"), Some("gpt-4o"))
    );
    assert_eq!(
        (reply.text.as_str(), reply.finish),
        ("ok", Some(FinishReason::ContentFilter))
    );
    assert_eq!(
        reply.usage.prompt,
        Some(1),
        "the last event came without an empty line"
    );
}

#[test]
fn mistral_thinks_in_parts_and_calls_without_a_number() {
    let reply = everywhere(
        AnswerForm::OpenaiChat,
        "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}]},{\"type\":\"text\",\"text\":\"ok\"}]}}]}\n\n\
         data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"y\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]}}]}\n\n\
         data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"1\"}}]},\"finish_reason\":\"model_length\"}]}\n\n",
    );
    assert_eq!(
        (reply.reasoning.as_str(), reply.text.as_str()),
        ("hm", "ok")
    );
    let call = |id: &str, name: &str, arguments: &str| (id.into(), name.into(), arguments.into());
    assert_eq!(
        reply.tool_calls,
        [call("x", "f", "{}"), call("y", "g", "1")]
    );
    assert_eq!(
        reply.finish,
        Some(FinishReason::Length),
        "a clean close after a finish reason"
    );
}

const OLLAMA: &str = "{\"model\":\"q\",\"response\":\"\",\"thinking\":\"hm\",\"done\":false}\n\
    {\"model\":\"q\",\"response\":\"日\",\"done\":false}\r\n\
    {\"model\":\"q\",\"response\":\"\",\"done\":true,\"done_reason\":\"length\",\"context\":[1],\"prompt_eval_count\":26,\"eval_count\":2,\"eval_duration\":4709213000}\n";

#[test]
fn ollama_is_read_in_lines_and_in_one_piece() {
    let reply = everywhere(AnswerForm::OllamaGenerate, OLLAMA);
    assert_eq!(
        reply,
        everywhere(AnswerForm::OllamaGenerate, OLLAMA.trim_end())
    );
    assert_eq!(
        (reply.reasoning.as_str(), reply.text.as_str()),
        ("hm", "日")
    );
    assert_eq!(
        (reply.usage.prompt, reply.usage.completion),
        (Some(26), Some(2))
    );
    let whole = br#"{"model":"q","response":"x","done":true,"done_reason":"stop"}"#;
    let events = AnswerForm::OllamaGenerate.events(whole, "h").unwrap();
    assert!(events.contains(&Event::Text("x".into())), "{events:?}");
    let half = br#"{"model":"q","response":"x","done":false}"#;
    assert!(AnswerForm::OllamaGenerate.events(half, "h").is_err());
}

#[test]
fn an_error_in_the_stream_comes_with_its_words_and_after_the_text() {
    let text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"}}]}\n\n";
    for (form, before, line, status) in [
        (
            AnswerForm::OpenaiChat,
            text,
            "data: {\"error\":{\"message\":\"boom\",\"code\":500}}\n\ndata: [DONE]\n\n",
            Some(500),
        ),
        (
            AnswerForm::OpenaiChat,
            text,
            "error: {\"code\":503,\"message\":\"boom\",\"type\":\"x\"}\n\n",
            None,
        ),
        (
            AnswerForm::OpenaiText,
            text,
            "data: {\"error\":{\"message\":\"boom\",\"code\":\"429\"}}",
            Some(429),
        ),
        (
            AnswerForm::OpenaiChat,
            text,
            "data: {\"object\":\"error\",\"message\":\"boom\"}\n\n",
            None,
        ),
        (
            AnswerForm::OpenaiChat,
            text,
            "data: {\"error\":\"boom\",\"error_type\":\"overloaded\"}\n\n",
            None,
        ),
        (
            AnswerForm::Infill,
            "data: {\"content\":\"ok\",\"stop\":false}\n\n",
            "error: {\"error\":{\"message\":\"boom\",\"code\":200}}\n\n",
            None,
        ),
        (
            AnswerForm::OllamaGenerate,
            "{\"response\":\"ok\",\"done\":false}\n",
            "{\"error\":\"boom\"}\n",
            None,
        ),
    ] {
        let (mut decoder, mut events) = (form.decoder().unwrap(), Vec::new());
        let stream = format!("{before}{line}");
        let pushed = decoder.push(stream.as_bytes(), &mut events);
        let error = pushed
            .and_then(|()| decoder.finish(&mut events))
            .unwrap_err();
        assert_eq!(Reply::from_events(events).text, "ok", "{line}");
        match error {
            UpstreamError::Reported {
                words,
                status: seen,
            } => {
                assert_eq!(words, "boom", "{line}");
                assert_eq!(seen.map(|status| status.as_u16()), status, "{line}");
            }
            other => panic!("{line}: {other}"),
        }
    }
}

#[test]
fn a_stream_that_ends_too_early_broke_off() {
    let chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"}}]}\n\n";
    for (form, stream) in [
        (AnswerForm::OpenaiChat, ""),
        (AnswerForm::OpenaiChat, chunk),
        (AnswerForm::OpenaiChat, &chunk[..chunk.len() - 9]),
        (
            AnswerForm::Infill,
            "data: {\"content\":\"ok\",\"stop\":false}\n\n",
        ),
        (
            AnswerForm::OllamaGenerate,
            "{\"response\":\"ok\",\"done\":false}\n{\"resp",
        ),
    ] {
        let error = decoded(form, &[stream.as_bytes()]).unwrap_err();
        assert!(error.to_string().contains("broke off"), "{stream}: {error}");
    }
}

#[test]
fn a_damaged_stream_is_a_clear_error_and_never_text() {
    let deep = format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{}",
        "[".repeat(10_000)
    );
    let deep_skipped = format!("data: {{\"x\":{}\n\n", "[".repeat(10_000));
    for (form, stream) in [
        (
            AnswerForm::OpenaiChat,
            &b"data: {\"choices\":[{\"text\":\"\xff\xfe\"}]}\n\n"[..],
        ),
        (AnswerForm::OpenaiChat, b"data: <html>\n\n"),
        (AnswerForm::OpenaiChat, deep.as_bytes()),
        (AnswerForm::OpenaiText, deep_skipped.as_bytes()),
        (AnswerForm::OllamaGenerate, b"\xff\xfe\n"),
        (AnswerForm::OllamaGenerate, b"data: {\"response\":\"x\"}\n"),
    ] {
        let error = decoded(form, &[stream]).unwrap_err();
        assert!(matches!(error, UpstreamError::Damaged(_)), "{error}");
    }
}

#[test]
fn long_lines_are_fine_and_endless_ones_are_not() {
    let text = "x".repeat(100_000);
    let chunk = |text: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}]}}\n\n"
        )
    };
    let reply = decoded(AnswerForm::OpenaiChat, &[chunk(&text).as_bytes()]).unwrap();
    assert_eq!(reply.text.len(), 100_000);
    // Ollama ends with the tokens of the whole conversation.
    let tokens = "151643,".repeat(400_000);
    let long = format!("{{\"response\":\"x\",\"done\":true,\"context\":[{tokens}1]}}\n");
    let pieces: Vec<&[u8]> = long.as_bytes().chunks(16_384).collect();
    assert_eq!(
        decoded(AnswerForm::OllamaGenerate, &pieces).unwrap().text,
        "x"
    );
    let long = chunk(&"x".repeat(3_000_000));
    let reply = decoded(AnswerForm::OpenaiChat, &[long.as_bytes()]).unwrap();
    assert_eq!(reply.text.len(), 3_000_000);
    let huge = "x".repeat(20_000_000);
    for (form, stream) in [
        (AnswerForm::OpenaiChat, chunk(&huge)),
        (
            AnswerForm::OllamaGenerate,
            format!("{{\"response\":\"{huge}\",\"done\":true}}\n"),
        ),
    ] {
        for size in [stream.len(), 16_384] {
            let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
            let error = decoded(form, &pieces).unwrap_err();
            assert!(error.to_string().contains("larger than 16 MiB"), "{error}");
        }
    }
}
