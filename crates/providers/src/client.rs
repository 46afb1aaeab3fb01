//! Sends calls: connections, deadlines, authorization, the rule where no call may go. Knows no
//! form of a request or an answer.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use domain::{Auth, Provider, is_loopback_name};
use futures_util::StreamExt;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use outbound::{CheckedResolver, host_of};
use secrecy::{ExposeSecret, SecretSlice};
use url::Url;

use crate::connect::Timing;
use crate::{Call, ExtraHeaders, Pieces, Target, UpstreamError, azure, bedrock, words};

/// The header that carries the correlation id, in and out (GitLab sends it so).
pub const CORRELATION: HeaderName = HeaderName::from_static("x-request-id");

/// The largest answer that is read into memory, in bytes.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// What is seen of a call while it is made. Whoever keeps it leaves credentials out: they are among
/// the headers, marked as sensitive.
#[derive(Debug)]
pub enum Observed<'a> {
    /// What is sent, but for what the connection adds.
    Sent(&'a reqwest::Request),
    /// The head of the answer.
    Answered(StatusCode, &'a HeaderMap),
    /// The body of an answer whose status is no success.
    Refused(&'a [u8]),
}

/// Who is told of a call.
pub type Observer<'a> = &'a (dyn Fn(Observed<'_>) + Sync);

/// The clients for model servers. One per proxy policy, kept, so that connections are reused.
#[derive(Debug, Clone)]
pub struct Client {
    /// For servers on this machine, never through a proxy.
    near: reqwest::Client,
    /// For all others, through the system's proxy where one is set.
    far: reqwest::Client,
    tokens: azure::Tokens,
    credentials: bedrock::Credentials,
    extra: Arc<ArcSwap<ExtraHeaders>>,
}

impl Client {
    /// Clients with the deadlines and rules of Gatehouse. Fails only when the system's trust store
    /// cannot be used.
    pub fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            near: client_builder().no_proxy().build()?,
            far: client_builder().build()?,
            tokens: azure::Tokens::default(),
            credentials: bedrock::Credentials::default(),
            extra: Arc::default(),
        })
    }

    /// Adds these headers to every later call of a model server, of this client and its clones.
    pub fn add_to_every_call(&self, headers: ExtraHeaders) {
        self.extra.store(Arc::new(headers));
    }

    /// Sends a call and returns the answer once its headers are there, if its status is a success.
    pub async fn send(
        &self,
        call: &Call,
        target: Target<'_>,
        correlation_id: &str,
        within: Duration,
    ) -> Result<reqwest::Response, UpstreamError> {
        self.send_observed(call, target, correlation_id, within, None)
            .await
    }

    /// The same, and tells what is sent and what comes back. The body of an answer that is returned
    /// is for the caller to observe.
    pub async fn send_observed(
        &self,
        call: &Call,
        target: Target<'_>,
        correlation_id: &str,
        within: Duration,
        observer: Option<Observer<'_>>,
    ) -> Result<reqwest::Response, UpstreamError> {
        let tell = |observed: Observed<'_>| {
            if let Some(observer) = observer {
                observer(observed);
            }
        };
        // Written out only where it is needed, which is in errors.
        let host = || host_of(&call.url);
        let late = || UpstreamError::Late {
            host: host(),
            after: within,
        };
        let work = async {
            let proof = self.authorization(call, target).await?;
            let request = self.request(call, proof, correlation_id);
            tell(Observed::Sent(&request));
            let sent = self.for_url(&call.url).execute(request).await;
            sent.map_err(|error| {
                let error = unreachable(host(), &error);
                match target.provider {
                    Provider::Bedrock => bedrock::explain_unreachable(error, target),
                    _ => error,
                }
            })
        };
        let response = tokio::time::timeout(within, work)
            .await
            .map_err(|_| late())??;
        tell(Observed::Answered(response.status(), response.headers()));
        if response.status().is_success() {
            return Ok(response);
        }
        let (error, body) = Box::pin(self.refusal(target, host(), response)).await;
        tell(Observed::Refused(&body));
        Err(error)
    }

    fn request(&self, call: &Call, proof: HeaderMap, correlation_id: &str) -> reqwest::Request {
        let mut request = reqwest::Request::new(call.method.clone(), call.url.clone());
        let headers = request.headers_mut();
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        // An id that no header can carry came in no header, and is known to nobody.
        if let Ok(value) = HeaderValue::from_str(correlation_id) {
            headers.insert(CORRELATION, value);
        }
        let extra = self.extra.load();
        for (name, value) in extra.map() {
            headers.insert(name.clone(), value.clone());
        }
        headers.extend(call.headers.clone());
        headers.extend(proof);
        if let Some(body) = &call.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.clone().into());
        }
        request
    }

    /// The client for this address: one that never asks a proxy for this machine.
    pub(crate) fn for_url(&self, url: &Url) -> &reqwest::Client {
        if is_loopback_name(url.host_str().unwrap_or_default()) {
            &self.near
        } else {
            &self.far
        }
    }

    async fn authorization(
        &self,
        call: &Call,
        target: Target<'_>,
    ) -> Result<HeaderMap, UpstreamError> {
        match target.provider {
            // On the heap, like all that few requests do: a future is as large as its largest
            // part, and is moved with every request.
            Provider::Azure => {
                Box::pin(azure::authorize(self, &self.tokens, &call.url, target)).await
            }
            Provider::Bedrock => {
                Box::pin(bedrock::authorize(&self.credentials, call, target)).await
            }
            provider => {
                let mut headers = HeaderMap::new();
                let Some(key) = target.key else {
                    return Ok(headers);
                };
                if provider == Provider::Anthropic && target.connection.auth != Auth::Bearer {
                    headers.insert(X_API_KEY, header_of("", key, &call.url)?);
                } else {
                    headers.insert(AUTHORIZATION, header_of("Bearer ", key, &call.url)?);
                }
                Ok(headers)
            }
        }
    }

    /// What an answer with an error status says, and its body as far as it was read.
    async fn refusal(
        &self,
        target: Target<'_>,
        host: String,
        response: reqwest::Response,
    ) -> (UpstreamError, Bytes) {
        let status = response.status();
        let headers = response.headers().clone();
        let text = |name: &str| Some(words::cut(headers.get(name)?.to_str().ok()?, 100));
        if status.is_redirection() {
            let place = text("location").unwrap_or_else(|| "nowhere".into());
            let said = format!("{}, a redirect to {place}", words::status_words(status));
            return (UpstreamError::NotTheApi { host, said }, Bytes::new());
        }
        let read = tokio::time::timeout(Duration::from_secs(5), read_whole(response, &host)).await;
        let body = read.ok().and_then(Result::ok).unwrap_or_default();
        let said = without_key(words::words_of_error(&body), target.key);
        let extra = self.extra.load();
        let said = extra.values().fold(said, without);
        let explained = match target.provider {
            Provider::Azure => azure::explain(status, &said, target),
            Provider::Bedrock => bedrock::explain(status, &headers, &said, target),
            _ => None,
        };
        let error = UpstreamError::Answered {
            host,
            status,
            words: explained.unwrap_or(said),
            retry_after: retry_after(&headers),
            should_retry: text("x-should-retry").and_then(|said| said.trim().parse().ok()),
        };
        (error, body)
    }
}

