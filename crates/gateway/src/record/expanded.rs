//! What a recording keeps of one request: what came, what was sent on, what came back, what the
//! client was given, each with its times. Does not decide which requests are recorded, and holds no
//! credential.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The most bytes that are kept of one body.
pub const BODY_MOST: usize = 1024 * 1024;

/// The most bytes that are kept of one request, over all its bodies.
pub const REQUEST_MOST: usize = 8 * 1024 * 1024;

/// The most bytes that recordings may take in memory before they are on the disk.
pub const MEMORY_MOST: usize = 64 * 1024 * 1024;

/// The most bytes of a word that is left away where a body is cut.
const WORD_MOST: usize = 4 * 1024;

/// The most pieces of one body that are told apart; later ones lengthen the last.
const PIECES_MOST: usize = 20_000;

/// Why a request is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ExpandedBy {
    /// A recording was on.
    Recording,
    /// GitLab asked for it in a header, and the admin allows that.
    Gitlab,
    /// It is a prompt of the playground: in memory alone, for the admin who asked it.
    Playground,
}

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

/// Headers by name, as far as they are on the list of those that are kept.
pub type Headers = Vec<(String, String)>;

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

/// What the client sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Incoming {
    /// Its headers.
    pub headers: Headers,
    /// Its body; the values of fields named `api_key` are ten asterisks.
    pub body: Body,
}

/// One call to a model server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UpstreamCall {
    /// The deployment name of the model.
    pub model: String,
    /// When it was sent, since the request was accepted.
    pub at: Duration,
    /// The method.
    pub method: String,
    /// The address, with the values of its query left out but for the version of an API.
    pub url: String,
    /// The headers as sent; credentials are never among them.
    pub headers: Headers,
    /// The body as sent.
    pub body: Body,
    /// When the headers of the answer came, since the request was accepted.
    pub answered_at: Option<Duration>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The headers of the answer.
    pub answer_headers: Headers,
    /// The body of the answer, as it came.
    pub answer: Body,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
}

impl UpstreamCall {
    /// Whether the answer is a stream of AWS's frames.
    fn has_frames(&self) -> bool {
        let mut headers = self.answer_headers.iter();
        headers.any(|(name, value)| {
            name == "content-type" && value.starts_with("application/vnd.amazon.eventstream")
        })
    }
}

/// What a recording keeps of one request.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Expanded {
    /// Why it is recorded.
    pub by: ExpandedBy,
    /// What the client sent.
    pub received: Incoming,
    /// The prompt before a template was applied, as JSON: messages, or the code around a gap. None
    /// where the body passed as it came.
    pub preprocessed: Option<Body>,
    /// The calls to model servers in order, with every retry and every fallback.
    pub calls: Vec<UpstreamCall>,
    /// What the client was given.
    pub answer: Body,
    #[serde(skip)]
    held: Held,
}

impl Expanded {
    pub(super) fn new(by: ExpandedBy, headers: Headers, held: Held) -> Self {
        Self {
            by,
            received: Incoming {
                headers,
                body: Body::default(),
            },
            preprocessed: None,
            calls: Vec::new(),
            answer: Body::default(),
            held,
        }
    }

    /// Gives back the room in the memory for recordings: it is nobody's to write down any more.
    pub(super) fn let_go(&mut self) {
        self.held = Held::default();
    }

    /// The same, without a claim to the memory for recordings.
    pub(super) fn copy(&self) -> Self {
        Self {
            by: self.by,
            received: self.received.clone(),
            preprocessed: self.preprocessed.clone(),
            calls: self.calls.clone(),
            answer: self.answer.clone(),
            held: Held::default(),
        }
    }

