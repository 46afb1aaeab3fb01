//! The name of a model at Bedrock: what stands in front of the id, and the id as a segment of a
//! path.

use domain::{BedrockName, Field};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::UpstreamError;

/// Everything but RFC 3986's unreserved characters.
const IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In the one form for all models.
    Converse,
    /// In the form of the model's vendor.
    Invoke,
}

/// A name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ModelName<'a> {
    /// The id, profile or ARN.
    pub(super) id: &'a str,
    /// The region that the name says, in front of the id or in its ARN.
    pub(super) region: Option<&'a str>,
    /// How the model is asked.
    pub(super) way: Way,
}

/// Whose model it is, as far as its body differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    Anthropic,
    Mistral,
    Nova,
    Titan,
    Cohere,
    Other,
}

impl<'a> ModelName<'a> {
    /// Takes `converse/`, `invoke/` and a region off an id, as LiteLLM writes them.
    pub(super) fn of(name: &'a str) -> Result<Self, UpstreamError> {
        let name = BedrockName::of(name).map_err(|error| UpstreamError::Setting {
            field: Field::Identifier,
            problem: error.to_string(),
        })?;
        Ok(Self {
            id: name.id,
            region: name.named_region(),
            way: if name.invokes {
                Way::Invoke
            } else {
                Way::Converse
            },
        })
    }

    /// The id as one segment of a path.
    pub(super) fn segment(&self) -> String {
        utf8_percent_encode(self.id, IN_SEGMENT).to_string()
    }

    /// Whose model it is, by its id, or by its family where the id is a profile of one's own.
    pub(super) fn vendor(&self, family: &str) -> Vendor {
        let known = |text: &str| {
            let text = text.to_ascii_lowercase();
            let has = |word| text.contains(word);
            match () {
                () if has("anthropic") || has("claude") => Some(Vendor::Anthropic),
                () if has("mistral") || has("mixtral") => Some(Vendor::Mistral),
                () if has("amazon.nova") => Some(Vendor::Nova),
                () if has("amazon.titan") => Some(Vendor::Titan),
                () if has("cohere") => Some(Vendor::Cohere),
                () => None,
            }
        };
        known(self.id)
            .or_else(|| known(family))
            .unwrap_or(Vendor::Other)
    }
}
