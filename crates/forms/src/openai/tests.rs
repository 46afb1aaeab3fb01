use providers::{Event, FinishReason, Usage};
use serde_json::{Map, Value, json};

use crate::{Form, FormError, Head, Problem};

pub(crate) const FORMS: [Form; 3] = [Form::Chat, Form::Completions, Form::Responses];

pub(crate) fn head() -> Head {
    Head {
        id: "7".into(),
        model: "m".into(),
        created: 1_700_000_000,
        include_usage: true,
        echo: Map::new(),
    }
}

pub(crate) fn problem(status: u16) -> Problem {
    Problem {
        status,
        message: "The stream of gpu-1 broke off.".into(),
        code: "upstream_cut".into(),
    }
}

/// The JSON of each event of a stream; `[DONE]` as a string. Anything else fails.
#[track_caller]
pub(crate) fn parsed(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    if text.is_empty() {
        return Vec::new();
    }
    let blocks = text.strip_suffix("\n\n").expect("the last event is closed");
    let parse = |block: &str| {
        let (name, data) = match block.split_once('\n') {
            Some((name, data)) => (Some(name.strip_prefix("event: ").unwrap()), data),
            None => (None, block),
        };
        match data.strip_prefix("data: ").unwrap() {
            "[DONE]" => json!("[DONE]"),
            data => {
                let value: Value = serde_json::from_str(data).unwrap();
                assert!(name.is_none_or(|name| value["type"] == name), "{block}");
                value
            }
        }
    };
    blocks.split("\n\n").map(parse).collect()
}

pub(crate) fn stream(form: Form, head: Head, events: Vec<Event>) -> Vec<Value> {
    let mut writer = form.writer(head);
    let mut bytes: Vec<u8> = events
        .into_iter()
        .flat_map(|event| writer.event(event))
        .collect();
    bytes.extend(writer.end());
    parsed(&bytes)
}

#[track_caller]
pub(crate) fn refusals<T: std::fmt::Debug>(
    read: impl Fn(&[u8]) -> Result<T, FormError>,
    base: Value,
    cases: &[(Value, &str)],
) {
    read(base.to_string().as_bytes()).expect("the request is good without the change");
    for (change, expected) in cases {
        let mut body = base.clone();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let error = read(body.to_string().as_bytes()).expect_err(expected);
        assert_eq!(&error.to_string(), expected);
    }
}

/// Events in any order, the same for the same seed.
pub(crate) fn any_events(seed: u64) -> Vec<Event> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let words = [
        "",
        "a",
        "\n\n",
        "data: [DONE]\r\n",
        "\u{2028}é\"\\",
        "\0",
        "{}",
    ];
    (0..next(12))
        .map(|_| {
            let word = words[next(7) as usize].to_owned();
            match next(7) {
                0 => Event::Started {
                    id: None,
                    model: Some(word),
                },
                1 => Event::Usage(Usage {
                    prompt: (next(2) == 0).then_some(u32::MAX),
                    completion: (next(2) == 0).then_some(u32::MAX),
                    cached: Some(1),
                    reasoning: None,
                }),
                2 => Event::Reasoning {
                    text: word,
                    signature: (next(4) == 0).then(|| "s".into()),
                },
                3 | 4 => Event::ToolCall {
                    index: [0, 1, 7, u32::MAX][next(4) as usize],
                    id: (next(2) == 0).then(|| format!("c{}", next(9))),
                    name: (next(2) == 0).then(|| "f".into()),
                    arguments: word,
                },
                5 => Event::Finish {
                    reason: [FinishReason::Stop, FinishReason::Length][next(2) as usize].clone(),
                    stop: None,
                },
                _ => Event::Text(word),
            }
        })
        .collect()
}

#[test]
fn any_events_make_well_formed_streams() {
    for seed in 0..300 {
        for form in FORMS {
            let values = stream(form, head(), any_events(seed));
            let last = values.last().unwrap();
            match form {
                Form::Responses => {
                    let ends = ["response.completed", "response.incomplete"];
                    assert!(ends.contains(&last["type"].as_str().unwrap()), "{seed}");
                }
                _ => assert_eq!(last, "[DONE]", "{seed}"),
            }
            let said: String = any_events(seed)
                .into_iter()
                .filter_map(|event| match event {
                    Event::Text(text) => Some(text),
                    _ => None,
                })
                .collect();
            let heard: String = values
                .iter()
                .filter_map(|value| match form {
                    Form::Chat => value["choices"][0]["delta"]["content"].as_str(),
                    Form::Completions => value["choices"][0]["text"].as_str(),
                    _ if value["type"] == "response.output_text.delta" => value["delta"].as_str(),
                    _ => None,
                })
                .collect();
            assert_eq!(said, heard, "{seed} {form:?}");
        }
    }
}

#[test]
fn a_failed_stream_has_the_error_and_no_good_end() {
    for seed in 0..50 {
        for form in FORMS {
            let mut writer = form.writer(head());
            let mut bytes = Vec::new();
            for event in any_events(seed) {
                bytes.extend(writer.event(event));
            }
            bytes.extend(writer.fail(&problem(502)));
            let values = parsed(&bytes);
            let last = values.last().unwrap();
            let error = match form {
                Form::Responses => &last["response"]["error"],
                _ => &last["error"],
            };
            assert_eq!(error["code"], "upstream_cut");
            assert_eq!(error["message"], "The stream of gpu-1 broke off.");
            assert!(values.iter().all(|value| {
                *value != "[DONE]"
                    && value["choices"][0]["finish_reason"].is_null()
                    && value["type"] != "response.completed"
            }));
        }
    }
}

#[test]
fn errors_have_the_type_that_the_status_means() {
    for (status, kind) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "invalid_request_error"),
        (429, "rate_limit_error"),
        (502, "api_error"),
    ] {
        for form in FORMS {
            let body: Value = serde_json::from_slice(&form.error(&problem(status))).unwrap();
            let expected = json!({"error": {
                "message": "The stream of gpu-1 broke off.",
                "type": kind,
                "param": null,
                "code": "upstream_cut",
            }});
            assert_eq!(body, expected);
        }
    }
}

#[test]
fn what_is_no_object_is_an_error() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let deep_field = format!(r#"{{"model": "m", "tools": {deep}}}"#);
    let bodies = [
        "",
        "[]",
        "null",
        "{",
        "{\"model\": \"\u{0}\"}",
        &deep,
        &deep_field,
    ];
    for body in bodies {
        for form in [Form::Chat, Form::Responses] {
            let error = form.read(body.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("it is not "), "{error}");
        }
        assert!(crate::read_gap(body.as_bytes()).is_err());
    }
    assert!(Form::Chat.read(b"{\"model\": \"\xff\"}").is_err());
}
