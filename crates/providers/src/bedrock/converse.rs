//! Writes a request in the form of Converse, the one form for all models of Bedrock. Knows no URL.
//! Source: `API_runtime_Converse` of AWS's reference, and botocore's model of the service.

use domain::Parameter;
use serde_json::{Map, Value, json};

use super::name::Vendor;
use super::turns;
use crate::anthropic::Written;
use crate::notes::missing;
use crate::{Ask, Format, FunctionTool, Target, ToolChoice, UpstreamError};

/// The body of a request. What the form has no field for is left out: the seed, the penalties, a
/// limit of calls at once, and the effort of thinking, which most models refuse.
pub(super) fn body(
    target: Target<'_>,
    vendor: Vendor,
    ask: &Ask,
) -> Result<Written, UpstreamError> {
    let refuses = |parameter| target.family.refuses(parameter);
    let mut body = Map::new();
    let mut notes = Vec::new();
    let (system, turns) = turns::write(target.family, ask, &mut notes)?;
    body.insert("messages".into(), turns.into());
    if let Some(system) = system {
        body.insert("system".into(), json!([{"text": system}]));
    }
    let sampling = sampling(target, vendor, ask);
    let has_stop = sampling.contains_key("stopSequences");
    if !sampling.is_empty() {
        body.insert("inferenceConfig".into(), sampling.into());
    }
    if refuses(Parameter::Tools) && !ask.tools.is_empty() {
        return Err(unsupported(target, "tools"));
    }
    if let Some(tools) = tools(ask) {
        body.insert("toolConfig".into(), tools);
    }
    match &ask.format {
        Format::Text => {}
        Format::JsonObject => {
            return Err(UpstreamError::Unsupported {
                who: "AWS Bedrock".into(),
                what: "JSON answers without a schema".into(),
            });
        }
        Format::JsonSchema { .. } if refuses(Parameter::JsonSchema) => {
            return Err(unsupported(target, "an answer by JSON schema"));
        }
        Format::JsonSchema { name, schema, .. } => {
            // The schema goes as text.
            let schema = json!({"name": name, "schema": schema.to_string()});
            let format = json!({"type": "json_schema", "structure": {"jsonSchema": schema}});
            body.insert("outputConfig".into(), json!({"textFormat": format}));
        }
    }
    let own = own_fields(target, vendor, ask);
    if !own.is_empty() {
        body.insert("additionalModelRequestFields".into(), own.into());
    }
    if vendor == Vendor::Anthropic && has_stop {
        // Which stop text it was; models without the field ignore this.
        let paths = json!(["/stop_sequence"]);
        body.insert("additionalModelResponseFieldPaths".into(), paths);
    }
    notes.extend(missing(&ask.parameters, &ask.rest, &body));
    Ok((body, notes))
}

fn unsupported(target: Target<'_>, what: &str) -> UpstreamError {
    UpstreamError::Unsupported {
        who: target.family.title.clone(),
        what: what.to_owned(),
    }
}

fn sampling(target: Target<'_>, vendor: Vendor, ask: &Ask) -> Map<String, Value> {
    let refuses = |parameter| target.family.refuses(parameter);
    let given = &ask.parameters;
    let mut sampling = Map::new();
    if let Some(most) = given.max_tokens {
        sampling.insert("maxTokens".into(), most.into());
    }
    let temperature = given
        .temperature
        .filter(|_| !refuses(Parameter::Temperature));
    if let Some(temperature) = temperature {
        // OpenAI's scale ends at 2, this one at 1, and beyond it is refused.
        sampling.insert("temperature".into(), temperature.clamp(0.0, 1.0).into());
    }
    // Newer Claude models refuse both at once; a `topP` of 1 says nothing.
    let says_nothing = |top_p: f64| temperature.is_some() && top_p >= 1.0;
    let top_p = given
        .top_p
        .filter(|top_p| !refuses(Parameter::TopP) && !says_nothing(*top_p));
    if let Some(top_p) = top_p {
        sampling.insert("topP".into(), top_p.into());
    }
    // Claude refuses stop texts without a visible character.
    let is_allowed = |text: &&String| match vendor {
        Vendor::Anthropic => !text.trim().is_empty(),
        _ => !text.is_empty(),
    };
    let stops: Vec<&String> = given.stop.iter().filter(is_allowed).collect();
    if !stops.is_empty() && !refuses(Parameter::Stop) {
        sampling.insert("stopSequences".into(), json!(stops));
    }
    sampling
}

/// Fields that only the model's vendor knows.
fn own_fields(target: Target<'_>, vendor: Vendor, ask: &Ask) -> Map<String, Value> {
    let mut fields = Map::new();
    let top_k = ask
        .parameters
        .top_k
        .filter(|_| !target.family.refuses(Parameter::TopK));
    match (vendor, top_k) {
        (Vendor::Anthropic | Vendor::Mistral, Some(top_k)) => {
            fields.insert("top_k".into(), top_k.into());
        }
        (Vendor::Nova, Some(top_k)) => {
            fields.insert("inferenceConfig".into(), json!({"topK": top_k}));
        }
        _ => {}
    }
    let thinking = ask
        .rest
        .get("thinking")
        .filter(|value| value.get("type").is_some());
    if let (Vendor::Anthropic, Some(thinking)) = (vendor, thinking) {
        fields.insert("thinking".into(), thinking.clone());
    }
    fields
}

/// The tools. With calls in the conversation the form requires them, whether they may be called
/// or not.
fn tools(ask: &Ask) -> Option<Value> {
    let called = turns::called(ask);
    if ask.tool_choice == ToolChoice::None && called.is_empty() {
        return None;
    }
    let mut tools: Vec<Value> = ask.tools.iter().map(tool).collect();
    if tools.is_empty() {
        let bare =
            |name| json!({"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}});
        tools.extend(called.into_iter().map(bare));
    }
    if tools.is_empty() {
        return None;
    }
    let mut written = json!({"tools": tools});
    match &ask.tool_choice {
        // The form has no word for none.
        ToolChoice::Auto | ToolChoice::None => {}
        ToolChoice::Required => written["toolChoice"] = json!({"any": {}}),
        ToolChoice::Function(name) => written["toolChoice"] = json!({"tool": {"name": name}}),
    }
    Some(written)
}

fn tool(tool: &FunctionTool) -> Value {
    let mut schema = tool.parameters.as_object().cloned().unwrap_or_default();
    // OpenAI lets a function without arguments go without a schema.
    schema.entry("type").or_insert_with(|| "object".into());
    let mut written = json!({"name": tool.name, "inputSchema": {"json": schema}});
    if let Some(description) = tool.description.as_deref().filter(|text| !text.is_empty()) {
        written["description"] = description.into();
    }
    if tool.strict == Some(true) {
        written["strict"] = true.into();
    }
    json!({"toolSpec": written})
}
