//! Changes a body in OpenAI's form where the server or the model refuses something: leaves fields
//! out, renames them, folds turns, or refuses the request by name. A body that nobody objects to
//! is not even parsed, and every field that stays keeps its bytes.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use domain::{Parameter, UpstreamPath};
use serde_json::value::{RawValue, to_raw_value};

use super::fields::Fields;
use super::quirks::{ServerRecord, record_of};
use super::turns;
use crate::notes::{left_out, renamed};
use crate::{Target, UpstreamError};

/// Fields that only have to be left out.
const LEFT_OUT: [(Parameter, &str); 4] = [
    (Parameter::Temperature, "temperature"),
    (Parameter::TopP, "top_p"),
    (Parameter::TopK, "top_k"),
    (Parameter::Stop, "stop"),
];

/// The newer name of the limit, which models that refuse `max_tokens` take.
const NEW_LIMIT: (&str, &str) = ("max_tokens", "max_completion_tokens");

/// A body as it is sent, and what was changed in it.
pub(crate) struct Fitted {
    /// The body.
    pub(crate) body: Bytes,
    /// Each change in a few words.
    pub(crate) notes: Vec<String>,
}

impl From<Bytes> for Fitted {
    fn from(body: Bytes) -> Self {
        let notes = Vec::new();
        Self { body, notes }
    }
}

/// The body as the server and the model take it. A body that is no JSON object is an error only
/// when something would have to be changed.
pub(crate) fn adjust(
    body: Bytes,
    target: Target<'_>,
    path: UpstreamPath,
) -> Result<Fitted, UpstreamError> {
    let record = record_of(target);
    if !is_needed(target, record, path) {
        return Ok(body.into());
    }
    let mut fields: Fields<'_> = serde_json::from_slice(&body)
        .map_err(|error| UpstreamError::Invalid(format!("the body is no JSON object: {error}")))?;
    let mut notes = Vec::new();
    for (parameter, name) in LEFT_OUT {
        if refuses(target, parameter) && fields.remove(name).is_some() {
            notes.push(left_out(name));
        }
    }
    if path == UpstreamPath::ChatCompletions {
        fit_chat(&mut fields, target, record, &mut notes)?;
    }
    if notes.is_empty() {
        return Ok(body.into());
    }
    let body = fields.to_bytes()?;
    Ok(Fitted { body, notes })
}

/// The body with the question for token counts, where the server is known to answer it and the
/// client did not ask. What else the client says of the stream may change with it, so that only
/// a body that says nothing else is changed.
pub(crate) fn with_counts(target: Target<'_>, body: &Bytes) -> Option<Bytes> {
    if !record_of(target).counts_when_asked {
        return None;
    }
    let mut fields: Fields<'_> = serde_json::from_slice(body).ok()?;
    if let Some(options) = fields.get("stream_options") {
        let options: Option<HashMap<&str, bool>> = serde_json::from_str(options.get()).ok()?;
        let is_silent = |(name, value): (&str, bool)| name == "include_usage" && !value;
        if !options.into_iter().flatten().all(is_silent) {
            return None;
        }
    }
    let asked = raw(&serde_json::json!({"include_usage": true})).ok()?;
    fields.set("stream_options", Cow::Owned(asked));
    fields.to_bytes().ok()
}

/// Whether the model refuses this.
pub(crate) fn refuses(target: Target<'_>, parameter: Parameter) -> bool {
    target.family.refuses(parameter) || target.connection.refuses.contains(&parameter)
}

/// Whether anything may have to be changed.
fn is_needed(target: Target<'_>, record: &ServerRecord, path: UpstreamPath) -> bool {
    let is_picky = !target.family.refuses.is_empty() || !target.connection.refuses.is_empty();
    match path {
        UpstreamPath::ChatCompletions => {
            is_picky || !record.renames.is_empty() || !record.takes_stream_options
        }
        UpstreamPath::Completions => is_picky,
        UpstreamPath::Models | UpstreamPath::Embeddings => false,
    }
}

/// What holds for conversations alone. Each change has its note.
fn fit_chat(
    fields: &mut Fields<'_>,
    target: Target<'_>,
    record: &ServerRecord,
    notes: &mut Vec<String>,
) -> Result<(), UpstreamError> {
    check(fields, target)?;
    if !record.takes_stream_options && fields.remove("stream_options").is_some() {
        notes.push(left_out("stream_options"));
    }
    let refused = refuses(target, Parameter::MaxTokens).then_some(&NEW_LIMIT);
    for (ours, theirs) in record.renames.iter().chain(refused) {
        if fields.rename(ours, theirs) {
            notes.push(renamed(ours, theirs));
        }
    }
    let folds = refuses(target, Parameter::SystemRole);
    let drops = refuses(target, Parameter::Prefill);
    if (folds || drops)
        && let Some(messages) = fields.get("messages")
        && let Some(changed) = turns::changed(messages, folds, drops, notes)?
    {
        fields.set("messages", Cow::Owned(changed));
    }
    Ok(())
}

/// Refuses by name what cannot be left out without changing the meaning.
fn check(fields: &Fields<'_>, target: Target<'_>) -> Result<(), UpstreamError> {
    let unsupported = |what: &str| {
        Err(UpstreamError::Unsupported {
            who: target.family.title.clone(),
            what: what.to_owned(),
        })
    };
    let is_filled = |name: &str| {
        fields
            .get(name)
            .is_some_and(|value| !matches!(value.get(), "null" | "[]"))
    };
    if refuses(target, Parameter::Tools) && (is_filled("tools") || is_filled("functions")) {
        return unsupported("tools");
    }
    if refuses(target, Parameter::Images) && fields.get("messages").is_some_and(turns::have_images)
    {
        return unsupported("images");
    }
    if refuses(target, Parameter::JsonSchema)
        && fields.get("response_format").is_some_and(is_schema)
    {
        return unsupported("an answer by JSON schema");
    }
    Ok(())
}

fn is_schema(format: &RawValue) -> bool {
    #[derive(serde::Deserialize)]
    struct Format<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
    }
    serde_json::from_str::<Format<'_>>(format.get())
        .is_ok_and(|format| format.kind == "json_schema")
}

/// A value as JSON text.
pub(super) fn raw(value: &impl serde::Serialize) -> Result<Box<RawValue>, UpstreamError> {
    to_raw_value(value).map_err(|error| UpstreamError::Invalid(error.to_string()))
}
