//! Which headers a recording keeps: those on a list. A header that nobody thought of is not kept,
//! and none that carries a credential is on the list.

use std::collections::HashSet;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName};
use url::Url;

use super::expanded::Headers;

/// Of requests, to us and to model servers.
const REQUEST: &[&str] = &[
    "accept",
    "anthropic-beta",
    "anthropic-version",
    "content-length",
    "content-type",
    "host",
    "openai-beta",
    "user-agent",
    "x-gitlab-client-name",
    "x-gitlab-client-type",
    "x-gitlab-client-version",
    "x-gitlab-deployment-type",
    "x-gitlab-duo-seat-count",
    "x-gitlab-enabled-feature-flags",
    "x-gitlab-enabled-instance-verbose-ai-logs",
    "x-gitlab-feature-enabled-by-namespace-ids",
    "x-gitlab-feature-enablement-type",
    "x-gitlab-global-user-id",
    "x-gitlab-host-name",
    "x-gitlab-instance-id",
    "x-gitlab-interface",
    "x-gitlab-is-team-member",
    "x-gitlab-language-server-version",
    "x-gitlab-namespace-id",
    "x-gitlab-rails-send-start",
    "x-gitlab-realm",
    "x-gitlab-root-namespace-id",
    "x-gitlab-saas-duo-pro-namespace-ids",
    "x-gitlab-version",
    "x-request-id",
];

/// Of answers of model servers.
const ANSWER: &[&str] = &[
    "apim-request-id",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "openai-model",
    "openai-processing-ms",
    "openai-version",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "server",
    "transfer-encoding",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "x-envoy-upstream-service-time",
    "x-ms-region",
    "x-request-id",
    "x-should-retry",
];

/// Of answers, whole groups of them.
const ANSWER_GROUPS: &[&str] = &["anthropic-ratelimit-", "x-amzn-bedrock-", "x-ratelimit-"];

/// The longest value that is kept, in bytes.
const LONGEST: usize = 2_000;

/// The headers that are kept of a client's request.
pub(super) fn received(headers: &HeaderMap) -> Headers {
    kept(headers, |name| REQUEST.contains(&name))
}

/// The headers that are kept of a call to a model server.
pub(super) fn asked(headers: &HeaderMap) -> Headers {
    received(headers)
}

/// The headers that are kept of a model server's answer.
pub(super) fn answered(headers: &HeaderMap) -> Headers {
    kept(headers, |name| {
        ANSWER.contains(&name) || ANSWER_GROUPS.iter().any(|group| name.starts_with(group))
    })
}

/// What a client showed to be let in. It is covered where it stands in a body as well.
pub(super) fn credentials(headers: &HeaderMap) -> HashSet<Vec<u8>> {
    let names = [
        AUTHORIZATION,
        COOKIE,
        HeaderName::from_static("x-api-key"),
        HeaderName::from_static("api-key"),
    ];
    let values = names.iter().flat_map(|name| headers.get_all(name));
    let bare = |value: &[u8]| {
        let space = value.iter().position(|byte| *byte == b' ');
        value[space.map_or(0, |space| space + 1)..].to_vec()
    };
    values.map(|value| bare(value.as_bytes())).collect()
}

/// An address without the values of its query, some of which are keys at some vendors.
pub(super) fn without_values(url: &Url) -> String {
    if url.query().is_none() {
        return url.to_string();
    }
    let shown = |(name, value): (_, _)| match name == "api-version" {
        true => format!("{name}={value}"),
        false => format!("{name}=…"),
    };
    let query: Vec<_> = url.query_pairs().map(shown).collect();
    let mut bare = url.clone();
    bare.set_query(None);
    format!("{bare}?{}", query.join("&"))
}

fn kept(headers: &HeaderMap, is_listed: impl Fn(&str) -> bool) -> Headers {
    let listed = headers
        .iter()
        .filter(|(name, value)| is_listed(name.as_str()) && !value.is_sensitive());
    let text = |value: &[u8]| String::from_utf8_lossy(&value[..value.len().min(LONGEST)]).into();
    listed
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_headers_are_kept_and_no_credential_is_listed() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "api-key",
            "cookie",
            "proxy-authorization",
            "x-amz-security-token",
            "x-api-key",
            "x-gitlab-authentication-type",
            "x-nobody-knows",
        ] {
            headers.insert(HeaderName::from_static(name), "s3cret".parse().unwrap());
        }
        headers.insert("content-type", "application/json".parse().unwrap());
        let expected = [("content-type".to_owned(), "application/json".to_owned())];
        assert_eq!(received(&headers), expected);
        assert_eq!(answered(&headers), expected);
    }

    #[test]
    fn an_address_shows_the_version_of_an_api_and_no_other_value() {
        for (url, shown) in [
            ("http://gpu-1/v1/chat", "http://gpu-1/v1/chat"),
            (
                "https://x.example/c?api-version=2024-10-21&key=s3cret",
                "https://x.example/c?api-version=2024-10-21&key=…",
            ),
        ] {
            assert_eq!(without_values(&url.parse().unwrap()), shown);
        }
    }
}
