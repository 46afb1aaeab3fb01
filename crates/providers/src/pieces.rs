//! Gathers a body from its pieces. A body in one piece is passed on without a copy.

use bytes::{Bytes, BytesMut};

/// A body as far as it has arrived.
#[derive(Debug, Default)]
pub struct Pieces {
    /// How long it says it will be, in bytes; 0 when it does not.
    announced: usize,
    first: Bytes,
    many: BytesMut,
}

impl Pieces {
    /// Nothing yet, of a body that may have said how long it will be.
    pub fn with_hint(announced: Option<u64>) -> Self {
        let announced = announced.and_then(|length| usize::try_from(length).ok());
        Self {
            announced: announced.unwrap_or(0),
            ..Self::default()
        }
    }

    /// Adds the next piece.
    pub fn add(&mut self, piece: Bytes) {
        if self.is_empty() {
            self.first = piece;
            return;
        }
        if self.many.is_empty() {
            // What a body says of itself is believed up to a mebibyte at once.
            self.many.reserve(
                self.announced
                    .min(1 << 20)
                    .max(2 * (self.first.len() + piece.len())),
            );
            self.many.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.many.extend_from_slice(&piece);
    }

    /// How many bytes have arrived.
    pub fn len(&self) -> usize {
        self.first.len() + self.many.len()
    }

    /// Whether nothing has arrived.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole body.
    pub fn into_bytes(self) -> Bytes {
        if self.many.is_empty() {
            self.first
        } else {
            self.many.freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_piece_is_not_copied_and_many_are_joined() {
        let piece = Bytes::from_static(b"one");
        let mut one = Pieces::default();
        one.add(piece.clone());
        assert_eq!(one.into_bytes().as_ptr(), piece.as_ptr());
        let mut many = Pieces::with_hint(Some(u64::MAX));
        for text in ["", "a", "", "b", "c"] {
            many.add(Bytes::from_static(text.as_bytes()));
        }
        assert_eq!(
            (many.len(), many.into_bytes()),
            (3, Bytes::from_static(b"abc"))
        );
    }
}
