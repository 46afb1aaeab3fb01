//! A scripted model server on loopback that speaks one vendor's form, byte for byte. The name of the
//! model that a request asks for chooses what it does (`script.rs`); it remembers what it was asked.

pub mod anthropic;
pub mod azure;
pub mod bedrock;
pub mod frames;
pub mod llama;
mod ollama;
pub mod openai;
mod play;
pub mod said;
mod script;
mod shapes;
pub mod signature;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Request, Response};
use serde_json::Value;
use tokio::sync::watch;

use crate::serve::Server;
use play::{Answer, Step};
use script::answer;
pub use shapes::ERROR_SHAPES;

/// Whose form a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    /// The OpenAI API of a server that does not say what it is.
    Openai,
    /// vLLM.
    Vllm,
    /// The server of llama.cpp.
    LlamaCpp,
    /// Azure OpenAI, and Entra's place for tokens.
    Azure,
    /// AWS Bedrock.
    Bedrock,
    /// Anthropic Messages.
    Anthropic,
    /// Ollama.
    Ollama,
    /// Mistral's API with its path for gaps.
    Mistral,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method.
    pub method: Method,
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

/// The server. It ends when dropped.
pub struct Upstream {
    vendor: Vendor,
    server: Server,
    memory: Arc<Memory>,
}

#[derive(Default)]
struct Memory {
    received: Mutex<Vec<Received>>,
    open: AtomicUsize,
    cancelled: Mutex<Vec<Instant>>,
    /// How often each model was asked.
    asked: Mutex<HashMap<String, usize>>,
    is_released: watch::Sender<bool>,
}

impl Upstream {
    /// Starts a server of the OpenAI API on a free port.
    pub fn start() -> Self {
        Self::of(Vendor::Openai)
    }

    /// Starts a server of this vendor's form on a free port.
    pub fn of(vendor: Vendor) -> Self {
        Self::at(vendor, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Starts a server of this vendor's form at this address of loopback.
    pub fn at(vendor: Vendor, address: SocketAddr) -> Self {
        let memory = Arc::new(Memory::default());
        let shared = Arc::clone(&memory);
        let answer = move |request| respond(vendor, Arc::clone(&shared), request);
        Self {
            vendor,
            server: Server::start(address, answer),
            memory,
        }
    }

    /// What a model registers as its endpoint.
    pub fn endpoint(&self) -> String {
        match self.vendor {
            Vendor::Azure | Vendor::Bedrock | Vendor::Anthropic => self.root(),
            _ => format!("{}/v1", self.root()),
        }
    }

    /// Its address without a path.
    pub fn root(&self) -> String {
        self.server.root()
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
        self.cancelled_at().len()
    }

    /// Lets the answers go that wait for it, and every later one.
    pub fn release(&self) {
        self.memory.is_released.send_replace(true);
    }

    /// When each of them left, as far as it shows here.
    pub fn cancelled_at(&self) -> Vec<Instant> {
        let left = self.memory.cancelled.lock();
        left.expect("no holder of it panics").clone()
    }

    /// Requests for this path.
    pub fn received_at(&self, path: &str) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|request| request.path.split('?').next() == Some(path));
        received
    }
}

impl Memory {
    /// Counts a request for this model and tells how many came before it.
    fn asked_before(&self, model: &str) -> usize {
        let mut asked = self.asked.lock().expect("no holder of it panics");
        let count = asked.entry(model.to_owned()).or_default();
        *count += 1;
        *count - 1
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
            let left = self.memory.cancelled.lock();
            left.expect("no holder of it panics").push(Instant::now());
        }
    }
}

type Steps =
    std::pin::Pin<Box<dyn futures_util::Stream<Item = std::io::Result<Frame<Bytes>>> + Send>>;

async fn respond(
    vendor: Vendor,
    memory: Arc<Memory>,
    request: Request<Incoming>,
) -> Response<StreamBody<Steps>> {
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
    let received = Received {
        method: head.method,
        path,
        headers: head.headers,
        body,
        bytes,
    };
    let Answer {
        wait,
        status,
        headers,
        steps,
    } = answer(vendor, &received, |model| memory.asked_before(model));
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
                    Some(Step::WaitForRelease) => {
                        let mut is_released = running.memory.is_released.subscribe();
                        let _ = is_released.wait_for(|is_released| *is_released).await;
                    }
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
