//! The requests that run, so that the admin can end one of them. Knows nothing of what they do.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a request may take to end by itself, and then its connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// What ends one request.
#[derive(Debug, Clone, Default)]
struct Ends {
    /// Tells the request.
    cancel: CancellationToken,
    /// Closes its connection; none for one from inside the program.
    hang_up: Option<CancellationToken>,
}

/// The running requests. There are as many as have a room on the way to the log.
#[derive(Debug, Default)]
pub(super) struct Running {
    requests: Mutex<HashMap<u64, Ends>>,
    ended: Notify,
}

impl Running {
    /// Adds a request; what is returned tells when it is to end.
    pub(super) fn add(
        &self,
        sequence: u64,
        hang_up: Option<CancellationToken>,
    ) -> CancellationToken {
        let cancel = CancellationToken::new();
        let ends = Ends {
            cancel: cancel.clone(),
            hang_up,
        };
        self.requests().insert(sequence, ends);
        cancel
    }

    /// Forgets a request, which has ended.
    pub(super) fn remove(&self, sequence: u64) {
        self.requests().remove(&sequence);
        self.ended.notify_waiters();
    }

    /// Ends a request: by an answer that says so, and where its client takes none, by the end of
    /// its connection. False when it runs no more.
    pub(super) async fn cancel(&self, sequence: u64) -> bool {
        let Some(ends) = self.requests().get(&sequence).cloned() else {
            return false;
        };
        ends.cancel.cancel();
        if timeout(PATIENCE, self.end_of(sequence)).await.is_err() {
            ends.hang_up.iter().for_each(CancellationToken::cancel);
            // One that does not end now is ended with its client.
            let _ = timeout(PATIENCE, self.end_of(sequence)).await;
        }
        true
    }

    async fn end_of(&self, sequence: u64) {
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            // From here on no end is missed.
            ended.as_mut().enable();
            if !self.requests().contains_key(&sequence) {
                return;
            }
            ended.await;
        }
    }

    fn requests(&self) -> MutexGuard<'_, HashMap<u64, Ends>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
