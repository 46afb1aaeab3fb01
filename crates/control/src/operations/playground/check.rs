//! Refuses a prompt that breaks a rule before it is sent, with the place in the input where it does.
//! Knows nothing of what a model takes.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::view::{Message, PromptAsk, PromptParameters, PromptRequest, Role, SentAs, Tool};
use crate::{Error, ErrorCode};

/// The most texts that end an answer: as many as OpenAI takes.
const STOPS: usize = 4;

/// The most tools: as many as OpenAI takes.
const TOOLS: usize = 128;

/// The longest name of a tool, as OpenAI has it.
const TOOL_NAME: usize = 64;

/// The pictures that servers read.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Checks a prompt.
pub(super) fn check(request: &PromptRequest) -> Result<(), Error> {
    match &request.ask {
        PromptAsk::Raw { path, body } => return check_raw(path, body),
        PromptAsk::Chat { messages } => {
            if messages.is_empty() {
                return Err(invalid(
                    "ask.messages",
                    "a conversation needs a message",
                    "Write one.",
                ));
            }
            for (number, message) in messages.iter().enumerate() {
                check_message(message, request.sent_as, &format!("ask.messages[{number}]"))?;
            }
        }
        PromptAsk::Generation { instruction, .. } if instruction.trim().is_empty() => {
            let hint = "Write what the model is to write.";
            return Err(invalid("ask.instruction", "there is no instruction", hint));
        }
        PromptAsk::Completion { .. } | PromptAsk::Generation { .. } => {}
    }
    if request.model.trim().is_empty() {
        return Err(invalid(
            "model",
            "no model is chosen",
            "Choose a model or a feature.",
        ));
    }
    check_parameters(&request.parameters)
}

