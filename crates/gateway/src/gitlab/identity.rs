//! Who asks on GitLab's paths: an instance or a user by a token, a program by a client key, or
//! anybody on this machine where the admin allows it.

use std::net::IpAddr;
use std::time::Duration;

use access::{Access, Caller, Scope as TokenScope};
use gitlab::wire::{Refusal, Scope};
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::Timestamp;

use crate::error::GatewayError;
use crate::guard::{self, Via};
use crate::record::Token;
use crate::snapshot::Snapshot;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// By a token.
    Token(Box<Caller>),
    /// By a client key, or from inside the program: every scope.
    Trusted,
    /// Anybody on this machine, where that is allowed: every scope.
    Anybody,
}

impl Identity {
    /// Whether it has a scope.
    pub(crate) fn has(&self, scope: &str) -> bool {
        match self {
            Self::Token(caller) => caller.may(&TokenScope::new(scope.to_owned())),
            Self::Trusted | Self::Anybody => true,
        }
    }

    /// Whether it may name an address to which its request goes. A user's editor may not, although
    /// it has a token.
    pub(crate) fn may_name_models(&self) -> bool {
        match self {
            Self::Token(caller) => caller.is_instance(),
            Self::Trusted => true,
            Self::Anybody => false,
        }
    }

    /// Refuses a request for which it has no scope, or which is not for tokens of our own.
    pub(crate) fn check(&self, scope: Scope) -> Result<(), Refusal> {
        let is_ours = matches!(self, Self::Token(caller) if !caller.is_instance());
        if is_ours && scope.refuses_user_tokens {
            return Err(Refusal::NoScope(scope));
        }
        match scope.is_met(|name| self.has(name)) {
            true => Ok(()),
            false => Err(Refusal::NoScope(scope)),
        }
    }
}

/// Finds out who asks. A token is looked at only where no client key fits.
pub(crate) async fn identify(
    parts: &Parts,
    via: Via<'_>,
    snapshot: &Snapshot,
) -> Result<Identity, GatewayError> {
    let local = match via {
        Via::Inside(_) => return Ok(Identity::Trusted),
        Via::Network { local, .. } => local,
    };
    let settings = &snapshot.settings;
    if guard::has_key(parts, settings) {
        return Ok(Identity::Trusted);
    }
    if settings.gitlab.open_on_loopback && is_loopback(local) {
        return Ok(Identity::Anybody);
    }
    let now = Timestamp::now();
    let gitlab = &snapshot.gitlab;
    let outcome = match &gitlab.access {
        Some(access) => access.verify(&parts.headers, now).await,
        None => Err(Access::refusal_without_provider(&parts.headers)),
    };
    if parts.headers.contains_key(AUTHORIZATION) {
        gitlab.seen.note(&parts.headers, &outcome, now);
    }
    outcome
        .map(|caller| Identity::Token(Box::new(caller)))
        .map_err(|refusal| GatewayError::TokenRefused {
            text: refusal.to_string(),
            reason: refusal.reason(),
        })
}

/// What the record says of the token that was looked at; none when none was. What a refused one
/// says of itself is nobody's word.
pub(crate) fn shown(
    identified: &Result<Identity, GatewayError>,
    checked_in: Duration,
) -> Option<Box<Token>> {
    let caller = match identified {
        Ok(Identity::Token(caller)) => Some(caller),
        Err(GatewayError::TokenRefused { .. }) => None,
        _ => return None,
    };
    Some(Box::new(Token {
        checked_in,
        issuer: caller.and_then(|caller| caller.issuer().map(str::to_owned)),
        instance: caller.map(|caller| caller.instance_id().to_owned()),
    }))
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
