//! What the upstream answers, by the name of the model asked for. An unknown name gets a good
//! answer. The fields `chunks` and `pace_ms` of a request, which no real server knows, set the
//! length and the pace of a stream.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

/// An answer and how it is sent.
pub struct Answer {
    /// Time before the status line.
    pub wait: Duration,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in its steps.
    pub steps: Vec<Step>,
}

/// A step in sending a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Sends these bytes as one chunk.
    Send(Bytes),
    /// Waits.
    Wait(Duration),
    /// Sends nothing more and leaves the connection open.
    WaitForEver,
    /// Cuts the connection in the middle of the body.
    BreakOff,
}

/// The nine shapes in which model servers say what went wrong: model name, status, body and the
/// words in it that a person should see.
pub const ERROR_SHAPES: &[(&str, u16, &str, &str)] = &[
    (
        "error-openai",
        400,
        r#"{"error":{"message":"no such parameter","type":"invalid_request_error","param":"x","code":"unknown_parameter"}}"#,
        "no such parameter",
    ),
    (
        "error-vllm",
        400,
        r#"{"error":{"message":"This model's maximum context length is 16 tokens","type":"BadRequestError","param":null,"code":400}}"#,
        "maximum context length",
    ),
    (
        "error-string",
        401,
        r#"{"error":"Unauthorized"}"#,
        "Unauthorized",
    ),
    (
        "error-tgi",
        422,
        r#"{"error":"inputs must be short","error_type":"validation"}"#,
        "inputs must be short",
    ),
    (
        "error-fastapi",
        404,
        r#"{"detail":"Not Found"}"#,
        "Not Found",
    ),
    (
        "error-azure",
        404,
        r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}}"#,
        "deployment does not exist",
    ),
    (
        "error-bedrock",
        429,
        r#"{"message":"Too many requests, slow down"}"#,
        "slow down",
    ),
    (
        "error-anthropic",
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"},"request_id":"req_1"}"#,
        "prompt is too long",
    ),
    (
        "error-html",
        502,
        "<html><body><h1>502 Bad Gateway</h1></body></html>",
        "502",
    ),
];

/// The answer to a request.
pub fn answer(path: &str, headers: &HeaderMap, body: &Value) -> Answer {
    if path.starts_with("/v1/models") {
        let list = json!({"object": "list", "data": [{"id": "scripted", "object": "model"}]});
        return whole(200, "application/json", list.to_string());
    }
    let model = body["model"].as_str().unwrap_or_default();
    if let Some((_, status, text, _)) = ERROR_SHAPES.iter().find(|(name, ..)| *name == model) {
        let kind = if text.starts_with('<') {
            "text/html"
        } else {
            "application/json"
        };
        return whole(*status, kind, (*text).to_owned());
    }
    let good = || good(path, body);
    match model {
        "html" => whole(
            200,
            "text/html",
            "<html><body>Log in first</body></html>".into(),
        ),
        "empty" => whole(503, "text/plain", String::new()),
        "not-json" => whole(200, "application/json", "{\"choices\": [".into()),
        "wants-key"
            if headers
                .get("authorization")
                .is_none_or(|key| key != "Bearer right") =>
        {
            let refusal = r#"{"error":{"message":"wrong key","type":"authentication_error","param":null,"code":401}}"#;
            whole(401, "application/json", refusal.into())
        }
        "busy" => {
            let text =
                r#"{"error":{"message":"overloaded","type":"rate_limit","param":null,"code":429}}"#;
            let mut answer = whole(429, "application/json", text.into());
            answer.headers.push(("retry-after", "60".into()));
            answer
        }
        "slow-headers" => Answer {
            wait: Duration::from_millis(1_500),
            ..good()
        },
        "never-answers" => Answer {
            wait: Duration::from_secs(3_600),
            ..good()
        },
        "cut-character" => in_pieces(good(), 3),
        "stops-short" => up_to_half(good(), vec![]),
        // What was sent must have left before the connection breaks.
        "breaks-off" => up_to_half(
            good(),
            vec![Step::Wait(Duration::from_millis(50)), Step::BreakOff],
        ),
        "falls-silent" => up_to_half(good(), vec![Step::WaitForEver]),
        "error-in-stream" => {
            let error = r#"{"error":{"message":"the engine died","type":"server_error","param":null,"code":500}}"#;
            let text = format!("data: {error}\n\ndata: [DONE]\n\n");
            up_to_half(good(), vec![Step::Send(text.into())])
        }
        "carriage-returns" => with_line_ends(good(), "\r\n"),
        _ => good(),
    }
}

