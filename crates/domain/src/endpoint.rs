//! Where a model answers: a server's base URL, or the built-in sample model.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::{DomainError, network};

/// Where a model answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The built-in sample model; written `sample`.
    Sample,
    /// The vendor's own address; written as nothing, or as GitLab's dummy for Bedrock. Kept as
    /// typed.
    Vendor(String),
    /// A model server.
    Server(Box<ServerEndpoint>),
}

/// The base URL of a model server. Only `http` and `https`, with a host, without user info, never
/// a link-local or cloud metadata address. Kept as typed; the base is derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEndpoint {
    typed: String,
    base: Url,
    host: String,
    // Made once: a URL is asked for with every request.
    models: Url,
    chat_completions: Url,
    completions: Url,
    embeddings: Url,
}

/// What GitLab stores as the endpoint of a Bedrock model (`self_hosted_model_form.vue`).
const BEDROCK_DUMMY: &str = "http://bedrockselfhostedmodel.com";

/// A call of the OpenAI API below a base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamPath {
    /// The models that the server offers.
    Models,
    /// A conversation.
    ChatCompletions,
    /// A raw prompt.
    Completions,
    /// Vectors of texts.
    Embeddings,
}

impl UpstreamPath {
    /// The path below the base URL, without a leading slash.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::ChatCompletions => "chat/completions",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
        }
    }
}

/// Paths that people paste with the base URL; longer ones first.
const KNOWN_TAILS: [&str; 5] = [
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/responses",
    "/models",
];

/// What parts of a query are called that hold keys, without signs between their words.
const KEY_NAMES: [&str; 11] = [
    "code",
    "key",
    "apikey",
    "token",
    "accesstoken",
    "authtoken",
    "sig",
    "signature",
    "secret",
    "password",
    "subscriptionkey",
];

impl Endpoint {
    /// Refuses a key in the query, where it would be stored in clear. Settings that were saved with
    /// one are still read.
    pub fn check_query(&self) -> Result<(), DomainError> {
        let Self::Server(server) = self else {
            return Ok(());
        };
        let is_key = |name: &str| {
            let letters = name.chars().filter(char::is_ascii_alphanumeric);
            let name: String = letters.collect::<String>().to_ascii_lowercase();
            KEY_NAMES.contains(&name.as_str())
        };
        match server.base.query_pairs().find(|(name, _)| is_key(name)) {
            Some((name, _)) => Err(DomainError::Endpoint(format!(
                "carries a key in its query (`{name}`): enter the key in its own field"
            ))),
            None => Ok(()),
        }
    }
}

impl ServerEndpoint {
    /// The endpoint as the admin typed it, without surrounding spaces.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The full URL of one call.
    pub fn url(&self, path: UpstreamPath) -> &Url {
        match path {
            UpstreamPath::Models => &self.models,
            UpstreamPath::ChatCompletions => &self.chat_completions,
            UpstreamPath::Completions => &self.completions,
            UpstreamPath::Embeddings => &self.embeddings,
        }
    }

    /// The base URL, without a trailing slash in its path unless it has no path, and with its
    /// query.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Scheme, host and port: what a stored key is bound to.
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Host and port, as shown in lists and messages.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The deployment that a whole deployment URL of Azure names:
    /// `…/openai/deployments/NAME/…`. Azure allows letters, digits, `-`, `_` and `.` in it.
    pub fn azure_deployment(&self) -> Option<&str> {
        let mut segments = self.base.path_segments()?;
        segments.find(|segment| *segment == "openai")?;
        let name = (segments.next()? == "deployments").then(|| segments.next())??;
        let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.".contains(&letter);
        (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
    }

    /// The same endpoint with `/v1` appended, when its path does not end so already.
    pub fn with_v1(&self) -> Option<Self> {
        let path = self.base.path().trim_end_matches('/');
        if path.ends_with("/v1") {
            return None;
        }
        let mut url = self.base.clone();
        url.set_path(&format!("{path}/v1"));
        url.to_string().parse().ok()
    }
}

impl FromStr for ServerEndpoint {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let refuse = |problem: &str| Err(DomainError::Endpoint(problem.to_owned()));
        let typed = text.trim();
        if typed.is_empty() {
            return refuse("is empty");
        }
        if typed.len() > 2_000 {
            return refuse("is longer than 2,000 characters");
        }
        let Some((_, after_scheme)) = typed.split_once("://") else {
            return refuse("has no scheme: it starts with http:// or https://");
        };
        // A parser of the web reads `http:///v1` as the host v1.
        if after_scheme.is_empty() || after_scheme.starts_with(['/', '?', '#', ':']) {
            return refuse("has no host");
        }
        let mut base = Url::parse(typed)
            .map_err(|error| DomainError::Endpoint(format!("is not a URL: {error}")))?;
        if !matches!(base.scheme(), "http" | "https") {
            return refuse("must start with http:// or https://");
        }
        if !base.username().is_empty() || base.password().is_some() {
            return refuse("carries a user name or password: enter the key in its own field");
        }
        check_host(&base)?;
        base.set_fragment(None);
        let path = base.path().trim_end_matches('/');
        let path = KNOWN_TAILS
            .iter()
            .find_map(|tail| path.strip_suffix(tail))
            .unwrap_or(path);
        let path = path.to_owned();
        base.set_path(&path);
        let host = base.host_str().unwrap_or_default();
        let host = base
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let call = |path: UpstreamPath| {
            let mut url = base.clone();
            url.set_path(&format!(
                "{}/{}",
                base.path().trim_end_matches('/'),
                path.as_str()
            ));
            url
        };
        let [models, chat_completions, completions, embeddings] = [
            UpstreamPath::Models,
            UpstreamPath::ChatCompletions,
            UpstreamPath::Completions,
            UpstreamPath::Embeddings,
        ]
        .map(call);
        let typed = typed.to_owned();
        Ok(Self {
            typed,
            host,
            models,
            chat_completions,
            completions,
            embeddings,
            base,
        })
    }
}

