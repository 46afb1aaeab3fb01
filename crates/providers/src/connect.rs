//! Measures how long a connection to a server takes: its name, TCP and TLS. Makes none.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static TIME: ConnectTime;
}

/// How long the connections took that were made for some calls, together. It is known as well when the
/// calls are given up.
#[derive(Debug, Clone, Default)]
pub struct ConnectTime(Arc<Mutex<Option<Duration>>>);

impl ConnectTime {
    /// None when there were connections enough already.
    pub fn get(&self) -> Option<Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes calls, and counts the connections that are made for them.
    pub async fn of<F: Future>(self, calls: F) -> F::Output {
        TIME.scope(self, calls).await
    }

    fn add(&self, more: Duration) {
        *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_default() += more;
    }
}

/// Puts a watch on a connector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing;

impl<S> Layer<S> for Timing {
    type Service = Timed<S>;

    fn layer(&self, inner: S) -> Timed<S> {
        Timed(inner)
    }
}

/// A connector with a watch.
#[derive(Debug, Clone)]
pub(crate) struct Timed<S>(S);

impl<S, R> Service<R> for Timed<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: R) -> Self::Future {
        let begun = Instant::now();
        let connection = self.0.call(to);
        Box::pin(async move {
            let connection = connection.await?;
            // A connection that is made beside a call, because another came free, is nobody's.
            let _ = TIME.try_with(|time| time.add(begun.elapsed()));
            Ok(connection)
        })
    }
}
