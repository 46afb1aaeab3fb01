//! The OpenAI API as its servers speak it: chat, raw completions, embeddings, models. The fields
//! `chunks` and `pace_ms` of a request, which no real server knows, set the length and the pace of
//! a stream.

use std::time::Duration;

use serde_json::{Value, json};

use super::play::{self, Answer, Step};
use super::said::{ARGUMENTS, Heard, PROMPT_TOKENS, Said, texts, words_of};
use super::script::{Direct, Problem, Server};
use super::{Received, Vendor};

/// vLLM's own words for a field that it does not serve (0.32).
pub const VLLM_NO_SUFFIX: &str =
    "suffix is only supported for models with FIM completion rendering";

/// The server of this flavour.
pub fn server(vendor: Vendor) -> Server {
    Server {
        hear: match vendor {
            Vendor::Vllm => hear_vllm,
            Vendor::Mistral => hear_mistral,
            _ => hear,
        },
        good: if vendor == Vendor::Mistral {
            good_of_mistral
        } else {
            good
        },
        error,
        error_in_stream,
    }
}

fn hear_vllm(request: &Received) -> Result<Heard, Direct> {
    let body = &request.body;
    if request.path == "/tokenize" {
        let ids = super::llama::token_ids(body["prompt"].as_str().unwrap_or_default(), true);
        let answer =
            json!({"count": ids.len(), "max_model_len": 2048, "tokens": ids, "token_strs": null});
        return Err(play::json(200, &answer).into());
    }
    if body["suffix"].is_string() && request.path.ends_with("/completions") {
        let error = json!({"error": {"message": VLLM_NO_SUFFIX, "type": "BadRequestError",
            "param": "suffix", "code": 400}});
        return Err(play::json(400, &error).into());
    }
    if body["stream"] != true && !body["stream_options"].is_null() {
        return refuse("Stream options can only be defined when `stream=True`.");
    }
    let listed = json!({"id": "scripted", "object": "model", "owned_by": "vllm",
        "root": "scripted", "parent": null, "max_model_len": 2048});
    hear_listing(request, listed)
}

/// Fields of OpenAI's form that Mistral refuses: it tells token counts unasked, and has another
/// name for the seed.
const NOT_OF_MISTRAL: [&str; 3] = ["stream_options", "max_completion_tokens", "seed"];

/// Mistral answers a gap in the form of a chat.
fn hear_mistral(request: &Received) -> Result<Heard, Direct> {
    let stranger = |name: &&&str| !request.body[**name].is_null();
    if let Some(name) = NOT_OF_MISTRAL.iter().find(stranger) {
        let detail = json!({"type": "extra_forbidden", "loc": ["body", name],
            "msg": "Extra inputs are not permitted"});
        return Err(play::json(422, &json!({"detail": [detail]})).into());
    }
    if request.path == "/v1/fim/completions" && !request.body["prompt"].is_string() {
        return refuse("prompt: Field required");
    }
    hear_listing(
        request,
        json!({"id": "codestral-latest", "object": "model", "owned_by": "mistralai"}),
    )
}

fn hear(request: &Received) -> Result<Heard, Direct> {
    hear_listing(request, json!({"id": "scripted", "object": "model"}))
}

/// Reads a request to a server that lists this model.
pub fn hear_listing(request: &Received, listed: Value) -> Result<Heard, Direct> {
    let path = request.path.split('?').next().unwrap_or_default();
    let body = &request.body;
    if path.ends_with("/models") {
        return Err(play::json(200, &json!({"object": "list", "data": [listed]})).into());
    }
    if path.ends_with("/embeddings") {
        return Err(embeddings(body).into());
    }
    if !path.ends_with("/completions") {
        return Err(error(&Problem::NotFound(path.to_owned())).into());
    }
    let last = body["messages"].as_array().and_then(|list| list.last());
    let tool = match body["tool_choice"].as_str() {
        Some("none") => None,
        _ => body["tools"][0]["function"]["name"].as_str(),
    };
    let limit = body["max_completion_tokens"].as_u64();
    Ok(Heard {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        tool: tool.map(String::from),
        tool_result: last
            .filter(|last| last["role"] == "tool")
            .map(|last| words_of(&last["content"])),
        max_tokens: limit.or(body["max_tokens"].as_u64()),
        last: last
            .map(|last| words_of(&last["content"]))
            .unwrap_or_default(),
        stops: texts(&body["stop"]),
        chunks: body["chunks"].as_u64(),
        pace: Duration::from_millis(body["pace_ms"].as_u64().unwrap_or(0)),
    })
}

fn embeddings(body: &Value) -> Answer {
    let count = texts(&body["input"]).len().max(1);
    let data: Vec<Value> = (0..count)
        .map(|index| json!({"object": "embedding", "index": index, "embedding": [0.25, -0.5, index]}))
        .collect();
    let usage = json!({"prompt_tokens": PROMPT_TOKENS, "total_tokens": PROMPT_TOKENS});
    play::json(
        200,
        &json!({"object": "list", "data": data, "model": body["model"], "usage": usage}),
    )
}

/// Token counts in OpenAI's form.
pub fn usage(said: &Said) -> Value {
    json!({
        "prompt_tokens": PROMPT_TOKENS, "completion_tokens": said.tokens(),
        "total_tokens": PROMPT_TOKENS + said.tokens(),
    })
}

