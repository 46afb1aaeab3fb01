//! Turns the bytes of a stream into events, wherever the bytes are cut.

use crate::{Event, UpstreamError};

/// A decoder of one stream. Holds back what is not whole yet, within a bound.
pub trait Decode: Send {
    /// Takes the next bytes and appends the events that they complete.
    fn push(&mut self, piece: &[u8], events: &mut Vec<Event>) -> Result<(), UpstreamError>;

    /// Whether the form's own end mark has come, so that nothing more belongs to the answer whatever
    /// the connection does. Forms without such a mark end with the connection.
    fn is_over(&self) -> bool {
        false
    }

    /// The stream has ended: appends what was held back. An end in the middle of something is an
    /// error.
    fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), UpstreamError>;
}
