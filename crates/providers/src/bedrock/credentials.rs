//! Finds what a call to AWS proves itself with: a Bedrock API key, access keys, or AWS's own chain
//! of sources. Keeps what the chain gave until shortly before it expires. Signs nothing.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials as Keys;
use domain::Auth;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretSlice};

use super::environment::Environment;
use super::{chain, region, sign};
use crate::client::header_of;
use crate::{Call, Target, UpstreamError};

/// The variable of a Bedrock API key.
const API_KEY: &str = "AWS_BEARER_TOKEN_BEDROCK";

/// How long before their end keys are replaced.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// How long keys without an end are kept: they may be in a file that another program writes.
const OPEN_ENDED: Duration = Duration::from_secs(60);
/// How long at least an outcome is kept, so that waiting requests do not each search anew.
const AT_LEAST: Duration = Duration::from_secs(10);

/// The credentials of all Bedrock models.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(super) environment: Environment,
    /// One place for each profile. There are as many as models name, so the map stays small.
    places: Arc<Mutex<HashMap<Option<String>, Arc<Place>>>>,
}

/// What the chain gave for one profile. The lock is held while the chain is asked, on purpose:
/// the others wait for the one refresh.
type Place = tokio::sync::Mutex<Option<Held>>;

struct Held {
    outcome: Result<Keys, UpstreamError>,
    until: Instant,
}

/// What a call proves itself with.
enum Proof<'a> {
    /// A Bedrock API key.
    ApiKey(&'a SecretSlice<u8>),
    /// The same, out of the environment.
    ApiKeyOf(SecretSlice<u8>),
    /// Access keys of the model.
    Keys(Keys),
    /// AWS's chain, with a profile or the one in force.
    Chain(Option<&'a str>),
}

impl Default for Credentials {
    fn default() -> Self {
        Self::of(Environment::of_process())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// None yet, to be found in this environment.
    pub(super) fn of(environment: Environment) -> Self {
        Self {
            environment,
            places: Arc::default(),
        }
    }

    /// The headers that authorize a call.
    pub(super) async fn authorize(
        &self,
        call: &Call,
        target: Target<'_>,
    ) -> Result<HeaderMap, UpstreamError> {
        let bearer = |key: &SecretSlice<u8>| {
            let value = header_of("Bearer ", key, &call.url)?;
            Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
        };
        let proof = self.proof(target)?;
        let region = || region::required(&self.environment, target);
        match proof {
            Proof::ApiKey(key) => bearer(key),
            Proof::ApiKeyOf(key) => bearer(&key),
            Proof::Keys(keys) => sign::headers(call, &region()?, &keys, SystemTime::now()),
            Proof::Chain(profile) => {
                let region = region()?;
                let found = self.of_chain(profile, &region).await;
                let keys = found.map_err(|error| without_key(error, &target.connection.auth))?;
                sign::headers(call, &region, &keys, SystemTime::now())
            }
        }
    }

    fn proof<'a>(&self, target: Target<'a>) -> Result<Proof<'a>, UpstreamError> {
        match (&target.connection.auth, target.key) {
            (Auth::Key | Auth::Bearer, Some(key)) => Ok(Proof::ApiKey(key)),
            (Auth::Key | Auth::Bearer, None) => match self.environment.get(API_KEY) {
                Some(key) => Ok(Proof::ApiKeyOf(key.into_bytes().into())),
                None => Ok(Proof::Chain(None)),
            },
            (Auth::AwsKeys { access_key_id }, Some(key)) => {
                keys_of(access_key_id, key).map(Proof::Keys)
            }
            (Auth::AwsKeys { .. }, None) => Err(UpstreamError::Credentials(
                "the secret access key is missing: enter it as the key of the model".into(),
            )),
            (Auth::AwsChain { profile }, _) => Ok(Proof::Chain(profile.as_deref())),
            (Auth::Entra { .. }, _) => Err(UpstreamError::Credentials(
                "AWS Bedrock takes no token of Microsoft Entra ID: choose an API key or AWS \
                 credentials"
                    .into(),
            )),
        }
    }

    /// The keys that the chain gives, from memory while they are fresh.
    async fn of_chain(&self, profile: Option<&str>, region: &str) -> Result<Keys, UpstreamError> {
        let place = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(places.entry(profile.map(str::to_owned)).or_default())
        };
        let mut place = place.lock().await;
        if let Some(held) = place.as_ref().filter(|held| Instant::now() < held.until) {
            return held.outcome.clone();
        }
        let found = chain::load(&self.environment, profile, region).await;
        let held = Held::new(found, place.take(), SystemTime::now());
        place.insert(held).outcome.clone()
    }
}

/// The same, and that an API key was meant where one was.
fn without_key(error: UpstreamError, auth: &Auth) -> UpstreamError {
    match (error, auth) {
        (UpstreamError::Credentials(words), Auth::Key | Auth::Bearer) => {
            UpstreamError::Credentials(format!(
                "no API key is entered for the model, and there is no other proof: {words}"
            ))
        }
        (error, _) => error,
    }
}

impl Held {
    /// What a search found. When it found nothing, keys of before go on while they are valid.
    fn new(found: Result<Keys, UpstreamError>, before: Option<Self>, now: SystemTime) -> Self {
        let left = |keys: &Keys| match keys.expiry() {
            Some(end) => end.duration_since(now).unwrap_or_default(),
            None => Duration::MAX,
        };
        let keep = match &found {
            Ok(keys) if keys.expiry().is_none() => OPEN_ENDED,
            Ok(keys) => left(keys)
                .saturating_sub(EARLY)
                .max(AT_LEAST.min(left(keys))),
            Err(_) => AT_LEAST,
        };
        let outcome = match (found, before) {
            (
                Err(_),
                Some(Self {
                    outcome: Ok(keys), ..
                }),
            ) if keys.expiry().is_some() && left(&keys) > AT_LEAST => Ok(keys),
            (found, _) => found,
        };
        Self {
            outcome,
            until: Instant::now() + keep,
        }
    }
}

/// The keys of a model: `secret`, or `secret:session token`.
fn keys_of(access_key_id: &str, key: &SecretSlice<u8>) -> Result<Keys, UpstreamError> {
    let text = std::str::from_utf8(key.expose_secret())
        .map_err(|_| UpstreamError::Credentials("the secret access key is not text".into()))?;
    let (secret, token) = match text.trim().split_once(':') {
        Some((secret, token)) => (secret, Some(token.to_owned())),
        None => (text.trim(), None),
    };
    Ok(Keys::new(access_key_id, secret, token, None, "model"))
}

#[cfg(test)]
mod tests;
