//! Ollama: its own `/api/generate` in lines of JSON beside the OpenAI API. An error in the middle of
//! an answer is a line under status 200.

use std::time::Duration;

use serde_json::{Value, json};

use super::play::{self, Answer, Step};
use super::said::{Heard, PROMPT_TOKENS, Said, texts};
use super::script::{Direct, Problem, Server};
use super::{Received, Vendor, openai};

pub fn server() -> Server {
    Server {
        hear,
        good,
        error: |problem| openai::error(problem),
        error_in_stream: || {
            let line = json!({"error": "an error was encountered while running the model"});
            vec![Step::Send(format!("{line}\n").into())]
        },
    }
}

fn hear(request: &Received) -> Result<Heard, Direct> {
    let body = &request.body;
    if request.path == "/api/version" {
        return Err(play::json(200, &json!({"version": "0.13.0"})).into());
    }
    if request.path != "/api/generate" {
        let listed =
            json!({"id": "scripted", "object": "model", "created": 1, "owned_by": "library"});
        return openai::hear_listing(request, listed);
    }
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    if body["suffix"].as_str().is_some_and(|text| !text.is_empty()) && model == "no-insert" {
        let words = format!("registry.ollama.ai/library/{model}:latest does not support insert");
        return Err(play::json(400, &json!({"error": words})).into());
    }
    // A prompt as token ids is refused here: it is a string only.
    if !body["prompt"].is_string() {
        let words = "json: cannot unmarshal array into Go struct field GenerateRequest.prompt of type string";
        return Err(openai::error(&Problem::BadRequest(words.into())).into());
    }
    Ok(Heard {
        model,
        // It streams unless it is told not to.
        stream: body["stream"] != false,
        max_tokens: body["options"]["num_predict"].as_u64(),
        last: String::new(),
        stops: texts(&body["options"]["stop"]),
        pace: Duration::ZERO,
        ..Heard::default()
    })
}

fn good(request: &Received, heard: &Heard, said: &Said) -> Answer {
    if request.path != "/api/generate" {
        return (openai::server(Vendor::Openai).good)(request, heard, said);
    }
    let line = |text: String, done: bool| -> Value {
        let mut line = json!({"model": heard.model, "created_at": "2026-11-01T10:00:00.123456789Z",
            "response": text, "done": done});
        if done {
            line["done_reason"] = if said.is_cut { "length" } else { "stop" }.into();
            line["context"] = json!([1, 2, 3]);
            line["total_duration"] = 4_883_583_458_u64.into();
            line["prompt_eval_count"] = PROMPT_TOKENS.into();
            line["eval_count"] = said.tokens().into();
            line["eval_duration"] = 4_709_213_000_u64.into();
        }
        line
    };
    if !heard.stream {
        return play::json(200, &line(said.text(), true));
    }
    let send = |line: Value| Step::Send(format!("{line}\n").into());
    let mut steps: Vec<Step> = said
        .words
        .iter()
        .map(|word| send(line(word.clone(), false)))
        .collect();
    steps.push(send(line(String::new(), true)));
    play::stream("application/x-ndjson", steps, heard.pace)
}
