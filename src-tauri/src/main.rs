//! The window. Everything here is Tauri; what it shows and does is in `control`.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod environment;
mod ipc;
mod store;
mod tray;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use control::{Control, Error, HolderKind, Purpose, telemetry};
use tauri::{AppHandle, Manager, RunEvent};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

use crate::ipc::Streams;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whether everything is written down and the program may end.
#[derive(Default)]
struct Closed(AtomicBool);

#[expect(
    clippy::disallowed_methods,
    reason = "inside generate_context!, for a broken bundle"
)]
fn main() -> ExitCode {
    environment::prepare();
    let folder = match environment::data_folder() {
        Ok(folder) => folder,
        Err(error) => {
            eprint_error(&error);
            return ExitCode::FAILURE;
        }
    };
    let telemetry = telemetry::start(&folder, None);
    let built = tauri::Builder::default()
        // First, so that a second start goes no further than this.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            window::show(app)
        }))
        .plugin(tauri_plugin_store::Builder::new().build())
        .plugin(window::state_plugin())
        .plugin(tauri_plugin_dialog::init())
        .manage(Streams::default())
        .manage(Closed::default())
        .invoke_handler(tauri::generate_handler![
            ipc::call,
            ipc::listen,
            ipc::open,
            ipc::close,
            ipc::choose_files
        ])
        .setup(move |app| {
            open(app.handle(), folder);
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(%error, "the window cannot be made");
            return ExitCode::FAILURE;
        }
    };
    app.run(|app, event| {
        if let RunEvent::ExitRequested { api, .. } = event
            && !app.state::<Closed>().0.load(Ordering::Relaxed)
        {
            api.prevent_exit();
            tauri::async_runtime::spawn(close(app.clone()));
        }
    });
    drop(telemetry);
    ExitCode::SUCCESS
}

/// Opens the data folder and then the window; says what is wrong when the folder cannot be had.
fn open(app: &AppHandle, folder: PathBuf) {
    let store = Arc::new(store::PluginStore::new(app.clone(), &folder));
    let control = match Control::open_with(&folder, store, Purpose::Run(HolderKind::Desktop)) {
        Ok(control) => Arc::new(control),
        Err(error) => return refuse(app, &error),
    };
    app.manage(Arc::clone(&control));
    tauri::async_runtime::spawn(run(Arc::clone(&control)));
    tauri::async_runtime::spawn(end_on_signal(app.clone()));
    if let Err(error) = tray::build(app, control) {
        tracing::warn!(%error, "there is no tray");
    }
    if let Err(error) = window::build(app) {
        tracing::error!(%error, "the window cannot be made");
        app.exit(1);
    }
}

/// Starts the gateway when the settings say so, and reads keys as they come within reach.
async fn run(control: Arc<Control>) {
    // Without the admin's settings it would run with none of the admin's models and keys.
    let starts = control.read_only().is_none()
        && control
            .gateway_settings(())
            .await
            .is_ok_and(|settings| settings.start_with_app);
    if starts && let Err(error) = control.listen().await {
        tracing::warn!(%error, "the gateway did not start");
    }
    control.live().await;
}

fn refuse(app: &AppHandle, error: &Error) {
    tracing::error!(%error, "the data folder cannot be opened");
    let handle = app.clone();
    app.state::<Closed>().0.store(true, Ordering::Relaxed);
    app.dialog()
        .message(format!("{}\n\n{}", error.message, error.hint))
        .title("Gatehouse cannot open")
        .kind(MessageDialogKind::Error)
        .show(move |_| handle.exit(1));
}

/// Lets the page and running requests end and writes down what is still in memory, then ends the
/// program.
async fn close(app: AppHandle) {
    window::leave(&app).await;
    if let Some(control) = app.try_state::<Arc<Control>>() {
        control.close().await;
    }
    app.state::<Closed>().0.store(true, Ordering::Relaxed);
    app.exit(0);
}

#[cfg(unix)]
async fn end_on_signal(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    app.exit(0);
}

#[cfg(not(unix))]
async fn end_on_signal(app: AppHandle) {
    if tokio::signal::ctrl_c().await.is_ok() {
        app.exit(0);
    }
}

fn eprint_error(error: &Error) {
    eprintln!("gatehouse: {} {}", error.message, error.hint);
}