fn good(request: &Received, heard: &Heard, said: &Said) -> Answer {
    // Mistral's path for a gap answers as a chat does.
    let is_chat = request.path.contains("/chat/") || request.path.contains("/fim/");
    if heard.stream {
        let counts = match request.body["stream_options"]["include_usage"] == true {
            true => Counts::AtTheEnd,
            false => Counts::None,
        };
        return play::events(chunks(heard, said, is_chat, counts), heard.pace);
    }
    let object = if is_chat {
        "chat.completion"
    } else {
        "text_completion"
    };
    let choice = if is_chat {
        json!({"index": 0, "finish_reason": said.finish(), "message": message(said)})
    } else {
        json!({"index": 0, "finish_reason": said.finish(), "text": said.text()})
    };
    let answer = json!({
        "id": "scripted-1", "object": object, "created": 1, "model": heard.model,
        "choices": [choice], "usage": usage(said), "x_unknown_to_all": {"kept": true},
    });
    play::json(200, &answer)
}

/// Mistral's streams have their counts beside the reason of the end.
fn good_of_mistral(request: &Received, heard: &Heard, said: &Said) -> Answer {
    if heard.stream {
        return play::events(chunks(heard, said, true, Counts::WithTheReason), heard.pace);
    }
    good(request, heard, said)
}

/// Where a stream has its token counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Nowhere.
    None,
    /// In a chunk of their own, without a choice.
    AtTheEnd,
    /// In the chunk that has the reason of the end.
    WithTheReason,
}

fn message(said: &Said) -> Value {
    let mut message = json!({"role": "assistant", "content": said.text()});
    if !said.thoughts.is_empty() {
        message["reasoning_content"] = said.thoughts.concat().into();
    }
    if let Some(name) = &said.call {
        message["content"] = Value::Null;
        let function = json!({"name": name, "arguments": ARGUMENTS.concat()});
        message["tool_calls"] = json!([{"id": "call_1", "type": "function", "function": function}]);
    }
    message
}

/// The chunks of a stream.
pub fn chunks(heard: &Heard, said: &Said, is_chat: bool, counts: Counts) -> Vec<Step> {
    let object = if is_chat {
        "chat.completion.chunk"
    } else {
        "text_completion"
    };
    let chunk = |choices: Value| json!({"id": "scripted-1", "object": object, "created": 1, "model": heard.model, "choices": choices});
    let delta = |delta: Value| {
        Step::event(&chunk(
            json!([{"index": 0, "delta": delta, "finish_reason": null}]),
        ))
    };
    let mut steps = Vec::new();
    for thought in &said.thoughts {
        steps.push(delta(json!({"reasoning_content": thought})));
    }
    for word in &said.words {
        steps.push(if is_chat {
            delta(json!({"content": word}))
        } else {
            Step::event(&chunk(
                json!([{"index": 0, "text": word, "finish_reason": null}]),
            ))
        });
    }
    if let Some(name) = &said.call {
        let function = json!({"name": name, "arguments": ""});
        let first = json!({"index": 0, "id": "call_1", "type": "function", "function": function});
        steps.push(delta(
            json!({"role": "assistant", "content": null, "tool_calls": [first]}),
        ));
        for piece in ARGUMENTS {
            let call = json!({"index": 0, "function": {"arguments": piece}});
            steps.push(delta(json!({"tool_calls": [call]})));
        }
    }
    let end = if is_chat {
        json!({"index": 0, "delta": {}, "finish_reason": said.finish()})
    } else {
        json!({"index": 0, "text": "", "finish_reason": said.finish()})
    };
    let mut reason = chunk(json!([end]));
    if counts == Counts::WithTheReason {
        reason["usage"] = usage(said);
    }
    steps.push(Step::event(&reason));
    if counts == Counts::AtTheEnd {
        let mut last = chunk(json!([]));
        last["usage"] = usage(said);
        steps.push(Step::event(&last));
    }
    steps.push(Step::Send("data: [DONE]\n\n".into()));
    steps
}

fn refuse<T>(words: &str) -> Result<T, Direct> {
    Err(error(&Problem::BadRequest(words.into())).into())
}

/// A complaint in OpenAI's shape, with a number as its code, as vLLM and llama.cpp write it.
pub fn error(problem: &Problem) -> Answer {
    let (status, kind, words) = match problem {
        Problem::BadRequest(words) => (400, "invalid_request_error", words.clone()),
        Problem::Unauthorized => (401, "authentication_error", "wrong key".into()),
        Problem::NotFound(what) => (404, "NotFoundError", format!("{what} does not exist.")),
        Problem::Busy(_) => (429, "rate_limit", "overloaded".into()),
        Problem::Down | Problem::Overloaded => (503, "unavailable_error", "Loading model".into()),
    };
    let error = json!({"message": words, "type": kind, "param": null, "code": status});
    let mut answer = play::json(status, &json!({"error": error}));
    if let Problem::Busy(seconds) = problem {
        answer.headers.push(("retry-after", (*seconds).into()));
    }
    answer
}

fn error_in_stream() -> Vec<Step> {
    let error = json!({"error": {"message": "the engine died", "type": "server_error",
        "param": null, "code": 500}});
    vec![Step::event(&error), Step::Send("data: [DONE]\n\n".into())]
}