/// Shorter keys may be words of a sentence, and are no secrets worth the name.
const SECRET_LENGTH: usize = 12;

/// What a server says, without the key that some repeat when they refuse it.
fn without_key(said: String, key: Option<&SecretSlice<u8>>) -> String {
    match key {
        Some(key) => without(said, key.expose_secret()),
        None => said,
    }
}

fn without(said: String, secret: &[u8]) -> String {
    let secret = std::str::from_utf8(secret).ok();
    match secret.filter(|secret| secret.len() >= SECRET_LENGTH) {
        Some(secret) => said.replace(secret, "…"),
        None => said,
    }
}

/// Anthropic's header for a key.
pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A header with a key in it. A key may have any bytes that a header can carry.
pub(crate) fn header_of(
    before: &str,
    key: &SecretSlice<u8>,
    url: &Url,
) -> Result<HeaderValue, UpstreamError> {
    let mut text = before.as_bytes().to_vec();
    text.extend_from_slice(key.expose_secret());
    let mut value = HeaderValue::from_bytes(&text).map_err(|_| {
        UpstreamError::Credentials(format!(
            "the key for {} has characters that no HTTP header can carry",
            host_of(url)
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// `Retry-After`, or Azure's and OpenAI's finer form of it, in whole seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| Some(words::cut(headers.get(name)?.to_str().ok()?, 100));
    text("retry-after").or_else(|| {
        let milliseconds: u64 = text("retry-after-ms")?.trim().parse().ok()?;
        Some(milliseconds.div_ceil(1000).to_string())
    })
}

fn client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("gatehouse/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(5))
        // vLLM and llama.cpp close idle connections after 5 s; a reused one must not race that.
        .pool_idle_timeout(Duration::from_secs(4))
        .tcp_nodelay(true)
        // A model API that redirects is a misconfiguration, and the key would travel along.
        .redirect(reqwest::redirect::Policy::none())
        .http1_only()
        .dns_resolver(Arc::new(CheckedResolver))
        .connector_layer(Timing)
}

/// Reads a whole answer of at most 16 MiB.
pub async fn read_whole(response: reqwest::Response, host: &str) -> Result<Bytes, UpstreamError> {
    let mut whole = Pieces::with_hint(response.content_length());
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| UpstreamError::BrokeOff {
            host: host.to_owned(),
        })?;
        if whole.len() + piece.len() > LARGEST_ANSWER {
            return Err(UpstreamError::TooLarge {
                host: host.to_owned(),
            });
        }
        whole.add(piece);
    }
    Ok(whole.into_bytes())
}

/// The innermost reason of a failed call: what a person can act on, without URLs.
pub(crate) fn unreachable(host: String, error: &reqwest::Error) -> UpstreamError {
    let reason = match error.is_timeout() {
        true => "no connection within 5 s".into(),
        false => outbound::reason_of(error),
    };
    UpstreamError::Unreachable {
        host,
        reason,
        closed: !error.is_connect(),
    }
}

/// A GET of this form, without authorization.
pub(crate) fn get(url: Url, form: crate::AnswerForm) -> Call {
    Call {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: None,
        form,
        notes: Vec::new(),
    }
}
