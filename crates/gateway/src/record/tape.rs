//! Takes down what a recording keeps while its request runs. A request that is not recorded has no
//! tape, and pays for none.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use domain::{Feature, Model, Settings};
use http::HeaderMap;
use http::request::Parts;
use providers::Observed;
use secrecy::{ExposeSecret, SecretSlice};

use super::expanded::{Expanded, ExpandedBy, Held, Place, Shelf, UpstreamCall};
use super::headers::{answered, asked, credentials, received, without_values};
use super::mask::without_keys;

/// Shorter keys may be words of a sentence, and are no secrets worth the name.
const SECRET_LENGTH: usize = 8;

/// The most calls of one request that are kept; there are fewer than this with every retry.
const CALLS_MOST: usize = 32;

/// Why a tape is not kept that ran through a purge.
const PURGED: &str = "its recording was purged while it ran";

/// The tape of one request. Copies write to the same.
#[derive(Clone)]
pub(crate) struct Tape(Arc<Inner>);

struct Inner {
    started: Instant,
    settings: Arc<Settings>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// None when it has ended, or must not be kept.
    expanded: Option<Expanded>,
    /// Whether somebody inside the program watches it: what must not be recorded is taken down for
    /// them all the same.
    is_watched: bool,
    /// Whether it may be recorded, as far as is known.
    is_recorded: bool,
    /// Whether its feature is one that is recorded.
    is_wanted: bool,
    /// Why it is not kept, for the row.
    refusal: Option<String>,
    /// What must never be written, wherever it stands.
    secrets: Vec<Arc<SecretSlice<u8>>>,
    credentials: HashSet<Vec<u8>>,
}

/// What became of a tape.
pub(super) struct Ended {
    /// What is to be recorded, or why nothing is, where there is a reason to tell.
    pub(super) recorded: Result<Box<Expanded>, Option<String>>,
    /// What who watches is shown.
    pub(super) watched: Option<Expanded>,
}

impl State {
    /// It must not be recorded. Unless somebody watches it, nothing of it is needed any more.
    fn refuse(&mut self, reason: String) {
        if self.is_recorded {
            self.refusal = Some(reason);
        }
        self.is_recorded = false;
        if !self.is_watched {
            self.expanded = None;
        }
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tape")
    }
}

impl Tape {
    /// A tape for a request of which only the head is known yet.
    pub(super) fn new(
        by: ExpandedBy,
        parts: &Parts,
        settings: &Arc<Settings>,
        shelf: &Arc<Shelf>,
        started: Instant,
    ) -> Self {
        let expanded = Expanded::new(by, received(&parts.headers), Held::on(shelf));
        let is_wanted = by == ExpandedBy::Gitlab || settings.recording.features.is_empty();
        let state = State {
            expanded: Some(expanded),
            is_recorded: by != ExpandedBy::Playground,
            is_wanted,
            credentials: credentials(&parts.headers),
            ..State::default()
        };
        Self(Arc::new(Inner {
            started,
            settings: Arc::clone(settings),
            state: Mutex::new(state),
        }))
    }

    /// Somebody inside the program watches it.
    pub(super) fn is_watched(&self) {
        self.state().is_watched = true;
    }

    /// Keeps it whatever its feature: GitLab asked for it.
    pub(super) fn want(&self) {
        let mut state = self.state();
        state.is_wanted = true;
        state.is_recorded = true;
        if let Some(expanded) = &mut state.expanded {
            expanded.by = ExpandedBy::Gitlab;
        }
    }

    /// The feature is known now: whether it is one of those that are recorded. False when nothing
    /// is to be kept.
    pub(super) fn routed(&self, feature: Option<Feature>) -> bool {
        let recording = &self.0.settings.recording;
        let mut state = self.state();
        state.is_wanted |= recording.records_feature(feature);
        state.is_wanted || state.is_watched
    }

    /// A model is to be asked. What goes to one that is not self-hosted is never kept.
    pub(crate) fn asks(&self, model: &Model, key: Option<&Arc<SecretSlice<u8>>>) {
        let mut state = self.state();
        state.secrets.extend(key.cloned());
        if !model.self_hosted && state.expanded.is_some() {
            state.refuse(format!("not recorded: {} is not self-hosted", model.name));
        }
    }

    /// The body of the client's request.
    pub(crate) fn received(&self, body: &Bytes) {
        let shown = without_keys(body);
        self.write(|expanded, _| expanded.add(Place::Received, &shown, None));
    }

