//! Who asks, once the token holds: an instance for itself, or one of its users on its own. Does
//! not know client keys, nor calls without authentication.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{IdentityHeader, ProviderName, Scope};

/// Who asks, told apart by whose key signed the token, never by what the token says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A GitLab instance, with a token that a provider's key signed.
    Instance(InstanceCaller),
    /// An editor that calls directly, with a token that we signed.
    User(UserCaller),
}

/// A GitLab instance, on behalf of one of its users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceCaller {
    /// The id of the instance, from the token.
    pub instance_id: String,
    /// `self-managed` or `saas`, from the token.
    pub realm: String,
    /// The anonymous hash of the user, as the instance says it in a header.
    pub global_user_id: Option<String>,
    /// What the token may be used for.
    pub scopes: Arc<[Scope]>,
    /// Who says to have signed the token. Not checked: GitLab may be known by several addresses.
    pub issuer: Option<String>,
    /// Whose key signed it.
    pub signed_by: ProviderName,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// A user of an instance, who calls from an editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCaller {
    /// Who it is; all three from the token.
    pub identity: UserIdentity,
    /// What the token may be used for.
    pub scopes: Arc<[Scope]>,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Who a user token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserIdentity {
    /// The anonymous hash of the user.
    pub global_user_id: String,
    /// The id of the instance.
    pub instance_id: String,
    /// `self-managed` or `saas`.
    pub realm: String,
}

/// Why a caller gets no user token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoUserToken {
    /// Not an instance, or its token lacks [`Scope::COMPLETE_CODE`]: status 403.
    Unauthorized,
    /// The header is absent: status 400, `Missing <name> header`.
    Missing(IdentityHeader),
}

impl Caller {
    /// Whether the token carries this scope.
    pub fn may(&self, scope: &Scope) -> bool {
        self.scopes().contains(scope)
    }

    /// What the token may be used for, as it says.
    pub fn scopes(&self) -> &Arc<[Scope]> {
        match self {
            Self::Instance(caller) => &caller.scopes,
            Self::User(caller) => &caller.scopes,
        }
    }

    /// Whether an instance itself asks, and not a token that we signed.
    pub fn is_instance(&self) -> bool {
        matches!(self, Self::Instance(_))
    }

    /// The id of the instance.
    pub fn instance_id(&self) -> &str {
        match self {
            Self::Instance(caller) => &caller.instance_id,
            Self::User(caller) => &caller.identity.instance_id,
        }
    }

    /// Who issued it, as the instance's token says; none of a token that we signed.
    pub fn issuer(&self) -> Option<&str> {
        match self {
            Self::Instance(caller) => caller.issuer.as_deref(),
            Self::User(_) => None,
        }
    }

    /// `self-managed` or `saas`.
    pub fn realm(&self) -> &str {
        match self {
            Self::Instance(caller) => &caller.realm,
            Self::User(caller) => &caller.identity.realm,
        }
    }

    /// The anonymous hash of the user, where the instance says it.
    pub fn global_user_id(&self) -> Option<&str> {
        match self {
            Self::Instance(caller) => caller.global_user_id.as_deref(),
            Self::User(caller) => Some(&caller.identity.global_user_id),
        }
    }

    /// For whom a user token may be signed when this caller asks for one.
    pub fn user_identity(&self) -> Result<UserIdentity, NoUserToken> {
        let Self::Instance(instance) = self else {
            return Err(NoUserToken::Unauthorized);
        };
        if !self.may(&Scope::COMPLETE_CODE) {
            return Err(NoUserToken::Unauthorized);
        }
        let missing = NoUserToken::Missing(IdentityHeader::GlobalUserId);
        Ok(UserIdentity {
            global_user_id: instance.global_user_id.clone().ok_or(missing)?,
            instance_id: instance.instance_id.clone(),
            realm: instance.realm.clone(),
        })
    }
}
