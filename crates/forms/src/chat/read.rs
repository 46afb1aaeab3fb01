//! Reads a chat request: everything but its messages.

use providers::{Ask, FunctionTool, Parameters};
use serde_json::Map;

use super::messages;
use crate::fields::Fields;
use crate::openai::read::{format, function, parameters, tool_choice};
use crate::{Asked, FormError};

/// Reads a request. Fields that are not known here are kept in `rest`.
pub(crate) fn read(body: &[u8]) -> Result<Asked, FormError> {
    let mut body = Fields::of_body(body)?;
    let model = body.needed_string("model")?;
    refuse(&mut body)?;
    let include_usage = include_usage(&mut body)?;
    let mut ask = Ask {
        messages: messages::read(&mut body)?,
        tools: tools(&mut body)?,
        tool_choice: tool_choice(&mut body, true)?,
        parallel_tool_calls: body.flag("parallel_tool_calls")?,
        format: format(body.object("response_format")?, true)?,
        parameters: all_parameters(&mut body)?,
        stream: body.flag("stream")?.unwrap_or(false),
        rest: Map::new(),
    };
    ask.rest = body.rest();
    Ok(Asked {
        model,
        ask,
        include_usage,
        echo: Map::new(),
    })
}

/// Whether a stream is to end with token counts. Takes the whole of `stream_options`.
pub(crate) fn include_usage(body: &mut Fields) -> Result<bool, FormError> {
    match body.object("stream_options")? {
        Some(mut options) => Ok(options.flag("include_usage")?.unwrap_or(false)),
        None => Ok(false),
    }
}

/// What asks for an answer of a shape that other forms do not have.
fn refuse(body: &mut Fields) -> Result<(), FormError> {
    match body.count("n")? {
        Some(0) => return Err(body.malformed("n", "must be at least 1")),
        Some(2..) => return Err(FormError::NotServed("n above 1".into())),
        None | Some(1) => {}
    }
    if body.flag("logprobs")? == Some(true) {
        return Err(FormError::NotServed("logprobs".into()));
    }
    if body.count("top_logprobs")?.is_some_and(|count| count > 0) {
        return Err(FormError::NotServed("top_logprobs".into()));
    }
    for old in ["functions", "function_call"] {
        if body.take(old).is_some() {
            return Err(FormError::NotServed(format!("{old} (send tools instead)")));
        }
    }
    for word in body.strings("modalities")? {
        if word != "text" {
            return Err(body.not_served("modalities", &word));
        }
    }
    for name in ["audio", "web_search_options"] {
        if body.take(name).is_some() {
            return Err(FormError::NotServed(name.into()));
        }
    }
    Ok(())
}

fn tools(body: &mut Fields) -> Result<Vec<FunctionTool>, FormError> {
    let tools = body.objects("tools")?.into_iter();
    tools
        .map(|mut tool| match tool.needed_string("type")?.as_str() {
            "function" => function(&mut tool.needed_object("function")?),
            other => Err(tool.not_served("type", other)),
        })
        .collect()
}

fn all_parameters(body: &mut Fields) -> Result<Parameters, FormError> {
    let old = body.count("max_tokens")?;
    Ok(Parameters {
        max_tokens: body.count("max_completion_tokens")?.or(old),
        reasoning_effort: body.string("reasoning_effort")?,
        ..parameters(body)?
    })
}