/// The words of a good answer; some are longer than one byte a letter.
pub fn words(count: usize) -> Vec<String> {
    const WORDS: [&str; 8] = [
        "Grüße", " aus", " der", " Kälte", " 🚀", " 日本", " and", " back",
    ];
    (0..count)
        .map(|place| WORDS[place % WORDS.len()].to_owned())
        .collect()
}

fn good(path: &str, body: &Value) -> Answer {
    let number = |name: &str, usual| body[name].as_u64().unwrap_or(usual);
    let words = words(number("chunks", 8) as usize);
    let is_chat = path.contains("/chat/");
    let usage = json!({
        "prompt_tokens": 7, "completion_tokens": words.len(), "total_tokens": words.len() + 7,
    });
    let model = &body["model"];
    if body["stream"] != true {
        let choice = match is_chat {
            true => json!({"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": words.concat()}}),
            false => json!({"index": 0, "finish_reason": "stop", "text": words.concat()}),
        };
        let object = if is_chat {
            "chat.completion"
        } else {
            "text_completion"
        };
        let answer = json!({
            "id": "scripted-1", "object": object, "created": 1, "model": model,
            "choices": [choice], "usage": usage, "x_unknown_to_all": {"kept": true},
        });
        return whole(200, "application/json", answer.to_string());
    }
    let pace = Duration::from_millis(number("pace_ms", 0));
    let event = |choices: Value, usage: Option<&Value>| {
        let mut chunk = json!({
            "id": "scripted-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices,
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage.clone();
        }
        Step::Send(format!("data: {chunk}\n\n").into())
    };
    let mut steps = Vec::new();
    for word in &words {
        let choice = match is_chat {
            true => json!({"index": 0, "delta": {"content": word}, "finish_reason": null}),
            false => json!({"index": 0, "text": word, "finish_reason": null}),
        };
        steps.push(event(json!([choice]), None));
        if !pace.is_zero() {
            steps.push(Step::Wait(pace));
        }
    }
    let end = match is_chat {
        true => json!({"index": 0, "delta": {}, "finish_reason": "stop"}),
        false => json!({"index": 0, "text": "", "finish_reason": "stop"}),
    };
    steps.push(event(json!([end]), None));
    if body["stream_options"]["include_usage"] == true {
        steps.push(event(json!([]), Some(&usage)));
    }
    steps.push(Step::Send("data: [DONE]\n\n".into()));
    Answer {
        wait: Duration::ZERO,
        status: 200,
        headers: vec![("content-type", "text/event-stream".into())],
        steps,
    }
}

fn whole(status: u16, kind: &str, body: String) -> Answer {
    let headers = vec![
        ("content-type", kind.to_owned()),
        ("content-length", body.len().to_string()),
    ];
    Answer {
        wait: Duration::ZERO,
        status,
        headers,
        steps: vec![Step::Send(body.into())],
    }
}

/// Sends the same bytes in pieces of this length, each as a chunk of its own.
fn in_pieces(mut answer: Answer, length: usize) -> Answer {
    let pieces = |step| match step {
        Step::Send(bytes) => bytes
            .chunks(length)
            .map(|piece| Step::Send(Bytes::copy_from_slice(piece)))
            .collect(),
        other => vec![other],
    };
    answer.steps = answer.steps.into_iter().flat_map(pieces).collect();
    answer
}

/// Sends the first half, then the given steps.
fn up_to_half(mut answer: Answer, then: Vec<Step>) -> Answer {
    if let [Step::Send(bytes)] = answer.steps.as_slice() {
        let half = bytes.slice(..bytes.len() / 2);
        answer.steps = vec![Step::Send(half)];
        if then.is_empty() {
            answer.headers.retain(|(name, _)| *name != "content-length");
        }
    } else {
        answer.steps.truncate(answer.steps.len() / 2);
    }
    answer.steps.extend(then);
    answer
}

fn with_line_ends(mut answer: Answer, end: &str) -> Answer {
    for step in &mut answer.steps {
        if let Step::Send(bytes) = step {
            *bytes = String::from_utf8_lossy(bytes).replace('\n', end).into();
        }
    }
    answer
}
