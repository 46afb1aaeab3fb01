//! The one question: who sends this request? Checks in the documented order, so that the client
//! gets the documented text. Source: `ai_gateway/api/middleware.py` of GitLab's own gateway.

use std::sync::Arc;

use domain::InstanceUrl;
use http::HeaderMap;
use jiff::Timestamp;

use crate::fetch::Fetcher;
use crate::key_set::PublicKey;
use crate::keys::{Keys, NoKey};
use crate::token::{Claims, Unverified, required};
use crate::{
    AccessError, Caller, IdentityHeader, InstanceCaller, OwnKeys, ProviderName, ProviderState,
    Reason, Refusal, ServiceName, UserCaller, UserIdentity, UserToken, headers,
};

/// Where the keys of instances are published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Providers {
    /// The GitLab instance. Without it no instance can ask.
    pub gitlab: Option<InstanceUrl>,
    /// The customers portal, for instances that do not sign for themselves. Off by default.
    pub customers_portal: Option<InstanceUrl>,
}

/// Knows who sends a request. Made anew when the providers, the service name or our keys change.
pub struct Access {
    service: ServiceName,
    own: Arc<OwnKeys>,
    keys: Keys,
}

impl Access {
    /// Asks no provider yet. Fails only when the system's trust store cannot be used.
    pub fn new(
        service: ServiceName,
        providers: Providers,
        own: Arc<OwnKeys>,
    ) -> Result<Self, AccessError> {
        Ok(Self::with_fetcher(service, providers, own, Fetcher::new()?))
    }

    pub(crate) fn with_fetcher(
        service: ServiceName,
        providers: Providers,
        own: Arc<OwnKeys>,
        fetcher: Fetcher,
    ) -> Self {
        // Sites without internet name their GitLab as the portal too.
        let portal = providers.customers_portal;
        let portal = portal.filter(|portal| Some(portal) != providers.gitlab.as_ref());
        let gitlab = providers.gitlab.map(|url| (ProviderName::GitLab, url));
        let portal = portal.map(|url| (ProviderName::CustomersPortal, url));
        let all = gitlab.into_iter().chain(portal).collect();
        Self {
            service,
            own,
            keys: Keys::new(fetcher, all),
        }
    }

    /// Who sends a request with these headers. Waits only for a key that is not known yet, 12 s at
    /// most, and also then for the first keys after a start: an admin who looks at a refused
    /// request finds the provider's trouble in [`Refusal::reason`].
    pub async fn verify(&self, headers: &HeaderMap, now: Timestamp) -> Result<Caller, Refusal> {
        let token = headers::bearer(headers)?;
        headers::check_type(headers)?;
        let caller = self.caller(token, headers, now).await;
        let caller = caller.map_err(Refusal::Forbidden)?;
        IdentityHeader::Realm.check(headers, caller.realm())?;
        IdentityHeader::InstanceId.check(headers, caller.instance_id())?;
        if let Caller::User(user) = &caller {
            IdentityHeader::GlobalUserId.check(headers, &user.identity.global_user_id)?;
        }
        Ok(caller)
    }

    /// What a request with these headers is told where no provider is known.
    pub fn refusal_without_provider(headers: &HeaderMap) -> Refusal {
        match headers::bearer(headers) {
            Err(refusal) => refusal,
            Ok(_) => Refusal::Forbidden(Reason::UnknownKey {
                kid: None,
                providers: "no GitLab instance is set".into(),
            }),
        }
    }

    /// Signs a token with which this user's editor can complete code for an hour.
    /// [`Caller::user_identity`] says for whom one may be signed.
    pub fn user_token(
        &self,
        user: &UserIdentity,
        now: Timestamp,
    ) -> Result<UserToken, AccessError> {
        self.own.sign(&self.service, user, now)
    }

    /// Asks every provider now, however lately it was asked, and says what is known then. For the
    /// start of the gateway and for an admin who wants to know.
    pub async fn check_providers(&self, now: Timestamp) -> Vec<ProviderState> {
        self.keys.check(now).await;
        self.keys.states()
    }

    /// What is known of each provider, without asking it.
    pub fn providers(&self) -> Vec<ProviderState> {
        self.keys.states()
    }

    async fn caller(
        &self,
        token: &str,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Caller, Reason> {
        let token = Unverified::read(token)?;
        match token.kid.as_deref().filter(|kid| OwnKeys::is_ours(kid)) {
            Some(kid) => self.user(&token, kid, now),
            None => self.instance(&token, headers, now).await,
        }
    }

    /// A token that names a key of ours: only ours are tried.
    fn user(&self, token: &Unverified<'_>, kid: &str, now: Timestamp) -> Result<Caller, Reason> {
        let key = self.own.find(kid).ok_or_else(|| Reason::UnknownKey {
            kid: token.shown_kid(),
            providers: "no validation key is set".into(),
        })?;
        let claims = token.verify(key).ok_or_else(|| unfit(token))??;
        let expires_at = claims.check(&self.service, now)?;
        if claims.iss.as_deref() != Some(self.service.as_str()) {
            return Err(Reason::NotOurName);
        }
        Ok(Caller::User(UserCaller {
            scopes: claims.scopes(),
            expires_at,
            identity: UserIdentity {
                global_user_id: required(claims.sub, "sub")?,
                instance_id: required(claims.gitlab_instance_id, "gitlab_instance_id")?,
                realm: required(claims.gitlab_realm, "gitlab_realm")?,
            },
        }))
    }

    /// A token that names another key: only providers' keys are tried, and what it says of its
    /// issuer never makes it ours.
    async fn instance(
        &self,
        token: &Unverified<'_>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Caller, Reason> {
        let (signed_by, claims) = self.signed(token, now).await?;
        let expires_at = claims.check(&self.service, now)?;
        let issuer = claims.iss.as_deref();
        if issuer.is_some_and(|issuer| self.service.is_issuer(issuer)) {
            return Err(Reason::OurName);
        }
        let user = IdentityHeader::GlobalUserId.read(headers);
        Ok(Caller::Instance(InstanceCaller {
            scopes: claims.scopes(),
            global_user_id: user.map(str::to_owned),
            signed_by,
            expires_at,
            instance_id: required(claims.sub, "sub")?,
            realm: required(claims.gitlab_realm, "gitlab_realm")?,
            issuer: claims.iss,
        }))
    }

    /// The claims of a token that a provider's key signed.
    async fn signed(
        &self,
        token: &Unverified<'_>,
        now: Timestamp,
    ) -> Result<(ProviderName, Claims), Reason> {
        let fits = |key: &PublicKey| token.verify(&key.key);
        match self.keys.find(token.kid.as_deref(), now, fits).await {
            Ok((signed_by, claims)) => Ok((signed_by, claims?)),
            Err(NoKey::Unfit) => Err(unfit(token)),
            Err(NoKey::Unknown) => Err(Reason::UnknownKey {
                kid: token.shown_kid(),
                providers: self.keys.describe(now),
            }),
        }
    }
}

/// A token that its own key did not sign.
fn unfit(token: &Unverified<'_>) -> Reason {
    Reason::Signature {
        kid: token.shown_kid().unwrap_or_default(),
    }
}
