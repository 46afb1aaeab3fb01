//! The three commands that the window has: call an operation, open a stream, close it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use control::view::Who;
use control::{Control, Error, ErrorCode, Item};
use futures_util::StreamExt;
use serde_json::Value;
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};

/// The open streams of the window. Rust does not notice when the page drops a channel, so the
/// page closes what it opened, and a new page closes all.
#[derive(Default)]
pub(crate) struct Streams {
    next: AtomicU32,
    open: Mutex<HashMap<u32, JoinHandle<()>>>,
}

impl Streams {
    fn open(&self) -> MutexGuard<'_, HashMap<u32, JoinHandle<()>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes every stream.
    pub(crate) fn close_all(&self) {
        for (_, task) in self.open().drain() {
            task.abort();
        }
    }
}

#[tauri::command]
pub(crate) async fn call(
    app: AppHandle,
    name: String,
    input: Option<Value>,
) -> Result<Value, Error> {
    control_of(&app)?
        .call(Who::Window, &name, input.unwrap_or_default())
        .await
}

#[tauri::command]
pub(crate) async fn open(
    app: AppHandle,
    streams: State<'_, Streams>,
    name: String,
    input: Option<Value>,
    events: Channel<Vec<Item>>,
) -> Result<u32, Error> {
    let mut messages = control_of(&app)?.subscribe(&name, input.unwrap_or_default())?;
    let id = streams.next.fetch_add(1, Ordering::Relaxed);
    let task = async move {
        while let Some(items) = messages.next().await {
            if events.send(items).is_err() {
                break;
            }
        }
        drop(messages);
        app.state::<Streams>().open().remove(&id);
    };
    // Held while the task is spawned, so that one that ends at once finds itself.
    let mut open = streams.open();
    open.insert(id, tauri::async_runtime::spawn(task));
    Ok(id)
}

#[tauri::command]
pub(crate) fn close(streams: State<'_, Streams>, id: u32) {
    if let Some(task) = streams.open().remove(&id) {
        task.abort();
    }
}

fn control_of(app: &AppHandle) -> Result<Arc<Control>, Error> {
    let control = app.try_state::<Arc<Control>>();
    control.map(|control| Arc::clone(&control)).ok_or_else(|| {
        Error::new(
            ErrorCode::Failed,
            "Gatehouse is still opening",
            "Try again in a moment.",
        )
    })
}
