//! Keeps each model's load within what it bears: so many requests at once, a short queue, and no
//! more retries than a tenth of its requests. Nothing here locks a model out: the next request is
//! always tried.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{Model, ModelId, Settings};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Retries that a model may have saved up, in tenths.
const MOST_SAVED: u32 = 100;

/// Waiting requests for each one that is answered.
const QUEUE_FACTOR: usize = 4;

/// Places of a model without a limit: more than requests can be in flight. They are counted, so
/// that a limit that is set later knows of those that are taken.
const NO_LIMIT: u32 = 1 << 20;

/// How long Ollama keeps a model in memory after its last answer (FAQ, `keep_alive`).
const KEPT_FOR: Duration = Duration::from_secs(300);

/// The load of every model.
#[derive(Debug, Default)]
pub(crate) struct Load(Mutex<HashMap<ModelId, Arc<Lane>>>);

/// The load of one model.
#[derive(Debug)]
struct Lane {
    capacity: Mutex<Capacity>,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Tenths of retries: each request adds one, each retry takes ten.
    saved: AtomicU32,
    answered_at: Mutex<Option<Instant>>,
}

/// How many places a model has.
#[derive(Debug)]
struct Capacity {
    limit: u32,
    /// Places that are taken although the limit has none for them any more.
    excess: u32,
}

/// A place among the requests that a model answers, given back by its drop.
#[derive(Debug)]
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    lane: Arc<Lane>,
}

/// The model answers as many requests as it may, and the queue is full or too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded {
    pub(crate) limit: u32,
}

impl Load {
    /// Takes the limits of the newest settings over, also for the requests that came before them:
    /// a place that a lower limit has not is gone as soon as it is given back. `newest` is asked
    /// while nobody else can do the same, so that the last one to do it has the newest.
    pub(crate) fn adopt(&self, newest: impl FnOnce() -> Arc<Settings>) {
        let mut lanes = self.lanes();
        let settings = newest();
        lanes.retain(|id, _| settings.model(*id).is_some());
        for model in &settings.models {
            let lane = lanes.entry(model.id);
            let lane = lane.or_insert_with(|| Arc::new(Lane::new(limit_of(model))));
            lane.set_limit(limit_of(model));
        }
    }

    /// Takes a place, waiting at most `patience` for one. How long it waited is added to `queued`,
    /// also when it waits in vain or is dropped before its end, as its client left.
    pub(crate) async fn enter(
        &self,
        model: &Model,
        patience: Duration,
        queued: &mut Option<Duration>,
    ) -> Result<Place, Crowded> {
        let lane = self.lane(model);
        lane.save();
        if let Ok(permit) = Arc::clone(&lane.places).try_acquire_owned() {
            return Ok(lane.place(permit));
        }
        let limit = lane.capacity().limit;
        let most = limit as usize * QUEUE_FACTOR;
        let Some(_waiting) = Waiting::join(&lane, most, queued) else {
            return Err(Crowded { limit });
        };
        let entered = tokio::time::timeout(patience, Arc::clone(&lane.places).acquire_owned());
        match entered.await {
            Ok(Ok(permit)) => Ok(lane.place(permit)),
            _ => Err(Crowded { limit }),
        }
    }

    /// The lane of a model. Only `adopt` changes its limit: a request may be older than that, and
    /// makes a lane only for a model that is gone.
    fn lane(&self, model: &Model) -> Arc<Lane> {
        let mut lanes = self.lanes();
        let lane = lanes.entry(model.id);
        Arc::clone(lane.or_insert_with(|| Arc::new(Lane::new(limit_of(model)))))
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<ModelId, Arc<Lane>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limit_of(model: &Model) -> u32 {
    model.connection.max_concurrent.unwrap_or(NO_LIMIT)
}

impl Lane {
    fn new(limit: u32) -> Self {
        Self {
            capacity: Mutex::new(Capacity { limit, excess: 0 }),
            places: Arc::new(Semaphore::new(limit as usize)),
            waiting: AtomicUsize::new(0),
            saved: AtomicU32::new(MOST_SAVED),
            answered_at: Mutex::default(),
        }
    }

    fn capacity(&self) -> MutexGuard<'_, Capacity> {
        self.capacity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_limit(&self, limit: u32) {
        let mut capacity = self.capacity();
        let more = limit.saturating_sub(capacity.limit);
        let less = capacity.limit.saturating_sub(limit);
        let kept = more.min(capacity.excess);
        capacity.excess -= kept;
        self.places.add_permits((more - kept) as usize);
        let gone = self.places.forget_permits(less as usize) as u32;
        capacity.excess += less - gone;
        capacity.limit = limit;
    }

    /// Takes a place back, or does away with it.
    fn give_back(&self, permit: OwnedSemaphorePermit) {
        let mut capacity = self.capacity();
        if capacity.excess > 0 {
            capacity.excess -= 1;
            permit.forget();
        }
    }

    fn place(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        Place {
            permit: Some(permit),
            lane: Arc::clone(self),
        }
    }

    fn save(&self) {
        let more = |saved: u32| (saved < MOST_SAVED).then_some(saved + 1);
        // A full purse takes no more.
        let _ = self
            .saved
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

impl Place {
    /// Notes that the model has begun an answer.
    pub(crate) fn answered(&self) {
        *self.answered_at() = Some(Instant::now());
    }

    /// Whether the model answered so recently that its server still holds it in memory.
    pub(crate) fn is_warm(&self) -> bool {
        self.answered_at().is_some_and(|at| at.elapsed() < KEPT_FOR)
    }

    fn answered_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.lane
            .answered_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the budget of this model's requests has a retry left; takes it.
    pub(crate) fn take_retry(&self) -> bool {
        let less = |saved: u32| saved.checked_sub(10);
        self.lane
            .saved
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.lane.give_back(permit);
        }
    }
}

/// Counts a waiting request and its time, also when it stops waiting because its client left.
struct Waiting<'a> {
    lane: &'a Lane,
    since: Instant,
    queued: &'a mut Option<Duration>,
}

impl<'a> Waiting<'a> {
    /// None when so many wait already.
    fn join(lane: &'a Lane, most: usize, queued: &'a mut Option<Duration>) -> Option<Self> {
        if lane.waiting.fetch_add(1, Ordering::Relaxed) >= most {
            lane.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let since = Instant::now();
        Some(Self {
            lane,
            since,
            queued,
        })
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.lane.waiting.fetch_sub(1, Ordering::Relaxed);
        // With a fallback there are two queues.
        *self.queued = Some(self.queued.unwrap_or_default() + self.since.elapsed());
    }
}

#[cfg(test)]
mod tests;