fn check_raw(path: &str, body: &str) -> Result<(), Error> {
    let is_plain = path.chars().all(|letter| letter.is_ascii_graphic());
    if !is_plain || !gateway::may_be_posted(path) {
        let message = format!("no client posts to \"{}\"", providers::cut(path, 200));
        let hint =
            "Choose a path such as /v1/chat/completions, /v1/completions or /v2/code/completions.";
        return Err(invalid("ask.path", message, hint));
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(body) {
        let (line, column) = (error.line(), error.column());
        let words = error.to_string();
        let why = words.split(" at line ").next().unwrap_or(&words);
        let message = format!("the body is no JSON: line {line}, column {column}: {why}");
        let place = format!("ask.body:{line}:{column}");
        return Err(invalid(
            place,
            message,
            "Correct it there; nothing was sent.",
        ));
    }
    Ok(())
}

fn check_message(message: &Message, sent_as: SentAs, place: &str) -> Result<(), Error> {
    if sent_as == SentAs::Gitlab {
        let what = match message.role {
            Role::System => Some("instructions"),
            Role::Tool => Some("answers of tools"),
            Role::User | Role::Assistant => None,
        };
        let what = what.or((!message.images.is_empty()).then_some("images"));
        let what = what.or((!message.tool_calls.is_empty()).then_some("calls of tools"));
        if let Some(what) = what {
            let hint = "Take them out, or send it as an OpenAI-style client.";
            let words = format!("GitLab's chat carries no {what}: it has a prompt of its own");
            return Err(invalid(place, words, hint));
        }
    }
    let wrong = |field: &str, words: &str, hint: &str| {
        Err(invalid(format!("{place}.{field}"), words, hint))
    };
    if !message.images.is_empty() && message.role != Role::User {
        return wrong(
            "images",
            "only a message of the user has images",
            "Move them there.",
        );
    }
    if !message.tool_calls.is_empty() && message.role != Role::Assistant {
        return wrong(
            "tool_calls",
            "only the model calls tools",
            "Take the calls out.",
        );
    }
    if message.role == Role::Tool && message.tool_call_id.as_ref().is_none_or(String::is_empty) {
        let words = "the answer of a tool does not say which call it answers";
        return wrong("tool_call_id", words, "Choose the call.");
    }
    for (number, image) in message.images.iter().enumerate() {
        if !is_picture(image) {
            let words = "an image is no data URL of PNG, JPEG, GIF or WebP in base64";
            return wrong(&format!("images[{number}]"), words, "Choose another file.");
        }
    }
    Ok(())
}

fn is_picture(url: &str) -> bool {
    let data = url.strip_prefix("data:");
    let Some((kind, data)) = data.and_then(|data| data.split_once(";base64,")) else {
        return false;
    };
    PICTURES.contains(&kind) && !data.is_empty() && STANDARD.decode(data).is_ok()
}

fn check_parameters(parameters: &PromptParameters) -> Result<(), Error> {
    let numbers = [
        ("temperature", parameters.temperature, 0.0, 2.0),
        ("top_p", parameters.top_p, 0.0, 1.0),
        ("frequency_penalty", parameters.frequency_penalty, -2.0, 2.0),
        ("presence_penalty", parameters.presence_penalty, -2.0, 2.0),
    ];
    for (name, value, least, most) in numbers {
        let Some(value) = value else { continue };
        // Without any token to choose from there is no answer.
        let is_nothing = name == "top_p" && value <= 0.0;
        if !(least..=most).contains(&value) || is_nothing {
            let above = if name == "top_p" { "above " } else { "" };
            let hint = format!("Enter a number from {above}{least} to {most}, or nothing.");
            let words = format!("the value {value} of {name} is out of range");
            return Err(invalid(format!("parameters.{name}"), words, hint));
        }
    }
    if parameters.max_tokens == Some(0) {
        let hint = "Enter 1 or more, or nothing.";
        return Err(invalid(
            "parameters.max_tokens",
            "max_tokens 0 leaves no room for an answer",
            hint,
        ));
    }
    if parameters.stop.len() > STOPS {
        let words = format!(
            "there are {} texts that end the answer",
            parameters.stop.len()
        );
        return Err(invalid(
            "parameters.stop",
            words,
            format!("Keep at most {STOPS}."),
        ));
    }
    if let Some(number) = parameters.stop.iter().position(String::is_empty) {
        let place = format!("parameters.stop[{number}]");
        return Err(invalid(
            place,
            "a text that ends the answer is empty",
            "Write it, or remove it.",
        ));
    }
    if parameters
        .schema
        .as_ref()
        .is_some_and(|schema| !schema.is_object())
    {
        let hint = "Write an object, such as {\"type\": \"object\", \"properties\": {}}.";
        return Err(invalid(
            "parameters.schema",
            "the schema is no JSON object",
            hint,
        ));
    }
    check_tools(&parameters.tools)
}

fn check_tools(tools: &[Tool]) -> Result<(), Error> {
    if tools.len() > TOOLS {
        let hint = format!("Keep at most {TOOLS}.");
        return Err(invalid(
            "parameters.tools",
            format!("there are {} tools", tools.len()),
            hint,
        ));
    }
    let mut names = HashSet::new();
    for (number, tool) in tools.iter().enumerate() {
        let place = |field| format!("parameters.tools[{number}].{field}");
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        let is_name =
            (1..=TOOL_NAME).contains(&tool.name.len()) && tool.name.chars().all(is_letter);
        if !is_name {
            let words = format!(
                "\"{}\" is no name of a tool",
                providers::cut(&tool.name, 100)
            );
            let hint = format!("Use 1 to {TOOL_NAME} letters, digits, _ and -.");
            return Err(invalid(place("name"), words, hint));
        }
        if !names.insert(&tool.name) {
            let words = format!("two tools are named {}", tool.name);
            return Err(invalid(place("name"), words, "Rename one of them."));
        }
        if !matches!(tool.parameters, Value::Object(_)) {
            let words = format!("the arguments of {} are no JSON schema", tool.name);
            let hint = "Write an object, such as {\"type\": \"object\", \"properties\": {}}.";
            return Err(invalid(place("parameters"), words, hint));
        }
    }
    Ok(())
}

fn invalid(place: impl Into<String>, words: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(ErrorCode::Invalid, words, hint).at(place)
}
