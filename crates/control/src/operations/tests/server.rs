//! A model server that answers by a script, one connection after the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

pub(super) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers a path and a body as the script says; an error is a 400, and none a 404.
    pub(super) fn start(script: impl Fn(&str, &Value) -> Option<Value> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<(String, Value)>>>::default();
        let is_over = Arc::new(AtomicBool::new(false));
        let (log, over) = (Arc::clone(&asked), Arc::clone(&is_over));
        let serve = move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                // A connection that brings no request has nothing to be noted.
                let _ = answer(stream, &script, &log);
            }
        };
        Self {
            address,
            asked,
            is_over,
            thread: Some(std::thread::spawn(serve)),
        }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The bodies that came to a path.
    pub(super) fn asked(&self, path: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap();
        let to_it = asked.iter().filter(|(other, _)| other == path);
        to_it.map(|(_, body)| body.clone()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes it from waiting for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Reads a request, notes it, and answers it: who has the answer finds it noted.
fn answer(
    mut stream: TcpStream,
    script: &dyn Fn(&str, &Value) -> Option<Value>,
    asked: &Mutex<Vec<(String, Value)>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    asked.lock().unwrap().push((path.clone(), body.clone()));
    let (status, said) = match script(&path, &body) {
        Some(said) if said["error"].is_object() => (400, said),
        Some(said) => (200, said),
        None => (404, json!({"error": {"message": "Not Found"}})),
    };
    // A text is a stream, everything else is JSON.
    let (form, said) = match said {
        Value::String(events) => ("text/event-stream", events),
        value => ("application/json", value.to_string()),
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: {form}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        said.len()
    );
    stream.write_all((head + &said).as_bytes()).ok()
}
