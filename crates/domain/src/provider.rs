//! The providers: ways to speak to a vendor, and what the form of a model asks for each.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::DomainError;

/// A way to speak to a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Provider {
    /// vLLM, llama.cpp, LM Studio and every other server of the OpenAI API.
    #[default]
    OpenaiCompatible,
    /// Azure OpenAI.
    Azure,
    /// AWS Bedrock.
    Bedrock,
    /// Anthropic Messages.
    Anthropic,
    /// Ollama.
    Ollama,
    /// Mistral's own API.
    Mistral,
    /// The built-in sample model.
    Sample,
}

/// A kind of server of the OpenAI API, told apart by what it takes and what it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ServerKind {
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// Text Generation Inference.
    Tgi,
    /// The server of llama.cpp.
    LlamaCpp,
    /// LM Studio.
    LmStudio,
    /// OpenAI's own service, which refuses fields that it does not know.
    Openai,
    /// Any other: gets only what every server takes.
    Other,
}

/// How a call proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum Auth {
    /// The key, in the header that the provider documents; nothing when there is no key.
    #[default]
    Key,
    /// The key as `Authorization: Bearer`, where the provider's own header is another.
    Bearer,
    /// A token of Microsoft Entra ID, by client credentials; the key is the client secret.
    Entra {
        /// The tenant, by id or domain.
        tenant: String,
        /// The application (client) id.
        client_id: String,
    },
    /// An AWS signature; the key is the secret access key, or `secret:session token`.
    AwsKeys {
        /// The access key id.
        access_key_id: String,
    },
    /// An AWS signature by the credentials of the environment, profile files, web identity,
    /// container or instance.
    AwsChain {
        /// The profile; none for the default one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional = nullable)]
        profile: Option<String>,
    },
}

/// What a provider needs beside the model's identifier.
#[derive(Debug, Clone, Copy)]
pub struct ProviderRecord {
    /// The provider.
    pub provider: Provider,
    /// The word for it on the command line and in documents.
    pub name: &'static str,
    /// The name to show.
    pub title: &'static str,
    /// The prefix that identifiers are shown with; empty for the sample model.
    pub prefix: &'static str,
    /// An example of an endpoint.
    pub endpoint_example: &'static str,
    /// The vendor's own address, used when the endpoint is empty; empty when one must be given.
    /// `{region}` stands for the region.
    pub own_endpoint: &'static str,
    /// An example of an identifier, with its prefix.
    pub identifier_example: &'static str,
    /// Whether a model cannot be named without an identifier.
    pub needs_identifier: bool,
    /// What the key is called there.
    pub key_title: &'static str,
    /// Whether there is a region to set.
    pub has_region: bool,
    /// Whether there is a version of the API to set.
    pub has_api_version: bool,
    /// What an admin should know of the endpoint, in a sentence.
    pub advice: &'static str,
}

/// All providers, in the order of the form.
pub const PROVIDERS: &[ProviderRecord] = &[
    ProviderRecord {
        provider: Provider::OpenaiCompatible,
        name: "openai_compatible",
        title: "OpenAI-compatible server",
        prefix: "custom_openai/",
        endpoint_example: "http://gpu-1:8000/v1",
        own_endpoint: "",
        identifier_example: "custom_openai/Mixtral-8x7B-Instruct-v0.1",
        needs_identifier: false,
        key_title: "API key",
        has_region: false,
        has_api_version: false,
        advice: "The base URL of vLLM, llama.cpp, LM Studio and their like usually ends in /v1.",
    },
    ProviderRecord {
        provider: Provider::Ollama,
        name: "ollama",
        title: "Ollama",
        prefix: "ollama/",
        endpoint_example: "http://localhost:11434",
        own_endpoint: "",
        identifier_example: "ollama/qwen2.5-coder:7b-base",
        needs_identifier: true,
        key_title: "API key",
        has_region: false,
        has_api_version: false,
        advice: "With or without /v1: both of Ollama's interfaces are used.",
    },
    ProviderRecord {
        provider: Provider::Azure,
        name: "azure",
        title: "Azure OpenAI",
        prefix: "azure/",
        endpoint_example: "https://my-resource.openai.azure.com",
        own_endpoint: "",
        identifier_example: "azure/gpt-4o",
        needs_identifier: true,
        key_title: "API key or client secret",
        has_region: false,
        has_api_version: true,
        advice: "The resource, its /openai/v1 address or a whole deployment URL. The identifier is the deployment's name.",
    },
    ProviderRecord {
        provider: Provider::Bedrock,
        name: "bedrock",
        title: "AWS Bedrock",
        prefix: "bedrock/",
        endpoint_example: "https://vpce-….bedrock-runtime.eu-central-1.vpce.amazonaws.com",
        own_endpoint: "https://bedrock-runtime.{region}.amazonaws.com",
        identifier_example: "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        needs_identifier: true,
        key_title: "Bedrock API key or secret access key",
        has_region: true,
        has_api_version: false,
        advice: "Leave the endpoint empty unless you use a private one.",
    },
    ProviderRecord {
        provider: Provider::Anthropic,
        name: "anthropic",
        title: "Anthropic",
        prefix: "anthropic/",
        endpoint_example: "https://api.anthropic.com",
        own_endpoint: "https://api.anthropic.com",
        identifier_example: "anthropic/claude-sonnet-4-5",
        needs_identifier: true,
        key_title: "API key",
        has_region: false,
        has_api_version: true,
        advice: "Leave the endpoint empty for Anthropic itself; vLLM and llama.cpp speak this API too.",
    },
    ProviderRecord {
        provider: Provider::Mistral,
        name: "mistral",
        title: "Mistral API",
        prefix: "mistral/",
        endpoint_example: "https://codestral.mistral.ai/v1",
        own_endpoint: "https://api.mistral.ai/v1",
        identifier_example: "mistral/codestral-latest",
        needs_identifier: true,
        key_title: "API key",
        has_region: false,
        has_api_version: false,
        advice: "Leave the endpoint empty for api.mistral.ai; codestral.mistral.ai has keys of its own.",
    },
    ProviderRecord {
        provider: Provider::Sample,
        name: "sample",
        title: "Sample model",
        prefix: "",
        endpoint_example: "sample",
        own_endpoint: "",
        identifier_example: "",
        needs_identifier: false,
        key_title: "API key",
        has_region: false,
        has_api_version: false,
        advice: "Built in: answers without a server, and says that it is a sample.",
    },
];

impl Provider {
    /// The provider's row of the table.
    pub fn record(self) -> &'static ProviderRecord {
        PROVIDERS
            .iter()
            .find(|record| record.provider == self)
            .expect("PROVIDERS has a row for each provider; a test checks it")
    }

    /// Whether an empty endpoint means the vendor's own address.
    pub fn has_own_endpoint(self) -> bool {
        !self.record().own_endpoint.is_empty()
    }
}

impl FromStr for Provider {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        PROVIDERS
            .iter()
            .find(|record| record.name.eq_ignore_ascii_case(text.trim()))
            .map(|record| record.provider)
            .ok_or_else(|| DomainError::Provider(text.trim().to_owned()))
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.record().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_document_use_the_same_names() {
        for record in PROVIDERS {
            assert_eq!(serde_json::to_value(record.provider).unwrap(), record.name);
            assert_eq!(record.provider.record().name, record.name);
            assert_eq!(record.name.parse::<Provider>(), Ok(record.provider));
        }
    }
}
