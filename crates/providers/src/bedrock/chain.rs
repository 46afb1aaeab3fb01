//! AWS's documented chain of credentials, by AWS's own library: environment, profile files, web
//! identity, container, instance. A profile that was chosen for the model goes before the
//! environment, as `--profile` does in AWS's own program. Keeps nothing.

use std::error::Error;
use std::time::Duration;

use aws_config::Region;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::imds;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};

use super::environment::Environment;
use crate::{UpstreamError, words};

/// How long the instance's service is waited for. It is a hop away, or not there at all.
const INSTANCE: Duration = Duration::from_secs(1);

/// Asks the chain. The library reads the environment of the process by itself; the one given is
/// only for words.
pub(super) async fn load(
    environment: &Environment,
    profile: Option<&str>,
    region: &str,
) -> Result<Keys, UpstreamError> {
    let region = Region::new(region.to_owned());
    let config = ProviderConfig::without_region().with_region(Some(region.clone()));
    let found = match profile {
        Some(name) => {
            let builder = ProfileFileCredentialsProvider::builder().configure(&config);
            builder
                .profile_name(name)
                .build()
                .provide_credentials()
                .await
        }
        None => {
            let instance = imds::Client::builder()
                .configure(&config)
                .connect_timeout(INSTANCE)
                .read_timeout(INSTANCE)
                .max_attempts(1)
                .build();
            let chain = DefaultCredentialsChain::builder()
                .configure(config)
                .region(region)
                .imds_client(instance);
            chain.build().await.provide_credentials().await
        }
    };
    found.map_err(|error| UpstreamError::Credentials(explain(&error, environment, profile)))
}

fn explain(error: &CredentialsError, environment: &Environment, profile: Option<&str>) -> String {
    let is_nothing = matches!(error, CredentialsError::CredentialsNotLoaded(_));
    let name = environment.profile(profile);
    if is_nothing && profile.is_none() {
        let off = environment
            .get("AWS_EC2_METADATA_DISABLED")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let instance = if off {
            "not at the instance's metadata, as AWS_EC2_METADATA_DISABLED is set"
        } else {
            "the instance's metadata"
        };
        return format!(
            "there are no AWS credentials: looked in the environment (AWS_ACCESS_KEY_ID), the \
             profile \"{name}\", web identity, the container, {instance}; set up one of them, or \
             enter a Bedrock API key or access keys for the model"
        );
    }
    let mut reason: &dyn Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    let reason = words::cut(&reason.to_string(), 300);
    let from = profile.map_or_else(String::new, |_| format!(" of the profile \"{name}\""));
    format!("the AWS credentials{from} cannot be used: {reason}")
}
