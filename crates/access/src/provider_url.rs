//! Where a provider of keys is: the address of a GitLab instance or of the customers portal.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use domain::is_never_a_model_server;
use url::{Host, Url};

use crate::AccessError;

/// The address of a provider of keys. Only `http` and `https`, with a host, without user info,
/// query or fragment, at most 2048 characters, never a link-local or cloud metadata address. Has a
/// path when GitLab is installed under one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderUrl(Url);

impl ProviderUrl {
    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether nobody between can change the keys on their way.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The document that says where the keys are.
    pub(crate) fn discovery(&self) -> Url {
        let mut url = self.0.clone();
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{path}/.well-known/openid-configuration"));
        url
    }
}

impl FromStr for ProviderUrl {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let refused = |problem: &str| AccessError::ProviderUrl {
            problem: problem.into(),
        };
        let url = checked(text.trim()).map_err(|problem| refused(&problem))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("must end before ? and #"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for ProviderUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A URL that may be called, or what is wrong with it as the rest of a sentence.
pub(crate) fn checked(text: &str) -> Result<Url, String> {
    let wrong = |problem: &str| Err(problem.to_owned());
    if text.len() > 2048 {
        return wrong("is longer than 2048 characters");
    }
    let Ok(url) = Url::parse(text) else {
        return wrong("is not a URL such as https://gitlab.example.com");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return wrong("does not begin with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("has a user name or a password in it");
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    if address.is_some_and(is_never_a_model_server) {
        return wrong("is a link-local address, where no GitLab instance lives");
    }
    Ok(url)
}
