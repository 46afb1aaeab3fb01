//! Where answers are polished. When code has to be read for it, which takes up to a second, this is
//! done beside the threads of the runtime and a few at a time, so that nobody else waits for it.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

use crate::polish::{Batch, Polished, Polisher};

/// How long an answer waits for a place. Longer would be worse than an answer without this polish.
const PATIENCE: Duration = Duration::from_millis(250);

/// Places for answers whose code is being read.
#[derive(Debug, Clone)]
pub(crate) struct Workshop(pub(crate) Arc<Semaphore>);

impl Default for Workshop {
    /// A place for each core but one, which is left to everything else.
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new(cores.saturating_sub(1).max(1))))
    }
}

impl Workshop {
    /// Polishes events, and gives the polisher back.
    pub(crate) async fn polish(
        self,
        polisher: Box<Polisher>,
        batch: Batch,
    ) -> (Box<Polisher>, Polished) {
        let reads_code = polisher.reads_code(&batch);
        self.run(polisher, reads_code, |polisher| polisher.polish(batch))
            .await
    }

    /// Does some work with a polisher, and gives it back. Dropped before its end, work that has
    /// not begun is never done, and work that has is done for nobody, within its limit.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        mut polisher: Box<Polisher>,
        reads_code: bool,
        work: impl FnOnce(&mut Polisher) -> T + Send + 'static,
    ) -> (Box<Polisher>, T) {
        if !reads_code {
            let done = work(&mut polisher);
            return (polisher, done);
        }
        let place = tokio::time::timeout(PATIENCE, self.0.acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            polisher.read_no_more();
            let done = work(&mut polisher);
            return (polisher, done);
        };
        let done = spawn_blocking(move || {
            let done = work(&mut polisher);
            drop(place);
            (polisher, done)
        });
        match done.await.map_err(JoinError::try_into_panic) {
            Ok(done) => done,
            // It ends the request that it belongs to, as it would have done here.
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime ends, and nothing is polled again.
            Err(Err(_)) => std::future::pending().await,
        }
    }
}
