//! The tray: a menu, and an icon that tells the gateway's state.

use std::sync::{Arc, Mutex, PoisonError};

use control::Control;
use control::view::GatewayState;
use tauri::image::Image;
use tauri::menu::{Menu, MenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Wry, include_image};

use crate::window;

const RUNNING: Image<'_> = include_image!("../icons/tray-running.png");
const STOPPED: Image<'_> = include_image!("../icons/tray-stopped.png");
const FAILED: Image<'_> = include_image!("../icons/tray-failed.png");

struct Tray {
    icon: TrayIcon,
    toggle: MenuItem<Wry>,
    copy: MenuItem<Wry>,
}

/// Adds the tray and keeps it in step with the gateway.
pub(crate) fn build(app: &AppHandle, control: Arc<Control>) -> tauri::Result<()> {
    let item = |id: &str, text: &str| MenuItem::with_id(app, id, text, true, None::<&str>);
    let (open, quit) = (item("open", "Open Gatehouse")?, item("quit", "Quit")?);
    let (toggle, copy) = (
        item("toggle", "Start gateway")?,
        item("copy", "Copy gateway URL")?,
    );
    let menu = Menu::with_items(app, &[&open, &toggle, &copy, &quit])?;
    // On X11 a copied text lives as long as whoever holds the clipboard.
    let clipboard = Mutex::new(arboard::Clipboard::new().ok());
    let panel = Arc::clone(&control);
    let icon = TrayIconBuilder::with_id("main")
        .icon(STOPPED)
        .tooltip("Gatehouse")
        .menu(&menu)
        .on_menu_event(move |app, event| match event.id().as_ref() {
            "open" => window::show(app),
            "toggle" => {
                tauri::async_runtime::spawn(toggle_gateway(Arc::clone(&panel)));
            }
            "copy" => copy_url(&panel, &clipboard),
            "quit" => app.exit(0),
            _ => {}
        })
        .build(app)?;
    tauri::async_runtime::spawn(follow(control, Tray { icon, toggle, copy }));
    Ok(())
}

async fn toggle_gateway(control: Arc<Control>) {
    let changed = match control.gateway_state() {
        GatewayState::Running { .. } => control.stop_gateway(()).await,
        _ => control.start_gateway(()).await,
    };
    if let Err(error) = changed {
        // The window and the icon show the state; this is for the record.
        tracing::warn!(%error, "the gateway could not be switched from the tray");
    }
}

fn copy_url(control: &Control, clipboard: &Mutex<Option<arboard::Clipboard>>) {
    let GatewayState::Running { base_url, .. } = control.gateway_state() else {
        return;
    };
    let mut clipboard = clipboard.lock().unwrap_or_else(PoisonError::into_inner);
    let copied = clipboard
        .as_mut()
        .map(|clipboard| clipboard.set_text(base_url));
    if !matches!(copied, Some(Ok(()))) {
        tracing::warn!("the clipboard took nothing");
    }
}

async fn follow(control: Arc<Control>, tray: Tray) {
    let mut changes = control.changes();
    loop {
        let state = control.gateway_state();
        let (image, text) = match &state {
            GatewayState::Running { .. } => (RUNNING, "Stop gateway"),
            GatewayState::Failed { .. } => (FAILED, "Start gateway"),
            _ => (STOPPED, "Start gateway"),
        };
        // A tray that is gone takes nothing; the next change tries again.
        let _ = tray.icon.set_icon(Some(image));
        let _ = tray.toggle.set_text(text);
        let _ = tray
            .copy
            .set_enabled(matches!(state, GatewayState::Running { .. }));
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Whether the desktop shows tray icons. Without a host for them the icon is nowhere to be seen.
#[cfg(target_os = "linux")]
pub(crate) fn is_shown() -> bool {
    let asked = zbus::blocking::Connection::session().and_then(|bus| {
        let names = zbus::blocking::fdo::DBusProxy::new(&bus)?;
        let watcher = zbus::names::BusName::try_from("org.kde.StatusNotifierWatcher")?;
        Ok(names.name_has_owner(watcher)?)
    });
    asked.unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_shown() -> bool {
    true
}
