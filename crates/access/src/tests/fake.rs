//! A GitLab instance below the path `/gitlab` that publishes discovery and keys over real HTTP, and
//! can be told to do so badly.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use domain::InstanceUrl;

pub struct FakeGitLab {
    base: String,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    answers: Mutex<Answers>,
    /// Answers are held back while it is closed.
    is_open: watch::Sender<bool>,
    asked: AtomicUsize,
}

/// Whole answers of HTTP.
#[derive(Clone)]
struct Answers {
    discovery: Vec<u8>,
    keys: Vec<u8>,
}

impl FakeGitLab {
    pub async fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/gitlab", listener.local_addr().unwrap());
        let jwks_uri = format!("{base}/oauth/discovery/keys");
        let discovery = json!({"issuer": "https://gitlab.example", "jwks_uri": jwks_uri});
        let answers = Answers {
            discovery: answer(200, "", discovery.to_string()),
            keys: answer(200, "", json!({ "keys": keys }).to_string()),
        };
        let shared = Arc::new(Shared {
            answers: Mutex::new(answers),
            is_open: watch::Sender::new(true),
            asked: AtomicUsize::new(0),
        });
        let mut tasks = JoinSet::new();
        let of_server = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, Arc::clone(&of_server)));
            }
        });
        Self {
            base,
            shared,
            _tasks: tasks,
        }
    }

    pub fn url(&self) -> InstanceUrl {
        self.base.parse().unwrap()
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// How often the discovery was asked for.
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    pub fn publish(&self, keys: &[Value]) {
        self.answer_keys(200, "", json!({ "keys": keys }).to_string());
    }

    pub fn answer_keys(&self, status: u16, headers: &str, body: impl Into<Vec<u8>>) {
        self.shared.answers.lock().unwrap().keys = answer(status, headers, body);
    }

    pub fn answer_discovery(&self, status: u16, headers: &str, body: impl Into<Vec<u8>>) {
        self.shared.answers.lock().unwrap().discovery = answer(status, headers, body);
    }

    /// Holds every answer back, until it is opened again.
    pub fn hold(&self) {
        self.shared.is_open.send_replace(false);
    }

    pub fn open(&self) {
        self.shared.is_open.send_replace(true);
    }
}

fn answer(status: u16, headers: &str, body: impl Into<Vec<u8>>) -> Vec<u8> {
    let body = body.into();
    let head = format!(
        "HTTP/1.1 {status} Answer\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap().to_owned();
    let is_discovery = path == "/gitlab/.well-known/openid-configuration";
    if is_discovery {
        shared.asked.fetch_add(1, Ordering::SeqCst);
    }
    let mut is_open = shared.is_open.subscribe();
    let _ = is_open.wait_for(|is_open| *is_open).await;
    let answers = shared.answers.lock().unwrap().clone();
    let answer = match path.as_str() {
        _ if is_discovery => answers.discovery,
        "/gitlab/oauth/discovery/keys" => answers.keys,
        _ => answer(404, "", "no such page"),
    };
    // A client that has read enough hangs up.
    let _ = stream.write_all(&answer).await;
}
