//! Tokens of Microsoft Entra ID by client credentials: asked for when needed, kept, renewed early,
//! one request at a time for an application. Never writes a secret or a token anywhere.
//! Source: learn.microsoft.com, "OAuth 2.0 client credentials flow", and Azure Identity for the
//! variable.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretSlice};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use crate::client::unreachable;
use crate::{Client, UpstreamError, read_whole, words};

/// The variable that names another authority, for the clouds of governments and of China.
const AUTHORITY_VARIABLE: &str = "AZURE_AUTHORITY_HOST";

const DEFAULT_AUTHORITY: &str = "https://login.microsoftonline.com";

/// What the token is for; good for every form of Azure OpenAI.
const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

/// How long before its end a token is renewed; half its life when that is shorter.
const EARLY: Duration = Duration::from_secs(300);

/// The most applications whose tokens are kept.
const MOST_SLOTS: usize = 64;

/// What common error codes mean.
const MEANINGS: [(&str, &str); 6] = [
    (
        "AADSTS7000215",
        "the client secret is wrong; enter the secret's value, not its id",
    ),
    ("AADSTS7000222", "the client secret has expired"),
    (
        "AADSTS700016",
        "the tenant has no application with this client id",
    ),
    ("AADSTS90002", "there is no such tenant"),
    ("AADSTS900023", "the tenant is neither an id nor a domain"),
    ("AADSTS53003", "a policy of conditional access forbids it"),
];

/// The tokens of all applications. A clone shares them.
#[derive(Clone)]
pub(crate) struct Tokens {
    authority: Arc<str>,
    slots: Arc<Mutex<Vec<Arc<Slot>>>>,
}

/// One application, with one secret: another secret gets another token.
struct Slot {
    tenant: String,
    client_id: String,
    secret: SecretSlice<u8>,
    /// Held while a token is asked for, so that others wait for it instead of asking too.
    token: tokio::sync::Mutex<Option<Token>>,
}

struct Token {
    header: HeaderValue,
    renew_at: Instant,
    ends_at: Instant,
}

impl Default for Tokens {
    fn default() -> Self {
        let authority = std::env::var(AUTHORITY_VARIABLE).unwrap_or_default();
        Self::of_authority(&authority)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tokens")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens of this authority, by host or URL; Microsoft's own when it is empty.
    pub(super) fn of_authority(authority: &str) -> Self {
        let authority = authority.trim().trim_end_matches('/');
        let authority = match authority {
            "" => DEFAULT_AUTHORITY.to_owned(),
            url if url.contains("://") => url.to_owned(),
            host => format!("https://{host}"),
        };
        Self {
            authority: authority.into(),
            slots: Arc::default(),
        }
    }

    /// The `Authorization` header of an application: a kept token, or a new one.
    pub(super) async fn token(
        &self,
        client: &Client,
        tenant: &str,
        client_id: &str,
        secret: &SecretSlice<u8>,
    ) -> Result<HeaderValue, UpstreamError> {
        let slot = self.slot(tenant, client_id, secret);
        let mut kept = slot.token.lock().await;
        if let Some(token) = kept.as_ref()
            && Instant::now() < token.renew_at
        {
            return Ok(token.header.clone());
        }
        match self.ask(client, &slot).await {
            Ok(token) => Ok(kept.insert(token).header.clone()),
            Err(error) => match kept.as_ref() {
                // Renewed early, so the old one is still good.
                Some(token) if Instant::now() < token.ends_at => {
                    tracing::warn!(%error, "a token of Microsoft Entra ID could not be renewed yet");
                    Ok(token.header.clone())
                }
                _ => Err(error),
            },
        }
    }

    fn slot(&self, tenant: &str, client_id: &str, secret: &SecretSlice<u8>) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |slot: &&Arc<Slot>| {
            slot.tenant == tenant
                && slot.client_id == client_id
                && slot.secret.expose_secret() == secret.expose_secret()
        };
        if let Some(slot) = slots.iter().find(is_it) {
            return Arc::clone(slot);
        }
        if slots.len() >= MOST_SLOTS {
            slots.remove(0);
        }
        let slot = Arc::new(Slot {
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            secret: secret.clone(),
            token: tokio::sync::Mutex::default(),
        });
        slots.push(Arc::clone(&slot));
        slot
    }