fn check_host(base: &Url) -> Result<(), DomainError> {
    let address = match base.host() {
        None => return Err(DomainError::Endpoint("has no host".into())),
        Some(url::Host::Domain(_)) => return Ok(()),
        Some(url::Host::Ipv4(address)) => IpAddr::V4(address),
        Some(url::Host::Ipv6(address)) => IpAddr::V6(address),
    };
    if network::is_never_a_model_server(address) {
        return Err(DomainError::Endpoint(format!(
            "names {address}, a link-local or cloud metadata address, where no model server lives"
        )));
    }
    Ok(())
}

impl Endpoint {
    /// The server, or `None` for the sample model.
    pub fn server(&self) -> Option<&ServerEndpoint> {
        match self {
            Self::Server(server) => Some(server),
            Self::Sample | Self::Vendor(_) => None,
        }
    }

    /// Host and port, `built in` for the sample model, `vendor` for a vendor's own address.
    pub fn host(&self) -> String {
        match self {
            Self::Server(server) => server.host().to_owned(),
            Self::Sample => "built in".to_owned(),
            Self::Vendor(_) => "vendor".to_owned(),
        }
    }
}

impl FromStr for Endpoint {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        match text.trim() {
            "sample" => Ok(Self::Sample),
            "" => Ok(Self::Vendor(String::new())),
            typed if typed.trim_end_matches('/') == BEDROCK_DUMMY => {
                Ok(Self::Vendor(typed.to_owned()))
            }
            typed => typed.parse().map(Box::new).map(Self::Server),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sample => formatter.write_str("sample"),
            Self::Vendor(typed) => formatter.write_str(typed),
            Self::Server(server) => formatter.write_str(&server.typed),
        }
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat_url(text: &str) -> String {
        text.parse::<ServerEndpoint>()
            .unwrap()
            .url(UpstreamPath::ChatCompletions)
            .to_string()
    }

    #[test]
    fn what_people_paste_resolves_to_one_url() {
        for typed in [
            "http://gpu-1:8000/v1",
            "  http://gpu-1:8000/v1/ ",
            "http://gpu-1:8000/v1/chat/completions",
            "http://gpu-1:8000/v1/completions/",
            "http://gpu-1:8000/v1/models",
        ] {
            assert_eq!(
                chat_url(typed),
                "http://gpu-1:8000/v1/chat/completions",
                "{typed}"
            );
        }
        assert_eq!(
            chat_url("http://gpu-1:8000"),
            "http://gpu-1:8000/chat/completions"
        );
        assert_eq!(
            chat_url("https://h/a/v1?tenant=7"),
            "https://h/a/v1/chat/completions?tenant=7"
        );
        assert_eq!(
            chat_url("http://[::1]:8000/v1"),
            "http://[::1]:8000/v1/chat/completions"
        );
    }

    #[test]
    fn the_endpoint_is_kept_as_typed() {
        let endpoint: Endpoint = " http://gpu-1:8000/v1/ ".parse().unwrap();
        assert_eq!(endpoint.to_string(), "http://gpu-1:8000/v1/");
        assert_eq!(endpoint.host(), "gpu-1:8000");
    }

    #[test]
    fn what_cannot_be_a_model_server_is_refused_with_the_reason() {
        for (typed, reason) in [
            ("", "is empty"),
            ("gpu-1:8000/v1", "no scheme"),
            ("ftp://gpu-1", "must start with http"),
            ("http://", "no host"),
            ("http:///v1", "no host"),
            ("http://:8000/v1", "no host"),
            ("http://user:pass@gpu-1", "user name or password"),
            ("http://169.254.169.254/latest", "cloud metadata"),
            ("http://[fe80::1]/v1", "link-local"),
            ("http://[::ffff:169.254.169.254]/v1", "cloud metadata"),
        ] {
            let refusal = typed.parse::<ServerEndpoint>().unwrap_err().to_string();
            assert!(refusal.contains(reason), "{typed}: {refusal}");
        }
    }

    #[test]
    fn v1_is_offered_once() {
        let bare: ServerEndpoint = "http://gpu-1:8000".parse().unwrap();
        let fixed = bare.with_v1().unwrap();
        assert_eq!(fixed.typed(), "http://gpu-1:8000/v1");
        assert!(fixed.with_v1().is_none());
    }

    #[test]
    fn a_key_has_no_place_in_the_query() {
        let checked = |text: &str| text.parse::<Endpoint>().unwrap().check_query();
        for name in ["api-key", "API_KEY", "key", "access_token"] {
            let error = checked(&format!("http://h/v1?api-version=1&{name}=sk-1")).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(name) && !said.contains("sk-1"), "{said}");
        }
        assert!(checked("http://h/v1?api-version=2024-06-01&keyboard=de").is_ok());
        assert!(checked("sample").is_ok());
    }
}
