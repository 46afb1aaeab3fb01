//! A GitLab instance as the gateway sees it: it publishes its discovery and its keys over HTTP and
//! signs tokens with real RSA keys. It can be told to publish badly, and to take a new key.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use bytes::Bytes;
use http::Response;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http_body_util::Full;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::serve::{Server, json as json_answer};

/// The id of the instance.
pub const INSTANCE: &str = "5b2f0c1e-9d3a-4b7e-8f10-instance";

/// The anonymous hash of a user.
pub const USER: &str = "hash-of-alice";

/// What the add-ons of the instance grant.
const SCOPES: [&str; 26] = [
    "complete_code",
    "generate_code",
    "duo_chat",
    "duo_classic_chat",
    "documentation_search",
    "ask_issue",
    "ask_epic",
    "ask_merge_request",
    "ask_build",
    "ask_commit",
    "explain_code",
    "write_tests",
    "refactor_code",
    "fix_code",
    "explain_vulnerability",
    "resolve_vulnerability",
    "troubleshoot_job",
    "summarize_comments",
    "summarize_review",
    "generate_commit_message",
    "summarize_new_merge_request",
    "review_merge_request",
    "glab_ask_git_command",
    "include_file_context",
    "include_terminal_context",
    "self_hosted_models",
];

/// How it publishes its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Good,
    /// Not: its proxy answers for it.
    Down,
    /// It takes the request and does not answer.
    Silent,
    /// As a document without end, nearly.
    Huge,
    /// As a page for people.
    Page,
    /// Without any key.
    Empty,
}

/// An RSA key pair under its id.
pub struct Key {
    /// The id.
    pub kid: &'static str,
    pem: String,
    private: EncodingKey,
}

static FIRST: LazyLock<Key> = LazyLock::new(|| Key::generate("gitlab-key-1"));
static SECOND: LazyLock<Key> = LazyLock::new(|| Key::generate("gitlab-key-2"));

/// A key that nobody publishes.
pub static STRANGER: LazyLock<Key> = LazyLock::new(|| Key::generate("stranger"));

impl Key {
    fn generate(kid: &'static str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("RSA keys can be made");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a new key can be written");
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("it was just written");
        Self { kid, pem, private }
    }

    /// The private half as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The public half as PEM.
    pub fn public_pem(&self) -> String {
        let pair = KeyPair::from_der(self.private.as_bytes()).expect("it is a key");
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("it has a public half");
        pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref()))
    }

    /// A token with these claims, signed with this key under its id.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.kid, claims)
    }

    /// The same under another id.
    pub fn sign_as(&self, kid: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, claims, &self.private).expect("claims can be signed")
    }

    fn published(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.private, Algorithm::RS256).expect("it is RSA");
        let mut jwk = serde_json::to_value(jwk).expect("a key is JSON");
        jwk["kid"] = self.kid.into();
        jwk["use"] = "sig".into();
        jwk
    }
}

/// The instance. It ends when dropped.
pub struct Gitlab {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    manner: Mutex<Manner>,
    signs_with: Mutex<&'static Key>,
    asked: AtomicUsize,
}

impl Default for Gitlab {
    fn default() -> Self {
        Self::start()
    }
}

impl Gitlab {
    /// Starts an instance on a free port.
    pub fn start() -> Self {
        let shared = Arc::new(Shared {
            manner: Mutex::new(Manner::Good),
            signs_with: Mutex::new(&FIRST),
            asked: AtomicUsize::new(0),
        });
        let of_server = Arc::clone(&shared);
        let server = Server::start(([127, 0, 0, 1], 0).into(), move |request| {
            let shared = Arc::clone(&of_server);
            async move { respond(&shared, &request).await }
        });
        Self { server, shared }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.server.root()
    }

    /// Publishes in this manner from now on.
    pub fn behave(&self, manner: Manner) {
        *self.shared.manner.lock().expect("no holder of it panics") = manner;
    }

