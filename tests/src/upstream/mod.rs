//! A scripted model server on loopback. The name of the model that a request asks for chooses what
//! it does (`script.rs`); it remembers what it was asked.

mod script;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Request, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use script::ERROR_SHAPES;
use script::{Answer, Step, answer};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// The path, with its query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null when it is not JSON.
    pub body: Value,
    /// The body as it came.
    pub bytes: Bytes,
}

impl Received {
    /// The value of a header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// The server. It runs on a thread of its own, so that tests may block, and ends when dropped.
pub struct Upstream {
    address: SocketAddr,
    memory: Arc<Memory>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Memory {
    received: Mutex<Vec<Received>>,
    open: AtomicUsize,
    cancelled: AtomicUsize,
}

impl Upstream {
    /// Starts on a free port.
    pub fn start() -> Self {
        let listener =
            std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener
            .set_nonblocking(true)
            .expect("a new socket can be made non-blocking");
        let address = listener.local_addr().expect("it is bound");
        let memory = Arc::new(Memory::default());
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&memory);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime without threads can be built")
                .block_on(async move {
                    let listener = TcpListener::from_std(listener).expect("it is non-blocking");
                    let serving = crate::serve::serve(listener, move |request| {
                        respond(Arc::clone(&shared), request)
                    });
                    tokio::select! { () = serving => {} _ = stopped => {} }
                });
        });
        Self {
            address,
            memory,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// What a model registers as its endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// All requests so far, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.memory
            .received
            .lock()
            .expect("no holder of it panics")
            .clone()
    }

    /// The newest request.
    #[track_caller]
    pub fn last(&self) -> Received {
        self.received().pop().expect("the upstream was asked")
    }

    /// Requests that are being answered.
    pub fn open(&self) -> usize {
        self.memory.open.load(Ordering::SeqCst)
    }

    /// Requests whose client left before the end.
    pub fn cancelled(&self) -> usize {
        self.memory.cancelled.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Counts a request as open, and as cancelled when it is dropped unfinished.
struct Running {
    memory: Arc<Memory>,
    is_finished: bool,
}

impl Running {
    fn new(memory: &Arc<Memory>) -> Self {
        memory.open.fetch_add(1, Ordering::SeqCst);
        Self {
            memory: Arc::clone(memory),
            is_finished: false,
        }
    }

    fn finish(&mut self) {
        self.is_finished = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.memory.open.fetch_sub(1, Ordering::SeqCst);
        if !self.is_finished {
            self.memory.cancelled.fetch_add(1, Ordering::SeqCst);
        }
    }
}

type Steps =
    std::pin::Pin<Box<dyn futures_util::Stream<Item = std::io::Result<Frame<Bytes>>> + Send>>;

async fn respond(memory: Arc<Memory>, request: Request<Incoming>) -> Response<StreamBody<Steps>> {
    let running = Running::new(&memory);
    let (head, body) = request.into_parts();
    let path = head
        .uri
        .path_and_query()
        .map_or_else(String::new, ToString::to_string);
    let bytes = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let Answer {
        wait,
        status,
        headers,
        steps,
    } = answer(&path, &head.headers, &body);
    let received = Received {
        path,
        headers: head.headers,
        body,
        bytes,
    };
    memory
        .received
        .lock()
        .expect("no holder of it panics")
        .push(received);
    tokio::time::sleep(wait).await;

    let mut response = Response::new(StreamBody::new(play(steps, running)));
    *response.status_mut() = status
        .try_into()
        .expect("scripts have statuses of three digits");
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, value.parse().expect("scripts have plain headers"));
    }
    response
}

/// The body: each step in its time.
fn play(steps: Vec<Step>, running: Running) -> Steps {
    Box::pin(stream::unfold(
        (steps.into_iter(), running),
        |(mut steps, mut running)| async move {
            loop {
                match steps.next() {
                    None => {
                        running.finish();
                        return None;
                    }
                    Some(Step::Send(bytes)) => {
                        // The last bytes may end the answer before the stream is asked for its end.
                        running.is_finished = steps.len() == 0;
                        return Some((Ok(Frame::data(bytes)), (steps, running)));
                    }
                    Some(Step::Wait(time)) => tokio::time::sleep(time).await,
                    Some(Step::WaitForEver) => tokio::time::sleep(Duration::from_secs(3_600)).await,
                    Some(Step::BreakOff) => {
                        running.finish();
                        let error = std::io::Error::other("as the script wants it");
                        return Some((Err(error), (Vec::new().into_iter(), running)));
                    }
                }
            }
        },
    ))
}

#[cfg(test)]
mod tests;
