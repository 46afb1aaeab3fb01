//! What the gateway log tells of the head of a request. Holds no value of a query and no header that
//! is not on the list.

use http::request::Parts;

use super::Headers;
use super::headers::received;

/// The head of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The version of HTTP, such as `HTTP/1.1`.
    pub version: String,
    /// The names of its query; the values may be keys.
    pub query: Vec<String>,
    /// Its headers, as far as they are on the list of those that are kept.
    pub headers: Headers,
}

/// Names of a query that are kept, at most.
const NAMES: usize = 20;

impl Head {
    pub(crate) fn of(parts: &Parts) -> Self {
        let pairs = parts.uri.query().unwrap_or_default().split('&');
        let names = pairs.filter_map(|pair| pair.split_once('=').map(|(name, _)| name));
        Self {
            version: format!("{:?}", parts.version),
            query: names
                .take(NAMES)
                .map(|name| name.chars().take(60).collect())
                .collect(),
            headers: received(&parts.headers),
        }
    }
}
