//! Keeps each model's load within what it bears: so many requests at once, a short queue, and no
//! more retries than a tenth of its requests. Nothing here locks a model out: the next request is
//! always tried.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{Model, ModelId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Retries that a model may have saved up, in tenths.
const MOST_SAVED: u32 = 100;

/// Waiting requests for each one that is answered.
const QUEUE_FACTOR: usize = 4;

/// How long Ollama keeps a model in memory after its last answer (FAQ, `keep_alive`).
const KEPT_FOR: Duration = Duration::from_secs(300);

/// The load of every model.
#[derive(Debug, Default)]
pub(crate) struct Load(Mutex<HashMap<ModelId, Arc<Lane>>>);

/// The load of one model.
#[derive(Debug)]
struct Lane {
    limit: Option<u32>,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Tenths of retries: each request adds one, each retry takes ten.
    saved: AtomicU32,
    answered_at: Mutex<Option<Instant>>,
}

/// A place among the requests that a model answers, given back by its drop.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
    lane: Arc<Lane>,
    /// How long the request waited for it.
    pub(crate) waited: Option<Duration>,
}

/// The model answers as many requests as it may, and the queue is full or too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded {
    pub(crate) limit: u32,
}

impl Load {
    /// Takes a place, waiting at most `patience` for one.
    pub(crate) async fn enter(&self, model: &Model, patience: Duration) -> Result<Place, Crowded> {
        let lane = self.lane(model);
        lane.save();
        let Some(limit) = lane.limit else {
            return Ok(lane.place(None, None));
        };
        if let Ok(permit) = Arc::clone(&lane.places).try_acquire_owned() {
            return Ok(lane.place(Some(permit), None));
        }
        let waiting = Waiting::join(&lane);
        if waiting.before >= limit as usize * QUEUE_FACTOR {
            return Err(Crowded { limit });
        }
        let begin = Instant::now();
        let permit = tokio::time::timeout(patience, Arc::clone(&lane.places).acquire_owned())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(Crowded { limit })?;
        drop(waiting);
        Ok(lane.place(Some(permit), Some(begin.elapsed())))
    }

    fn lane(&self, model: &Model) -> Arc<Lane> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = model.connection.max_concurrent;
        let known = lanes.get(&model.id).filter(|lane| lane.limit == limit);
        if let Some(lane) = known {
            return Arc::clone(lane);
        }
        let lane = Arc::new(Lane {
            limit,
            places: Arc::new(Semaphore::new(limit.unwrap_or(0) as usize)),
            waiting: AtomicUsize::new(0),
            saved: AtomicU32::new(MOST_SAVED),
            answered_at: Mutex::default(),
        });
        lanes.insert(model.id, Arc::clone(&lane));
        lane
    }
}

impl Lane {
    fn place(
        self: &Arc<Self>,
        permit: Option<OwnedSemaphorePermit>,
        waited: Option<Duration>,
    ) -> Place {
        Place {
            _permit: permit,
            lane: Arc::clone(self),
            waited,
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

/// Counts a waiting request, also when it stops waiting because its client left.
struct Waiting<'a> {
    lane: &'a Lane,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn join(lane: &'a Lane) -> Self {
        let before = lane.waiting.fetch_add(1, Ordering::Relaxed);
        Self { lane, before }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.lane.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ModelDraft, Settings};

    fn model(max_concurrent: Option<u32>) -> Model {
        let mut draft = ModelDraft {
            id: None,
            name: "m".into(),
            family: "general".into(),
            endpoint: "http://gpu-1:8000/v1".into(),
            identifier: String::new(),
            provider: domain::Provider::OpenaiCompatible,
            connection: domain::Connection::default(),
            enabled: true,
        };
        draft.connection.max_concurrent = max_concurrent;
        Settings::default()
            .save_model(&draft, ModelId(uuid::Uuid::nil()))
            .unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_model_lets_a_few_wait_and_turns_the_rest_away() {
        let (load, model) = (Load::default(), model(Some(1)));
        let first = load.enter(&model, Duration::ZERO).await.unwrap();
        assert_eq!(first.waited, None);
        let crowded = load.enter(&model, Duration::from_secs(5)).await;
        assert_eq!(crowded.unwrap_err(), Crowded { limit: 1 });
        let waiter = load.enter(&model, Duration::from_secs(5));
        let leave = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(first);
        };
        let (second, ()) = tokio::join!(waiter, leave);
        assert!(second.unwrap().waited.is_some());
    }

    #[tokio::test]
    async fn retries_are_a_tenth_of_the_requests_once_the_purse_is_empty() {
        let (load, model) = (Load::default(), model(None));
        let mut granted = 0;
        for _ in 0..200 {
            let place = load.enter(&model, Duration::ZERO).await.unwrap();
            granted += u32::from(place.take_retry()) + u32::from(place.take_retry());
        }
        assert!((28..=31).contains(&granted), "{granted} of 400 wanted");
    }
}
