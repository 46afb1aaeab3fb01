//! The body of an answer, and with it the record of the request: when the last byte is handed
//! over the record says how it ended; when the body is dropped before, the client hung up.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Collected};
use providers::{Splitter, data_of};

use crate::counters::Slot;
use crate::load::Place;
use crate::record::{Record, RequestState, Unwritten};
use crate::relay::Relay;

/// The server failed in the middle of an answer whose form has no place for an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off before its end")]
pub struct BrokenOff;

/// The body of an answer of the gateway.
pub struct AnswerBody {
    content: Content,
    ticket: Option<Ticket>,
    busy: Option<Arc<()>>,
}

enum Content {
    Whole(Option<Bytes>),
    Stream(Box<Relay>),
}

/// What a request holds until its answer has ended: its record and its place among those in
/// flight.
pub(crate) struct Ticket {
    pub(crate) record: Record,
    pub(crate) verdict: RequestState,
    pub(crate) _slot: Option<Slot>,
    pub(crate) _place: Option<Place>,
}

impl Ticket {
    /// Notes the verdict and lets go; the record is not written yet.
    fn settle(mut self) -> Unwritten {
        self.record.outcome().state = self.verdict;
        self.record.end()
    }
}

impl AnswerBody {
    /// A body in one piece, of a request that is recorded.
    pub(crate) fn recorded(bytes: impl Into<Bytes>, ticket: Ticket) -> Self {
        Self {
            content: Content::Whole(Some(bytes.into())),
            ticket: Some(ticket),
            busy: None,
        }
    }

    /// A body in one piece, of a request that is not recorded.
    pub(crate) fn plain(bytes: impl Into<Bytes>) -> Self {
        Self {
            content: Content::Whole(Some(bytes.into())),
            ticket: None,
            busy: None,
        }
    }

    /// Holds on to the sign that its connection is busy, until the body ends.
    pub(crate) fn hold(&mut self, busy: Arc<()>) {
        self.busy = Some(busy);
    }

    /// Writes the record of an answer in one piece, together with those of others that end now. Without
    /// it the record is written when the piece is asked for.
    pub(crate) async fn write_record(&mut self) {
        if let Some(unwritten) = self.settle() {
            unwritten.write_together().await;
        }
    }

    /// Ends the record of an answer in one piece, once.
    fn settle(&mut self) -> Option<Unwritten> {
        let ticket = self.ticket.take()?;
        if let (Some(tape), Content::Whole(Some(bytes))) = (ticket.record.tape(), &self.content) {
            tape.given(bytes);
        }
        Some(ticket.settle())
    }

    /// A stream; the relay keeps the record itself.
    pub(crate) fn stream(relay: Relay) -> Self {
        Self {
            content: Content::Stream(Box::new(relay)),
            ticket: None,
            busy: None,
        }
    }
}

/// What a stream brought in one step.
type Step = Option<(Vec<Vec<u8>>, (AnswerBody, Splitter))>;

impl AnswerBody {
    /// The data of each event of a streamed answer, for callers inside the program. The end mark
    /// is an event like the others.
    pub fn events(self) -> impl Stream<Item = Vec<u8>> {
        let steps = stream::unfold(
            (self, Splitter::default()),
            |(mut body, mut splitter)| async move {
                let frame = body.frame().await?;
                let mut events = Vec::new();
                if let Ok(Ok(piece)) = frame.map(Frame::into_data) {
                    // The relay passes whole events only, none larger than the splitter takes.
                    let _ = splitter.push(piece, |event| {
                        events.extend(data_of(event).map(Cow::into_owned))
                    });
                }
                Step::Some((events, (body, splitter)))
            },
        );
        steps.flat_map(stream::iter)
    }

    /// The whole answer, for callers inside the program; empty when it broke off.
    pub async fn bytes(self) -> Bytes {
        let collected = self.collect().await;
        collected.map(Collected::to_bytes).unwrap_or_default()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(unwritten) = self.settle() {
            unwritten.write();
        }
        match &mut self.content {
            Content::Stream(relay) => relay.poll(context).map(|data| match data {
                Some(data) => Some(Ok(Frame::data(data))),
                None => relay.is_broken().then_some(Err(BrokenOff)),
            }),
            Content::Whole(bytes) => {
                let bytes = bytes.take();
                Poll::Ready(
                    bytes
                        .filter(|bytes| !bytes.is_empty())
                        .map(|bytes| Ok(Frame::data(bytes))),
                )
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.content, Content::Whole(None)) && self.ticket.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Content::Stream(_) => SizeHint::default(),
        }
    }
}
