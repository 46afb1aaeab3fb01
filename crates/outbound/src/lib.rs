//! The way out of the program: which addresses may be called, and why one could not be, in words.
//! Sends nothing itself.
#![warn(missing_docs)]

use std::net::SocketAddr;

use domain::is_never_a_model_server;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

/// Why a server cannot be reached whose name has no address.
pub const UNKNOWN_NAME: &str = "its name is not known to DNS";

/// The system's resolver, without the addresses that are never called: the second half of the
/// check that the URL's own text has passed already.
#[derive(Debug)]
pub struct CheckedResolver;

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found = found.map_err(|error| of_lookup(&error.to_string()))?;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| !is_never_a_model_server(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err("its name has no address that may be called".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Host and port of a URL, the port only where it is not the scheme's own.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The innermost reason of a failed call: what a person can act on, without URLs and numbers of the
/// system.
pub fn reason_of(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    without_number(&reason.to_string()).to_owned()
}

/// `Connection refused (os error 111)` without what says nothing to a person.
fn without_number(reason: &str) -> &str {
    reason.split(" (os error").next().unwrap_or(reason)
}

/// What a resolver's words mean to a person, as Unix or Windows says them.
fn of_lookup(words: &str) -> String {
    let words = without_number(words);
    let prefix = "failed to lookup address information: ";
    let words = words.strip_prefix(prefix).unwrap_or(words);
    let unknown = ["not known", "No such host", "No address"];
    match unknown.iter().any(|part| words.contains(part)) {
        true => UNKNOWN_NAME.to_owned(),
        false => format!("its name cannot be looked up: {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_and_a_resolver_that_is_gone_are_told_apart() {
        let lookup = "failed to lookup address information: ";
        for (said, is_unknown) in [
            ("Name or service not known", true),
            ("No address associated with hostname", true),
            ("nodename nor servname provided, or not known", true),
            ("Temporary failure in name resolution", false),
        ] {
            let words = of_lookup(&format!("{lookup}{said}"));
            assert!(!words.contains(lookup), "{words}");
            assert_eq!(words == UNKNOWN_NAME, is_unknown, "{words}");
        }
        let windows = "No such host is known. (os error 11001)";
        assert_eq!(of_lookup(windows), UNKNOWN_NAME);
    }
}
