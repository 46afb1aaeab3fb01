//! Calls model servers: deadlines, keys, the rule where no call may go. Knows nothing of clients.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{ServerEndpoint, UpstreamPath, is_loopback_name, is_never_a_model_server};
use futures_util::StreamExt;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use secrecy::{ExposeSecret, SecretSlice};
use serde::Deserialize;

use crate::pieces::Pieces;
use crate::reading;

/// The header that carries the correlation id, in and out (GitLab sends it so).
pub(crate) const CORRELATION: HeaderName = HeaderName::from_static("x-request-id");

/// The largest answer that is read into memory, in bytes.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// How long the list of models of a server is believed.
const LISTED_FOR: Duration = Duration::from_secs(60);

/// The clients for model servers. One per proxy policy, kept, so that connections are reused.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// For servers on this machine, never through a proxy.
    near: reqwest::Client,
    /// For all others, through the system's proxy where one is set.
    far: reqwest::Client,
    listed: Arc<Mutex<KnownLists>>,
}

/// What servers listed, by endpoint, and when.
type KnownLists = HashMap<String, (Instant, Vec<ServedModel>)>;

/// A model that a server lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedModel {
    /// Its id at the server.
    pub id: String,
    /// Its context in tokens, when the server says it.
    pub context: Option<u32>,
}

/// A model server did not do what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UpstreamError {
    /// No connection.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// Why, in a few words.
        reason: String,
    },
    /// No answer in time.
    #[error("{host} did not answer within {} s", .after.as_secs())]
    Late {
        /// Host and port.
        host: String,
        /// How long it was waited.
        after: Duration,
    },
    /// An answer with an error status.
    #[error("{host} answered {status}: {words}")]
    Answered {
        /// Host and port.
        host: String,
        /// The status.
        status: StatusCode,
        /// The server's own words.
        words: String,
        /// When to come back, as the server said it.
        retry_after: Option<String>,
    },
    /// An answer that is not of this API.
    #[error("{host} answered {said}")]
    NotTheApi {
        /// Host and port.
        host: String,
        /// What it looks like.
        said: String,
    },
    /// An answer beyond 16 MiB.
    #[error("the answer of {host} is larger than 16 MiB")]
    TooLarge {
        /// Host and port.
        host: String,
    },
}

/// One call of a model server.
pub(crate) struct Call<'a> {
    pub(crate) endpoint: &'a ServerEndpoint,
    pub(crate) path: UpstreamPath,
    pub(crate) key: Option<&'a SecretSlice<u8>>,
    pub(crate) correlation_id: &'a str,
    /// The body of a POST; a GET without.
    pub(crate) body: Option<Bytes>,
    /// Until the answer's headers.
    pub(crate) within: Duration,
}

impl Upstream {
    /// Clients with the deadlines and rules of Gatehouse. Fails only when the system's trust store
    /// cannot be used.
    pub fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            near: client_builder().no_proxy().build()?,
            far: client_builder().build()?,
            listed: Arc::default(),
        })
    }

    /// Sends a call and returns the answer once its headers are there, if its status is a success.
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<reqwest::Response, UpstreamError> {
        let host = call.endpoint.host().to_owned();
        let url = call.endpoint.url(call.path);
        let client = if is_loopback_name(url.host_str().unwrap_or_default()) {
            &self.near
        } else {
            &self.far
        };
        let method = if call.body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let mut request = client
            .request(method, url.clone())
            .header(
                ACCEPT,
                HeaderValue::from_static("application/json, text/event-stream"),
            )
            .header(CORRELATION, call.correlation_id);
        if let Some(key) = call.key {
            request = request.header(AUTHORIZATION, bearer(key, &host)?);
        }
        if let Some(body) = call.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body);
        }
        let sent = tokio::time::timeout(call.within, request.send()).await;
        let response = match sent {
            Err(_) => {
                return Err(UpstreamError::Late {
                    host,
                    after: call.within,
                });
            }
            Ok(Err(error)) => return Err(unreachable(host, &error)),
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(answered(host, response).await)
        }
    }

    /// The models that a server lists, asked now. A 200 without a `data` list is no success.
    pub async fn list_models(
        &self,
        endpoint: &ServerEndpoint,
        key: Option<&SecretSlice<u8>>,
        correlation_id: &str,
        within: Duration,
    ) -> Result<Vec<ServedModel>, UpstreamError> {
        let path = UpstreamPath::Models;
        let call = Call {
            endpoint,
            path,
            key,
            correlation_id,
            body: None,
            within,
        };
        let host = endpoint.host().to_owned();
        let response = self.send(call).await?;
        let read = tokio::time::timeout(within, read_whole(response, &host)).await;
        let body = read.map_err(|_| UpstreamError::Late {
            host: host.clone(),
            after: within,
        })??;
        let list: ModelList =
            serde_json::from_slice(&body).map_err(|_| UpstreamError::NotTheApi {
                host,
                said: reading::describe(&body),
            })?;
        Ok(list.data.into_iter().map(Listed::into_served).collect())
    }

    /// The models that a server lists, as they were up to a minute ago.
    pub(crate) async fn listed_models(
        &self,
        endpoint: &ServerEndpoint,
        key: Option<&SecretSlice<u8>>,
        correlation_id: &str,
        within: Duration,
    ) -> Result<Vec<ServedModel>, UpstreamError> {
        let known = self
            .listed
            .lock()
            .ok()
            .and_then(|listed| listed.get(endpoint.typed()).cloned());
        if let Some((at, models)) = known.filter(|(at, _)| at.elapsed() < LISTED_FOR) {
            let _ = at;
            return Ok(models);
        }
        let models = self
            .list_models(endpoint, key, correlation_id, within)
            .await?;
        if let Ok(mut listed) = self.listed.lock() {
            listed.insert(
                endpoint.typed().to_owned(),
                (Instant::now(), models.clone()),
            );
        }
        Ok(models)
    }
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
}