    /// The prompt before its template.
    pub(crate) fn preprocessed(&self, prompt: &serde_json::Value) {
        let text = prompt.to_string();
        self.write(|expanded, _| {
            // A fallback may be asked in another way; what it was given is in its call.
            if expanded.preprocessed.is_none() {
                expanded.add(Place::Preprocessed, text.as_bytes(), None);
            }
        });
    }

    /// A call that is about to be made.
    pub(crate) fn call(&self, model: &Model) -> Option<CallTape> {
        self.write(|expanded, at| {
            let number = expanded.calls.len();
            let call = UpstreamCall {
                model: model.name.to_string(),
                at,
                ..UpstreamCall::default()
            };
            (number < CALLS_MOST).then(|| {
                expanded.calls.push(call);
                CallTape {
                    tape: self.clone(),
                    number,
                }
            })
        })
        .flatten()
    }

    /// Bytes that the client was given.
    pub(crate) fn given(&self, bytes: &[u8]) {
        self.write(|expanded, at| expanded.add(Place::Given, bytes, Some(at)));
    }

    /// Ends the tape: what is to be kept, or why it is not, and what is shown to who watches.
    pub(super) fn finish(self) -> Ended {
        let mut state = std::mem::take(&mut *self.state());
        if state.expanded.as_ref().is_some_and(Expanded::is_purged) {
            state.refuse(PURGED.into());
        }
        let Some(mut expanded) = state.expanded else {
            let recorded = Err(state.refusal);
            return Ended {
                recorded,
                watched: None,
            };
        };
        let keys = state.secrets.iter().map(|key| key.expose_secret());
        let credentials = state.credentials.iter().map(Vec::as_slice);
        for secret in keys.chain(credentials) {
            if secret.len() >= SECRET_LENGTH {
                expanded.cover(secret);
            }
        }
        let is_recorded = state.is_recorded && state.is_wanted;
        let (recorded, watched) = match (is_recorded, state.is_watched) {
            (true, false) => (Ok(Box::new(expanded)), None),
            (true, true) => {
                let copy = expanded.copy();
                (Ok(Box::new(expanded)), Some(copy))
            }
            (false, _) => {
                expanded.let_go();
                (
                    Err(state.refusal),
                    Some(expanded).filter(|_| state.is_watched),
                )
            }
        };
        let watched = watched.map(|mut watched| {
            watched.by = ExpandedBy::Playground;
            watched
        });
        Ended { recorded, watched }
    }

    fn write<T>(&self, write: impl FnOnce(&mut Expanded, std::time::Duration) -> T) -> Option<T> {
        let mut state = self.state();
        if state.expanded.as_ref().is_some_and(Expanded::is_purged) {
            state.refuse(PURGED.into());
        }
        let expanded = state.expanded.as_mut()?;
        Some(write(expanded, self.0.started.elapsed()))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one call on a tape.
#[derive(Debug, Clone)]
pub(crate) struct CallTape {
    tape: Tape,
    number: usize,
}

impl CallTape {
    /// What the client for model servers sends and gets.
    pub(crate) fn see(&self, observed: Observed<'_>) {
        match observed {
            Observed::Sent(request) => {
                let body = request.body().and_then(reqwest::Body::as_bytes);
                self.change(|call| {
                    call.method = request.method().to_string();
                    call.url = without_values(request.url());
                    call.headers = asked(request.headers());
                });
                self.add(Place::Sent(self.number), body.unwrap_or_default(), false);
            }
            Observed::Answered(status, headers) => self.answered(status.as_u16(), headers),
            Observed::Refused(body) => self.came_back(body, false),
        }
    }

    /// Bytes of the answer; a piece of a stream has its time.
    pub(crate) fn came_back(&self, bytes: &[u8], is_piece: bool) {
        self.add(Place::CameBack(self.number), bytes, is_piece);
    }

    /// What went wrong.
    pub(crate) fn failed(&self, words: String) {
        self.change(|call| call.error = Some(words));
    }

    fn answered(&self, status: u16, headers: &HeaderMap) {
        self.tape.write(|expanded, at| {
            if let Some(call) = expanded.calls.get_mut(self.number) {
                call.answered_at = Some(at);
                call.status = Some(status);
                call.answer_headers = answered(headers);
            }
        });
    }

    fn add(&self, place: Place, bytes: &[u8], is_piece: bool) {
        self.tape
            .write(|expanded, at| expanded.add(place, bytes, is_piece.then_some(at)));
    }

    fn change(&self, change: impl FnOnce(&mut UpstreamCall)) {
        self.tape
            .write(|expanded, _| expanded.calls.get_mut(self.number).map(change));
    }
}
