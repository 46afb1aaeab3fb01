//! Azure OpenAI: deployments in the path or in the body, three ways to show a key, a filter that
//! speaks before the model does. Refuses fields that it does not know, as Azure does.

use std::time::Duration;

use serde_json::{Value, json};

use super::openai::Counts;
use super::play::{self, Answer, Step};
use super::said::{Heard, Said, words_of};
use super::script::{Direct, Problem, Server};
use super::{Received, Vendor, openai};

/// The key of the resource.
pub const KEY: &str = "azure-key";

/// The secret of the application in Entra ID.
pub const CLIENT_SECRET: &str = "entra-secret";

/// The token that it gets.
pub const TOKEN: &str = "entra-token";

/// What a prompt must not hold.
pub const FORBIDDEN: &str = "forbidden words";

/// What a request may carry (`Create chat completion`, 2024-10-21).
const FIELDS: [&str; 27] = [
    "model",
    "messages",
    "temperature",
    "top_p",
    "stream",
    "stream_options",
    "stop",
    "max_tokens",
    "max_completion_tokens",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "user",
    "n",
    "logprobs",
    "top_logprobs",
    "response_format",
    "seed",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "functions",
    "function_call",
    "data_sources",
    "reasoning_effort",
    "input",
    "store",
];

pub fn server() -> Server {
    Server {
        hear,
        good,
        error,
        ..openai::server(Vendor::Openai)
    }
}

fn hear(request: &Received) -> Result<Heard, Direct> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if path.ends_with("/oauth2/v2.0/token") {
        return Err(token(request).into());
    }
    check_key(request)?;
    let deployment = match path.strip_prefix("/openai/deployments/") {
        Some(rest) => {
            if !query.contains("api-version=20") {
                return refuse(404, "404", "Resource not found");
            }
            rest.split('/').next().unwrap_or_default().to_owned()
        }
        None if path.starts_with("/openai/v1/") => request.body["model"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        None => return refuse(404, "404", "Resource not found"),
    };
    if deployment == "nobody" {
        let words = "The API deployment for this resource does not exist. If you created the \
                     deployment within the last 5 minutes, please wait a moment and try again.";
        return refuse(404, "DeploymentNotFound", words);
    }
    let fields = request.body.as_object().into_iter().flatten();
    if let Some((name, _)) = fields
        .clone()
        .find(|(name, _)| !FIELDS.contains(&name.as_str()))
    {
        let words = format!("Unrecognized request argument supplied: {name}");
        let error =
            json!({"message": words, "type": "invalid_request_error", "param": null, "code": null});
        return Err(play::json(400, &json!({"error": error})).into());
    }
    let prompt: String = request.body["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|message| words_of(&message["content"]))
        .collect();
    if prompt.contains(FORBIDDEN) {
        return Err(filtered().into());
    }
    let mut heard = openai::hear_listing(request, json!({"id": "gpt-4o", "object": "model"}))?;
    heard.model = deployment;
    heard.pace = Duration::ZERO;
    Ok(heard)
}

fn check_key(request: &Received) -> Result<(), Direct> {
    let bearer = request.header("authorization");
    let is_right = request.header("api-key") == KEY
        || [KEY, TOKEN]
            .iter()
            .any(|key| bearer == format!("Bearer {key}"));
    if is_right {
        return Ok(());
    }
    refuse(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide \
         a valid key for an active subscription and use a correct regional API endpoint for your \
         resource.",
    )
}

/// Entra's answer to client credentials.
fn token(request: &Received) -> Answer {
    let form = String::from_utf8_lossy(&request.bytes).into_owned();
    let has = |field: &str| form.split('&').any(|pair| pair == field);
    let scope = form.contains("scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default");
    if !has("grant_type=client_credentials") || !form.contains("client_id=") || !scope {
        let error = json!({"error": "invalid_request",
            "error_description": format!("AADSTS900144: The request body is incomplete: {form}")});
        return play::json(400, &error);
    }
    if !has(&format!("client_secret={CLIENT_SECRET}")) {
        let error = json!({"error": "invalid_client", "error_codes": [7_000_215],
            "error_description": "AADSTS7000215: Invalid client secret provided."});
        return play::json(401, &error);
    }
    play::json(
        200,
        &json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": TOKEN}),
    )
}

/// A prompt that the filter refused.
fn filtered() -> Answer {
    let result = json!({"violence": {"filtered": true, "severity": "medium"}});
    play::json(
        400,
        &json!({"error": {
            "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            "type": null, "param": "prompt", "code": "content_filter", "status": 400,
            "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": result},
        }}),
    )
}

/// Azure's additions: what the filter says of the prompt, before anything else and without a
/// choice.
fn good(request: &Received, heard: &Heard, said: &Said) -> Answer {
    let is_filtered = heard.model == "filters";
    if !heard.stream {
        let answer = (openai::server(Vendor::Openai).good)(request, heard, said);
        let Some(Step::Send(bytes)) = answer.steps.first() else {
            return answer;
        };
        let mut body: Value = serde_json::from_slice(bytes).expect("it was written a moment ago");
        body["prompt_filter_results"] = filter_results();
        body["choices"][0]["content_filter_results"] = json!({});
        if is_filtered {
            body["choices"][0]["finish_reason"] = "content_filter".into();
        }
        return play::json(200, &body);
    }
    let first = json!({"id": "", "object": "", "created": 0, "model": "", "choices": [],
        "prompt_filter_results": filter_results()});
    let counts = match request.body["stream_options"]["include_usage"] == true {
        true => Counts::AtTheEnd,
        false => Counts::None,
    };
    let mut steps = vec![Step::event(&first)];
    for step in openai::chunks(heard, said, true, counts) {
        steps.push(match step {
            Step::Send(bytes) if is_filtered => {
                let text = String::from_utf8_lossy(&bytes);
                let filtered = text.replace(
                    "\"finish_reason\":\"stop\"",
                    "\"finish_reason\":\"content_filter\"",
                );
                Step::Send(filtered.into())
            }
            step => step,
        });
    }
    play::events(steps, heard.pace)
}

fn filter_results() -> Value {
    json!([{"prompt_index": 0, "content_filter_results": {
        "hate": {"filtered": false, "severity": "safe"}}}])
}

fn refuse<T>(status: u16, code: &str, words: &str) -> Result<T, Direct> {
    Err(play::json(status, &json!({"error": {"code": code, "message": words}})).into())
}

fn error(problem: &Problem) -> Answer {
    let (status, code, words) = match problem {
        Problem::BadRequest(words) => (400, "400", words.as_str()),
        Problem::Unauthorized => (401, "401", "Access denied due to invalid subscription key."),
        Problem::NotFound(_) => (404, "404", "Resource not found"),
        Problem::Busy(_) => (
            429,
            "429",
            "Requests have exceeded call rate limit. overloaded",
        ),
        Problem::Down | Problem::Overloaded => (503, "503", "The service is unavailable."),
    };
    let mut answer = play::json(status, &json!({"error": {"code": code, "message": words}}));
    if let Problem::Busy(seconds) = problem {
        // Azure's own finer form of it.
        answer
            .headers
            .push(("retry-after-ms", format!("{seconds}000")));
    }
    answer
}
