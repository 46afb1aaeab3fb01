mod fake;
mod own;
mod providers;
mod refusals;
mod rotation;
mod seen;

use std::sync::LazyLock;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::*;
use fake::FakeGitLab;

pub const INSTANCE: &str = "5b2f0c1e-instance";
pub const USER: &str = "hash-of-alice";

/// The moment at which a test begins.
pub const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

pub fn after(span: SignedDuration) -> Timestamp {
    NOW + span
}

pub fn seconds(seconds: i64) -> Timestamp {
    after(SignedDuration::from_secs(seconds))
}

/// A key pair of RSA, real as all of them here.
pub struct Pair {
    pub pem: String,
    private: EncodingKey,
}

pub static OURS: LazyLock<Pair> = LazyLock::new(Pair::new);
pub static FIRST: LazyLock<Pair> = LazyLock::new(Pair::new);
pub static SECOND: LazyLock<Pair> = LazyLock::new(Pair::new);

impl Pair {
    fn new() -> Self {
        let pem = SigningKey::generate()
            .unwrap()
            .pem()
            .expose_secret()
            .to_owned();
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        Self { pem, private }
    }

    /// The public half, as a provider publishes it.
    pub fn published(&self, kid: &str) -> Value {
        let jwk = Jwk::from_encoding_key(&self.private, Algorithm::RS256).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        jwk
    }

    pub fn public_pem(&self) -> String {
        use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
        use aws_lc_rs::signature::KeyPair as _;
        let pair = aws_lc_rs::rsa::KeyPair::from_der(self.private.as_bytes()).unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref()))
    }

    pub fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }

    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_pem(self.pem.clone().into()).unwrap()
    }
}

/// What GitLab claims in its own tokens, with some claims changed; null takes one away.
pub fn claims(changed: Value) -> Value {
    let mut claims = json!({
        "iss": "https://gitlab.example",
        "sub": INSTANCE,
        "aud": ["gitlab-ai-gateway", "gitlab-duo-workflow-service"],
        "iat": NOW.as_second(), "nbf": NOW.as_second() - 5, "exp": NOW.as_second() + 3600,
        "gitlab_realm": "self-managed",
        "scopes": ["complete_code", "duo_chat", "a_scope_of_next_year"],
    });
    for (name, value) in changed.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// The headers that GitLab sends with a token.
pub fn headers(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).unwrap();
    headers.insert(AUTHORIZATION, value(&format!("Bearer {token}")));
    headers.insert(AUTHENTICATION_TYPE, value("oidc"));
    headers.insert(REALM, value("self-managed"));
    headers.insert(INSTANCE_ID, value(INSTANCE));
    headers.insert(GLOBAL_USER_ID, value(USER));
    headers.insert(HOST_NAME, value("gitlab.example"));
    headers.insert(VERSION, value("18.9.0"));
    headers
}

/// Knows these providers, waits this long for them, and signs with [`OURS`].
pub fn access(providers: Providers, patience: Duration) -> Access {
    let own = OwnKeys::new(OURS.signing_key(), None);
    let fetcher = crate::fetch::Fetcher::new()
        .unwrap()
        .with_patience(patience);
    Access::with_fetcher(
        ServiceName::default(),
        providers,
        std::sync::Arc::new(own),
        fetcher,
    )
}

/// Knows this instance alone.
pub fn access_to(gitlab: &FakeGitLab) -> Access {
    let providers = Providers {
        gitlab: Some(gitlab.url()),
        customers_portal: None,
    };
    access(providers, Duration::from_secs(10))
}

/// Waits until no provider is asked any more.
pub async fn until_idle(access: &Access) {
    let idle = async {
        while access.providers().iter().any(|provider| provider.is_asking) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let idle = tokio::time::timeout(Duration::from_secs(20), idle).await;
    idle.expect("the tries end");
}

/// What must not wait: fails instead of hanging when it does.
pub async fn at_once<T>(future: impl Future<Output = T>) -> T {
    let answer = tokio::time::timeout(Duration::from_secs(8), future).await;
    answer.expect("this does not wait for a provider")
}
