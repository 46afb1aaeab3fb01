//! A logged request as a trial that repeats it, from what a recording kept of it. Keeps nothing.

use serde_json::{Map, Value};

use crate::recordings;
use crate::view::{
    Message, PromptParameters, RequestId, RequestView, Role, SentAs, Tool, ToolCall, Trial,
    TrialColumn, TrialFile, TrialMode, TrialRaw, TrialTurn,
};
use crate::{Control, Error, ErrorCode};

impl Control {
    /// A trial that repeats a recorded request. What no mode can repeat whole becomes a raw one.
    pub async fn trial_of_request(&self, id: RequestId) -> Result<Trial, Error> {
        let row = self.get_request(id).await?;
        let of_row = row.clone();
        let kept = self
            .of_recordings(id, move |folder, shared, _| {
                recordings::received_body(folder, shared, &of_row)
            })
            .await?;
        let Some((body, is_whole)) = kept else {
            let message = format!(
                "nothing is recorded of request {}, so it cannot be repeated",
                id.0
            );
            let hint = "Start a recording in Logs (or `gatehouse record start`) and send the request again.";
            return Err(Error::new(ErrorCode::NotFound, message, hint));
        };
        if !is_whole {
            let message = "the recording holds only the beginning of this request";
            let hint = "A recording keeps 1 MiB of a body. Repeat it from where it came.";
            return Err(Error::new(ErrorCode::Failed, message, hint));
        }
        Ok(trial_of(&row, &body))
    }
}

/// The trial of a request with this body.
fn trial_of(row: &RequestView, body: &[u8]) -> Trial {
    let text = String::from_utf8_lossy(body).into_owned();
    let found = serde_json::from_slice::<Map<String, Value>>(body)
        .ok()
        .and_then(|fields| match row.path.as_str() {
            "/v1/chat/completions" => chat(fields),
            "/v1/completions" => completion(fields),
            "/v2/code/completions" | "/v2/completions" => gitlabs_code(fields, row, false),
            "/v2/code/generations" => gitlabs_code(fields, row, true),
            _ => None,
        });
    found.unwrap_or_else(|| Trial {
        mode: TrialMode::Raw,
        columns: vec![TrialColumn {
            model: row.model.clone(),
            ..TrialColumn::default()
        }],
        raw: Some(TrialRaw {
            path: row.path.clone(),
            body: text,
        }),
        ..Trial::default()
    })
}

/// Takes the fields out that are parameters. None where one of them cannot be set here, or another
/// field is left that changes the answer: the trial would be another request.
fn parameters(mut fields: Map<String, Value>) -> Option<PromptParameters> {
    // How the answer comes, and who asks, changes nothing of it.
    for name in ["stream", "stream_options", "user", "model", "n"] {
        if name == "n" && fields.get(name).is_some_and(|n| n.as_u64() != Some(1)) {
            return None;
        }
        fields.remove(name);
    }
    let mut known = PromptParameters::default();
    for (name, value) in fields {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("temperature", value) => known.temperature = Some(value.as_f64()?),
            ("top_p", value) => known.top_p = Some(value.as_f64()?),
            ("max_tokens" | "max_completion_tokens", value) => {
                known.max_tokens = Some(u32::try_from(value.as_u64()?).ok()?);
            }
            ("seed", value) => known.seed = Some(value.as_i64()?),
            ("frequency_penalty", value) => known.frequency_penalty = Some(value.as_f64()?),
            ("presence_penalty", value) => known.presence_penalty = Some(value.as_f64()?),
            ("stop", Value::String(text)) => known.stop = vec![text],
            ("stop", value) => known.stop = serde_json::from_value(value).ok()?,
            ("response_format", value) => {
                known.schema = Some(value.pointer("/json_schema/schema")?.clone());
            }
            ("tools", Value::Array(tools)) => {
                known.tools = tools.iter().map(tool).collect::<Option<_>>()?;
            }
            ("tool_choice", value) if value == "auto" => {}
            _ => return None,
        }
    }
    Some(known)
}

fn tool(value: &Value) -> Option<Tool> {
    let function = value.get("function")?;
    Some(Tool {
        name: function.get("name")?.as_str()?.to_owned(),
        description: function["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        parameters: match function.get("parameters") {
            Some(parameters) => parameters.clone(),
            None => Value::Object(Map::new()),
        },
    })
}

