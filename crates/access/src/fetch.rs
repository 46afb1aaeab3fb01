//! Asks a provider for its keys: discovery first, then the keys. One try, with a deadline; when to
//! try is decided in `keys`.

use std::sync::Arc;
use std::time::Duration;

use domain::{InstanceUrl, callable_url, is_loopback_name};
use outbound::{CheckedResolver, host_of};
use reqwest::redirect::{Attempt, Policy};
use serde::Deserialize;
use url::Url;

use crate::key_set::{KeySet, NoKeySet};

use crate::{AccessError, words};

/// How long a provider may take for both documents.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest document that is read, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The most redirects that are followed, all within one origin.
const MOST_REDIRECTS: usize = 3;

/// The clients for providers of keys.
pub(crate) struct Fetcher {
    /// For providers on this machine, never through a proxy.
    near: reqwest::Client,
    /// For all others, through the system's proxy where one is set.
    far: reqwest::Client,
    patience: Duration,
}

impl Fetcher {
    /// Fails only when the system's trust store cannot be used.
    pub(crate) fn new() -> Result<Self, AccessError> {
        let wrong = |error: reqwest::Error| AccessError::Client(error.to_string());
        Ok(Self {
            near: client_builder().no_proxy().build().map_err(wrong)?,
            far: client_builder().build().map_err(wrong)?,
            patience: PATIENCE,
        })
    }

    #[cfg(test)]
    pub(crate) fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The keys that a provider publishes now.
    pub(crate) async fn keys(&self, provider: &InstanceUrl) -> Result<KeySet, AccessError> {
        let discovery = provider.discovery();
        let late = AccessError::Late {
            host: host_of(&discovery),
            after: self.patience,
        };
        let work = self.discover(discovery);
        let answer = tokio::time::timeout(self.patience, work).await;
        answer.unwrap_or(Err(late))
    }

    async fn discover(&self, discovery: Url) -> Result<KeySet, AccessError> {
        #[derive(Deserialize)]
        struct Discovery {
            jwks_uri: String,
        }
        let document = self.document(&discovery).await?;
        let document: Discovery =
            serde_json::from_slice(&document).map_err(|_| AccessError::NotTheDocument {
                url: discovery.to_string(),
                expected: "an OpenID configuration",
            })?;
        let place = keys_place(&discovery, &document.jwks_uri)?;
        let document = self.document(&place).await?;
        let url = place.to_string();
        KeySet::read(&document).map_err(|problem| match problem {
            NoKeySet::Empty => AccessError::NoKeys { url },
            NoKeySet::NotTheDocument => AccessError::NotTheDocument {
                url,
                expected: "a set of JSON web keys",
            },
        })
    }

    /// A whole document, within its limit.
    async fn document(&self, url: &Url) -> Result<Vec<u8>, AccessError> {
        let is_near = is_loopback_name(url.host_str().unwrap_or_default());
        let client = if is_near { &self.near } else { &self.far };
        let broken = |error: reqwest::Error| AccessError::unreachable(host_of(url), &error);
        let mut response = client.get(url.clone()).send().await.map_err(broken)?;
        let status = response.status();
        if status.is_redirection() {
            let place = response.headers().get(http::header::LOCATION);
            let place = place.and_then(|place| place.to_str().ok()).unwrap_or("?");
            let place = place.split(['?', '#']).next().unwrap_or_default();
            return Err(AccessError::Redirected {
                url: url.to_string(),
                place: words::clean(place, 200),
            });
        }
        if !status.is_success() {
            return Err(AccessError::Answered {
                url: url.to_string(),
                status: status.as_u16(),
            });
        }
        let mut whole = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            if whole.len() + piece.len() > LARGEST {
                return Err(AccessError::TooLarge {
                    url: url.to_string(),
                });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

/// Where the keys are. GitLab may name its outer address, so that another host is fine; a way on
/// which the keys could be changed is not, when the discovery came on a safe one.
pub(crate) fn keys_place(discovery: &Url, named: &str) -> Result<Url, AccessError> {
    let refused = |problem: String| AccessError::KeysElsewhere {
        url: discovery.to_string(),
        problem,
    };
    let place = callable_url(named).map_err(|problem| refused(problem.to_owned()))?;
    if discovery.scheme() == "https" && place.scheme() != "https" {
        return Err(refused("is not encrypted, though the discovery is".into()));
    }
    Ok(place)
}

fn client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("gatehouse/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(5))
        // Keys are asked for once a day: nothing to keep open.
        .pool_max_idle_per_host(0)
        .redirect(Policy::custom(|attempt| {
            if is_at_home(&attempt) {
                attempt.follow()
            } else {
                attempt.stop()
            }
        }))
        .http1_only()
        .dns_resolver(Arc::new(CheckedResolver))
}

/// Whether a redirect stays within its origin and its number.
fn is_at_home(attempt: &Attempt<'_>) -> bool {
    let way = attempt.previous();
    way.len() <= MOST_REDIRECTS
        && way
            .first()
            .is_some_and(|first| first.origin() == attempt.url().origin())
}
