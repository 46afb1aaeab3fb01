//! Which path is answered by what. One file for each group of routes.

mod count;
mod model;
mod models;
mod monitoring;

use std::sync::Arc;

use bytes::Bytes;
use forms::Form;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use providers::Client;
use tokio_util::sync::CancellationToken;

use crate::answer::{AnswerBody, Ticket};
use crate::counters::Slot;
use crate::error::GatewayError;
use crate::incoming::throw_away;
use crate::inside::Inside;
use crate::known::Known;
use crate::load::{Load, Place};
use crate::record::{Record, RequestState};
use crate::refuse::{json_response, refuse};
use crate::snapshot::Snapshot;
use crate::voice::Voice;
use crate::wish::WishKind;
use crate::workshop::Workshop;

pub(crate) use model::resolve;
pub(crate) use monitoring::monitoring;

/// One accepted request on its way.
pub(crate) struct Exchange<'a> {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) client: &'a Client,
    pub(crate) load: &'a Load,
    pub(crate) known: &'a Known,
    pub(crate) workshop: &'a Workshop,
    pub(crate) correlation_id: &'a str,
    /// How the client reads errors.
    pub(crate) voice: Voice,
    /// Cancelled when streams have to end because the gateway stops.
    pub(crate) stop: &'a CancellationToken,
    pub(crate) record: Record,
    pub(crate) slot: Slot,
    /// Its place among the requests of the model that answers.
    pub(crate) place: Option<Place>,
    /// Who asks from inside the program; none for a client.
    pub(crate) inside: Option<&'a Inside>,
}

impl Exchange<'_> {
    /// Ends with an error.
    pub(crate) fn fail(self, error: &GatewayError) -> Response<AnswerBody> {
        refuse(
            self.record,
            Some(self.slot),
            error,
            &self.voice,
            self.correlation_id,
        )
    }

    /// Ends with a complete answer in JSON.
    pub(crate) fn complete(self, body: impl Into<Bytes>) -> Response<AnswerBody> {
        self.complete_as("application/json", body)
    }

    /// Ends with a complete answer that will be named as this content type.
    pub(crate) fn complete_as(
        mut self,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Response<AnswerBody> {
        self.record.answers(StatusCode::OK, content_type);
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
            _place: self.place,
        }
    }
}

/// Whether a path is one of those of other clients than GitLab, whatever the method.
pub(crate) fn is_of_clients(path: &str) -> bool {
    let is_named = matches!(
        path,
        "/v1/chat/completions"
            | "/v1/completions"
            | "/v1/embeddings"
            | "/v1/responses"
            | "/v1/messages"
            | "/v1/messages/count_tokens"
            | "/v1/models"
    );
    is_named || path.starts_with("/v1/models/")
}

/// The form in which clients of this path read errors.
pub(crate) fn form_of(path: &str) -> Form {
    if path.starts_with("/v1/messages") {
        Form::Messages
    } else {
        Form::Chat
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
    let kind = match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/v1/models") => return models::list(exchange),
        (&Method::GET, path) if path.starts_with("/v1/models/") => {
            return models::one(&path["/v1/models/".len()..], exchange);
        }
        (&Method::POST, "/v1/chat/completions") => WishKind::Chat,
        (&Method::POST, "/v1/completions") => WishKind::Prompt,
        (&Method::POST, "/v1/embeddings") => WishKind::Embeddings,
        (&Method::POST, "/v1/responses") => WishKind::Responses,
        (&Method::POST, "/v1/messages") => WishKind::Messages,
        (&Method::POST, "/v1/messages/count_tokens") => {
            return Box::pin(count::count(parts, body, exchange)).await;
        }
        (method, path) => {
            throw_away(parts, body).await;
            let (method, path) = (method.to_string(), crate::reading::cut(path, 200));
            return exchange.fail(&GatewayError::NoRoute { method, path });
        }
    };
    model::answer(kind, parts, body, exchange).await
}
