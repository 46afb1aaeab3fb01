//! Answers, whole and cut at every byte.

use super::recorded;
use crate::{AnswerForm, Event, FinishReason, Reply, UpstreamError, Usage};

fn usage(prompt: u32, completion: u32, cached: u32) -> Usage {
    Usage {
        prompt: Some(prompt),
        completion: Some(completion),
        cached: Some(cached),
        reasoning: None,
    }
}

/// The answer of a stream in these pieces.
pub(super) fn decoded(form: AnswerForm, pieces: &[&[u8]]) -> Result<Reply, UpstreamError> {
    let (mut decoder, mut events) = (form.decoder().unwrap(), Vec::new());
    for piece in pieces {
        decoder.push(piece, &mut events)?;
    }
    decoder.finish(&mut events)?;
    Ok(Reply::from_events(events))
}

#[test]
fn every_recorded_stream_reads_the_same_wherever_it_is_cut() {
    use AnswerForm::{Infill, OpenaiChat, OpenaiText};
    let chat = "I'm glad you're";
    let emoji = "👩\u{200d}💻 é 日本👩";
    for (name, form, text, counts) in [
        ("chat_stream", OpenaiChat, chat, usage(32, 5, 0)),
        (
            "chat_stream_nousage",
            OpenaiChat,
            "I'm glad you",
            usage(32, 4, 31),
        ),
        (
            "completions_stream",
            OpenaiText,
            " a + b\n\n",
            usage(9, 5, 8),
        ),
        ("utf8_stream", OpenaiChat, emoji, usage(49, 16, 0)),
        ("fim_infill_extra", Infill, "x =", usage(9, 2, 0)),
    ] {
        let body = recorded(name);
        for cut in 0..=body.len() {
            let reply = decoded(form, &[&body[..cut], &body[cut..]]).unwrap();
            let seen = (reply.text.as_str(), reply.usage, reply.finish);
            assert_eq!(
                seen,
                (text, counts, Some(FinishReason::Length)),
                "{name} cut at {cut}"
            );
        }
        let single: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(decoded(form, &single).unwrap().text, text);
    }
}

#[test]
fn every_recorded_answer_is_read() {
    use AnswerForm::{Infill, OpenaiChat, OpenaiText};
    use FinishReason::{Length, Stop};
    for (name, form, text, counts, finish) in [
        ("completions", OpenaiText, " a + b", usage(9, 5, 0), Stop),
        (
            "completions_suffix",
            OpenaiText,
            " a + b\n",
            usage(9, 4, 8),
            Length,
        ),
        ("fim_raw", OpenaiText, "\n", usage(24, 2, 0), Stop),
        ("logprobs", OpenaiText, " a +", usage(9, 2, 8), Length),
        ("n2", OpenaiChat, "I'm glad you", usage(32, 4, 31), Length),
        ("fim_infill", Infill, "\n", usage(26, 2, 0), Stop),
    ] {
        let reply = Reply::from_events(form.events(&recorded(name), "h").unwrap());
        let seen = (reply.text.as_str(), reply.usage, reply.finish);
        assert_eq!(seen, (text, counts, Some(finish)), "{name}");
        assert!(reply.model.unwrap().starts_with("smollm2"), "{name}");
    }
}

#[test]
fn recorded_errors_are_no_answers() {
    for (name, words) in [
        ("auth_none", "Invalid API Key"),
        ("err_404", "File Not Found"),
        ("err_ctx", "exceeds the available context size"),
        ("err_badjson", "parse error"),
        ("err_nomessages", "'messages' is required"),
        ("infill_nofim", "Infill is not supported by this model"),
    ] {
        for form in [
            AnswerForm::OpenaiChat,
            AnswerForm::Infill,
            AnswerForm::OllamaGenerate,
        ] {
            let error = form.events(&recorded(name), "gpu-1:8000").unwrap_err();
            assert!(matches!(error, UpstreamError::NotTheApi { .. }), "{error}");
            let said = error.to_string();
            assert!(said.starts_with("gpu-1:8000 answered an error"), "{said}");
            assert!(said.contains(words), "{said}");
        }
    }
}

#[test]
fn an_answer_with_everything_gives_every_event() {
    let body = br#"{"id":"a","model":"m","choices":[
        {"index":0,"finish_reason":"tool_calls","stop_reason":"END","message":{"role":"assistant",
         "content":null,"reasoning":"hm","reasoning_content":"hm","tool_calls":[
           {"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
           {"id":"2","type":"function","function":{"name":"g","arguments":{"b": 2}}}]}},
        {"index":1,"finish_reason":"stop","message":{"content":"another"}}],
       "usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2},
                "completion_tokens_details":{"reasoning_tokens":1}}}"#;
    let call = |index, id: &str, name: &str, arguments: &str| Event::ToolCall {
        index,
        id: Some(id.into()),
        name: Some(name.into()),
        arguments: arguments.into(),
    };
    let expected = [
        Event::Started {
            id: Some("a".into()),
            model: Some("m".into()),
        },
        Event::Reasoning {
            text: "hm".into(),
            signature: None,
        },
        call(0, "1", "f", r#"{"a":1}"#),
        call(1, "2", "g", r#"{"b": 2}"#),
        Event::Finish {
            reason: FinishReason::ToolCalls,
            stop: Some("END".into()),
        },
        Event::Usage(Usage {
            reasoning: Some(1),
            ..usage(7, 3, 2)
        }),
    ];
    assert_eq!(AnswerForm::OpenaiChat.events(body, "h").unwrap(), expected);
}

#[test]
fn a_success_without_an_answer_is_an_error() {
    for (body, said) in [
        ("", "an empty body"),
        ("<html>", "a web page"),
        ("{\"choices\":[", "not the expected JSON"),
        ("{}", "JSON without an answer"),
        ("{\"choices\":null}", "JSON without an answer"),
        ("{\"choices\":[]}", "JSON without an answer"),
        ("{\"error\":\"full\",\"choices\":[]}", "an error: full"),
        ("{\"detail\":\"Not Found\"}", "an error: Not Found"),
        ("[]", "JSON without an answer"),
        ("\u{0}", "not the expected JSON"),
    ] {
        let error = AnswerForm::OpenaiChat
            .events(body.as_bytes(), "h")
            .unwrap_err();
        assert!(error.to_string().contains(said), "{body}: {error}");
    }
}

#[test]
fn odd_but_harmless_fields_spoil_no_answer() {
    for choice in [
        r#"{"text":"ok","index":null,"finish_reason":"eos_token","logprobs":{"x":[1]}}"#,
        r#"{"message":{"content":"ok"},"finish_reason":"stop","stop_reason":42}"#,
        r#"{"message":{"content":[{"type":"text","text":"ok"}]},"finish_reason":"stop_sequence"}"#,
        r#"{"message":{"content":null,"refusal":"ok"},"finish_reason":"stop"}"#,
        r#"{"delta":{"content":"ok"},"message":{"content":"all: ok"},"finish_reason":"stop"}"#,
    ] {
        let body = format!(
            r#"{{"id":12,"model":null,"choices":[{choice}],"usage":{{"prompt_tokens":-1.5}}}}"#
        );
        let events = AnswerForm::OpenaiChat.events(body.as_bytes(), "h").unwrap();
        let reply = Reply::from_events(events);
        let seen = (reply.text.as_str(), reply.finish);
        assert_eq!(seen, ("ok", Some(FinishReason::Stop)), "{choice}");
    }
}
