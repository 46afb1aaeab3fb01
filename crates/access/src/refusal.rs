//! Why a request is refused: the documented text for the client, and the reason in words for the
//! admin. Neither holds any part of a token but its key id and its audience.

use std::fmt;

use jiff::SignedDuration;

use crate::{IdentityHeader, words};

/// Why a request is refused, always with status 401. [`fmt::Display`] gives the text that GitLab's
/// own gateway documents, for the client; [`Refusal::reason`] is for the admin's eyes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no `Authorization`.
    NoAuthorization,
    /// `Authorization` is not `Bearer` and a token.
    NotBearer,
    /// `X-Gitlab-Authentication-Type` is not `oidc`.
    NotOidc {
        /// What it is.
        sent: Option<String>,
    },
    /// The token does not hold.
    Forbidden(Reason),
    /// A header says something else than the token.
    Mismatch {
        /// Which header.
        header: IdentityHeader,
        /// What it says; nothing when it is absent.
        sent: Option<String>,
        /// What the token says.
        token_says: String,
    },
}

/// Why a token does not hold. [`fmt::Display`] is a sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Longer than any token of GitLab.
    TooLong,
    /// Not three parts with a header that can be read.
    NotAToken,
    /// Not signed with RS256: the algorithm that it names.
    Algorithm(String),
    /// No provider publishes its key.
    UnknownKey {
        /// The id of the key, where the token names one.
        kid: Option<String>,
        /// What is known of the providers, as a clause.
        providers: String,
    },
    /// Not signed by the key that it names.
    Signature {
        /// The id of the key.
        kid: String,
    },
    /// The claims cannot be read.
    Claims,
    /// A claim is missing.
    NoClaim(&'static str),
    /// It has expired.
    Expired {
        /// How long ago.
        ago: SignedDuration,
    },
    /// It is from the future.
    Future {
        /// The claim that says so, `nbf` or `iat`.
        claim: &'static str,
        /// How far ahead it is.
        ahead: SignedDuration,
    },
    /// It is for another service.
    Audience {
        /// For whom it is.
        found: String,
        /// For whom it should be.
        expected: String,
    },
    /// A provider's key signed it, yet it says that we did.
    OurName,
    /// Our key signed it, yet it says that another did.
    NotOurName,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoAuthorization => "No authorization header presented",
            Self::NotBearer => "Invalid authorization header",
            Self::NotOidc { .. } => "Invalid authentication token type - only OIDC is supported",
            Self::Forbidden(_) => "Forbidden by auth provider",
            Self::Mismatch { header, .. } => {
                return write!(formatter, "Header mismatch '{}'", header.as_str());
            }
        })
    }
}

impl Refusal {
    /// What happened, in words for the admin: one sentence without its full stop.
    pub fn reason(&self) -> String {
        match self {
            Self::NoAuthorization => "the request has no Authorization header".into(),
            Self::NotBearer => {
                "the Authorization header is not the word Bearer, a space and one token".into()
            }
            Self::NotOidc { sent: None } => {
                "the request has no header X-Gitlab-Authentication-Type: oidc".into()
            }
            Self::NotOidc { sent: Some(sent) } => {
                format!("X-Gitlab-Authentication-Type is \"{sent}\" instead of oidc")
            }
            Self::Forbidden(reason) => reason.to_string(),
            Self::Mismatch {
                header,
                sent: None,
                token_says,
            } => format!(
                "the request has no header {}; its token says \"{token_says}\"",
                header.as_str()
            ),
            Self::Mismatch {
                header,
                sent: Some(sent),
                token_says,
            } => format!(
                "{} says \"{sent}\", but the token says \"{token_says}\"",
                header.as_str()
            ),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(formatter, "the token is longer than 16 KiB"),
            Self::NotAToken => write!(
                formatter,
                "what follows Bearer is not a JSON web token of three parts"
            ),
            Self::Algorithm(name) if name.eq_ignore_ascii_case("none") => {
                write!(formatter, "the token is not signed")
            }
            Self::Algorithm(name) => write!(
                formatter,
                "the token is signed with {name}; only RS256 is accepted"
            ),
            Self::UnknownKey { kid, providers } => {
                write!(formatter, "the token is signed by an unknown key")?;
                match kid {
                    Some(kid) => write!(formatter, " \"{kid}\": {providers}"),
                    None => write!(formatter, " without an id: {providers}"),
                }
            }
            Self::Signature { kid } => write!(
                formatter,
                "the key \"{kid}\" is known, but it did not sign this token"
            ),
            Self::Claims => write!(formatter, "the claims of the token cannot be read"),
            Self::NoClaim(name) => write!(formatter, "the token has no {name}"),
            Self::Expired { ago } => {
                write!(formatter, "the token expired {} ago", words::span(*ago))
            }
            Self::Future { claim, ahead } => write!(
                formatter,
                "the token is valid only in {} ({claim}): compare the clocks of GitLab and of this \
                 machine",
                words::span(*ahead)
            ),
            Self::Audience { found, expected } => write!(
                formatter,
                "the audience of the token is {found}, not {expected}"
            ),
            Self::OurName => write!(
                formatter,
                "the token says that we signed it, but a provider's key did"
            ),
            Self::NotOurName => write!(
                formatter,
                "the token is signed with our key, but names another issuer"
            ),
        }
    }
}