fn chat(mut fields: Map<String, Value>) -> Option<Trial> {
    let model = fields.get("model")?.as_str()?.to_owned();
    let messages = fields.remove("messages")?;
    let messages: Vec<Message> = messages
        .as_array()?
        .iter()
        .map(message)
        .collect::<Option<_>>()?;
    let parameters = parameters(fields)?;
    let mut system = String::new();
    let mut turns: Vec<TrialTurn> = Vec::new();
    for (number, message) in messages.into_iter().enumerate() {
        match message.role {
            Role::System if number == 0 => system = message.content,
            // Instructions in the middle have no place in a trial.
            Role::System => return None,
            Role::Assistant => {
                let turn = turns.last_mut().filter(|turn| turn.answer.is_none())?;
                turn.answer = Some(crate::view::TrialAnswer {
                    text: message.content,
                    tool_calls: message.tool_calls,
                    ..crate::view::TrialAnswer::default()
                });
            }
            Role::User | Role::Tool => match turns.last_mut() {
                Some(turn) if turn.answer.is_none() => turn.ask.push(message),
                _ => turns.push(TrialTurn {
                    ask: vec![message],
                    answer: None,
                }),
            },
        }
    }
    turns.last().filter(|turn| turn.answer.is_none())?;
    Some(Trial {
        mode: TrialMode::Chat,
        system,
        columns: vec![TrialColumn {
            model,
            parameters,
            turns,
        }],
        ..Trial::default()
    })
}

fn message(value: &Value) -> Option<Message> {
    let fields = value.as_object()?;
    let known = ["role", "content", "tool_calls", "tool_call_id"];
    if fields
        .iter()
        .any(|(name, value)| !known.contains(&name.as_str()) && !value.is_null())
    {
        return None;
    }
    let role = match value["role"].as_str()? {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => return None,
    };
    let mut message = Message::text(role, "");
    match &value["content"] {
        Value::Null => {}
        Value::String(text) => message.content.clone_from(text),
        Value::Array(parts) => {
            for part in parts {
                match part["type"].as_str()? {
                    "text" => message.content += part["text"].as_str()?,
                    "image_url" => {
                        let url = part["image_url"]["url"].as_str()?;
                        message
                            .images
                            .push(url.strip_prefix("data:").map(|_| url.to_owned())?);
                    }
                    _ => return None,
                }
            }
        }
        _ => return None,
    }
    for call in value["tool_calls"].as_array().into_iter().flatten() {
        message.tool_calls.push(ToolCall {
            id: call["id"].as_str()?.to_owned(),
            name: call["function"]["name"].as_str()?.to_owned(),
            arguments: call["function"]["arguments"].as_str()?.to_owned(),
        });
    }
    message.tool_call_id = value["tool_call_id"].as_str().map(str::to_owned);
    Some(message)
}

fn completion(mut fields: Map<String, Value>) -> Option<Trial> {
    let model = fields.get("model")?.as_str()?.to_owned();
    let prefix = fields.remove("prompt")?.as_str()?.to_owned();
    // Without one it is a prompt of the client's own, which is no completion of a file.
    let suffix = fields.remove("suffix")?.as_str()?.to_owned();
    let name = fields.remove("file_name");
    let name = name.as_ref().and_then(Value::as_str).unwrap_or("file.txt");
    Some(Trial {
        mode: TrialMode::Completion,
        columns: vec![TrialColumn {
            model,
            parameters: parameters(fields)?,
            turns: Vec::new(),
        }],
        file: Some(file(name, &prefix, &suffix)),
        ..Trial::default()
    })
}

/// GitLab's requests for code, where the file and an instruction are all there is.
fn gitlabs_code(
    fields: Map<String, Value>,
    row: &RequestView,
    is_generation: bool,
) -> Option<Trial> {
    let body = Value::Object(fields);
    let text = |place: &str| body.pointer(place).and_then(Value::as_str);
    let name = text("/current_file/file_name")?;
    let above = text("/current_file/content_above_cursor")?;
    let below = text("/current_file/content_below_cursor")?;
    if body["context"]
        .as_array()
        .is_some_and(|context| !context.is_empty())
    {
        return None;
    }
    let (mode, typed) = match (is_generation, &body["prompt"]) {
        (true, Value::String(prompt)) if body["prompt_id"].is_string() => {
            (TrialMode::Generation, prompt.clone())
        }
        (false, Value::Null) => (TrialMode::Completion, String::new()),
        (false, Value::String(prompt)) if prompt.is_empty() => {
            (TrialMode::Completion, String::new())
        }
        // A prompt that GitLab wrote itself is repeated as it was.
        _ => return None,
    };
    Some(Trial {
        mode,
        typed,
        sent_as: SentAs::Gitlab,
        columns: vec![TrialColumn {
            model: row.model.clone(),
            ..TrialColumn::default()
        }],
        file: Some(file(name, above, below)),
        ..Trial::default()
    })
}

fn file(name: &str, above: &str, below: &str) -> TrialFile {
    TrialFile {
        name: name.to_owned(),
        text: [above, below].concat(),
        cursor: u32::try_from(above.encode_utf16().count()).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests;
