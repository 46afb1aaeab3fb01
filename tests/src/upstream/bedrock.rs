//! AWS Bedrock: Converse and InvokeModel, whole and as event streams. Checks signatures, and the
//! body as far as Bedrock does: whose turn it is, and that content is a list.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::play::{self, Answer, Step};
use super::said::{ARGUMENTS, Heard, PROMPT_TOKENS, Said, texts, words_of};
use super::script::{Direct, Problem, Server};
use super::{Received, anthropic, frames, signature};

/// A Bedrock API key.
pub const API_KEY: &str = "ABSKexample";

/// One whose time is over.
pub const OLD_API_KEY: &str = "ABSKold-example";

const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

pub fn server() -> Server {
    Server {
        hear,
        good,
        error,
        error_in_stream: || {
            let words = "Too many requests, please wait before trying again.";
            vec![Step::Send(frames::exception("throttlingException", words))]
        },
    }
}

fn hear(request: &Received) -> Result<Heard, Direct> {
    check_key(request)?;
    let path = request.path.split('?').next().unwrap_or_default();
    let ["", "model", id, call] = path.split('/').collect::<Vec<_>>()[..] else {
        return refuse(404, "UnknownOperationException", "");
    };
    let id = percent_encoding::percent_decode_str(id)
        .decode_utf8_lossy()
        .into_owned();
    if id.contains("needs-profile") {
        let words = format!(
            "Invocation of model ID {id} with on-demand throughput isn’t supported. \
            Retry your request with the ID or ARN of an inference profile that contains this model."
        );
        return refuse(400, "ValidationException", &words);
    }
    if id == "clock-off" {
        let words = "Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z";
        return Err(far_clock(complaint(403, "InvalidSignatureException", words)).into());
    }
    let body = &request.body;
    let mut heard = match call {
        "converse" | "converse-stream" => converse(body)?,
        _ if id.contains("titan-embed") => {
            let vector =
                json!({"embedding": [0.25, -0.5, 0], "inputTextTokenCount": PROMPT_TOKENS});
            return Err(play::json(200, &vector).into());
        }
        _ if id.contains("cohere.embed") => {
            let count = texts(&body["texts"]).len();
            let vectors: Vec<Value> = (0..count).map(|index| json!([0.25, -0.5, index])).collect();
            let answer = json!({"id": "e1", "response_type": "embeddings_floats", "embeddings": vectors,
                "texts": body["texts"]});
            return Err(play::json(200, &answer).into());
        }
        _ if id.contains("anthropic") => {
            if body["anthropic_version"] != "bedrock-2023-05-31" || !body["model"].is_null() {
                return refuse(
                    400,
                    "ValidationException",
                    "anthropic_version: Field required",
                );
            }
            anthropic::read(body)?
        }
        _ => Heard {
            max_tokens: body["max_tokens"].as_u64(),
            stops: texts(&body["stop"]),
            ..Heard::default()
        },
    };
    heard.model = id;
    heard.stream = call.ends_with("-stream");
    Ok(heard)
}

