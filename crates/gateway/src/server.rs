//! The listener: accepts connections, and on a stop lets running requests end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gateway::{Gateway, Line};
use crate::guard::Via;

/// How long a client may take to send the head of a request, idle connections included; at most
/// twice that, for it is looked at in such steps.
const HEAD_WITHIN: Duration = Duration::from_secs(60);

/// How long connections may take to close once their streams were told to end.
const CLOSE_WITHIN: Duration = Duration::from_millis(500);

/// A gateway that has its port and does not answer yet.
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    gateway: Arc<Gateway>,
}

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections with a running request that were cut at the deadline.
    pub cut: usize,
}

impl Gateway {
    /// Takes a port. `io::ErrorKind::AddrInUse` means that another program holds it.
    pub async fn bind(self: &Arc<Self>, address: SocketAddr) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Listening {
            listener,
            address,
            gateway: Arc::clone(self),
        })
    }
}

impl Listening {
    /// The address, with the port that the system chose when none was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is cancelled. Then nothing more is accepted, running requests have
    /// `patience` (asked at the stop) to end, streams that still run end with an error event, and the rest is cut.
    pub async fn run(self, stop: CancellationToken, patience: impl Fn() -> Duration) -> Drained {
        let (tracker, end_streams, abort) = (
            TaskTracker::new(),
            CancellationToken::new(),
            CancellationToken::new(),
        );
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.cancelled() => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = Connection {
                        gateway: Arc::clone(&self.gateway),
                        peer,
                        stop: stop.clone(),
                        end_streams: end_streams.clone(),
                        abort: abort.clone(),
                    };
                    tracker.spawn(connection.serve(stream));
                }
                Err(error) => {
                    // Out of file handles, most likely: those in use come back by and by.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(self.listener);
        tracker.close();
        if tokio::time::timeout(patience(), tracker.wait())
            .await
            .is_ok()
        {
            return Drained { cut: 0 };
        }
        let cut = tracker.len();
        end_streams.cancel();
        if tokio::time::timeout(CLOSE_WITHIN, tracker.wait())
            .await
            .is_err()
        {
            abort.cancel();
            tracker.wait().await;
        }
        Drained { cut }
    }
}

/// One connection and the signals that end it.
struct Connection {
    gateway: Arc<Gateway>,
    peer: SocketAddr,
    stop: CancellationToken,
    end_streams: CancellationToken,
    abort: CancellationToken,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // Without it the last chunk of a short stream waits for the client's delayed ACK.
        let _ = stream.set_nodelay(true);
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let activity = Activity::default();
        let line = Line {
            via: Via::Network {
                local: local.ip(),
                peer: self.peer,
            },
            stop: &self.end_streams,
            hang_up: Some(CancellationToken::new()),
        };
        let (gateway, line, seen) = (&self.gateway, &line, &activity);
        let service = service_fn(move |request| async move {
            let busy = seen.begin();
            let mut response = gateway.answer(request, line).await;
            response.body_mut().hold(busy);
            response.body_mut().write_record().await;
            Ok::<_, Infallible>(response)
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // A broken connection is the client's affair; its requests are recorded either way.
            _ = connection.as_mut() => return,
            () = hung_up(line) => return,
            () = self.stop.cancelled() => connection.as_mut().graceful_shutdown(),
            // Nothing came for a while: what has come of a head is not worth waiting for.
            () = activity.ceases() => return,
        }
        tokio::select! {
            _ = connection => {}
            () = hung_up(line) => {}
            () = self.abort.cancelled() => {}
        }
    }
}

/// Ends when a request of this connection was cancelled and its client takes no answer.
async fn hung_up(line: &Line<'_>) {
    match &line.hang_up {
        Some(hang_up) => hang_up.cancelled().await,
        None => std::future::pending().await,
    }
}

/// What a connection does. hyper's own deadline for heads sets a timer with each request; this one
/// looks once a minute.
#[derive(Default)]
struct Activity {
    begun: AtomicU64,
    running: Arc<()>,
}

impl Activity {
    /// Notes a request; it runs as long as what is returned lives.
    fn begin(&self) -> Arc<()> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Arc::clone(&self.running)
    }

    /// Ends when for a whole `HEAD_WITHIN` no request began and none runs.
    async fn ceases(&self) {
        loop {
            let before = self.begun.load(Ordering::Relaxed);
            tokio::time::sleep(HEAD_WITHIN).await;
            if self.begun.load(Ordering::Relaxed) == before && Arc::strong_count(&self.running) == 1
            {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_ceases_after_a_minute_without_a_request() {
        let activity = Activity::default();
        let begin = tokio::time::Instant::now();
        let request = activity.begin();
        let ends = async {
            tokio::time::sleep(Duration::from_secs(150)).await;
            drop(request);
        };
        let ((), ()) = tokio::join!(activity.ceases(), ends);
        assert_eq!(begin.elapsed().as_secs(), 180, "not while the request runs");
    }
}
