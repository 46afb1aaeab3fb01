//! What a recording keeps of one request: what came, what was sent on, what came back, what the
//! client was given, each with its times. Does not decide which requests are recorded, and holds no
//! credential.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::body::{Body, Cut};

/// The most bytes that are kept of one request, over all its bodies.
pub const REQUEST_MOST: usize = 8 * 1024 * 1024;

/// The most bytes that recordings may take in memory before they are on the disk.
pub const MEMORY_MOST: usize = 64 * 1024 * 1024;

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

/// Headers by name, as far as they are on the list of those that are kept.
pub type Headers = Vec<(String, String)>;

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
    pub(super) bytes: usize,
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

    /// Takes room for so many bytes; false when there is none.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
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