fn check_key(request: &Received) -> Result<(), Direct> {
    let header = request.header("authorization");
    match header.strip_prefix("Bearer ") {
        Some(API_KEY) => Ok(()),
        Some(OLD_API_KEY) => {
            let words = "The security token included in the request is expired";
            refuse(403, "ExpiredTokenException", words)
        }
        Some(_) => {
            let words = "Authentication failed: Please make sure your API Key is valid.";
            refuse(403, "AccessDeniedException", words)
        }
        None if header.is_empty() => refuse(
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        None => match signature::check(request) {
            Ok(_) => Ok(()),
            Err(words) => refuse(403, "InvalidSignatureException", &words),
        },
    }
}

fn converse(body: &Value) -> Result<Heard, Direct> {
    let invalid = |words: &str| refuse(400, "ValidationException", words);
    let Some(messages) = body["messages"].as_array().filter(|list| !list.is_empty()) else {
        return invalid("The conversation is empty.");
    };
    for (place, message) in messages.iter().enumerate() {
        let wanted = if place % 2 == 0 { "user" } else { "assistant" };
        if message["role"] != wanted {
            return invalid("A conversation must alternate between user and assistant roles.");
        }
        if message["content"].as_array().is_none_or(Vec::is_empty) {
            return invalid("The content field in the Message object is empty.");
        }
    }
    for stranger in ["model", "stream", "max_tokens", "temperature", "tools"] {
        if !body[stranger].is_null() {
            return invalid(&format!("extraneous key [{stranger}] is not permitted"));
        }
    }
    let limits = &body["inferenceConfig"];
    let parts = messages[messages.len() - 1]["content"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let result = parts
        .iter()
        .map(|part| &part["toolResult"])
        .find(|result| !result.is_null());
    Ok(Heard {
        tool: body["toolConfig"]["tools"][0]["toolSpec"]["name"]
            .as_str()
            .map(String::from),
        tool_result: result.map(|result| words_of(&result["content"])),
        max_tokens: limits["maxTokens"].as_u64(),
        last: words_of(&messages[messages.len() - 1]["content"]),
        stops: texts(&limits["stopSequences"]),
        ..Heard::default()
    })
}

fn good(request: &Received, heard: &Heard, said: &Said) -> Answer {
    if request.path.contains("/invoke") {
        return invoked(heard, said);
    }
    if heard.stream {
        let padded = |mut payload: Value| {
            payload["p"] = "abcdefgh".into();
            payload
        };
        let frame = |(kind, payload)| Step::Send(frames::event(kind, &padded(payload)));
        let steps = converse_events(said).into_iter().map(frame).collect();
        return play::stream(EVENT_STREAM, steps, heard.pace);
    }
    let message = json!({"role": "assistant", "content": content(said)});
    play::json(
        200,
        &json!({"output": {"message": message}, "stopReason": stop_reason(said),
        "usage": usage(said), "metrics": {"latencyMs": 551}}),
    )
}

fn content(said: &Said) -> Vec<Value> {
    let mut content = Vec::new();
    if !said.thoughts.is_empty() {
        let text = json!({"text": said.thoughts.concat(), "signature": "c2ln"});
        content.push(json!({"reasoningContent": {"reasoningText": text}}));
    }
    if !said.words.is_empty() {
        content.push(json!({"text": said.text()}));
    }
    if let Some(name) = &said.call {
        let input: Value = serde_json::from_str(&ARGUMENTS.concat()).expect("they are JSON");
        content.push(json!({"toolUse": {"toolUseId": "tooluse_1", "name": name, "input": input}}));
    }
    content
}

fn converse_events(said: &Said) -> Vec<(&'static str, Value)> {
    let mut events = vec![("messageStart", json!({"role": "assistant"}))];
    let mut index = 0;
    let mut block = |start: Option<Value>, deltas: Vec<Value>| {
        if let Some(start) = start {
            events.push((
                "contentBlockStart",
                json!({"contentBlockIndex": index, "start": start}),
            ));
        }
        for delta in deltas {
            events.push((
                "contentBlockDelta",
                json!({"contentBlockIndex": index, "delta": delta}),
            ));
        }
        events.push(("contentBlockStop", json!({"contentBlockIndex": index})));
        index += 1;
    };
    if !said.thoughts.is_empty() {
        let thought = |text: &String| json!({"reasoningContent": {"text": text}});
        let mut deltas: Vec<Value> = said.thoughts.iter().map(thought).collect();
        deltas.push(json!({"reasoningContent": {"signature": "c2ln"}}));
        block(None, deltas);
    }
    if !said.words.is_empty() {
        block(
            None,
            said.words
                .iter()
                .map(|word| json!({"text": word}))
                .collect(),
        );
    }
    if let Some(name) = &said.call {
        let start = json!({"toolUse": {"toolUseId": "tooluse_1", "name": name}});
        let piece = |text: &&str| json!({"toolUse": {"input": text}});
        block(Some(start), ARGUMENTS.iter().map(piece).collect());
    }
    events.push(("messageStop", json!({"stopReason": stop_reason(said)})));
    events.push((
        "metadata",
        json!({"usage": usage(said), "metrics": {"latencyMs": 551}}),
    ));
    events
}

/// The vendor's own form, inside Bedrock's.
fn invoked(heard: &Heard, said: &Said) -> Answer {
    let is_anthropic = heard.model.contains("anthropic");
    let output =
        |text: &str, end: Option<&str>| json!({"outputs": [{"text": text, "stop_reason": end}]});
    let finish = said.finish();
    if !heard.stream {
        let whole = match is_anthropic {
            true => anthropic::message(heard, said),
            false => output(&said.text(), Some(finish)),
        };
        return play::json(200, &whole);
    }
    let mut chunks = match is_anthropic {
        true => anthropic::events(heard, said),
        false => said.words.iter().map(|word| output(word, None)).collect(),
    };
    if !is_anthropic {
        chunks.push(output("", Some(finish)));
    }
    if let Some(last) = chunks.last_mut() {
        last["amazon-bedrock-invocationMetrics"] = json!({"inputTokenCount": PROMPT_TOKENS,
            "outputTokenCount": said.tokens(), "invocationLatency": 551, "firstByteLatency": 50});
    }
    let frame = |chunk: &Value| {
        let payload = json!({"bytes": STANDARD.encode(chunk.to_string()), "p": "abc"});
        Step::Send(frames::event("chunk", &payload))
    };
    play::stream(EVENT_STREAM, chunks.iter().map(frame).collect(), heard.pace)
}

fn usage(said: &Said) -> Value {
    json!({"inputTokens": PROMPT_TOKENS, "outputTokens": said.tokens(),
        "totalTokens": PROMPT_TOKENS + said.tokens()})
}

fn stop_reason(said: &Said) -> &'static str {
    match (said.finish(), &said.stop) {
        ("tool_calls", _) => "tool_use",
        ("length", _) => "max_tokens",
        (_, Some(_)) => "stop_sequence",
        _ => "end_turn",
    }
}

fn refuse<T>(status: u16, kind: &str, words: &str) -> Result<T, Direct> {
    Err(complaint(status, kind, words).into())
}

fn complaint(status: u16, kind: &str, words: &str) -> Answer {
    let mut answer = play::json(status, &json!({"message": words}));
    let kind = format!("{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/");
    answer.headers.push(("x-amzn-errortype", kind));
    answer
}

/// A server whose clock is years from ours.
fn far_clock(mut answer: Answer) -> Answer {
    answer
        .headers
        .push(("date", "Thu, 01 Jan 2026 00:10:00 GMT".into()));
    answer
}

fn error(problem: &Problem) -> Answer {
    match problem {
        Problem::BadRequest(words) => complaint(400, "ValidationException", words),
        Problem::Unauthorized => complaint(403, "AccessDeniedException", "not authorized"),
        Problem::NotFound(what) => complaint(404, "ResourceNotFoundException", what),
        Problem::Busy(seconds) => {
            let mut answer = complaint(429, "ThrottlingException", "Too many requests: overloaded");
            answer.headers.push(("retry-after", (*seconds).into()));
            answer
        }
        Problem::Down | Problem::Overloaded => {
            complaint(503, "ServiceUnavailableException", "Service unavailable")
        }
    }
}
