//! The keys of all providers: kept for a day, asked for anew when a token names an unknown one, one
//! request at a time and not too often. Does not know tokens; the caller says which key fits.
//!
//! A token whose key is known never waits. An old set serves until a new one is there, and one
//! provider's silence keeps only those waiting whose key nobody else has.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::fetch::Fetcher;
use crate::key_set::{KeySet, PublicKey};
use domain::InstanceUrl;

use crate::{AccessError, words};

/// How long a set of keys is taken for fresh.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// How often a provider is asked at most because of unknown keys. With the deadline of a try, a
/// new key of GitLab is accepted within 60 s.
const APART: SignedDuration = SignedDuration::from_secs(30);

/// How long after a failure a provider is asked again while the keys of tokens are known.
const RETRY: SignedDuration = SignedDuration::from_mins(5);

/// The longest that a token waits for its key: a little more than a try may take.
const LONGEST_WAIT: Duration = Duration::from_secs(12);

/// Who publishes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderName {
    /// The GitLab instance.
    GitLab,
    /// The customers portal of GitLab.
    CustomersPortal,
}

impl fmt::Display for ProviderName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::GitLab => "GitLab",
            Self::CustomersPortal => "the customers portal",
        })
    }
}

/// What is known of a provider of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderState {
    /// Which provider.
    pub name: ProviderName,
    /// Its address.
    pub url: InstanceUrl,
    /// The ids of its keys, also of an old set that still serves.
    pub kids: Vec<String>,
    /// When they were asked for; nothing before the first success.
    pub loaded_at: Option<Timestamp>,
    /// Why the last try failed; nothing when it did not.
    pub failure: Option<ProviderFailure>,
    /// Whether a try runs now.
    pub is_asking: bool,
    /// When a request makes us ask again; one with an unknown key may do so 30 s after the last
    /// try. Nothing before the first try: any request makes it.
    pub next_try: Option<Timestamp>,
}

/// A failed try to get keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFailure {
    /// When it began.
    pub at: Timestamp,
    /// What happened and what to do, in words.
    pub words: String,
}

/// Why no key fits a token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// None has its id, or it has no id and none fits.
    Unknown,
    /// There are keys with its id, and none fits.
    Unfit,
}

/// The keys of all providers. Tries end when it is dropped.
pub(crate) struct Keys {
    fetcher: Arc<Fetcher>,
    providers: Vec<Provider>,
    /// Counts the tries that have ended.
    ended: Arc<watch::Sender<u64>>,
}

struct Provider {
    name: ProviderName,
    url: InstanceUrl,
    state: Arc<Mutex<State>>,
    /// The try that runs, at most one.
    tries: Mutex<JoinSet<()>>,
}

#[derive(Default)]
struct State {
    loaded: Option<(Arc<KeySet>, Timestamp)>,
    failure: Option<ProviderFailure>,
    asked_at: Option<Timestamp>,
    is_asking: bool,
}

impl Keys {
    /// Knows no key yet, and asks with the first request.
    pub(crate) fn new(fetcher: Fetcher, providers: Vec<(ProviderName, InstanceUrl)>) -> Self {
        let provider = |(name, url)| Provider {
            name,
            url,
            state: Arc::default(),
            tries: Mutex::default(),
        };
        Self {
            fetcher: Arc::new(fetcher),
            providers: providers.into_iter().map(provider).collect(),
            ended: Arc::default(),
        }
    }

    /// The first answer of `fits` for a key with this id, or for any key when there is no id. Waits
    /// only when no key has the id and a provider can be asked.
    pub(crate) async fn find<T>(
        &self,
        kid: Option<&str>,
        now: Timestamp,
        fits: impl Fn(&PublicKey) -> Option<T>,
    ) -> Result<(ProviderName, T), NoKey> {
        let patience = Instant::now() + LONGEST_WAIT;
        let mut ended = self.ended.subscribe();
        self.ask(now, |state| state.is_due(now));
        loop {
            let mut is_known = false;
            for provider in &self.providers {
                let Some(set) = provider.set() else { continue };
                for key in set.candidates(kid) {
                    is_known = kid.is_some();
                    if let Some(found) = fits(key) {
                        return Ok((provider.name, found));
                    }
                }
            }
            let is_asking = self.ask(now, |state| state.is_apart(now));
            if is_known {
                return Err(NoKey::Unfit);
            }
            if !is_asking || timeout_at(patience, ended.changed()).await.is_err() {
                return Err(NoKey::Unknown);
            }
        }
    }

    /// Asks every provider now, however lately it was asked, and waits for all answers.
    pub(crate) async fn check(&self, now: Timestamp) {
        let mut ended = self.ended.subscribe();
        let mut is_asking = self.ask(now, |_| true);
        while is_asking && ended.changed().await.is_ok() {
            is_asking = self.ask(now, |_| false);
        }
    }

    /// What is known of each provider.
    pub(crate) fn states(&self) -> Vec<ProviderState> {
        self.providers.iter().map(Provider::shown).collect()
    }

