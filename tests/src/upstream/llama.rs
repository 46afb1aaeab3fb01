//! llama.cpp's server: `/infill`, `/tokenize`, `/props` beside the OpenAI API. It ignores `suffix`
//! without a word, as the real one does (b11549).

use std::time::Duration;

use serde_json::{Value, json};

use super::play::{self, Answer, Step};
use super::said::{Heard, PROMPT_TOKENS, Said, texts};
use super::script::{Direct, Problem, Server};
use super::{Received, Vendor, openai};

/// Control tokens of the fake vocabulary: one id each.
pub const CONTROL_TOKENS: [&str; 7] = [
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    "<fim_pad>",
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
];

pub fn server() -> Server {
    Server {
        hear,
        good,
        ..openai::server(Vendor::Openai)
    }
}

fn hear(request: &Received) -> Result<Heard, Direct> {
    let body = &request.body;
    match request.path.as_str() {
        "/tokenize" => {
            let text = body["content"].as_str().unwrap_or_default();
            let ids = token_ids(text, body["parse_special"] != false);
            Err(play::json(200, &json!({"tokens": ids})).into())
        }
        "/props" => Err(play::json(
            200,
            &json!({
                "default_generation_settings": {"n_ctx": 2048}, "total_slots": 2,
                "model_alias": "scripted", "build_info": "b11549-unknown",
            }),
        )
        .into()),
        "/infill" if !body["input_prefix"].is_string() => {
            let problem = Problem::BadRequest("\"input_prefix\" is required".into());
            Err(openai::error(&problem).into())
        }
        "/infill" => Ok(Heard {
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            stream: body["stream"] == true,
            max_tokens: body["n_predict"].as_u64(),
            stops: texts(&body["stop"]),
            pace: Duration::ZERO,
            ..Heard::default()
        }),
        _ => openai::hear_listing(
            request,
            json!({"id": "scripted", "object": "model", "owned_by": "llamacpp",
                "meta": {"n_ctx": 2048, "n_ctx_train": 2048}}),
        ),
    }
}

/// A control token is one id, every other character one of its own.
pub fn token_ids(mut text: &str, parse_special: bool) -> Vec<u32> {
    let mut ids = Vec::new();
    while let Some(letter) = text.chars().next() {
        let special = CONTROL_TOKENS
            .iter()
            .position(|token| parse_special && text.starts_with(token));
        let length = match special {
            Some(place) => {
                ids.push(place as u32 + 11);
                CONTROL_TOKENS[place].len()
            }
            None => {
                ids.push(letter as u32 + 1_000);
                letter.len_utf8()
            }
        };
        text = &text[length..];
    }
    ids
}

fn good(request: &Received, heard: &Heard, said: &Said) -> Answer {
    if request.path != "/infill" {
        return (openai::server(Vendor::Openai).good)(request, heard, said);
    }
    let end = |content: String| {
        json!({"index": 0, "content": content, "tokens": [], "id_slot": 1, "stop": true,
            "model": "scripted", "tokens_predicted": said.tokens(), "tokens_evaluated": PROMPT_TOKENS,
            "has_new_line": false, "truncated": false,
            "stop_type": if said.is_cut { "limit" } else { "eos" }, "stopping_word": ""})
    };
    if !heard.stream {
        return play::json(200, &end(said.text()));
    }
    let piece = |word: &String| -> Value {
        json!({"index": 0, "content": word, "tokens": [7], "stop": false, "id_slot": -1,
            "tokens_predicted": 1, "tokens_evaluated": PROMPT_TOKENS})
    };
    let mut steps: Vec<Step> = said
        .words
        .iter()
        .map(|word| Step::event(&piece(word)))
        .collect();
    steps.push(Step::event(&end(String::new())));
    play::events(steps, heard.pace)
}
