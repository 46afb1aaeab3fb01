//! Counts requests, and gives each its place among those in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::error::GatewayError;

/// What has been counted since the program started.
#[derive(Debug, Default)]
pub struct Counters {
    in_flight: AtomicU32,
    most_in_flight: AtomicU32,
    pub(crate) refused: AtomicU64,
}

impl Counters {
    /// Requests being answered now.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// The most requests at once so far.
    pub fn most_in_flight(&self) -> u32 {
        self.most_in_flight.load(Ordering::Relaxed)
    }

    /// Requests that the guard or the limit turned away.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// A place among the requests in flight, given back by its drop.
pub(crate) struct Slot(Arc<Counters>);

impl Slot {
    pub(crate) fn take(counters: &Arc<Counters>, limit: u32) -> Result<Self, GatewayError> {
        let taken = counters.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        let slot = Self(Arc::clone(counters));
        if taken > limit {
            return Err(GatewayError::Busy { limit });
        }
        counters.most_in_flight.fetch_max(taken, Ordering::Relaxed);
        Ok(slot)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
