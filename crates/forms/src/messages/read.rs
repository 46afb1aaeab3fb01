//! Reads a request in Anthropic's form, but for the blocks of its turns. What only the vendor's
//! own servers can do is refused by name; what only they would look at is left out.

use providers::{Ask, Format, FunctionTool, Message, Parameters, Role, ToolChoice};
use serde_json::Map;

use super::content;
use crate::fields::{Fields, malformed, quote};
use crate::{Asked, FormError};

/// Fields that change nothing of the answer, or mean something else to other vendors.
const LEFT_OUT: [&str; 9] = [
    "metadata",
    "service_tier",
    "inference_geo",
    "cache_control",
    "context_management",
    "diagnostics",
    "speed",
    "user_profile_id",
    "workspace_id",
];

/// Fields that ask for services of the vendor's own servers.
const NOT_SERVED: [&str; 2] = ["mcp_servers", "container"];

/// Reads a request of `/v1/messages`.
pub(crate) fn read(body: &[u8]) -> Result<Asked, FormError> {
    let asked = read_count(body)?;
    if asked.ask.parameters.max_tokens.is_none() {
        return Err(malformed("max_tokens", "is missing"));
    }
    Ok(asked)
}

/// Reads a request of `/v1/messages/count_tokens`: the same, but that nothing is to be answered.
pub(crate) fn read_count(body: &[u8]) -> Result<Asked, FormError> {
    let mut request = Fields::of_body(body)?;
    for field in NOT_SERVED {
        if request.take(field).is_some() {
            return Err(FormError::NotServed(quote(field)));
        }
    }
    for field in LEFT_OUT {
        request.take(field);
    }
    let model = request.needed_string("model")?;
    let (tool_choice, parallel_tool_calls) = tool_choice(&mut request)?;
    let (format, reasoning_effort) = output(&mut request)?;
    let ask = Ask {
        messages: messages(&mut request)?,
        tools: tools(&mut request)?,
        tool_choice,
        parallel_tool_calls,
        format,
        parameters: Parameters {
            max_tokens: count(&mut request, "max_tokens")?,
            temperature: share(&mut request, "temperature")?,
            top_p: share(&mut request, "top_p")?,
            top_k: count(&mut request, "top_k")?,
            stop: request.strings("stop_sequences")?,
            reasoning_effort,
            ..Parameters::default()
        },
        stream: request.flag("stream")?.unwrap_or(false),
        // Among them `thinking`, which providers of the form take.
        rest: request.rest(),
    };
    Ok(Asked {
        model,
        ask,
        // The form always tells them.
        include_usage: true,
        echo: Map::new(),
    })
}

fn messages(request: &mut Fields) -> Result<Vec<Message>, FormError> {
    let mut messages = Vec::new();
    let system = content::words(request, "system")?;
    if !system.is_empty() {
        messages.push(Message::of_text(Role::System, system));
    }
    let turns = request.objects("messages")?;
    if turns.is_empty() {
        return Err(malformed("messages", "needs at least one turn"));
    }
    for mut turn in turns {
        let message = match turn.needed_string("role")?.as_str() {
            "user" => content::turn(&mut turn, Role::User)?,
            "assistant" => content::turn(&mut turn, Role::Assistant)?,
            "system" => Message::of_text(Role::System, content::words(&mut turn, "content")?),
            _ => return Err(turn.malformed("role", "must be user, assistant or system")),
        };
        messages.push(message);
    }
    Ok(messages)
}

/// A number from 1 on.
fn count(request: &mut Fields, name: &str) -> Result<Option<u32>, FormError> {
    match request.count(name)? {
        Some(0) => Err(request.malformed(name, "must be at least 1")),
        count => Ok(count),
    }
}

/// A number from 0 to 1.
fn share(request: &mut Fields, name: &str) -> Result<Option<f64>, FormError> {
    match request.number(name)? {
        Some(number) if !(0.0..=1.0).contains(&number) => {
            Err(request.malformed(name, "must be from 0 to 1"))
        }
        number => Ok(number),
    }
}

fn tools(request: &mut Fields) -> Result<Vec<FunctionTool>, FormError> {
    request.objects("tools")?.into_iter().map(tool).collect()
}

fn tool(mut tool: Fields) -> Result<FunctionTool, FormError> {
    if let Some(kind) = tool.string("type")?.filter(|kind| kind != "custom") {
        return Err(tool.not_served("type", &kind));
    }
    Ok(FunctionTool {
        name: tool.needed_string("name")?,
        description: tool.string("description")?,
        parameters: content::object(&mut tool, "input_schema")?,
        strict: tool.flag("strict")?,
    })
}

/// The choice, and whether several calls at once are allowed where the client says so.
fn tool_choice(request: &mut Fields) -> Result<(ToolChoice, Option<bool>), FormError> {
    let Some(mut choice) = request.object("tool_choice")? else {
        return Ok((ToolChoice::Auto, None));
    };
    let one_at_once = choice.flag("disable_parallel_tool_use")?;
    let choice = match choice.needed_string("type")?.as_str() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Function(choice.needed_string("name")?),
        _ => return Err(choice.malformed("type", "must be auto, any, tool or none")),
    };
    Ok((choice, one_at_once.map(|one| !one)))
}

/// The form of the answer, and how much the model is to think. `output_format` is the older place
/// of the first. Source: platform.claude.com, "Structured outputs" and "Effort".
fn output(request: &mut Fields) -> Result<(Format, Option<String>), FormError> {
    let older = request.object("output_format")?;
    let (newer, effort) = match request.object("output_config")? {
        Some(mut config) => (config.object("format")?, config.string("effort")?),
        None => (None, None),
    };
    let effort = effort.map(|effort| match effort.as_str() {
        // Beyond what other vendors know.
        "xhigh" | "max" => "high".to_owned(),
        _ => effort,
    });
    let Some(mut format) = newer.or(older) else {
        return Ok((Format::Text, effort));
    };
    if format.needed_string("type")? != "json_schema" {
        return Err(format.malformed("type", "must be json_schema"));
    }
    let format = Format::JsonSchema {
        name: "answer".into(),
        schema: content::object(&mut format, "schema")?,
        strict: Some(true),
    };
    Ok((format, effort))
}
