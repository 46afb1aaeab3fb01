//! Reads the bodies of `/v1/prompts` and `/v2/prompts`. Knows no prompt.

use semver::VersionReq;
use serde_json::{Map, Value};

use super::fields::{self, Object, Text};
use super::model::ModelHint;
use crate::GitlabError;

/// A request for the answer to a prompt of ours. Its version is checked and not kept: every
/// version is answered by the one prompt there is.
#[derive(Debug, Clone)]
pub struct PromptRequest {
    /// What is put into the prompt, by name.
    pub inputs: Map<String, Value>,
    /// Whether the answer is to come as a stream.
    pub stream: bool,
    /// The model that it names.
    pub model: ModelHint,
}

/// Reads a request.
pub fn read_prompt(body: &[u8]) -> Result<PromptRequest, GitlabError> {
    fields::read(body, |body| {
        version(body);
        PromptRequest {
            inputs: body.needed_map("inputs").unwrap_or_default(),
            stream: body.flag("stream"),
            model: ModelHint::metadata(body).unwrap_or_default(),
        }
    })
}

/// Checks `prompt_version`: absent, a version, or a range of versions.
pub(super) fn version(body: &mut Object<'_>) {
    let Some(version) = body.text("prompt_version", Text::of(255)) else {
        return;
    };
    if VersionReq::parse(&version).is_err() {
        body.flaw(
            "prompt_version",
            "value_error",
            "Invalid version constraint",
        );
    }
}
