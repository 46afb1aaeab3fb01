//! Passes a stream from a model server on to the client: whole events, as they came, each read on
//! the side for the record. Ends a stream that is cut, silent or too long with an error event.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::stream::BoxStream;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::answer::Ticket;
use crate::error::GatewayError;
use crate::reading::{Seen, StreamReading};
use crate::record::RequestState;
use crate::sse::{Splitter, data_of};

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
    splitter: Splitter,
    reading: StreamReading,
    ticket: Option<Ticket>,
    terms: Terms,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    // Looked at only when it fires, and then set again: a timer is not touched for each chunk.
    timer: Pin<Box<Sleep>>,
    last_piece: Instant,
    ends_at: Instant,
}

impl Relay {
    /// Relays `pieces` until they end, or `stop` is cancelled, or the terms are broken.
    pub(crate) fn new(
        pieces: Pieces,
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
            splitter: Splitter::default(),
            reading: StreamReading::default(),
            ticket: Some(ticket),
            stop: Box::pin(stop.cancelled_owned()),
            timer: Box::pin(tokio::time::sleep_until(first)),
            last_piece: now,
            ends_at,
            terms,
        }
    }

    /// The next bytes for the client; `None` at the end.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let Some(pieces) = &mut self.pieces else {
                return Poll::Ready(None);
            };
            match pieces.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(piece))) => {
                    self.last_piece = Instant::now();
                    match self.pass(piece) {
                        Ok(events) if events.is_empty() => continue,
                        Ok(events) => return Poll::Ready(Some(events)),
                        Err(error) => return Poll::Ready(Some(self.fail(error, BytesMut::new()))),
                    }
                }
                Poll::Ready(Some(Err(StreamCut))) => return Poll::Ready(self.end(true)),
                Poll::Ready(None) => return Poll::Ready(self.end(false)),
                Poll::Pending => {}
            }
            if self.ticket.is_none() && self.timer.is_elapsed() {
                // The end mark came long ago; only the connection is still open.
                self.pieces = None;
                continue;
            }
            if self.stop.poll_unpin(context).is_ready() {
                return Poll::Ready(Some(self.fail(GatewayError::Stopping, BytesMut::new())));
            }
            match self.overdue(context) {
                Some(error) => return Poll::Ready(Some(self.fail(error, BytesMut::new()))),
                None => return Poll::Pending,
            }
        }
    }

    /// Reads a piece on the side and returns the whole events that it completes. With the end mark
    /// the request is complete, whether the client waits for the connection's end or not.
    fn pass(&mut self, piece: Bytes) -> Result<Bytes, GatewayError> {
        let (ticket, reading) = (&mut self.ticket, &mut self.reading);
        let passed = self.splitter.push(piece, |event| {
            let (Some(ticket), Some(data)) = (ticket.as_mut(), data_of(event)) else {
                return;
            };
            if reading.event(&data, ticket.record.outcome()) == Seen::Token {
                ticket.record.first_token();
            }
        });
        if self.reading.done {
            self.settle_by_reading();
        }
        let Terms { model, host, .. } = &self.terms;
        passed.map_err(|_| GatewayError::NotTheApi {
            model: model.clone(),
            host: host.clone(),
            said: "an event larger than 1 MiB".into(),
        })
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

    /// The server has nothing more. A last event may lack its empty line; an end without end mark
    /// and without finish reason is a cut.
    fn end(&mut self, is_cut: bool) -> Option<Bytes> {
        let left = self.splitter.finish();
        self.pieces = None;
        let ticket = self.ticket.as_mut()?;
        let mut out = BytesMut::new();
        if let Some(data) = data_of(&left).filter(|data| is_whole(data)) {
            self.reading.event(&data, ticket.record.outcome());
            out.extend_from_slice(left.trim_ascii_end());
            out.extend_from_slice(b"\n\n");
        }
        let has_ended = self.reading.done || self.reading.error.is_some();
        if has_ended || (!is_cut && ticket.record.outcome().finish_reason.is_some()) {
            self.settle_by_reading();
            return (!out.is_empty()).then(|| out.freeze());
        }
        let (model, host) = (self.terms.model.clone(), self.terms.host.clone());
        Some(self.fail(GatewayError::Cut { model, host }, out))
    }

    /// Writes down how a stream ended that the server itself has ended.
    fn settle_by_reading(&mut self) {
        let Some(words) = self.reading.error.take() else {
            return self.settle(RequestState::Completed);
        };
        if let Some(ticket) = &mut self.ticket {
            let host = &self.terms.host;
            ticket.record.outcome().error = Some(format!("{host} reported in the stream: {words}"));
        }
        self.settle(RequestState::Failed);
    }

    /// Ends the stream with an error event. The server's connection is closed by the drop.
    fn fail(&mut self, error: GatewayError, mut out: BytesMut) -> Bytes {
        self.pieces = None;
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&error.body(&self.terms.correlation_id));
        out.extend_from_slice(b"\n\n");
        if let Some(ticket) = &mut self.ticket {
            ticket.record.outcome().error = Some(error.to_string());
        }
        self.settle(RequestState::Failed);
        out.freeze()
    }

    fn settle(&mut self, state: RequestState) {
        if let Some(mut ticket) = self.ticket.take() {
            ticket.record.outcome().state = state;
        }
    }
}

fn is_whole(data: &[u8]) -> bool {
    data == b"[DONE]" || serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
}

#[cfg(test)]
mod tests;
