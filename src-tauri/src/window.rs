//! The one window: how it is made, shown and closed.

use std::time::Duration;

use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Runtime, WebviewUrl, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_window_state::StateFlags;

use crate::ipc::Streams;
use crate::tray;

const LABEL: &str = "main";

/// How long the page may take to save what it holds, and how often it is asked.
const LEAVING: Duration = Duration::from_secs(1);
const ASKING: Duration = Duration::from_millis(20);

/// Keeps size and place of the window, nothing else.
pub(crate) fn state_plugin<R: Runtime>() -> tauri::plugin::TauriPlugin<R> {
    let flags = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    tauri_plugin_window_state::Builder::default()
        .with_state_flags(flags)
        .build()
}

/// Makes the window. It shows our own page and goes nowhere else.
pub(crate) fn build(app: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Gatehouse")
        .inner_size(1200.0, 780.0)
        .min_inner_size(900.0, 600.0)
        .disable_drag_drop_handler()
        .on_navigation(|url| is_our_page(url.scheme(), url.host_str()))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                window.state::<Streams>().close_all();
            }
        })
        .build()?;
    let app = app.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event {
            // Either way the page lives on: without it, nobody could save what it holds.
            api.prevent_close();
            // Hidden, the window can be reached by the tray alone, so without one it ends the program.
            if !tray::is_shown() {
                app.exit(0);
            } else if let Some(window) = app.get_webview_window(LABEL) {
                // A window that cannot be hidden stays, which does no harm.
                let _ = window.hide();
            }
        }
    });
    Ok(())
}

/// Asks the page to end its answers and save them, and waits until it has. A page that hangs, or is
/// no more, holds up nothing for longer than a second.
pub(crate) async fn leave(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    let saved = async {
        let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
        loop {
            let say = say.clone();
            // An answer that nobody waits for any more is of no use.
            let tell = move |answer: String| drop(say.send(answer));
            let asked = window.eval_with_callback("window.isSaved?.() ?? true", tell);
            if asked.is_err() || said.recv().await.is_none_or(|answer| answer == "true") {
                return;
            }
            tokio::time::sleep(ASKING).await;
        }
    };
    if tokio::time::timeout(LEAVING, saved).await.is_err() {
        tracing::warn!("the page did not save what it held");
    }
}

/// Brings the window to the front.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        // Each may be refused by the window manager; the others still help.
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// `tauri://localhost` on Linux and macOS, `http://tauri.localhost` on Windows.
fn is_our_page(scheme: &str, host: Option<&str>) -> bool {
    matches!(
        (scheme, host),
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_our_page() {
        assert!(is_our_page("tauri", Some("localhost")));
        for (scheme, host) in [
            ("http", "localhost"),
            ("https", "evil.example"),
            ("file", "localhost"),
            ("tauri", "evil"),
        ] {
            assert!(!is_our_page(scheme, Some(host)), "{scheme}://{host}");
        }
    }
}
