//! The fields of the forms of a model, a family, GitLab and a prompt, and the query of the log, so that a
//! refusal stands where it can be corrected. Knows neither labels nor values.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A field of a form, or the query of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Field {
    /// The deployment name of a model, the name of a family.
    Name,
    /// The family of a model.
    Family,
    /// The provider.
    Provider,
    /// The endpoint.
    Endpoint,
    /// The model identifier.
    Identifier,
    /// The key.
    Key,
    /// The region.
    Region,
    /// The version of the provider's API.
    ApiVersion,
    /// The tenant of Microsoft Entra ID.
    Tenant,
    /// The client id of Microsoft Entra ID.
    ClientId,
    /// The id of an AWS access key.
    AccessKeyId,
    /// The AWS profile.
    Profile,
    /// The requests that a model answers at once.
    MaxConcurrent,
    /// The context of a model or of a family.
    Context,
    /// The title of a family.
    Title,
    /// The ways to complete code.
    Routes,
    /// The template of the FIM prompt.
    Template,
    /// The tokens of the FIM prompt.
    Tokens,
    /// What must not reach a prompt from a file.
    Control,
    /// The texts that end an answer.
    Stop,
    /// The tokens that end an answer.
    StopIds,
    /// The texts around thoughts.
    Reasoning,
    /// The remarks.
    Remarks,
    /// The variants.
    Variants,
    /// The address of a GitLab instance.
    Url,
    /// The address of the customers portal.
    CustomersPortal,
    /// The folder of documentation.
    Documentation,
    /// The system turn of a prompt.
    System,
    /// The user's turn of a prompt.
    User,
    /// The beginning of the answer to a prompt.
    Prefill,
    /// The temperature of a prompt.
    Temperature,
    /// The most tokens of the answer to a prompt.
    MaxTokens,
    /// The query of the request log.
    Query,
    /// The pattern of a redaction rule.
    Pattern,
    /// The price of a model.
    Price,
}

impl Field {
    /// Whether the address of a call follows from it.
    pub fn is_of_the_address(self) -> bool {
        matches!(
            self,
            Self::Provider | Self::Endpoint | Self::Identifier | Self::Region | Self::ApiVersion
        )
    }
}
