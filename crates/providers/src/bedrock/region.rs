//! Finds the region of a call and the address that it goes to. Sends nothing.

use domain::{Auth, Field, Provider, ServerEndpoint, is_region, region_of_host};
use url::Url;

use super::environment::Environment;
use super::name::ModelName;
use crate::{Target, UpstreamError};

/// AWS's own variables, then the one that GitLab's gateway used.
const VARIABLES: [&str; 3] = ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_REGION_NAME"];

/// The endpoint of model calls, as AWS documents it for every program.
const RUNTIME_VARIABLE: &str = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME";
/// The endpoint of the lists of models.
const CONTROL_VARIABLE: &str = "AWS_ENDPOINT_URL_BEDROCK";

/// The region, from the first that names one: the model's identifier, its ARN, its settings, the
/// host of its endpoint, the environment, the profile.
pub(super) fn find(
    environment: &Environment,
    target: Target<'_>,
) -> Result<Option<String>, UpstreamError> {
    let name = ModelName::of(target.name)?;
    let written = target.connection.region.as_deref();
    if let Some(region) = name.region.or(written) {
        return Ok(Some(region.to_owned()));
    }
    if let Some(region) = endpoint(environment, target)?
        .as_ref()
        .and_then(region_of_host)
    {
        return Ok(Some(region.to_owned()));
    }
    for variable in VARIABLES {
        if let Some(region) = environment.get(variable) {
            return checked(region, variable).map(Some);
        }
    }
    let chosen = match &target.connection.auth {
        Auth::AwsChain { profile } => profile.as_deref(),
        _ => None,
    };
    let profile = environment.profile(chosen);
    environment
        .region_of_profile(&profile)
        .map(|region| checked(region, &format!("the profile {profile}")))
        .transpose()
}

/// The region, or the words that one is missing.
pub(super) fn required(
    environment: &Environment,
    target: Target<'_>,
) -> Result<String, UpstreamError> {
    find(environment, target)?.ok_or_else(|| UpstreamError::Setting {
        field: Field::Region,
        problem: "the model has no AWS region: set it in the model's settings, or set AWS_REGION \
                  for the program"
            .into(),
    })
}

/// The base of model calls: the model's endpoint, the environment's, or AWS's own.
pub(super) fn base(environment: &Environment, target: Target<'_>) -> Result<Url, UpstreamError> {
    match endpoint(environment, target)? {
        Some(url) => Ok(url),
        None => own(
            Provider::Bedrock.record().own_endpoint,
            &required(environment, target)?,
        ),
    }
}

/// The base of the lists of models; none at a private endpoint, which has only model calls.
pub(super) fn control_base(
    environment: &Environment,
    target: Target<'_>,
) -> Result<Option<Url>, UpstreamError> {
    if let Some(url) = of_variable(environment, CONTROL_VARIABLE)? {
        return Ok(Some(url));
    }
    if endpoint(environment, target)?.is_some() {
        return Ok(None);
    }
    let region = required(environment, target)?;
    own("https://bedrock.{region}.amazonaws.com", &region).map(Some)
}

/// The address that is not AWS's own.
fn endpoint(environment: &Environment, target: Target<'_>) -> Result<Option<Url>, UpstreamError> {
    match target.server {
        Some(server) => Ok(Some(server.base().clone())),
        None => of_variable(environment, RUNTIME_VARIABLE),
    }
}

fn of_variable(environment: &Environment, name: &str) -> Result<Option<Url>, UpstreamError> {
    let Some(typed) = environment.get(name) else {
        return Ok(None);
    };
    let server: ServerEndpoint = typed
        .parse()
        .map_err(|error| UpstreamError::Invalid(format!("the variable {name}: {error}")))?;
    Ok(Some(server.base().clone()))
}

fn own(template: &str, region: &str) -> Result<Url, UpstreamError> {
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    let address = template.replace("{region}", region) + china;
    address.parse().map_err(|error| UpstreamError::Setting {
        field: Field::Region,
        problem: format!("the region \"{region}\": {error}"),
    })
}

fn checked(region: String, source: &str) -> Result<String, UpstreamError> {
    if is_region(&region) {
        Ok(region)
    } else {
        Err(UpstreamError::Invalid(format!(
            "{source} says the AWS region is \"{region}\", which is none: a region is written \
             such as eu-central-1"
        )))
    }
}
