use providers::{Event, FinishReason, Parameters, Reply, Usage};
use serde_json::{Value, json};

use crate::openai::tests::{head, refusals, stream};
use crate::{Form, GapRequest, read_gap, read_prompt};

fn gap() -> Value {
    json!({"model": "m", "prompt": "def f(", "suffix": "\n"})
}

#[test]
fn a_gap_is_read_with_its_own_fields() {
    let body = json!({
        "model": "m", "prompt": ["def f("], "suffix": "", "max_tokens": 16, "temperature": 0.2,
        "stop": ["\n\n"], "stream": true, "stream_options": {"include_usage": true},
        "file_name": "a.py", "language": "python", "n": 1, "best_of": 1, "echo": false,
        "logprobs": null, "min_p": 0.05, "user": null,
    });
    let expected = GapRequest {
        model: "m".into(),
        prompt: "def f(".into(),
        suffix: String::new(),
        parameters: Parameters {
            max_tokens: Some(16),
            temperature: Some(0.2),
            stop: vec!["\n\n".into()],
            ..Parameters::default()
        },
        stream: true,
        include_usage: true,
        file_name: Some("a.py".into()),
        language: Some("python".into()),
    };
    let body = body.to_string();
    let unknown = json!({"min_p": 0.05});
    for (request, rest) in
        [read_gap(body.as_bytes()), read_prompt(body.as_bytes())].map(Result::unwrap)
    {
        assert_eq!((request, json!(rest)), (expected.clone(), unknown.clone()));
    }
}

#[test]
fn what_is_no_gap_is_refused_by_name() {
    let ids = "prompt: token ids cannot be read as text; send the text as a string";
    let cases = [
        (json!({"suffix": null}), "suffix: is missing"),
        (json!({"suffix": ["x"]}), "suffix: must be a string"),
        (json!({"prompt": null}), "prompt: is missing"),
        (json!({"prompt": [1, 2]}), ids),
        (json!({"prompt": [[1, 2], [3]]}), ids),
        (
            json!({"prompt": ["a", "b"]}),
            "more than one prompt is not served here",
        ),
        (
            json!({"prompt": []}),
            "prompt: must be a string or a list of one string",
        ),
        (json!({"prompt": {}}), "prompt: must be a string"),
        (json!({"n": 2}), "n above 1 is not served here"),
        (json!({"best_of": 3}), "best_of above 1 is not served here"),
        (json!({"echo": true}), "echo is not served here"),
        (json!({"logprobs": 0}), "logprobs is not served here"),
    ];
    refusals(read_gap, gap(), &cases);
    let error = read_prompt(gap().to_string().as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "suffix is not served here");
}

#[test]
fn a_stream_is_texts_and_counts() {
    let usage = Usage {
        prompt: Some(1),
        completion: Some(2),
        ..Usage::default()
    };
    let reason = FinishReason::Length;
    let events = vec![
        Event::Text("a".into()),
        Event::Finish { reason, stop: None },
        Event::Usage(usage),
    ];
    let chunk = |choices: Value, usage: Value| {
        json!({"id": "cmpl-7", "object": "text_completion", "created": 1_700_000_000,
            "model": "m", "choices": choices, "usage": usage})
    };
    let choice = |text: &str, finish: Option<&str>| json!([{"index": 0, "text": text, "logprobs": null, "finish_reason": finish}]);
    let counts = json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3});
    let expected = [
        chunk(choice("a", None), Value::Null),
        chunk(choice("", Some("length")), Value::Null),
        chunk(json!([]), counts.clone()),
        json!("[DONE]"),
    ];
    assert_eq!(stream(Form::Completions, head(), events.clone()), expected);

    let whole = Form::Completions.whole(head(), &Reply::from_events(events));
    let whole: Value = serde_json::from_slice(&whole).unwrap();
    assert_eq!(whole, chunk(choice("a", Some("length")), counts));
}

#[test]
fn an_answer_ends_for_a_reason_that_the_form_has() {
    for (finish, word) in [
        (None, "stop"),
        (Some(FinishReason::Stop), "stop"),
        (Some(FinishReason::ToolCalls), "stop"),
        (Some(FinishReason::Length), "length"),
        (Some(FinishReason::ContentFilter), "content_filter"),
    ] {
        let reply = Reply {
            finish,
            ..Reply::default()
        };
        let whole = Form::Completions.whole(head(), &reply);
        let whole: Value = serde_json::from_slice(&whole).unwrap();
        assert_eq!(whole["choices"][0]["finish_reason"], word);
    }
}
