//! A body that a recording keeps: its first bytes, its pieces with their times, and what is replaced
//! in it. Does not know whose body it is.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::expanded::{Held, REQUEST_MOST};

/// The most bytes that are kept of one body.
pub const BODY_MOST: usize = 1024 * 1024;

/// The most bytes of a word that is left away where a body is cut.
const WORD_MOST: usize = 4 * 1024;

/// The most pieces of one body that are told apart; later ones lengthen the last.
const PIECES_MOST: usize = 20_000;

/// Why a body is not kept in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Cut {
    /// It, or all of its request, is larger than is kept.
    TooLong,
    /// The memory for recordings was full.
    NoRoom,
}

/// A body, as far as it is kept. Its bytes are any bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Body {
    /// The first bytes. They are stored apart from the rest, and so not part of its JSON.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// How many bytes there were, kept or not.
    pub size: u64,
    /// Why some are missing; none when all are there.
    pub cut: Option<Cut>,
    /// The pieces in which it came, in order; empty for a body that was there at once.
    pub pieces: Vec<Piece>,
}

/// A piece of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// When it came, since the request was accepted.
    pub at: Duration,
    /// Where it ends among the kept bytes; it begins where the one before it ends.
    pub end: usize,
}

impl Body {
    /// Replaces what must not be written down. Pieces between the first and the last change become
    /// one: where they began is not known any more.
    pub fn redact(&mut self, redact: &dyn Fn(&[u8]) -> Cow<'_, [u8]>) {
        if self.cut.is_some() {
            self.end_before_a_word();
        }
        let Cow::Owned(other) = redact(&self.bytes) else {
            return;
        };
        let pairs = self.bytes.iter().zip(&other);
        let same = pairs.take_while(|(old, new)| old == new).count();
        let shorter = self.bytes.len().min(other.len()) - same;
        let ends = self.bytes.iter().rev().zip(other.iter().rev());
        let same_at_end = ends
            .take(shorter)
            .take_while(|(old, new)| old == new)
            .count();
        let changed_until = self.bytes.len() - same_at_end;
        self.pieces
            .retain(|piece| piece.end <= same || piece.end >= changed_until);
        for piece in &mut self.pieces {
            if piece.end > same {
                piece.end = piece.end + other.len() - self.bytes.len();
            }
        }
        self.bytes = other;
    }

    /// The same for frames, which may bring a text in parts: where there is something to replace,
    /// what they say is kept in their place.
    pub(super) fn redact_frames(&mut self, redact: &dyn Fn(&[u8]) -> Cow<'_, [u8]>) {
        let lines = providers::event_stream_lines(&self.bytes);
        if let Cow::Owned(other) = redact(&lines) {
            (self.bytes, self.pieces) = (other, Vec::new());
        }
    }

    /// A word that the cut divides may be a secret, which is not known by its beginning.
    fn end_before_a_word(&mut self) {
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.+/=~%@-".contains(byte);
        let word = self.bytes.iter().rev().take(WORD_MOST);
        let end = self.bytes.len() - word.take_while(|byte| is_of_word(byte)).count();
        self.bytes.truncate(end);
        for piece in &mut self.pieces {
            piece.end = piece.end.min(end);
        }
    }

    pub(super) fn add(&mut self, bytes: &[u8], at: Option<Duration>, held: &mut Held) {
        self.size += bytes.len() as u64;
        // What follows a gap would look as if it stood there.
        if self.cut.is_some() || bytes.is_empty() {
            return;
        }
        let room = BODY_MOST.saturating_sub(self.bytes.len());
        let room = room.min(REQUEST_MOST.saturating_sub(held.bytes));
        let kept = &bytes[..bytes.len().min(room)];
        if kept.len() < bytes.len() {
            self.cut = Some(Cut::TooLong);
        }
        if !held.take(kept.len() + size_of::<Piece>()) {
            self.cut = Some(Cut::NoRoom);
            return;
        }
        self.bytes.extend_from_slice(kept);
        let end = self.bytes.len();
        let is_full = self.pieces.len() >= PIECES_MOST;
        match (at, self.pieces.last_mut().filter(|_| is_full)) {
            (None, _) => {}
            (Some(_), Some(last)) => last.end = end,
            (Some(at), None) => self.pieces.push(Piece { at, end }),
        }
    }
}
