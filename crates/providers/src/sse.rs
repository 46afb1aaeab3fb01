//! Cuts a byte stream into server-sent events, so that only whole events are passed on, and reads
//! the data of each. Events keep their bytes; nothing is rebuilt.
//! Format: WHATWG HTML, "Server-sent events", which allows `\n`, `\r\n` and `\r` as line ends.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use memchr::memchr2;

/// The largest event that is accepted, in bytes: as much as an answer in one piece may have. The
/// last event of some servers repeats the prompt, or its tokens.
pub(crate) const LARGEST_EVENT: usize = 16 * 1024 * 1024;

/// An event grew beyond the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than 16 MiB")]
pub struct EventTooLarge;

/// Holds back the part of a stream that is not yet a whole event.
#[derive(Debug, Default)]
pub struct Splitter {
    held: BytesMut,
    scan: Scan,
}

/// How far the held bytes have been looked at.
#[derive(Debug, Default, Clone, Copy)]
struct Scan {
    /// Where the next look starts.
    next: usize,
    /// Where the current line starts.
    line: usize,
    /// Whether the byte before `next` is a `\r`, so that a `\n` belongs to it.
    after_return: bool,
}

impl Splitter {
    /// Takes the next piece and returns the whole events that it completes, as one run of bytes.
    /// Each event is shown to `see`, in order.
    pub fn push(
        &mut self,
        piece: Bytes,
        mut see: impl FnMut(&[u8]),
    ) -> Result<Bytes, EventTooLarge> {
        let mut is_too_large = false;
        let mut see = |event: &[u8]| {
            is_too_large |= event.len() > LARGEST_EVENT;
            if !is_too_large {
                see(event);
            }
        };
        let events = if self.held.is_empty() {
            let whole = self.scan.events(&piece, &mut see);
            self.scan.shift(whole);
            self.held.extend_from_slice(&piece[whole..]);
            piece.slice(..whole)
        } else {
            self.held.extend_from_slice(&piece);
            let whole = self.scan.events(&self.held, &mut see);
            self.scan.shift(whole);
            self.held.split_to(whole).freeze()
        };
        if is_too_large || self.held.len() > LARGEST_EVENT {
            return Err(EventTooLarge);
        }
        Ok(events)
    }

    /// What is left at the end of the stream: an event without its empty line.
    pub fn finish(&mut self) -> Bytes {
        self.scan = Scan::default();
        self.held.split().freeze()
    }
}

impl Scan {
    /// Looks at the bytes from where it stopped; returns the end of the last whole event.
    fn events(&mut self, bytes: &[u8], see: &mut impl FnMut(&[u8])) -> usize {
        let mut whole = 0;
        while self.next < bytes.len() {
            if self.after_return && bytes[self.next] == b'\n' {
                self.next += 1;
                self.line = self.next;
                self.after_return = false;
                if whole + 1 == self.next && whole > 0 {
                    whole = self.next;
                }
                continue;
            }
            self.after_return = false;
            let Some(distance) = memchr2(b'\n', b'\r', &bytes[self.next..]) else {
                self.next = bytes.len();
                break;
            };
            let end = self.next + distance;
            self.after_return = bytes[end] == b'\r';
            self.next = end + 1;
            if end == self.line {
                see(&bytes[whole..end]);
                whole = self.next;
            }
            self.line = self.next;
        }
        whole
    }

    /// The bytes before `whole` are gone.
    fn shift(&mut self, whole: usize) {
        self.next -= whole;
        self.line = self.line.saturating_sub(whole);
    }
}

/// The data of one event: its `data:` lines joined by a line feed; `None` when it has none. An
/// `error:` line, as llama.cpp writes it, counts as data.
pub fn data_of(event: &[u8]) -> Option<Cow<'_, [u8]>> {
    let event = event.strip_prefix(b"\xef\xbb\xbf").unwrap_or(event);
    let mut data: Option<Cow<'_, [u8]>> = None;
    for line in event.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let field = line
            .strip_prefix(b"data:")
            .or_else(|| line.strip_prefix(b"error:"));
        let Some(value) = field else { continue };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        data = Some(match data {
            None => Cow::Borrowed(value),
            Some(before) => {
                let mut joined = before.into_owned();
                joined.push(b'\n');
                joined.extend_from_slice(value);
                Cow::Owned(joined)
            }
        });
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}data: {\"a\":\"ü\"}\n\n: ping\n\nevent: x\r\ndata:one\r\ndata: two\r\n\r\n\
                          data: three\r\rerror: {\"e\":1}\n\ndata: [DONE]\n\n";

    fn seen(pieces: &[&[u8]]) -> (Vec<String>, Vec<u8>, Vec<u8>) {
        let (mut splitter, mut data, mut passed) = (Splitter::default(), Vec::new(), Vec::new());
        for piece in pieces {
            let events = splitter.push(Bytes::copy_from_slice(piece), |event| {
                if let Some(found) = data_of(event) {
                    data.push(String::from_utf8(found.into_owned()).unwrap());
                }
            });
            passed.extend_from_slice(&events.unwrap());
        }
        (data, passed, splitter.finish().to_vec())
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_events() {
        let bytes = STREAM.as_bytes();
        let expected = ["{\"a\":\"ü\"}", "one\ntwo", "three", "{\"e\":1}", "[DONE]"];
        for first in 0..=bytes.len() {
            for second in [
                first,
                (first + 1).min(bytes.len()),
                (first + 9).min(bytes.len()),
            ] {
                let (data, passed, left) =
                    seen(&[&bytes[..first], &bytes[first..second], &bytes[second..]]);
                assert_eq!(data, expected, "cut at {first} and {second}");
                assert_eq!(
                    [passed, left].concat(),
                    bytes,
                    "cut at {first} and {second}"
                );
            }
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(seen(&single).0, expected);
    }

    #[test]
    fn half_an_event_is_held_back() {
        let (data, passed, left) = seen(&[b"data: one\n\ndata: {\"tex"]);
        assert_eq!(data, ["one"]);
        assert_eq!(passed, b"data: one\n\n");
        assert_eq!(left, b"data: {\"tex");
    }

    #[test]
    fn a_whole_piece_is_passed_on_without_a_copy() {
        let piece = Bytes::from_static(b"data: one\n\n");
        let events = Splitter::default().push(piece.clone(), |_| ()).unwrap();
        assert_eq!(events.as_ptr(), piece.as_ptr());
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut splitter = Splitter::default();
        let piece = Bytes::from(vec![b'x'; LARGEST_EVENT / 2 + 1]);
        assert!(splitter.push(piece.clone(), |_| ()).is_ok());
        assert_eq!(splitter.push(piece, |_| ()), Err(EventTooLarge));
        // Whole, and in one piece.
        let whole = [&vec![b'x'; LARGEST_EVENT + 1][..], b"\n\n"].concat();
        let pushed = Splitter::default().push(whole.into(), |_| ());
        assert_eq!(pushed, Err(EventTooLarge));
    }
}
