//! Headers that an admin adds to every call, as a company's own gateway in front of the models asks
//! for them. Their values may be secrets: they are shown nowhere.

use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

/// The most headers, and the longest value in bytes.
const MOST: usize = 32;
const LONGEST: usize = 8 * 1024;

/// What proves who calls: that is the key of a model, and goes to its own server alone.
const AUTH: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "proxy-authenticate",
    "x-api-key",
    "api-key",
    "cookie",
    "set-cookie",
];

/// What belongs to one connection (RFC 9110, 7.6.1), and what we write ourselves.
const OURS: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "accept",
    "accept-encoding",
    "expect",
    "x-request-id",
];

/// Headers for every call.
#[derive(Debug, Clone, Default)]
pub struct ExtraHeaders(HeaderMap);

/// Why they cannot be used. No value is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtraHeadersError {
    /// It is something else.
    #[error("it is not a JSON object of texts, such as {{\"x-tenant\": \"gitlab\"}}")]
    NotTexts,
    /// There are too many.
    #[error("it has more than {MOST} headers")]
    TooMany,
    /// A name that HTTP does not allow.
    #[error("one of its names is not the name of a header")]
    Name,
    /// A value that HTTP does not allow.
    #[error("the value of {0} cannot be sent in a header, or is longer than {LONGEST} bytes")]
    Value(HeaderName),
    /// It would say who calls.
    #[error("{0} proves who calls; store it as the key of the model")]
    Auth(HeaderName),
    /// It is not for others to set.
    #[error("{0} is written by the gateway itself")]
    Ours(HeaderName),
}

impl FromStr for ExtraHeaders {
    type Err = ExtraHeadersError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What the reader says of a wrong text may repeat a value.
        let named: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| ExtraHeadersError::NotTexts)?;
        if named.len() > MOST {
            return Err(ExtraHeadersError::TooMany);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in named {
            let name: HeaderName = name.parse().map_err(|_| ExtraHeadersError::Name)?;
            let Value::String(value) = value else {
                return Err(ExtraHeadersError::NotTexts);
            };
            let known = name.as_str();
            if AUTH.contains(&known) || known.starts_with("x-amz-") {
                return Err(ExtraHeadersError::Auth(name));
            }
            if OURS.contains(&known) {
                return Err(ExtraHeadersError::Ours(name));
            }
            let sendable = HeaderValue::from_str(&value).ok();
            let Some(mut sent) = sendable.filter(|_| value.len() <= LONGEST) else {
                return Err(ExtraHeadersError::Value(name));
            };
            sent.set_sensitive(true);
            headers.insert(name, sent);
        }
        Ok(Self(headers))
    }
}

impl ExtraHeaders {
    /// Their names, in lower case.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(HeaderName::as_str)
    }

    pub(crate) fn map(&self) -> &HeaderMap {
        &self.0
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(HeaderValue::as_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_are_not_for_an_admin_to_set_are_refused_and_no_value_is_told() {
        for (text, said) in [
            ("wombat", "JSON object"),
            (r#""wombat""#, "JSON object"),
            (r#"{"x-a": ["wombat"]}"#, "JSON object"),
            (r#"{"X-Api-Key": "wombat"}"#, "x-api-key proves who calls"),
            (r#"{"AUTHORIZATION": "wombat"}"#, "authorization proves"),
            (
                r#"{"X-Amz-Security-Token": "wombat"}"#,
                "x-amz-security-token proves",
            ),
            (
                r#"{"Transfer-Encoding": "wombat"}"#,
                "written by the gateway",
            ),
            (r#"{"host": "wombat"}"#, "host is written by the gateway"),
            (r#"{"wom bat": "x"}"#, "one of its names"),
            ("{\"x-a\": \"wombat\\n\"}", "the value of x-a"),
        ] {
            let error = text.parse::<ExtraHeaders>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
            assert!(!error.contains("wombat"), "{error}");
        }
        let many: Map<_, _> = (0..33).map(|n| (format!("x-{n}"), "v".into())).collect();
        let many = Value::Object(many).to_string().parse::<ExtraHeaders>();
        assert_eq!(many.unwrap_err(), ExtraHeadersError::TooMany);
        let good: ExtraHeaders = r#"{"X-Tenant": "wombat"}"#.parse().unwrap();
        assert_eq!(good.names().collect::<Vec<_>>(), ["x-tenant"]);
        assert!(!format!("{good:?}").contains("wombat"), "{good:?}");
    }
}
