//! The model identifier as GitLab writes it: an optional provider prefix and the served name.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::DomainError;

/// A way to speak to a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Provider {
    /// vLLM, llama.cpp, Ollama, LM Studio and every other server of the OpenAI API.
    OpenaiCompatible,
    /// Azure OpenAI.
    Azure,
    /// AWS Bedrock.
    Bedrock,
    /// The built-in sample model.
    Sample,
}

/// A model identifier, kept as typed: 1 to 1,000 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

/// The closed list of prefixes. Anything else before a slash is part of the served name, because
/// `mistralai/Mixtral-8x7B-Instruct-v0.1` is a name and not a provider.
const PREFIXES: [(&str, Provider); 5] = [
    ("custom_openai/", Provider::OpenaiCompatible),
    ("openai/", Provider::OpenaiCompatible),
    ("hosted_vllm/", Provider::OpenaiCompatible),
    ("azure/", Provider::Azure),
    ("bedrock/", Provider::Bedrock),
];

impl Identifier {
    /// The identifier as the admin typed it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The provider that the prefix names.
    pub fn provider(&self) -> Provider {
        self.split().0
    }

    /// The name that goes to the server.
    pub fn served_name(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (Provider, &str) {
        PREFIXES
            .iter()
            .find_map(|(prefix, provider)| Some((*provider, self.0.strip_prefix(prefix)?)))
            .unwrap_or((Provider::OpenaiCompatible, &self.0))
    }
}

impl FromStr for Identifier {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let text = text.trim();
        if text.chars().count() > 1_000 {
            return Err(DomainError::Identifier("is longer than 1,000 characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(DomainError::Identifier("has control characters"));
        }
        let identifier = Self(text.to_owned());
        if identifier.served_name().is_empty() {
            return Err(DomainError::Identifier("names no model"));
        }
        Ok(identifier)
    }
}

impl TryFrom<String> for Identifier {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        text.parse()
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_prefixes_name_a_provider() {
        for (text, provider, served) in [
            (
                "custom_openai/Mixtral-8x7B",
                Provider::OpenaiCompatible,
                "Mixtral-8x7B",
            ),
            (
                "custom_openai/mistralai/M",
                Provider::OpenaiCompatible,
                "mistralai/M",
            ),
            (
                "mistralai/Mixtral-8x7B",
                Provider::OpenaiCompatible,
                "mistralai/Mixtral-8x7B",
            ),
            ("azure/gpt-35-turbo", Provider::Azure, "gpt-35-turbo"),
            (
                "bedrock/us.anthropic.c:0",
                Provider::Bedrock,
                "us.anthropic.c:0",
            ),
            ("qwen", Provider::OpenaiCompatible, "qwen"),
        ] {
            let identifier: Identifier = text.parse().unwrap();
            assert_eq!(
                (identifier.provider(), identifier.served_name()),
                (provider, served)
            );
            assert_eq!(identifier.as_str(), text);
        }
    }

    #[test]
    fn an_identifier_that_names_nothing_is_refused() {
        for text in ["", "custom_openai/", "a\nb"] {
            assert!(text.parse::<Identifier>().is_err(), "{text:?}");
        }
    }
}
