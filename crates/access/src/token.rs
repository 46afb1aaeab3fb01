//! One token: its parts, its signature, its claims and its times. Knows no providers, no headers
//! of HTTP.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Deserializer};

use crate::{Reason, Scope, ServiceName, words};

/// The longest token that is looked at, in bytes. One with every scope of GitLab has about 3 KiB.
const LONGEST: usize = 16 * 1024;

/// How far two clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// A token of which only the form is known.
pub(crate) struct Unverified<'a> {
    text: &'a str,
    /// The key that it names.
    pub(crate) kid: Option<String>,
}

/// What a token claims.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: Option<String>,
    pub(crate) sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    scopes: Option<Arc<[Scope]>>,
    pub(crate) gitlab_realm: Option<String>,
    pub(crate) gitlab_instance_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Seconds since 1970; fractions are cut.
#[derive(Debug, Clone, Copy)]
struct NumericDate(Timestamp);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        // The conversion keeps within i64, and the timestamp refuses what no calendar has.
        let timestamp = Timestamp::from_second(seconds as i64);
        timestamp.map(Self).map_err(serde::de::Error::custom)
    }
}

impl<'a> Unverified<'a> {
    /// Reads the form, and refuses every algorithm but RS256 before any key is looked for.
    pub(crate) fn read(text: &'a str) -> Result<Self, Reason> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            kid: Option<String>,
        }
        if text.len() > LONGEST {
            return Err(Reason::TooLong);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(_), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Reason::NotAToken);
        };
        let header = URL_SAFE_NO_PAD.decode(header);
        let header = header.map_err(|_| Reason::NotAToken)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| Reason::NotAToken)?;
        if header.alg != "RS256" {
            return Err(Reason::Algorithm(words::clean(&header.alg, 20)));
        }
        Ok(Self {
            text,
            kid: header.kid,
        })
    }

    /// What the token claims, if this key signed it. Times and audience are left to
    /// [`Claims::check`], which is told the time and says by how much a token is late.
    pub(crate) fn verify(&self, key: &DecodingKey) -> Option<Result<Claims, Reason>> {
        let mut signature_alone = Validation::new(Algorithm::RS256);
        signature_alone.required_spec_claims.clear();
        signature_alone.validate_exp = false;
        signature_alone.validate_aud = false;
        match jsonwebtoken::decode::<Claims>(self.text, key, &signature_alone) {
            Ok(token) => Some(Ok(token.claims)),
            Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => None,
            Err(_) => Some(Err(Reason::Claims)),
        }
    }

    /// The key that it names, to be shown.
    pub(crate) fn shown_kid(&self) -> Option<String> {
        self.kid.as_deref().map(|kid| words::clean(kid, 80))
    }
}

impl Claims {
    /// Whether the token is for us and for this time; says when it ends.
    pub(crate) fn check(&self, service: &ServiceName, now: Timestamp) -> Result<Timestamp, Reason> {
        let NumericDate(ends_at) = self.exp.ok_or(Reason::NoClaim("exp"))?;
        let since_end = now.duration_since(ends_at);
        if since_end.as_secs() > LEEWAY {
            return Err(Reason::Expired { ago: since_end });
        }
        for (claim, time) in [("nbf", self.nbf), ("iat", self.iat)] {
            let ahead = time.map_or(SignedDuration::ZERO, |time| time.0.duration_since(now));
            if ahead.as_secs() > LEEWAY {
                return Err(Reason::Future { claim, ahead });
            }
        }
        let found: &[String] = match &self.aud {
            None => return Err(Reason::NoClaim("aud")),
            Some(Audience::One(one)) => std::slice::from_ref(one),
            Some(Audience::Many(many)) => many,
        };
        if !found.iter().any(|found| found == service.as_str()) {
            return Err(Reason::Audience {
                found: words::clean(&format!("\"{}\"", found.join("\", \"")), 120),
                expected: service.to_string(),
            });
        }
        Ok(ends_at)
    }

    /// What the token may be used for.
    pub(crate) fn scopes(&self) -> Arc<[Scope]> {
        self.scopes.clone().unwrap_or_default()
    }
}

/// A claim that has to be there.
pub(crate) fn required(claim: Option<String>, name: &'static str) -> Result<String, Reason> {
    claim
        .filter(|text| !text.is_empty())
        .ok_or(Reason::NoClaim(name))
}
