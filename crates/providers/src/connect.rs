//! Measures how long a connection to a server takes: its name, TCP and TLS. Makes none.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// How long the connections took that were made for the calls of this task.
    static CONNECTED: Cell<Option<Duration>>;
}

/// Makes calls, and says how long the connections took that were made for them, together; none when
/// there were enough already.
pub async fn connecting<F: Future>(calls: F) -> (F::Output, Option<Duration>) {
    CONNECTED
        .scope(Cell::new(None), async {
            let output = calls.await;
            (output, CONNECTED.with(Cell::get))
        })
        .await
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
            let _ = CONNECTED.try_with(|connected| {
                let before = connected.get().unwrap_or_default();
                connected.set(Some(before + begun.elapsed()));
            });
            Ok(connection)
        })
    }
}
