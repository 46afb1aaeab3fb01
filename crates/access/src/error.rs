//! What can be wrong with keys and where they come from.

use std::time::Duration;

use crate::words;

/// What can be wrong with keys and where they come from. Refused tokens are no errors but answers:
/// [`crate::Refusal`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The name of the service is empty, too long or has spaces.
    #[error("the service name needs 1 to 255 visible characters without spaces")]
    ServiceName,
    /// A key of ours cannot be read.
    #[error("the {which} {problem}")]
    Key {
        /// Which key.
        which: &'static str,
        /// What is wrong with it, as the rest of the sentence.
        problem: &'static str,
    },
    /// No key could be made, or a token could not be signed with it.
    #[error("the {0} cannot be made: the cryptography of this machine refused")]
    Crypto(&'static str),
    /// There is no key to sign with in this process.
    #[error("there is no key to sign tokens for users with")]
    NoSigningKey,
    /// No client for HTTPS.
    #[error("cannot use the certificates of this system: {0}")]
    Client(String),
    /// No connection to a provider.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The innermost reason.
        reason: String,
    },
    /// A provider took too long.
    #[error("{host} did not give its keys within {} seconds", .after.as_secs_f32())]
    Late {
        /// Host and port.
        host: String,
        /// The deadline.
        after: Duration,
    },
    /// A provider answered with an error.
    #[error("{url} answered {status}; is this the address of a GitLab instance?")]
    Answered {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
    },
    /// A provider sends to another place, where we do not follow.
    #[error("{url} redirects to {place}; enter the address that it redirects to")]
    Redirected {
        /// What was asked.
        url: String,
        /// Where it sends, without query.
        place: String,
    },
    /// A provider sent more than keys need.
    #[error("{url} sent more than 1 MiB, which cannot be keys")]
    TooLarge {
        /// What was asked.
        url: String,
    },
    /// A provider sent something else.
    #[error(
        "{url} sent something that is not {expected}; is this the address of a GitLab instance?"
    )]
    NotTheDocument {
        /// What was asked.
        url: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A provider names a place for its keys that is not safe.
    #[error("{url} names a jwks_uri that cannot be used: it {problem}")]
    KeysElsewhere {
        /// What was asked.
        url: String,
        /// What is wrong with it, as the rest of the sentence.
        problem: String,
    },
    /// A provider publishes no key that fits.
    #[error("{url} publishes no RSA key of 2048 bits or more for RS256")]
    NoKeys {
        /// What was asked.
        url: String,
    },
}

impl AccessError {
    /// The innermost reason of a failed call, without numbers of the system.
    pub(crate) fn unreachable(host: String, error: &reqwest::Error) -> Self {
        let reason = match error.is_timeout() {
            true => "no connection in time".into(),
            false => words::clean(&outbound::reason_of(error), 200),
        };
        Self::Unreachable { host, reason }
    }
}
