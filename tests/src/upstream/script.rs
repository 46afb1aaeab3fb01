//! What a fake answers: the vendor's form chooses how, the name of the model chooses what goes
//! wrong. An unknown name gets a good answer.

use std::time::Duration;

use serde_json::json;

use super::play::{
    Answer, Step, in_pieces, nothing_but, up_to_half, whole, with_a_flipped_bit, with_line_ends,
};
use super::said::{Heard, Said, say};
use super::shapes::ERROR_SHAPES;
use super::{Received, Vendor, anthropic, azure, bedrock, llama, ollama, openai};

/// What a server can complain of; each vendor has its own words and shape for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The request is not of the form.
    BadRequest(String),
    /// The key is wrong.
    Unauthorized,
    /// There is no such model or path.
    NotFound(String),
    /// Too many requests; come back after so many seconds.
    Busy(&'static str),
    /// The server is down behind its proxy.
    Down,
    /// The vendor has too much to do.
    Overloaded,
}

/// A request that has its answer without a model.
pub type Direct = Box<Answer>;

/// A server that speaks one form.
pub struct Server {
    /// Reads a request, or answers it at once.
    pub hear: fn(&Received) -> Result<Heard, Direct>,
    /// Writes what the model says.
    pub good: fn(&Received, &Heard, &Said) -> Answer,
    /// Writes a complaint.
    pub error: fn(&Problem) -> Answer,
    /// A complaint inside a stream, under status 200.
    pub error_in_stream: fn() -> Vec<Step>,
}

fn server(vendor: Vendor) -> Server {
    match vendor {
        Vendor::Openai | Vendor::Vllm | Vendor::Mistral => openai::server(vendor),
        Vendor::LlamaCpp => llama::server(),
        Vendor::Azure => azure::server(),
        Vendor::Anthropic => anthropic::server(),
        Vendor::Bedrock => bedrock::server(),
        Vendor::Ollama => ollama::server(),
    }
}

/// The answer to a request. `before` counts how often its model was asked before.
pub fn answer(vendor: Vendor, request: &Received, before: impl FnOnce(&str) -> usize) -> Answer {
    let server = server(vendor);
    let heard = match (server.hear)(request) {
        Ok(heard) => heard,
        Err(direct) => return *direct,
    };
    let before = before(&heard.model);
    if let Some(problem) = trouble(&heard.model, before) {
        let mut refusal = (server.error)(&problem);
        let said = retry_word(&heard.model);
        refusal
            .headers
            .extend(said.map(|said| ("x-should-retry", said.to_owned())));
        return refusal;
    }
    if let Some((_, status, text, _)) = ERROR_SHAPES.iter().find(|(name, ..)| *name == heard.model)
    {
        let is_page = text.starts_with('<');
        let kind = if is_page {
            "text/html"
        } else {
            "application/json"
        };
        return whole(*status, kind, *text);
    }
    let key = request.header("authorization");
    if heard.model == "repeats-key" {
        // As some servers do: the whole key, in the middle of a sentence.
        let words = format!("Incorrect API key provided: {key}. Ask ops@example.com.");
        return (server.error)(&Problem::BadRequest(words));
    }
    if heard.model == "wants-key" && key != "Bearer right" {
        return (server.error)(&Problem::Unauthorized);
    }
    let good = (server.good)(request, &heard, &say(&heard));
    spoil(good, &heard.model, before, server.error_in_stream)
}

/// Refusals by the name of the model.
fn trouble(model: &str, before: usize) -> Option<Problem> {
    match model {
        "busy" => Some(Problem::Busy("60")),
        "busy-for-seconds" => Some(Problem::Busy("7")),
        "busy-once" if before == 0 => Some(Problem::Busy("1")),
        "down" => Some(Problem::Down),
        "down-once" if before == 0 => Some(Problem::Down),
        "down-twice" if before < 2 => Some(Problem::Down),
        "overloaded" => Some(Problem::Overloaded),
        "down-for-good" => Some(Problem::Down),
        "refuses-once" if before == 0 => Some(Problem::BadRequest("not now".into())),
        _ => None,
    }
}

/// What a server says about trying again.
fn retry_word(model: &str) -> Option<&'static str> {
    match model {
        "down-for-good" => Some("false"),
        "refuses-once" => Some("true"),
        _ => None,
    }
}

/// Good answers gone wrong by the name of the model.
fn spoil(good: Answer, model: &str, before: usize, error: fn() -> Vec<Step>) -> Answer {
    // What was sent must have left before the connection breaks.
    let soon = Step::Wait(Duration::from_millis(50));
    match model {
        "html" => whole(200, "text/html", "<html><body>Log in first</body></html>"),
        "empty" => whole(503, "text/plain", ""),
        "not-json" => whole(200, "application/json", "{\"choices\": ["),
        "slow-headers" => after(good, Duration::from_millis(1_500)),
        "never-answers" => after(good, Duration::from_secs(3_600)),
        "half-a-second" => after(good, Duration::from_millis(500)),
        "writes-code" => held(good),
        "cut-character" => in_pieces(good, 3),
        "stops-short" => up_to_half(good, vec![]),
        "breaks-off" => up_to_half(good, vec![soon, Step::BreakOff]),
        "breaks-first" => nothing_but(good, vec![soon, Step::BreakOff]),
        "breaks-first-once" if before == 0 => nothing_but(good, vec![soon, Step::BreakOff]),
        "closes-once" if before == 0 => nothing_but(good, vec![Step::BreakOff]),
        "closes-always" => nothing_but(good, vec![Step::BreakOff]),
        "falls-silent" | "writes-and-falls-silent" => up_to_half(good, vec![Step::WaitForEver]),
        "silent-from-start" => nothing_but(good, vec![Step::WaitForEver]),
        "error-in-stream" => up_to_half(good, error()),
        "floods" => flooding(good),
        "flipped-bit" => with_a_flipped_bit(good),
        "carriage-returns" => with_line_ends(good, "\r\n"),
        _ => good,
    }
}

/// More of a stream than the buffers of a connection hold.
fn flooding(mut good: Answer) -> Answer {
    let content = "x".repeat(16 * 1024);
    let choices = [json!({"index": 0, "delta": {"content": content}, "finish_reason": null})];
    let event = Step::event(&json!({"choices": choices}));
    good.steps.splice(0..0, std::iter::repeat_n(event, 4_000));
    good
}

fn held(mut good: Answer) -> Answer {
    good.steps.insert(0, Step::WaitForRelease);
    good
}

fn after(good: Answer, wait: Duration) -> Answer {
    Answer { wait, ..good }
}
