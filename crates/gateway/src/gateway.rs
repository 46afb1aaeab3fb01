//! Takes one request through: correlation id, guard, record, route, answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use arc_swap::ArcSwap;
use bytes::Bytes;
use domain::LogTarget;
use forms::Form;
use futures_util::FutureExt;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use providers::{CORRELATION, Client};
use tokio_util::sync::CancellationToken;

use crate::answer::AnswerBody;
use crate::counters::{Counters, Slot};
use crate::error::GatewayError;
use crate::gitlab::{self, Speech};
use crate::guard::{self, Via};
use crate::incoming::throw_away;
use crate::inside::Inside;
use crate::known::Known;
use crate::load::Load;
use crate::measure::Measured;
use crate::reading::cut;
use crate::record::{Accepted, Head, Sink, record_channel};
use crate::refuse::{refuse, unrecorded};
use crate::routes::{self, Exchange};
use crate::snapshot::Snapshot;
use crate::voice::Voice;
use crate::workshop::Workshop;

/// Anthropic's header for the id of a request (API reference, "Errors").
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// GitLab's header for the seconds until an answer began.
const PROCESS_TIME: HeaderName = HeaderName::from_static("x-process-time");

/// The way by which requests come, and what ends them.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// How they come.
    pub(crate) via: Via<'a>,
    /// Ends streams when the gateway stops.
    pub(crate) stop: &'a CancellationToken,
    /// Closes the connection; none inside the program.
    pub(crate) hang_up: Option<CancellationToken>,
}

/// The gateway without its listener: it answers requests, wherever they come from.
#[derive(Debug)]
pub struct Gateway {
    snapshot: ArcSwap<Snapshot>,
    client: Client,
    load: Load,
    known: Known,
    workshop: Workshop,
    sink: Sink,
    counters: Arc<Counters>,
}