    /// What is known of the providers, as a clause for people.
    pub(crate) fn describe(&self, now: Timestamp) -> String {
        if self.providers.is_empty() {
            return "no GitLab URL is set, so that no key is known".into();
        }
        let states = self.providers.iter().map(|provider| provider.describe(now));
        states.collect::<Vec<_>>().join("; ")
    }

    /// Asks those providers that `may_ask` allows and that are not asked already. Says whether any
    /// is asked now.
    fn ask(&self, now: Timestamp, may_ask: impl Fn(&State) -> bool) -> bool {
        let mut is_asking = false;
        for provider in &self.providers {
            let mut state = lock(&provider.state);
            let is_due = !state.is_asking && may_ask(&state);
            if is_due {
                state.is_asking = true;
                state.asked_at = Some(now);
            }
            is_asking |= state.is_asking;
            // Unlocked first: a try that ends at once, as in a stop, locks it.
            drop(state);
            if is_due {
                self.start(provider, now);
            }
        }
        is_asking
    }

    /// One try, on its own: the request that made it may be gone before it ends.
    fn start(&self, provider: &Provider, now: Timestamp) {
        let end = End {
            state: Arc::clone(&provider.state),
            ended: Arc::clone(&self.ended),
        };
        let fetcher = Arc::clone(&self.fetcher);
        let (name, url) = (provider.name, provider.url.clone());
        let mut tries = lock(&provider.tries);
        while tries.try_join_next().is_some() {}
        tries.spawn(async move {
            let answer = fetcher.keys(&url).await;
            match &answer {
                Ok(set) => tracing::info!(%url, keys = ?set.kids(), "read the keys of {name}"),
                Err(error) => {
                    tracing::warn!(%url, %error, "the keys of {name} could not be read");
                }
            }
            lock(&end.state).settle(answer, now);
        });
    }
}

impl Provider {
    fn set(&self) -> Option<Arc<KeySet>> {
        let state = lock(&self.state);
        state.loaded.as_ref().map(|(set, _)| Arc::clone(set))
    }

    fn shown(&self) -> ProviderState {
        let state = lock(&self.state);
        let loaded = state.loaded.as_ref();
        ProviderState {
            name: self.name,
            url: self.url.clone(),
            kids: loaded.map(|(set, _)| set.kids()).unwrap_or_default(),
            loaded_at: loaded.map(|(_, at)| *at),
            failure: state.failure.clone(),
            is_asking: state.is_asking,
            next_try: state.next_try(),
        }
    }

    fn describe(&self, now: Timestamp) -> String {
        let ProviderState {
            name,
            url,
            kids,
            loaded_at,
            failure,
            ..
        } = self.shown();
        let published = loaded_at.map(|at| {
            let kids = words::clean(&kids.join(", "), 200);
            format!("{name} at {url} published {kids} {}", words::ago(at, now))
        });
        let failed = failure.map(|failure| failure.words);
        match (published, failed) {
            (Some(published), None) => published,
            (Some(published), Some(failed)) => format!("{published}, and since then {failed}"),
            (None, Some(failed)) => format!("{name} gave no keys: {failed}"),
            (None, None) => format!("{name} at {url} has not answered yet"),
        }
    }
}

impl State {
    /// Whether the set is missing or old, and the last try long enough ago.
    fn is_due(&self, now: Timestamp) -> bool {
        let is_fresh = matches!(self.loaded, Some((_, at)) if !has_passed(FRESH, at, now));
        !is_fresh && self.asked_at.is_none_or(|at| has_passed(RETRY, at, now))
    }

    /// Whether the last try is long enough ago for another because of an unknown key.
    fn is_apart(&self, now: Timestamp) -> bool {
        self.asked_at.is_none_or(|at| has_passed(APART, at, now))
    }

    fn next_try(&self) -> Option<Timestamp> {
        let asked_at = self.asked_at?;
        let retry = asked_at.saturating_add(RETRY).ok()?;
        let Some((_, loaded_at)) = self.loaded else {
            return Some(retry);
        };
        let stale = loaded_at.saturating_add(FRESH).ok()?;
        Some(if self.failure.is_some() {
            retry.max(stale)
        } else {
            stale
        })
    }

    /// The end of a try that began at `now`: a failure leaves the old set in place.
    fn settle(&mut self, answer: Result<KeySet, AccessError>, now: Timestamp) {
        match answer {
            Ok(set) => {
                self.loaded = Some((Arc::new(set), now));
                self.failure = None;
            }
            Err(error) => {
                self.failure = Some(ProviderFailure {
                    at: now,
                    words: words::clean(&error.to_string(), 400),
                });
            }
        }
    }
}

/// Ends a try, also one that panics, and wakes those who wait for it.
struct End {
    state: Arc<Mutex<State>>,
    ended: Arc<watch::Sender<u64>>,
}

impl Drop for End {
    fn drop(&mut self) {
        lock(&self.state).is_asking = false;
        self.ended
            .send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// Whether this much time lies between two moments. The clock may have been set back, so that the
/// order of the two says nothing.
fn has_passed(span: SignedDuration, since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since).abs() >= span
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
