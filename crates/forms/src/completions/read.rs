//! Reads a completion request as text before and after a gap. Knows no control tokens.

use providers::Parameters;
use serde_json::{Map, Value};

use crate::FormError;
use crate::chat::include_usage;
use crate::fields::Fields;
use crate::openai::read::parameters;

/// A text to go on with, or a gap in one to fill.
#[derive(Debug, Clone, PartialEq)]
pub struct GapRequest {
    /// The model that the client named.
    pub model: String,
    /// The text before the gap.
    pub prompt: String,
    /// The text after the gap; may be empty.
    pub suffix: String,
    /// How to sample, and how much.
    pub parameters: Parameters,
    /// Whether the answer is to come as a stream.
    pub stream: bool,
    /// Whether the stream is to end with token counts.
    pub include_usage: bool,
    /// Where the text is from, such as `src/main.rs`; Gatehouse's own field.
    pub file_name: Option<String>,
    /// The programming language of the text; Gatehouse's own field.
    pub language: Option<String>,
}

/// Reads a request with a `suffix`, which may be empty, and the fields that no form here knows.
pub fn read_gap(body: &[u8]) -> Result<(GapRequest, Map<String, Value>), FormError> {
    let (request, has_suffix, rest) = read(body)?;
    if !has_suffix {
        return Err(FormError::Malformed("suffix: is missing".into()));
    }
    Ok((request, rest))
}

/// Reads a request without a text after the gap, for models that have no raw prompts, and the
/// fields that no form here knows.
pub fn read_prompt(body: &[u8]) -> Result<(GapRequest, Map<String, Value>), FormError> {
    let (request, _, rest) = read(body)?;
    if !request.suffix.is_empty() {
        return Err(FormError::NotServed("suffix".into()));
    }
    Ok((request, rest))
}

fn read(body: &[u8]) -> Result<(GapRequest, bool, Map<String, Value>), FormError> {
    let mut body = Fields::of_body(body)?;
    let model = body.needed_string("model")?;
    refuse(&mut body)?;
    let suffix = body.string("suffix")?;
    let has_suffix = suffix.is_some();
    let request = GapRequest {
        model,
        prompt: prompt(&mut body)?,
        suffix: suffix.unwrap_or_default(),
        parameters: Parameters {
            max_tokens: body.count("max_tokens")?,
            ..parameters(&mut body)?
        },
        stream: body.flag("stream")?.unwrap_or(false),
        include_usage: include_usage(&mut body)?,
        file_name: body.string("file_name")?,
        language: body.string("language")?,
    };
    Ok((request, has_suffix, body.rest()))
}

/// One text. A list of texts would need as many answers.
fn prompt(body: &mut Fields) -> Result<String, FormError> {
    let is_ids = |value: &Value| value.is_number() || value.is_array();
    match body.take("prompt") {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Array(items)) if items.iter().any(is_ids) => Err(body.malformed(
            "prompt",
            "token ids cannot be read as text; send the text as a string",
        )),
        Some(Value::Array(mut items)) => match (items.pop(), items.len()) {
            (Some(Value::String(text)), 0) => Ok(text),
            (Some(Value::String(_)), _) => Err(FormError::NotServed("more than one prompt".into())),
            _ => Err(body.malformed("prompt", "must be a string or a list of one string")),
        },
        Some(_) => Err(body.malformed("prompt", "must be a string")),
        None => Err(body.malformed("prompt", "is missing")),
    }
}

/// What asks for more than one plain text.
fn refuse(body: &mut Fields) -> Result<(), FormError> {
    for name in ["n", "best_of"] {
        match body.count(name)? {
            Some(0) => return Err(body.malformed(name, "must be at least 1")),
            Some(2..) => return Err(FormError::NotServed(format!("{name} above 1"))),
            None | Some(1) => {}
        }
    }
    if body.flag("echo")? == Some(true) {
        return Err(FormError::NotServed("echo".into()));
    }
    // 0 asks for the log probabilities of the chosen tokens.
    match body.take("logprobs") {
        None | Some(Value::Bool(false)) => Ok(()),
        Some(_) => Err(FormError::NotServed("logprobs".into())),
    }
}