impl Gateway {
    /// A gateway that answers by this snapshot and sends its records to this sink.
    pub fn new(snapshot: Snapshot, client: Client, sink: Sink) -> Self {
        let gateway = Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            client,
            load: Load::default(),
            known: Known::default(),
            workshop: Workshop::default(),
            sink,
            counters: Arc::default(),
        };
        gateway.adopt();
        gateway
    }

    /// Answers later requests by this snapshot; requests in flight keep theirs.
    pub fn apply(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
        self.adopt();
    }

    fn adopt(&self) {
        self.load
            .adopt(|| Arc::clone(&self.snapshot.load().settings));
    }

    /// The snapshot that the next request will see.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// What has been counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Requests accepted so far.
    pub fn accepted(&self) -> u64 {
        self.sink.accepted()
    }

    /// Requests whose client left before the end, so far.
    pub fn hung_up(&self) -> u64 {
        self.sink.hung_up()
    }

    /// Drops what running requests have recorded so far.
    pub fn purge_recordings(&self) {
        self.sink.purge();
    }

    /// The clients for model servers.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Answers a request that comes from inside the program, through the same pipeline as one from
    /// the network; the guard lets it pass. Dropping the answer cancels it.
    pub async fn call(
        &self,
        request: Request<http_body_util::Full<Bytes>>,
        inside: Inside,
    ) -> Response<AnswerBody> {
        let line = Line {
            via: Via::Inside(&inside),
            stop: &CancellationToken::new(),
            hang_up: None,
        };
        self.answer(request, &line).await
    }

    /// Says how large the prompt of a request from inside is, as the model would be sent it, and
    /// asks no model for an answer. It is no request in the sense of the log. The error is the
    /// answer that the request would get.
    pub async fn measure(
        &self,
        request: Request<http_body_util::Full<Bytes>>,
        inside: Inside,
    ) -> Result<Measured, Response<AnswerBody>> {
        let inside = inside.measured();
        let line = Line {
            via: Via::Inside(&inside),
            stop: &CancellationToken::new(),
            hang_up: None,
        };
        let response = self.answer(request, &line).await;
        response
            .extensions()
            .get::<Measured>()
            .copied()
            .ok_or(response)
    }

    /// Ends a running request, by the number of its record; [`Sink::cancel`] says how.
    pub async fn cancel(&self, sequence: u64) -> bool {
        self.sink.cancel(sequence).await
    }

    /// Answers a request.
    pub(crate) async fn answer<B>(
        &self,
        request: Request<B>,
        line: &Line<'_>,
    ) -> Response<AnswerBody>
    where
        B: http_body::Body<Data = Bytes> + Send,
    {
        let begun = Instant::now();
        let (parts, body) = request.into_parts();
        let correlation_id = correlation_id(&parts);
        let snapshot = self.snapshot.load_full();
        let work = self.guarded(&parts, body, line, &snapshot, &correlation_id);
        let mut response = AssertUnwindSafe(work)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| {
                tracing::error!(correlation_id, "a request panicked");
                let voice = Voice::Form(routes::form_of(parts.uri.path()));
                unrecorded(&GatewayError::Panicked, &voice, &correlation_id)
            });
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&correlation_id) {
            if routes::form_of(parts.uri.path()) == Form::Messages {
                // Where Anthropic's clients look for it.
                headers.insert(REQUEST_ID, value.clone());
            }
            headers.insert(CORRELATION, value);
        }
        if gitlab::endpoint_of(&parts).is_some()
            && let Ok(seconds) = HeaderValue::from_str(&begun.elapsed().as_secs_f64().to_string())
        {
            headers.insert(PROCESS_TIME, seconds);
        }
        if let Some(origin) = guard::allowed_origin(&parts, &snapshot.settings)
            .and_then(|origin| HeaderValue::from_str(origin).ok())
        {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(VARY, HeaderValue::from_static("origin"));
        }
        response
    }

    async fn guarded<B>(
        &self,
        parts: &Parts,
        body: B,
        line: &Line<'_>,
        snapshot: &Arc<Snapshot>,
        correlation_id: &str,
    ) -> Response<AnswerBody>
    where
        B: http_body::Body<Data = Bytes> + Send,
    {
        let (settings, via) = (&snapshot.settings, line.via);
        if let Some(response) = routes::monitoring(parts, snapshot, via, correlation_id) {
            return response;
        }
        if let Some(response) = preflight(parts, settings, via) {
            return response;
        }
        let endpoint = gitlab::endpoint_of(parts);
        let caller = match &endpoint {
            // Who asks there is found out by a token, which is a part of the request.
            Some(_) => guard::check_place(parts, settings, via),
            None => guard::check(parts, settings, via),
        };
        let client = caller
            .as_ref()
            .ok()
            .cloned()
            .unwrap_or_else(|| guard::user_agent(parts));
        let accepted = Accepted {
            at: Timestamp::now(),
            correlation_id: correlation_id.to_owned(),
            method: cut(parts.method.as_str(), 20),
            path: cut(parts.uri.path(), 500),
            client,
            address: via.peer(),
            head: (settings.log_files.gateway != LogTarget::Off).then(|| Box::new(Head::of(parts))),
        };
        let inside = match via {
            Via::Inside(inside) => Some(inside),
            Via::Network { .. } => None,
        };
        let mut record = match inside.is_some_and(|inside| inside.is_measured) {
            // Nobody asked a model: it has no row.
            true => record_channel(None).0.begin(accepted, None).await,
            false => self.sink.begin(accepted, line.hang_up.clone()).await,
        };
        let voice = match endpoint {
            Some(_) => Voice::Gitlab(Speech::Plain),
            None => Voice::Form(routes::form_of(parts.uri.path())),
        };
        let plain = voice.clone();
        let cancel = record.cancel().clone();
        let slot = caller.and_then(|_| Slot::take(&self.counters, settings.gateway.max_in_flight));
        let slot = match slot {
            Ok(slot) => slot,
            Err(error) => {
                self.counters.refused.fetch_add(1, Ordering::Relaxed);
                throw_away(parts, body).await;
                return refuse(record, None, &error, &voice, correlation_id);
            }
        };
        record.tape_if_wanted(
            parts,
            settings,
            inside.and_then(|inside| inside.watcher.as_ref()),
        );
        let exchange = Exchange {
            snapshot: Arc::clone(snapshot),
            client: &self.client,
            load: &self.load,
            known: &self.known,
            workshop: &self.workshop,
            correlation_id,
            voice,
            stop: line.stop,
            record,
            slot,
            place: None,
            inside,
        };
        let work = async {
            match endpoint {
                // On the heap: it would make every other request as large.
                Some(endpoint) => {
                    Box::pin(gitlab::answer(endpoint, parts, body, via, exchange)).await
                }
                None => routes::dispatch(parts, body, exchange).await,
            }
        };
        tokio::select! {
            biased;
            response = work => response,
            // The work ends with its record, which knows who ended it.
            () = cancel.cancelled() => unrecorded(&GatewayError::Cancelled, &plain, correlation_id),
        }
    }
}

/// The id in `X-Request-ID`, unchanged, or a new one: a UUID of version 7 in 32 digits.
fn correlation_id(parts: &Parts) -> String {
    let given = parts
        .headers
        .get(&CORRELATION)
        .and_then(|value| value.to_str().ok());
    match given {
        Some(id) if !id.is_empty() && id.len() <= 512 => id.to_owned(),
        _ => uuid::Uuid::now_v7().simple().to_string(),
    }
}

/// Answers a browser's preflight for a listed origin (Fetch standard, "CORS-preflight request").
/// It carries no key and reaches no model, so it is neither checked for one nor recorded.
fn preflight(
    parts: &Parts,
    settings: &domain::Settings,
    via: Via<'_>,
) -> Option<Response<AnswerBody>> {
    let Via::Network { local, .. } = via else {
        return None;
    };
    let asks = parts.method == Method::OPTIONS && parts.headers.contains_key(ORIGIN);
    if !asks || guard::check_host(parts, settings, local).is_err() {
        return None;
    }
    guard::allowed_origin(parts, settings)?;
    let mut response = Response::new(AnswerBody::plain(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST"),
    );
    let allowed = HeaderValue::from_static(
        "authorization, content-type, x-api-key, x-request-id, anthropic-version, anthropic-beta",
    );
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    Some(response)
}
