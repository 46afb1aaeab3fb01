//! The headers that say who asks, as GitLab and its editors send them. Does not judge tokens.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName};

use crate::{Refusal, words};

/// Says how the caller authenticates; only `oidc`.
pub const AUTHENTICATION_TYPE: HeaderName = HeaderName::from_static("x-gitlab-authentication-type");
/// The anonymous hash of the user.
pub const GLOBAL_USER_ID: HeaderName = HeaderName::from_static("x-gitlab-global-user-id");
/// The host name of the instance.
pub const HOST_NAME: HeaderName = HeaderName::from_static("x-gitlab-host-name");
/// The id of the instance.
pub const INSTANCE_ID: HeaderName = HeaderName::from_static("x-gitlab-instance-id");
/// `self-managed` or `saas`.
pub const REALM: HeaderName = HeaderName::from_static("x-gitlab-realm");
/// The version of the instance.
pub const VERSION: HeaderName = HeaderName::from_static("x-gitlab-version");

/// The headers that must say what the token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityHeader {
    /// [`REALM`].
    Realm,
    /// [`INSTANCE_ID`].
    InstanceId,
    /// [`GLOBAL_USER_ID`].
    GlobalUserId,
}

impl IdentityHeader {
    /// The name, in the case that GitLab documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Realm => "X-Gitlab-Realm",
            Self::InstanceId => "X-Gitlab-Instance-Id",
            Self::GlobalUserId => "X-Gitlab-Global-User-Id",
        }
    }

    fn name(self) -> HeaderName {
        match self {
            Self::Realm => REALM,
            Self::InstanceId => INSTANCE_ID,
            Self::GlobalUserId => GLOBAL_USER_ID,
        }
    }

    /// What the request says; nothing when the header is absent, empty or no text.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<&str> {
        text(headers, &self.name())
    }

    /// Refuses a request that says something else than its token.
    pub(crate) fn check(self, headers: &HeaderMap, token_says: &str) -> Result<(), Refusal> {
        let sent = self.read(headers);
        if sent == Some(token_says) {
            return Ok(());
        }
        Err(Refusal::Mismatch {
            header: self,
            sent: sent.map(|sent| words::clean(sent, 100)),
            token_says: words::clean(token_says, 100),
        })
    }
}

/// A header as text; nothing when it is absent, empty or no text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The token of a request, not looked at yet.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let value = all.next().ok_or(Refusal::NoAuthorization)?;
    if all.next().is_some() {
        return Err(Refusal::NotBearer);
    }
    let text = value.to_str().map_err(|_| Refusal::NotBearer)?.trim();
    let (scheme, token) = text.split_once(' ').ok_or(Refusal::NotBearer)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Refusal::NotBearer);
    }
    Ok(token)
}

/// Refuses every way to authenticate but the one that GitLab uses.
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    match text(headers, &AUTHENTICATION_TYPE) {
        Some("oidc") => Ok(()),
        sent => Err(Refusal::NotOidc {
            sent: sent.map(|sent| words::clean(sent, 40)),
        }),
    }
}
