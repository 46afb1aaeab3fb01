//! Which path is answered by what. One file for each group of routes.

mod models;
mod monitoring;
mod openai;

use std::sync::Arc;

use bytes::Bytes;
use domain::UpstreamPath;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use tokio_util::sync::CancellationToken;

use crate::answer::{AnswerBody, Ticket};
use crate::error::GatewayError;
use crate::gateway::{Slot, json_response, refuse};
use crate::record::{Record, RequestState};
use crate::snapshot::Snapshot;
use crate::upstream::Upstream;

pub(crate) use monitoring::monitoring;

/// One accepted request on its way.
pub(crate) struct Exchange<'a> {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) upstream: &'a Upstream,
    pub(crate) correlation_id: &'a str,
    /// Cancelled when streams have to end because the gateway stops.
    pub(crate) stop: &'a CancellationToken,
    pub(crate) record: Record,
    pub(crate) slot: Slot,
}

impl Exchange<'_> {
    /// Ends with an error.
    pub(crate) fn fail(self, error: &GatewayError) -> Response<AnswerBody> {
        refuse(self.record, Some(self.slot), error, self.correlation_id)
    }

    /// Ends with a complete answer in JSON.
    pub(crate) fn complete(mut self, body: impl Into<Bytes>) -> Response<AnswerBody> {
        self.record.outcome().status = Some(StatusCode::OK.as_u16());
        json_response(
            StatusCode::OK,
            AnswerBody::recorded(body, self.ticket(RequestState::Completed)),
        )
    }

    /// What the body of the answer holds until its end.
    pub(crate) fn ticket(self, verdict: RequestState) -> Ticket {
        Ticket {
            record: self.record,
            verdict,
            _slot: Some(self.slot),
        }
    }
}

/// Answers a request that the guard has let pass.
pub(crate) async fn dispatch<B>(
    parts: &Parts,
    body: B,
    exchange: Exchange<'_>,
) -> Response<AnswerBody>
where
    B: http_body::Body<Data = Bytes> + Send,
{
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/v1/models") => models::list(exchange),
        (&Method::POST, "/v1/chat/completions") => {
            openai::relay(UpstreamPath::ChatCompletions, parts, body, exchange).await
        }
        (&Method::POST, "/v1/completions") => {
            openai::relay(UpstreamPath::Completions, parts, body, exchange).await
        }
        (method, path) => {
            let (method, path) = (method.to_string(), crate::reading::cut(path, 200));
            exchange.fail(&GatewayError::NoRoute { method, path })
        }
    }
}
