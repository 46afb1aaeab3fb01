//! What the admin sets for GitLab: whose tokens are accepted, and what its requests may do. Knows
//! no token.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use ts_rs::TS;
use url::Url;

use crate::{DomainError, is_never_a_model_server};

/// What the admin sets for GitLab.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct GitlabSettings {
    /// The instance whose tokens are accepted; none accepts no token of an instance.
    #[ts(type = "string | null")]
    pub url: Option<InstanceUrl>,
    /// A second signer of tokens, GitLab's customers portal; usually none, as an offline site
    /// would wait for it.
    #[ts(type = "string | null")]
    pub customers_portal: Option<InstanceUrl>,
    /// Whether programs on this machine may use GitLab's paths without any token.
    pub open_on_loopback: bool,
    /// Whether a model that only GitLab knows is called at the address and with the key that the
    /// request names; only for requests with a token or a client key.
    pub accept_named_models: bool,
    /// A folder of documentation that Duo Chat may search; absolute.
    pub documentation: Option<String>,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    #[ts(skip)]
    pub rest: Map<String, Value>,
}

impl GitlabSettings {
    /// Checks what its types do not: that the folder is named in full.
    pub fn check(&self) -> Result<(), DomainError> {
        match &self.documentation {
            Some(folder) if !std::path::Path::new(folder).is_absolute() => {
                Err(DomainError::Setting {
                    name: "the documentation folder",
                    problem: "is not named in full, from the root on".into(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// The address of a GitLab instance, without the slash at its end. It may have a path (a *relative
/// URL root* of GitLab).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceUrl(Url);

impl InstanceUrl {
    /// Reads an address; a refusal calls it `name`.
    pub fn named(text: &str, name: &'static str) -> Result<Self, DomainError> {
        let refused = |problem: &str| DomainError::Setting {
            name,
            problem: problem.to_owned(),
        };
        let url = callable_url(text).map_err(refused)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("has a ? or a # in it"));
        }
        Ok(Self(url))
    }

    /// The address of something below the instance; `path` begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// The document that says where the keys are that sign its tokens (OpenID Connect Discovery
    /// 1.0, section 4).
    pub fn discovery(&self) -> Url {
        let mut url = self.0.clone();
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{path}/.well-known/openid-configuration"));
        url
    }
}

impl FromStr for InstanceUrl {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        Self::named(text, "the GitLab URL")
    }
}

/// An address that may be called for keys: `http` or `https`, a host, no user, at most 2,048
/// characters, never a link-local or cloud metadata address. What is wrong with it otherwise, as
/// the rest of a sentence.
pub fn callable_url(text: &str) -> Result<Url, &'static str> {
    let text = text.trim();
    if text.len() > 2_048 {
        return Err("is longer than 2,048 characters");
    }
    let url = Url::parse(text).map_err(|_| "is no address such as https://gitlab.example.com")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("begins with neither http:// nor https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user or a password in it");
    }
    let address = match url.host() {
        Some(url::Host::Ipv4(address)) => Some(address.into()),
        Some(url::Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    };
    if address.is_some_and(is_never_a_model_server) {
        return Err("is a link-local address, where no GitLab can be");
    }
    Ok(url)
}

impl fmt::Display for InstanceUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Serialize for InstanceUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for InstanceUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_named_by_its_address_alone() {
        for (text, address) in [
            ("https://gitlab.example.com/", "https://gitlab.example.com"),
            (" http://10.0.0.7:8080 ", "http://10.0.0.7:8080"),
            ("https://example.com/gitlab/", "https://example.com/gitlab"),
        ] {
            let url: InstanceUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), address);
            assert_eq!(url.join("/oauth"), format!("{address}/oauth"));
            let discovery = format!("{address}/.well-known/openid-configuration");
            assert_eq!(url.discovery().as_str(), discovery);
        }
        for text in [
            "",
            "gitlab.example.com",
            "ftp://gitlab.example.com",
            "https://me:secret@gitlab.example.com",
            "https://gitlab.example.com?token=x",
            "http://169.254.169.254",
        ] {
            let error = text.parse::<InstanceUrl>().unwrap_err().to_string();
            assert!(error.starts_with("the GitLab URL "), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
