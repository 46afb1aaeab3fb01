//! Carries a stream from a model server to the client through its passage, within its terms. Ends a
//! stream that is cut, silent or too long with an error event.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use providers::{UpstreamError, without_content};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use crate::answer::Ticket;
use crate::error::GatewayError;
use crate::passage::{End, Passage};
use crate::record::RequestState;

/// Pieces of a stream; an error means that it was cut.
pub(crate) type Pieces = BoxStream<'static, Result<Bytes, StreamCut>>;

/// The connection to the server broke.
#[derive(Debug)]
pub(crate) struct StreamCut;

/// Who streams, and how long it may take.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// The deployment name, for messages.
    pub(crate) model: String,
    /// Host and port of the server, for messages.
    pub(crate) host: String,
    /// The correlation id.
    pub(crate) correlation_id: String,
    /// Longest silence, in seconds.
    pub(crate) idle: u32,
    /// Longest answer, in seconds.
    pub(crate) total: u32,
}

/// A stream on its way to the client.
pub(crate) struct Relay {
    pieces: Option<Pieces>,
    passage: Passage,
    ticket: Option<Ticket>,
    /// The same after its end, until the last bytes are on their way.
    settled: Option<Ticket>,
    terms: Terms,
    /// Says why the stream has to end, when somebody ends it.
    stop: BoxFuture<'static, GatewayError>,
    // Looked at only when it fires, and then set again: a timer is not touched for each chunk.
    timer: Pin<Box<Sleep>>,
    last_piece: Instant,
    ends_at: Instant,
    /// Whether a failure has no words in this form.
    breaks_off: bool,
    /// Whether it failed so.
    is_broken: bool,
}

impl Relay {
    /// Relays `pieces` until they end, or `stop` is cancelled, or the terms are broken.
    pub(crate) fn new(
        pieces: Pieces,
        passage: Passage,
        ticket: Ticket,
        terms: Terms,
        stop: CancellationToken,
    ) -> Self {
        let now = Instant::now();
        let total = Duration::from_secs(terms.total.into()).saturating_sub(ticket.record.elapsed());
        let ends_at = now + total;
        let first = ends_at.min(now + Duration::from_secs(terms.idle.into()));
        Self {
            pieces: Some(pieces),
            passage,
            settled: None,
            stop: Box::pin(ended(stop, ticket.record.cancel().clone())),
            timer: Box::pin(tokio::time::sleep_until(first)),
            last_piece: now,
            ends_at,
            terms,
            breaks_off: false,
            is_broken: false,
            ticket: Some(ticket),
        }
    }

    /// Ends a stream that fails by breaking it off: its form has no place for an error.
    pub(crate) fn break_off_on_failure(&mut self) {
        self.breaks_off = true;
    }

