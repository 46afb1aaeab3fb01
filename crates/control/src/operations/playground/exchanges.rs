//! What was sent and what came back for the latest prompts of the playground. In memory only: it
//! goes with the program, whatever was asked, a model outside the house too, and nothing of it is
//! ever written down.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use gateway::Expanded;

/// The most prompts.
const PROMPTS: usize = 64;

/// The most bytes of their bodies; the oldest go first.
const BYTES: usize = 64 * 1024 * 1024;

/// The latest prompts, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Exchanges(Mutex<VecDeque<Arc<Exchange>>>);

/// What one prompt was.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// Its correlation id.
    pub(crate) correlation_id: String,
    /// What was sent and what came back.
    pub(crate) expanded: Expanded,
}

impl Exchange {
    fn bytes(&self) -> usize {
        self.expanded.bodies().map(|body| body.bytes.len()).sum()
    }
}

impl Exchanges {
    /// Takes what a prompt was, in the place of the oldest ones where it has to.
    pub(super) fn take(&self, correlation_id: String, expanded: Expanded) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Arc::new(Exchange {
            correlation_id,
            expanded,
        }));
        let mut bytes: usize = kept.iter().map(|one| one.bytes()).sum();
        while kept.len() > PROMPTS || (bytes > BYTES && kept.len() > 1) {
            bytes -= kept.pop_front().map_or(0, |one| one.bytes());
        }
    }

    /// The prompt of this correlation id.
    pub(crate) fn get(&self, correlation_id: &str) -> Option<Arc<Exchange>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .rev()
            .find(|one| one.correlation_id == correlation_id)
            .cloned()
    }
}
