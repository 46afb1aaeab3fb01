use super::*;
use bytes::Bytes;
use providers::{Splitter, data_of};

fn outcome() -> Outcome {
    Outcome::default()
}

/// The body of an exchange that a real llama.cpp server answered (build b11549, `curl -i -N`).
fn body_of(recorded: &str) -> &[u8] {
    let head = recorded.find("\r\n\r\n").map(|place| place + 4);
    let head = head
        .or_else(|| recorded.find("\n\n").map(|place| place + 2))
        .unwrap();
    &recorded.as_bytes()[head..]
}

fn read_stream(body: &[u8], cut_at: usize) -> (StreamReading, Outcome, usize) {
    let (mut splitter, mut reading, mut outcome) =
        (Splitter::default(), StreamReading::default(), outcome());
    let mut tokens = 0;
    for piece in [&body[..cut_at], &body[cut_at..]] {
        splitter
            .push(Bytes::copy_from_slice(piece), |event| {
                let Some(data) = data_of(event) else { return };
                if reading.event(&data, &mut outcome) == Seen::Token {
                    tokens += 1;
                }
            })
            .unwrap();
    }
    (reading, outcome, tokens)
}

#[test]
fn recorded_streams_cut_anywhere_read_the_same() {
    for (recorded, tokens, prompt, completion) in [
        (
            include_str!("../../tests/fixtures/llamacpp-chat_stream.txt"),
            5,
            32,
            5,
        ),
        (
            include_str!("../../tests/fixtures/llamacpp-chat_stream_nousage.txt"),
            4,
            32,
            4,
        ),
        (
            include_str!("../../tests/fixtures/llamacpp-completions_stream.txt"),
            5,
            9,
            5,
        ),
        (
            include_str!("../../tests/fixtures/llamacpp-utf8_stream.txt"),
            7,
            49,
            16,
        ),
    ] {
        let body = body_of(recorded);
        for cut_at in (0..body.len()).step_by(7) {
            let (reading, outcome, seen) = read_stream(body, cut_at);
            assert!(reading.done && reading.error.is_none());
            assert_eq!(outcome.finish_reason.as_deref(), Some("length"));
            assert_eq!(
                (outcome.prompt_tokens, outcome.completion_tokens),
                (Some(prompt), Some(completion))
            );
            assert_eq!(seen, tokens, "cut at {cut_at}");
        }
    }
}

#[test]
fn a_recorded_answer_is_read() {
    let mut outcome = outcome();
    let body = body_of(include_str!(
        "../../tests/fixtures/llamacpp-completions.txt"
    ));
    assert_eq!(whole_answer(body, &mut outcome), Ok(()));
    assert_eq!(
        (outcome.prompt_tokens, outcome.completion_tokens),
        (Some(9), Some(5))
    );
    assert_eq!(outcome.finish_reason.as_deref(), Some("stop"));
}

#[test]
fn a_status_200_without_an_answer_is_no_success() {
    for (body, said) in [
        ("<!DOCTYPE html><title>nginx</title>", "a web page"),
        ("", "an empty body"),
        ("{\"ok\":true}", "without choices"),
        ("{\"choices\":null}", "without choices"),
        ("{\"error\":{\"message\":\"boom\"}}", "boom"),
        ("{\"choices\":[", "not the expected JSON"),
    ] {
        let problem = whole_answer(body.as_bytes(), &mut outcome()).unwrap_err();
        assert!(problem.contains(said), "{body}: {problem}");
    }
}

#[test]
fn fields_of_odd_types_spoil_no_answer_and_hide_no_error() {
    let odd = r#""choices":[{"message":{"content":"x"},"finish_reason":7}],"usage":{"prompt_tokens":1.5}"#;
    assert_eq!(
        whole_answer(format!("{{{odd}}}").as_bytes(), &mut outcome()),
        Ok(())
    );
    let failed = format!(r#"{{{odd},"error":"boom"}}"#);
    let problem = whole_answer(failed.as_bytes(), &mut outcome()).unwrap_err();
    assert!(problem.contains("boom"), "{problem}");
}

#[test]
fn the_words_of_every_error_shape_are_found() {
    for (body, words) in [
        (
            r#"{"error":{"message":"no such model","type":"x","param":null,"code":null}}"#,
            "no such model",
        ),
        (r#"{"error":{"message":"too long","code":400}}"#, "too long"),
        (r#"{"error":"Unauthorized"}"#, "Unauthorized"),
        (r#"{"error":"bad","error_type":"validation"}"#, "bad"),
        (r#"{"detail":"Not Found"}"#, "Not Found"),
        (r#"{"detail":[{"msg":"field required"}]}"#, "field required"),
        (
            r#"{"error":{"code":"DeploymentNotFound","message":"gone"}}"#,
            "gone",
        ),
        (r#"{"message":"throttled"}"#, "throttled"),
        (r#"{"Message":"throttled"}"#, "throttled"),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#,
            "busy",
        ),
        ("<html>502 Bad Gateway</html>", "a web page instead of JSON"),
        ("", "an empty body"),
    ] {
        assert_eq!(words_of_error(body.as_bytes()), words, "{body}");
    }
}

#[test]
fn an_error_inside_a_stream_is_noticed() {
    let mut reading = StreamReading::default();
    let seen = reading.event(br#"{"error":{"message":"out of memory"}}"#, &mut outcome());
    assert_eq!(
        (seen, reading.error.as_deref()),
        (Seen::Error, Some("out of memory"))
    );
}

#[test]
fn untrusted_words_are_cut_and_cleaned() {
    assert_eq!(cut("a\x1b[31mb\n", 10), "a [31mb ");
    assert_eq!(cut("üüüü", 2), "üü…");
}