    /// The bodies, in an order that is always the same: received, preprocessed, each call's request
    /// and answer, given.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        let calls = self
            .calls
            .iter()
            .flat_map(|call| [&call.body, &call.answer]);
        std::iter::once(&self.received.body)
            .chain(&self.preprocessed)
            .chain(calls)
            .chain(std::iter::once(&self.answer))
    }

    /// The bodies in the order of [`Self::bodies`], to change them.
    pub fn bodies_mut(&mut self) -> impl Iterator<Item = &mut Body> {
        let calls = self
            .calls
            .iter_mut()
            .flat_map(|call| [&mut call.body, &mut call.answer]);
        std::iter::once(&mut self.received.body)
            .chain(&mut self.preprocessed)
            .chain(calls)
            .chain(std::iter::once(&mut self.answer))
    }

    /// Whether recordings were purged since this one began: it must not be kept.
    pub fn is_purged(&self) -> bool {
        self.held.is_purged()
    }

    /// Whether a body is missing or short because the memory for recordings was full.
    pub fn had_no_room(&self) -> bool {
        self.bodies().any(|body| body.cut == Some(Cut::NoRoom))
    }

    /// Replaces what must not be written down, in every body, header, address and error.
    pub fn redact(&mut self, redact: &dyn Fn(&[u8]) -> Cow<'_, [u8]>) {
        let framed = self.calls.iter_mut().filter(|call| call.has_frames());
        framed.for_each(|call| call.answer.redact_frames(redact));
        self.bodies_mut().for_each(|body| body.redact(redact));
        let text = |text: &mut String| {
            if let Cow::Owned(other) = redact(text.as_bytes()) {
                *text = String::from_utf8_lossy(&other).into_owned();
            }
        };
        let calls = self.calls.iter_mut().flat_map(|call| {
            let headers = call.headers.iter_mut().chain(&mut call.answer_headers);
            let values = headers.map(|(_, value)| value);
            values
                .chain(std::iter::once(&mut call.url))
                .chain(&mut call.error)
        });
        let received = self.received.headers.iter_mut().map(|(_, value)| value);
        received.chain(calls).for_each(text);
    }

    pub(super) fn add(&mut self, place: Place, bytes: &[u8], at: Option<Duration>) {
        let body = match place {
            Place::Received => Some(&mut self.received.body),
            Place::Preprocessed => Some(self.preprocessed.get_or_insert_default()),
            Place::Sent(call) => self.calls.get_mut(call).map(|call| &mut call.body),
            Place::CameBack(call) => self.calls.get_mut(call).map(|call| &mut call.answer),
            Place::Given => Some(&mut self.answer),
        };
        if let Some(body) = body {
            body.add(bytes, at, &mut self.held);
        }
    }

    /// Covers a secret wherever it stands, letter by letter, so that pieces stay where they are.
    pub(super) fn cover(&mut self, secret: &[u8]) {
        for body in self.bodies_mut() {
            let found: Vec<_> = memchr::memmem::find_iter(&body.bytes, secret).collect();
            for start in found {
                body.bytes[start..start + secret.len()].fill(b'*');
            }
        }
        let secret = String::from_utf8_lossy(secret).into_owned();
        self.redact(&|text| {
            let shown = String::from_utf8_lossy(text);
            match shown.contains(&secret) {
                true => Cow::Owned(shown.replace(&secret, "**********").into_bytes()),
                false => Cow::Borrowed(text),
            }
        });
    }
}

/// One of the bodies of a recording.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Received,
    Preprocessed,
    /// The request of this call.
    Sent(usize),
    /// The answer to this call.
    CameBack(usize),
    Given,
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
    fn redact_frames(&mut self, redact: &dyn Fn(&[u8]) -> Cow<'_, [u8]>) {
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

    fn add(&mut self, bytes: &[u8], at: Option<Duration>, held: &mut Held) {
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

/// What all recordings of a gateway share: the memory that they take, and how often they were
/// purged.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    used: AtomicUsize,
    purges: AtomicU64,
}

impl Shelf {
    /// Makes every recording that has begun one that must not be kept.
    pub(super) fn purge(&self) {
        self.purges.fetch_add(1, Ordering::SeqCst);
    }
}

/// The memory that one recording takes, given back by its drop.
#[derive(Debug, Default)]
pub(super) struct Held {
    shelf: Arc<Shelf>,
    bytes: usize,
    purges: u64,
}

impl Held {
    pub(super) fn on(shelf: &Arc<Shelf>) -> Self {
        Self {
            shelf: Arc::clone(shelf),
            bytes: 0,
            purges: shelf.purges.load(Ordering::SeqCst),
        }
    }

    fn is_purged(&self) -> bool {
        self.purges != self.shelf.purges.load(Ordering::SeqCst)
    }

    fn take(&mut self, bytes: usize) -> bool {
        let used = self.shelf.used.fetch_add(bytes, Ordering::Relaxed);
        let fits = used + bytes <= MEMORY_MOST;
        match fits {
            true => self.bytes += bytes,
            false => {
                self.shelf.used.fetch_sub(bytes, Ordering::Relaxed);
            }
        }
        fits
    }
}

impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shelf.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