    async fn ask(&self, client: &Client, slot: &Slot) -> Result<Token, UpstreamError> {
        let url = self.url(&slot.tenant)?;
        let host = outbound::host_of(&url);
        let secret = String::from_utf8_lossy(slot.secret.expose_secret());
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &slot.client_id)
            .append_pair("client_secret", &secret)
            .append_pair("scope", SCOPE)
            .finish();
        let asked_at = Instant::now();
        let request = client.for_url(&url).post(url).body(form).header(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        let response = request
            .send()
            .await
            .map_err(|error| unreachable(host.clone(), &error))?;
        let status = response.status();
        let body = read_whole(response, &host).await?;
        if status.is_success() {
            return read_token(&body, asked_at, host);
        }
        let said = words_of_entra(&body, &secret);
        if status.is_client_error() && status.as_u16() != 429 {
            return Err(UpstreamError::Credentials(said));
        }
        Err(UpstreamError::Answered {
            host,
            status,
            words: said,
            retry_after: None,
            should_retry: None,
        })
    }

    /// Where this tenant's tokens are. A secret travels there, so that it has to be encrypted,
    /// except on this machine.
    fn url(&self, tenant: &str) -> Result<Url, UpstreamError> {
        let wrong = || {
            UpstreamError::Credentials(format!(
                "{AUTHORITY_VARIABLE} is not the https address of an authority"
            ))
        };
        let mut url = Url::parse(&self.authority).map_err(|_| wrong())?;
        let is_near = domain::is_loopback_name(url.host_str().unwrap_or_default());
        if url.scheme() != "https" && !(url.scheme() == "http" && is_near) {
            return Err(wrong());
        }
        url.path_segments_mut()
            .map_err(|()| wrong())?
            .pop_if_empty()
            .extend([tenant, "oauth2", "v2.0", "token"]);
        Ok(url)
    }
}

fn read_token(body: &[u8], asked_at: Instant, host: String) -> Result<Token, UpstreamError> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        expires_in: u64,
    }
    let wrong = |said: String| UpstreamError::NotTheApi {
        host: host.clone(),
        said,
    };
    // The body may have a token in it, so it is not repeated.
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| wrong("something that is no token".into()))?;
    let header = HeaderValue::from_str(&format!("Bearer {}", answer.access_token));
    let mut header = header.map_err(|_| wrong("a token that no HTTP header can carry".into()))?;
    header.set_sensitive(true);
    // A day at most, so that no sum can overflow.
    let life = Duration::from_secs(answer.expires_in.min(86_400));
    Ok(Token {
        header,
        renew_at: asked_at + life - EARLY.min(life / 2),
        ends_at: asked_at + life,
    })
}

/// Entra's own words without what only its support can read, and what they mean.
fn words_of_entra(body: &[u8], secret: &str) -> String {
    #[derive(Deserialize)]
    struct Answer {
        error_description: String,
    }
    let said = match serde_json::from_slice::<Answer>(body) {
        Ok(answer) => answer.error_description,
        Err(_) => words::words_of_error(body),
    };
    let said = said.split(" Trace ID:").next().unwrap_or_default();
    let mut said = words::cut(said.trim(), 300);
    if !secret.is_empty() {
        said = said.replace(secret, "…");
    }
    let code = |code: &str| said.split([':', ' ']).next() == Some(code);
    let meaning = MEANINGS.iter().find(|(name, _)| code(name));
    match meaning {
        Some((_, meaning)) => format!("Microsoft Entra ID gave no token: {meaning} ({said})"),
        None => format!("Microsoft Entra ID gave no token: {said}"),
    }
}

#[cfg(test)]
mod tests;
