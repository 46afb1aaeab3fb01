//! The model identifier as GitLab writes it: an optional provider prefix and the served name. Does
//! not know which models a provider has.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{DomainError, Provider};

/// A model identifier, kept as typed: 1 to 1,000 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

/// The closed list of prefixes. Anything else before a slash is part of the served name, because
/// `mistralai/Mixtral-8x7B-Instruct-v0.1` is a name and not a provider.
const PREFIXES: [(&str, Provider); 11] = [
    ("custom_openai/", Provider::OpenaiCompatible),
    ("openai/", Provider::OpenaiCompatible),
    ("hosted_vllm/", Provider::OpenaiCompatible),
    ("text-completion-openai/", Provider::OpenaiCompatible),
    ("azure/", Provider::Azure),
    ("bedrock/", Provider::Bedrock),
    ("anthropic/", Provider::Anthropic),
    ("ollama/", Provider::Ollama),
    ("ollama_chat/", Provider::Ollama),
    ("mistral/", Provider::Mistral),
    ("codestral/", Provider::Mistral),
];

/// Prefixes of LiteLLM for providers that are not served here. Taken for a served name they would
/// end as a 404 of some server, so they are refused by name.
const NOT_SERVED: [&str; 14] = [
    "vertex_ai",
    "vertex_ai_beta",
    "gemini",
    "bedrock_mantle",
    "sagemaker",
    "sagemaker_chat",
    "watsonx",
    "cohere",
    "cohere_chat",
    "replicate",
    "groq",
    "together_ai",
    "openrouter",
    "text-completion-custom_openai",
];

/// One letter away from `mistral`, and a model's name.
const NO_SLIP: &str = "mixtral";

impl Identifier {
    /// The identifier as the admin typed it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The provider that the prefix names; none when there is no prefix.
    pub fn provider(&self) -> Option<Provider> {
        self.split().0
    }

    /// The name that goes to the server.
    pub fn served_name(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (Option<Provider>, &str) {
        PREFIXES
            .iter()
            .find_map(|(prefix, provider)| Some((Some(*provider), self.0.strip_prefix(prefix)?)))
            .unwrap_or((None, &self.0))
    }
}

impl FromStr for Identifier {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let text = text.trim();
        if text.chars().count() > 1_000 {
            return Err(DomainError::Identifier(
                "is longer than 1,000 characters".into(),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(DomainError::Identifier("has control characters".into()));
        }
        if let Some((before, _)) = text.split_once('/') {
            check_prefix(before)?;
        }
        let identifier = Self(text.to_owned());
        if identifier.served_name().is_empty() {
            return Err(DomainError::Identifier("names no model".into()));
        }
        Ok(identifier)
    }
}

/// Refuses what stands before the first slash when it is a prefix gone wrong.
fn check_prefix(before: &str) -> Result<(), DomainError> {
    let lower = before.to_ascii_lowercase();
    if NOT_SERVED.contains(&lower.as_str()) {
        return Err(DomainError::Identifier(format!(
            "names the provider {lower}, which Gatehouse does not serve"
        )));
    }
    let names = || PREFIXES.map(|(prefix, _)| prefix.trim_end_matches('/'));
    if names().contains(&before) || lower == NO_SLIP {
        return Ok(());
    }
    match names().into_iter().find(|name| is_slip_of(&lower, name)) {
        Some(name) => Err(DomainError::Identifier(format!(
            "starts with {before}/, which is not a prefix: did you mean {name}/?"
        ))),
        None => Ok(()),
    }
}

/// Whether two words are the same but for one letter that is missing, added or wrong, or two that
/// changed places.
fn is_slip_of(one: &str, other: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    match (a, b) {
        ([x, y], [v, w]) => x == w && y == v,
        _ => a.len() <= 1 && b.len() <= 1,
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
                Some(Provider::OpenaiCompatible),
                "Mixtral-8x7B",
            ),
            (
                "custom_openai/mistralai/M",
                Some(Provider::OpenaiCompatible),
                "mistralai/M",
            ),
            ("azure/gpt-35-turbo", Some(Provider::Azure), "gpt-35-turbo"),
            (
                "bedrock/us.anthropic.c:0",
                Some(Provider::Bedrock),
                "us.anthropic.c:0",
            ),
            (
                "ollama/qwen2.5-coder:7b",
                Some(Provider::Ollama),
                "qwen2.5-coder:7b",
            ),
            (
                "anthropic/claude-sonnet-4-5",
                Some(Provider::Anthropic),
                "claude-sonnet-4-5",
            ),
            (
                "mistral/codestral-latest",
                Some(Provider::Mistral),
                "codestral-latest",
            ),
            ("../%2e%2e/x", None, "../%2e%2e/x"),
            // What hubs call their makers stands one or two letters off some prefixes.
            ("mistralai/Mixtral-8x7B", None, "mistralai/Mixtral-8x7B"),
            ("mixtral/8x7b", None, "mixtral/8x7b"),
            ("openai-community/gpt2", None, "openai-community/gpt2"),
            ("Qwen/Qwen3-Coder", None, "Qwen/Qwen3-Coder"),
            ("bigcode/starcoder2-15b", None, "bigcode/starcoder2-15b"),
            ("google/codegemma-7b", None, "google/codegemma-7b"),
            ("deepseek-ai/DeepSeek-V3", None, "deepseek-ai/DeepSeek-V3"),
            ("TheBloke/CodeLlama", None, "TheBloke/CodeLlama"),
            ("ibm-granite/granite-4", None, "ibm-granite/granite-4"),
            ("meta-llama/Llama-3", None, "meta-llama/Llama-3"),
            ("qwen", None, "qwen"),
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
    fn a_prefix_gone_wrong_is_refused_with_the_one_meant() {
        for (text, said) in [
            ("bedrok/x", "did you mean bedrock/?"),
            ("Azure/x", "did you mean azure/?"),
            ("custom-openai/x", "did you mean custom_openai/?"),
            ("antrhopic/x", "did you mean anthropic/?"),
            ("ollamas/x", "did you mean ollama/?"),
            ("vertex_ai/gemini", "does not serve"),
        ] {
            let refusal = text.parse::<Identifier>().unwrap_err().to_string();
            assert!(refusal.contains(said), "{text}: {refusal}");
        }
    }

    #[test]
    fn an_identifier_that_names_nothing_is_refused() {
        for text in ["", "custom_openai/", "a\nb"] {
            assert!(text.parse::<Identifier>().is_err(), "{text:?}");
        }
    }
}