    /// Signs with a new key, and publishes that one alone.
    pub fn rotate(&self) {
        let mut signs_with = self
            .shared
            .signs_with
            .lock()
            .expect("no holder of it panics");
        *signs_with = &SECOND;
    }

    /// The key that it signs with.
    pub fn key(&self) -> &'static Key {
        self.shared.key()
    }

    /// How often its discovery was asked for.
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// What its tokens claim, as Rails 18.9 writes it.
    pub fn claims(&self) -> Value {
        let now = now();
        json!({
            "iss": self.url(),
            "sub": INSTANCE,
            "aud": ["gitlab-ai-gateway", "gitlab-duo-workflow-service"],
            "iat": now, "nbf": now - 5, "exp": now + 3_600,
            "gitlab_realm": "self-managed",
            "scopes": SCOPES,
        })
    }

    /// A token that it signs.
    pub fn token(&self) -> String {
        self.key().sign(&self.claims())
    }

    /// A token that it signs, with some claims changed; null takes one away.
    pub fn token_with(&self, changed: Value) -> String {
        let mut claims = self.claims();
        for (name, value) in changed.as_object().expect("claims are an object") {
            match value.is_null() {
                true => drop(
                    claims
                        .as_object_mut()
                        .and_then(|claims| claims.remove(name)),
                ),
                false => claims[name] = value.clone(),
            }
        }
        self.key().sign(&claims)
    }

    /// A token that may be used for these alone.
    pub fn token_for(&self, scopes: &[&str]) -> String {
        self.token_with(json!({"scopes": scopes}))
    }
}

impl Shared {
    fn key(&self) -> &'static Key {
        *self.signs_with.lock().expect("no holder of it panics")
    }
}

/// The headers that Rails of this version sends with a token.
pub fn headers(token: &str, version: &str) -> HeaderMap {
    let bearer = format!("Bearer {token}");
    let sent = [
        ("authorization", bearer.as_str()),
        ("x-gitlab-authentication-type", "oidc"),
        ("x-gitlab-instance-id", INSTANCE),
        ("x-gitlab-realm", "self-managed"),
        ("x-gitlab-host-name", "gitlab.example"),
        ("x-gitlab-version", version),
        ("x-gitlab-global-user-id", USER),
        ("x-gitlab-rails-send-start", "1733400000.5"),
        ("x-gitlab-saas-duo-pro-namespace-ids", ""),
        ("x-gitlab-enabled-feature-flags", "expanded_ai_logging"),
        ("x-gitlab-enabled-instance-verbose-ai-logs", "true"),
        ("accept", "*/*"),
    ];
    let pair = |(name, value): (&'static str, &str)| {
        let value = HeaderValue::from_str(value).expect("tokens are plain text");
        (HeaderName::from_static(name), value)
    };
    sent.into_iter().map(pair).collect()
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is after 1970").as_secs()
}

async fn respond<B>(shared: &Shared, request: &http::Request<B>) -> Response<Full<Bytes>> {
    let host = request.headers()[http::header::HOST].to_str();
    let host = host.expect("our own client asks");
    let manner = *shared.manner.lock().expect("no holder of it panics");
    assert!(
        !request.headers().contains_key(AUTHORIZATION),
        "keys are public"
    );
    if request.uri().path() == "/.well-known/openid-configuration" {
        shared.asked.fetch_add(1, Ordering::SeqCst);
        let place = format!("http://{host}/oauth/discovery/keys");
        let discovery = json!({"issuer": format!("http://{host}"), "jwks_uri": place});
        return json_answer(200, discovery.to_string());
    }
    match manner {
        Manner::Good => {
            let keys = json!({"keys": [shared.key().published()]});
            json_answer(200, keys.to_string())
        }
        Manner::Down => json_answer(502, "<html>502 Bad Gateway</html>"),
        Manner::Silent => std::future::pending().await,
        Manner::Huge => json_answer(200, format!("[{}]", "0,".repeat(8 << 20))),
        Manner::Page => json_answer(200, "<html>Sign in</html>"),
        Manner::Empty => json_answer(200, r#"{"keys":[]}"#),
    }
}
