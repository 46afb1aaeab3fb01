//! Whether the provider, the endpoint and the identifier of a model belong together. Asks no server.

use url::Url;

use crate::{BedrockName, DomainError, Endpoint, Identifier, Model, Provider, region_of_host};

/// Checks that provider, endpoint and identifier belong together.
pub(super) fn check_reach(model: &Model) -> Result<(), DomainError> {
    let provider = model.provider();
    let record = provider.record();
    let refuse = |problem: String| Err(DomainError::Endpoint(problem));
    match &model.endpoint {
        Endpoint::Sample => return Ok(()),
        Endpoint::Vendor(typed) if !typed.is_empty() && provider != Provider::Bedrock => {
            return refuse(format!(
                "is GitLab's stand-in for Bedrock, and the provider is {}",
                record.title
            ));
        }
        Endpoint::Vendor(_) if !provider.has_own_endpoint() => return refuse("is empty".into()),
        Endpoint::Vendor(_) => {}
        Endpoint::Server(_) if provider == Provider::Sample => {
            return refuse("names a server, and the sample model has none".into());
        }
        Endpoint::Server(server) => {
            let base = server.base();
            if let Some(owner) = owner_of(base)
                && owner != provider
                && !has_door(owner, base.path(), provider)
            {
                return refuse(format!(
                    "{} belongs to {}, and the provider is {}",
                    server.host(),
                    owner.record().title,
                    record.title
                ));
            }
        }
    }
    if record.needs_identifier && model.served_name().is_none() {
        return Err(DomainError::Identifier(format!(
            "is empty, and {} needs one",
            record.title
        )));
    }
    match &model.identifier {
        Some(identifier) if provider == Provider::Bedrock => check_bedrock(model, identifier),
        // It becomes a segment of a path.
        Some(identifier)
            if provider == Provider::Azure && matches!(identifier.served_name(), "." | "..") =>
        {
            let name = identifier.served_name();
            Err(DomainError::Identifier(format!(
                "\"{name}\" is not the name of a deployment"
            )))
        }
        _ => Ok(()),
    }
}

/// Refuses an id that cannot be one, and regions that conflict. The host of a server of the
/// admin's own says nothing about the region.
fn check_bedrock(model: &Model, identifier: &Identifier) -> Result<(), DomainError> {
    let base = model.endpoint.server().map(|server| server.base());
    let of_aws = base.filter(|base| owner_of(base) == Some(Provider::Bedrock));
    BedrockName::of(identifier.served_name())?.check_region(
        model.connection.region.as_deref(),
        of_aws.and_then(region_of_host),
    )
}

/// The provider whose own host this is; none for a server of the admin's.
fn owner_of(base: &Url) -> Option<Provider> {
    const OWNERS: [(&str, Provider); 7] = [
        (".openai.azure.com", Provider::Azure),
        (".services.ai.azure.com", Provider::Azure),
        (".cognitiveservices.azure.com", Provider::Azure),
        (".api.anthropic.com", Provider::Anthropic),
        (".api.mistral.ai", Provider::Mistral),
        (".codestral.mistral.ai", Provider::Mistral),
        (".api.openai.com", Provider::OpenaiCompatible),
    ];
    let host = format!(".{}", base.host_str().unwrap_or_default());
    let is_of_aws = host.contains(".amazonaws.com") || host.ends_with(".api.aws");
    if is_of_aws && host.contains(".bedrock-") {
        return Some(Provider::Bedrock);
    }
    OWNERS
        .iter()
        .find(|(tail, _)| host.ends_with(tail))
        .map(|(_, owner)| *owner)
}

/// Whether a cloud speaks the interface of another provider below this path: OpenAI's and Claude's,
/// at Bedrock as at Azure.
fn has_door(cloud: Provider, path: &str, provider: Provider) -> bool {
    matches!(cloud, Provider::Azure | Provider::Bedrock)
        && match provider {
            Provider::OpenaiCompatible => path.starts_with("/openai/v1"),
            Provider::Anthropic => path.starts_with("/anthropic"),
            _ => false,
        }
}

#[cfg(test)]
mod tests;