/// `Authorization` of a call. A key may have any bytes that a header can carry.
fn bearer(key: &SecretSlice<u8>, host: &str) -> Result<HeaderValue, UpstreamError> {
    let mut text = b"Bearer ".to_vec();
    text.extend_from_slice(key.expose_secret());
    let mut value = HeaderValue::from_bytes(&text).map_err(|_| UpstreamError::NotTheApi {
        host: host.to_owned(),
        said: "nothing: the key has characters that no HTTP header can carry".into(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads a whole answer of at most 16 MiB.
pub(crate) async fn read_whole(
    response: reqwest::Response,
    host: &str,
) -> Result<Bytes, UpstreamError> {
    let mut whole = Pieces::with_hint(response.content_length());
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| unreachable(host.to_owned(), &error))?;
        if whole.len() + piece.len() > LARGEST_ANSWER {
            return Err(UpstreamError::TooLarge {
                host: host.to_owned(),
            });
        }
        whole.add(piece);
    }
    Ok(whole.into_bytes())
}

async fn answered(host: String, response: reqwest::Response) -> UpstreamError {
    let status = response.status();
    let text = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(reading::cut(value, 100))
    };
    let (retry_after, location) = (text("retry-after"), text("location"));
    if status.is_redirection() {
        let said = format!(
            "{status}, a redirect to {}",
            location.unwrap_or_else(|| "nowhere".into())
        );
        return UpstreamError::NotTheApi { host, said };
    }
    let read = tokio::time::timeout(Duration::from_secs(5), read_whole(response, &host)).await;
    let body = read.ok().and_then(Result::ok).unwrap_or_default();
    UpstreamError::Answered {
        host,
        status,
        words: reading::words_of_error(&body),
        retry_after,
    }
}

/// The innermost reason of a failed call: what a person can act on, without URLs.
pub(crate) fn unreachable(host: String, error: &reqwest::Error) -> UpstreamError {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    let reason = if error.is_timeout() {
        "no connection within 5 s".into()
    } else {
        without_number(&reason.to_string())
    };
    UpstreamError::Unreachable { host, reason }
}

/// `Connection refused (os error 111)` without what says nothing to a person.
fn without_number(reason: &str) -> String {
    reason
        .split(" (os error")
        .next()
        .unwrap_or(reason)
        .to_owned()
}

#[derive(Deserialize)]
struct ModelList {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    /// vLLM.
    #[serde(default)]
    max_model_len: Option<u32>,
    /// llama.cpp.
    #[serde(default)]
    meta: Option<ListedMeta>,
}

#[derive(Deserialize)]
struct ListedMeta {
    #[serde(default)]
    n_ctx: Option<u32>,
}

impl Listed {
    fn into_served(self) -> ServedModel {
        let context = self.max_model_len.or(self.meta.and_then(|meta| meta.n_ctx));
        ServedModel {
            id: reading::cut(&self.id, 1_000),
            context,
        }
    }
}

/// The system's resolver, without the addresses that are never a model server: the second half of
/// the check that the endpoint's own text has passed already.
struct CheckedResolver;

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| !is_never_a_model_server(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err("the name has no address where a model server can live".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