    /// Whether the stream is to be broken off now that it has ended.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// The next bytes for the client; `None` at the end.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let polled = self.poll_out(context);
        let settled = self.settled.take();
        let ticket = self.ticket.as_ref().or(settled.as_ref());
        let tape = ticket.and_then(|ticket| ticket.record.tape());
        if let (Some(tape), Poll::Ready(Some(out))) = (tape, &polled) {
            tape.given(out);
        }
        polled
    }

    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match self.poll_next(context) {
                Poll::Ready(Some(out)) if out.is_empty() => continue,
                Poll::Ready(next) => return Poll::Ready(next),
                Poll::Pending => {}
            }
            if self.ticket.is_none() {
                // The end mark has come; only the connection is still open. Nothing may follow it.
                let is_stopping = self.stop.poll_unpin(context).is_ready();
                if is_stopping || self.timer.poll_unpin(context).is_ready() {
                    self.pieces = None;
                    continue;
                }
                return Poll::Pending;
            }
            if let Poll::Ready(error) = self.stop.poll_unpin(context) {
                return Poll::Ready(Some(self.fail(error, BytesMut::new())));
            }
            match self.overdue(context) {
                Some(error) => return Poll::Ready(Some(self.fail(error, BytesMut::new()))),
                None => return Poll::Pending,
            }
        }
    }

    /// The next step: of the polish, or else of the server.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(ticket) = &mut self.ticket
            && let Some((out, result)) = ready!(self.passage.poll(context, &mut ticket.record))
        {
            return Poll::Ready(Some(self.passed(out, result)));
        }
        let Some(pieces) = &mut self.pieces else {
            return Poll::Ready(None);
        };
        let out = match ready!(pieces.as_mut().poll_next(context)) {
            Some(Ok(piece)) => {
                self.last_piece = Instant::now();
                self.pass(piece)
            }
            Some(Err(StreamCut)) => self.end(true),
            None => self.end(false),
        };
        Poll::Ready(Some(out))
    }

    /// Takes a piece into the passage.
    fn pass(&mut self, piece: Bytes) -> Bytes {
        let Some(ticket) = &mut self.ticket else {
            return self.passage.after_the_end(piece);
        };
        let (out, result) = self.passage.push(piece, &mut ticket.record);
        self.passed(out, result.map(|()| None))
    }

    /// Looks at what has left the passage. With the end of the answer the request is complete,
    /// whether the client waits for the connection's end or not.
    fn passed(&mut self, out: Bytes, result: Result<Option<End>, UpstreamError>) -> Bytes {
        let end = match result {
            Ok(end) => end,
            Err(error) => {
                let error = GatewayError::of_upstream(error, &self.terms.model);
                return self.fail(error, out.into());
            }
        };
        if self.passage.wants_no_more() {
            self.pieces = None;
        }
        if let Some(end) = end {
            return self.conclude(out, end);
        }
        if self.passage.is_over() {
            self.settle_by_reading();
        }
        out
    }

    /// What a stream that is late has broken, if it is; else sets the timer again.
    fn overdue(&mut self, context: &mut Context<'_>) -> Option<GatewayError> {
        loop {
            if self.timer.poll_unpin(context).is_pending() {
                return None;
            }
            let (model, host) = (self.terms.model.clone(), self.terms.host.clone());
            let now = Instant::now();
            let silent_at = self.last_piece + Duration::from_secs(self.terms.idle.into());
            if now >= self.ends_at {
                return Some(GatewayError::TooLong {
                    model,
                    host,
                    seconds: self.terms.total,
                });
            }
            if now >= silent_at {
                return Some(GatewayError::Silent {
                    model,
                    host,
                    seconds: self.terms.idle,
                });
            }
            self.timer.as_mut().reset(silent_at.min(self.ends_at));
        }
    }

    /// The server has nothing more.
    fn end(&mut self, is_cut: bool) -> Bytes {
        self.pieces = None;
        let finish = |ticket: &mut Ticket| self.passage.finish(is_cut, &mut ticket.record);
        match self.ticket.as_mut().and_then(finish) {
            Some((out, end)) => self.conclude(out, end),
            None => Bytes::new(),
        }
    }

    /// Ends as the server has ended.
    fn conclude(&mut self, out: Bytes, end: End) -> Bytes {
        let (model, host) = (self.terms.model.clone(), self.terms.host.clone());
        match end {
            End::Good => self.settle(RequestState::Completed),
            End::Reported(words) => {
                if matches!(self.passage, Passage::Translated(_)) {
                    let status = http::StatusCode::BAD_GATEWAY;
                    let error = GatewayError::Reported {
                        model,
                        words,
                        status,
                    };
                    return self.fail(error, out.into());
                }
                self.settle_reported(&words);
            }
            End::Cut => return self.fail(GatewayError::Cut { model, host }, out.into()),
        }
        out
    }

    /// Writes down how a stream ended that the server itself has ended.
    fn settle_by_reading(&mut self) {
        match self.passage.reported() {
            Some(words) => self.settle_reported(&words),
            None => self.settle(RequestState::Completed),
        }
    }

    fn settle_reported(&mut self, words: &str) {
        if let Some(ticket) = &mut self.ticket {
            let host = &self.terms.host;
            let words = without_content(words);
            ticket.record.outcome().error = Some(format!("{host} reported in the stream: {words}"));
        }
        self.settle(RequestState::Failed);
    }

    /// Ends the stream with an error event. The server's connection is closed by the drop.
    fn fail(&mut self, error: GatewayError, mut out: BytesMut) -> Bytes {
        self.pieces = None;
        self.is_broken = self.breaks_off;
        out.extend_from_slice(&self.passage.fail(&error, &self.terms.correlation_id));
        if error == GatewayError::Cancelled {
            self.settle(RequestState::Cancelled);
            return out.freeze();
        }
        if let Some(ticket) = &mut self.ticket {
            let outcome = ticket.record.outcome();
            outcome.error = Some(without_content(&error.to_string()));
            outcome.error_code = Some(error.code());
        }
        self.settle(RequestState::Failed);
        out.freeze()
    }

    fn settle(&mut self, state: RequestState) {
        if let Some(mut ticket) = self.ticket.take() {
            ticket.record.outcome().state = state;
            self.settled = Some(ticket);
        }
    }
}

/// Waits until the gateway stops or the admin ends the request.
async fn ended(stop: CancellationToken, cancel: CancellationToken) -> GatewayError {
    tokio::select! {
        biased;
        () = cancel.cancelled() => GatewayError::Cancelled,
        () = stop.cancelled() => GatewayError::Stopping,
    }
}

#[cfg(test)]
mod tests;
