//! Reads a request: everything but its input items.

use providers::{Ask, FunctionTool, Message, Parameters, Role};
use serde_json::{Map, Value};

use super::input;
use crate::fields::Fields;
use crate::openai::read::{format, function, parameters, tool_choice};
use crate::{Asked, FormError};

/// The fields of the request that the answer repeats.
const ECHOED: [&str; 14] = [
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "user",
];

/// Fields that change nothing here, and that servers of chats know otherwise or not at all.
const WITHOUT_EFFECT: [&str; 4] = [
    // Nothing is stored, and the answer says so.
    "store",
    "metadata",
    // Counts calls of built-in tools.
    "max_tool_calls",
    "stream_options",
];

/// Reads a request. Fields that are not known here are kept in `rest`.
pub(crate) fn read(body: &[u8]) -> Result<Asked, FormError> {
    let mut body = Fields::of_body(body)?;
    let model = body.needed_string("model")?;
    let echo = body.copy(&ECHOED);
    refuse(&mut body)?;
    for name in WITHOUT_EFFECT {
        body.take(name);
    }
    let (text_format, verbosity) = text(&mut body)?;
    let mut ask = Ask {
        messages: messages(&mut body)?,
        tools: tools(&mut body)?,
        tool_choice: tool_choice(&mut body, false)?,
        parallel_tool_calls: body.flag("parallel_tool_calls")?,
        format: format(text_format, false)?,
        parameters: all_parameters(&mut body)?,
        stream: body.flag("stream")?.unwrap_or(false),
        rest: Map::new(),
    };
    ask.rest = body.rest();
    // Chats have this field at their top.
    ask.rest
        .extend(verbosity.map(|word| ("verbosity".to_owned(), word)));
    Ok(Asked {
        model,
        ask,
        include_usage: true,
        echo,
    })
}

/// What needs kept answers, or tools of OpenAI's own.
fn refuse(body: &mut Fields) -> Result<(), FormError> {
    for name in ["previous_response_id", "conversation"] {
        if body.take(name).is_some() {
            return Err(FormError::NotServed(format!(
                "{name} (no answer is kept: send the whole input instead)"
            )));
        }
    }
    if body.flag("background")? == Some(true) {
        return Err(FormError::NotServed(
            "background (no answer is kept: wait for it, or stream it)".into(),
        ));
    }
    if body.take("prompt").is_some() {
        return Err(FormError::NotServed(
            "prompt (no template is kept: send instructions and input instead)".into(),
        ));
    }
    if body
        .string("truncation")?
        .is_some_and(|word| word == "auto")
    {
        return Err(body.not_served("truncation", "auto"));
    }
    if body.count("top_logprobs")?.is_some_and(|count| count > 0) {
        return Err(FormError::NotServed("top_logprobs".into()));
    }
    for word in body.strings("include")? {
        if word.ends_with(".logprobs") {
            return Err(body.not_served("include", &word));
        }
    }
    Ok(())
}

fn messages(body: &mut Fields) -> Result<Vec<Message>, FormError> {
    let instructions = body.string("instructions")?;
    let system = instructions.map(|text| Message::of_text(Role::System, text));
    let mut messages: Vec<Message> = system.into_iter().collect();
    let before = messages.len();
    match body.take("input") {
        Some(Value::String(text)) => messages.push(Message::of_text(Role::User, text)),
        Some(items @ Value::Array(_)) => {
            input::read(Fields::list("input", items)?, &mut messages)?;
        }
        Some(_) => return Err(body.malformed("input", "must be a string or a list of items")),
        None => return Err(body.malformed("input", "is missing")),
    }
    if messages.len() == before {
        return Err(body.malformed("input", "there is none"));
    }
    Ok(messages)
}

fn text(body: &mut Fields) -> Result<(Option<Fields>, Option<Value>), FormError> {
    match body.object("text")? {
        Some(mut text) => Ok((text.object("format")?, text.take("verbosity"))),
        None => Ok((None, None)),
    }
}

fn tools(body: &mut Fields) -> Result<Vec<FunctionTool>, FormError> {
    let tools = body.objects("tools")?.into_iter();
    tools
        .map(|mut tool| match tool.needed_string("type")?.as_str() {
            "function" => function(&mut tool),
            other => Err(tool.not_served("type", other)),
        })
        .collect()
}

fn all_parameters(body: &mut Fields) -> Result<Parameters, FormError> {
    let reasoning_effort = match body.object("reasoning")? {
        Some(mut reasoning) => reasoning.string("effort")?,
        None => None,
    };
    Ok(Parameters {
        max_tokens: body.count("max_output_tokens")?,
        reasoning_effort,
        ..parameters(body)?
    })
}
