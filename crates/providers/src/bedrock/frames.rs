//! Cuts an AWS event stream into frames, wherever the bytes are cut, and checks both checksums of
//! each. Does not know what a frame says.
//! Format: <https://smithy.io/2.0/aws/amazon-eventstream.html>.

use aws_smithy_eventstream::frame::read_message_from;
use bytes::{Bytes, BytesMut};

use crate::{UpstreamError, words};

/// The largest frame that is accepted, in bytes. AWS's own limit is 24 MiB; the frames of an
/// answer are kilobytes.
const LARGEST_FRAME: usize = 16 * 1024 * 1024;

/// Total length, length of the headers, CRC-32 of the two; each four bytes, big-endian.
const PRELUDE: usize = 12;

/// One frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Frame {
    /// A part of the answer: `:event-type`, payload.
    Event(String, Bytes),
    /// An error that the service knows: `:exception-type`, payload.
    Exception(String, Bytes),
    /// Any other error: `:error-code`, `:error-message`.
    Error(String, String),
}

/// Holds back the part of a stream that is not yet a whole frame.
#[derive(Debug, Default)]
pub(super) struct Frames {
    held: BytesMut,
}

impl Frames {
    /// Takes the next bytes.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.held.extend_from_slice(piece);
    }

    /// The next whole frame; none until more bytes come. After an error there are no more.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, UpstreamError> {
        let Some(prelude) = self.held.first_chunk::<PRELUDE>() else {
            return Ok(None);
        };
        let [total, _, sum] = [0, 4, 8].map(|at| {
            u32::from_be_bytes([
                prelude[at],
                prelude[at + 1],
                prelude[at + 2],
                prelude[at + 3],
            ])
        });
        // Before the length is believed: a wrong one would swallow the frames behind it.
        if crc32fast::hash(&prelude[..8]) != sum {
            return Err(damaged("the checksum of a frame's head is wrong"));
        }
        let total = total as usize;
        if total > LARGEST_FRAME {
            return Err(damaged(&format!(
                "an event of {total} bytes is larger than 16 MiB"
            )));
        }
        if total < PRELUDE {
            return Err(damaged("a frame is shorter than its own head"));
        }
        if self.held.len() < total {
            return Ok(None);
        }
        let frame = self.held.split_to(total).freeze();
        let message = read_message_from(frame).map_err(|error| damaged(&error.to_string()))?;
        let header = |name: &str| {
            let mut headers = message.headers().iter();
            let header = headers.find(|header| header.name().as_str() == name)?;
            Some(header.value().as_string().ok()?.as_str())
        };
        let said = |name: &str| words::cut(header(name).unwrap_or_default(), 1_000);
        let payload = message.payload().clone();
        match header(":message-type") {
            Some("event") => Ok(Some(Frame::Event(said(":event-type"), payload))),
            Some("exception") => Ok(Some(Frame::Exception(said(":exception-type"), payload))),
            Some("error") => Ok(Some(Frame::Error(
                said(":error-code"),
                said(":error-message"),
            ))),
            _ => Err(damaged("a frame is neither an event nor an error")),
        }
    }

    /// The stream has ended: an error when a frame is not whole.
    pub(super) fn finish(&self) -> Result<(), UpstreamError> {
        if self.held.is_empty() {
            Ok(())
        } else {
            Err(damaged("it ended in the middle of a frame"))
        }
    }
}

fn damaged(problem: &str) -> UpstreamError {
    UpstreamError::Damaged(problem.to_owned())
}
