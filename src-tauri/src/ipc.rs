//! The commands that the window has: call an operation, hear what streams carry, open and close a
//! stream, and ask for files in the way of the system.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use control::view::Who;
use control::{Control, Error, ErrorCode, Item, gathered};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tauri::async_runtime::{JoinHandle, spawn};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State, WebviewWindow};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::{mpsc, oneshot};

/// Items that may wait for the next message; a stream with more waits.
const WAITING: usize = 1_024;

/// An item, with the number that the page gave its stream.
type Heard = (u32, Item);

/// The open streams of the window. They reach it in one message a frame together: each message is a
/// script that the webview reads and runs, and many of them keep it from drawing. Rust does not
/// notice when a page goes, so it closes what it opened, and a new page closes all.
#[derive(Default)]
pub(crate) struct Streams {
    page: Mutex<Page>,
}

/// The page that listens.
#[derive(Default)]
struct Page {
    heard: Option<mpsc::Sender<Heard>>,
    carrier: Option<JoinHandle<()>>,
    open: HashMap<u32, JoinHandle<()>>,
}

impl Streams {
    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes every stream.
    pub(crate) fn close_all(&self) {
        let page = std::mem::take(&mut *self.page());
        page.open.into_values().for_each(|task| task.abort());
        page.carrier.inspect(JoinHandle::abort);
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

/// A page begins: from now on it hears all streams by this channel.
#[tauri::command]
pub(crate) fn listen(streams: State<'_, Streams>, messages: Channel<Vec<Heard>>) {
    streams.close_all();
    let (heard, mut waiting) = mpsc::channel(WAITING);
    let items = stream::poll_fn(move |context| waiting.poll_recv(context));
    let carrier = async move {
        let mut all = gathered(items.boxed());
        while let Some(message) = all.next().await {
            if messages.send(message).is_err() {
                break;
            }
        }
    };
    let mut page = streams.page();
    page.heard = Some(heard);
    page.carrier = Some(spawn(carrier));
}

/// Opens a stream under a number of the page.
#[tauri::command]
pub(crate) fn open(
    app: AppHandle,
    streams: State<'_, Streams>,
    id: u32,
    name: String,
    input: Option<Value>,
) -> Result<(), Error> {
    let mut page = streams.page();
    let Some(heard) = page.heard.clone() else {
        return Err(opening());
    };
    let control = control_of(&app)?;
    let items = {
        let _runtime = tauri::async_runtime::handle().inner().enter();
        control.subscribe(&name, input.unwrap_or_default())?
    };
    let task = async move {
        let mut items = items;
        while let Some(item) = items.next().await {
            if heard.send((id, item)).await.is_err() {
                break;
            }
        }
        drop(items);
        app.state::<Streams>().page().open.remove(&id);
    };
    // The page is held while the task is spawned, so that one that ends at once finds itself.
    if let Some(before) = page.open.insert(id, spawn(task)) {
        before.abort();
    }
    Ok(())
}

#[tauri::command]
pub(crate) fn close(streams: State<'_, Streams>, id: u32) {
    if let Some(task) = streams.page().open.remove(&id) {
        task.abort();
    }
}

/// The paths of the files that the user chooses; none when they think better of it.
#[tauri::command]
pub(crate) async fn choose_files(window: WebviewWindow, title: String) -> Vec<PathBuf> {
    let (tell, told) = oneshot::channel();
    let dialog = window.dialog().file().set_title(title).set_parent(&window);
    // A dialog that cannot be shown drops its end, too.
    dialog.pick_files(move |files| drop(tell.send(files)));
    let files = told.await.ok().flatten().unwrap_or_default();
    files
        .into_iter()
        .filter_map(|file| file.into_path().ok())
        .collect()
}

fn control_of(app: &AppHandle) -> Result<Arc<Control>, Error> {
    let control = app.try_state::<Arc<Control>>();
    control
        .map(|control| Arc::clone(&control))
        .ok_or_else(opening)
}

fn opening() -> Error {
    Error::new(
        ErrorCode::Failed,
        "Gatehouse is still opening",
        "Try again in a moment.",
    )
}
