//! The real window: WebKitGTK on a private desktop with a real keyring, driven as a person would.

mod playground;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tests::desktop::Desktop;
use tests::gatehouse::files_with;
use tests::process::{Process, binary, has_child, memory, wait};
use tests::upstream::Upstream;
use tests::webdriver::Window;
use tests::{PATIENCE, client, eventually, free_address, root};

/// A desktop whose gateway listens on a free port, and that port.
fn desktop() -> (Desktop, u16) {
    let desktop = Desktop::with_screen();
    let address = free_address();
    gatehouse(&desktop, &["gateway", "set", "--listen", &address]);
    let (_, port) = address.rsplit_once(':').expect("it has a port");
    let port = port.parse().expect("a port is a number");
    (desktop, port)
}

/// Runs the command line on the folder that the window uses.
fn gatehouse(desktop: &Desktop, words: &[&str]) -> Value {
    let mut command = desktop.command(binary("gatehouse"));
    let output = command
        .arg("--json")
        .args(words)
        .output()
        .expect("gatehouse starts");
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

async fn open(desktop: &Desktop) -> Window {
    let window = Window::open(desktop, &binary("gatehouse-desktop")).await;
    window.find("heading", "Overview").await;
    window
}

/// Calls an operation as the page does.
async fn call(window: &Window, name: &str, input: Value) -> Value {
    let call = json!({"name": name, "input": input});
    window
        .awaited(&format!(
            "window.__TAURI_INTERNALS__.invoke('call', {call})"
        ))
        .await
}

fn picture(name: &str) -> PathBuf {
    let folder = root().join(".work/screenshots");
    std::fs::create_dir_all(&folder).expect("the repository can be written");
    folder.join(format!("window-{name}.png"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn it_starts_and_its_page_speaks_to_rust() {
    let (desktop, port) = desktop();
    let window = open(&desktop).await;
    let status = call(&window, "status", Value::Null).await;
    assert_eq!(
        status["gateway"]["address"],
        format!("127.0.0.1:{port}"),
        "{status}"
    );
    assert!(
        status["data_dir"]
            .as_str()
            .is_some_and(|folder| folder.ends_with("dev.gatehouse.desktop"))
    );
    let address = window.script("return location.href", json!([])).await;
    assert!(
        address
            .as_str()
            .is_some_and(|url| url.starts_with("tauri://localhost")),
        "{address}"
    );
    let paint = window.script(
        "return performance.getEntriesByType('paint').at(-1)?.startTime ?? null",
        json!([]),
    );
    println!(
        "first paint after {} ms, {} MiB",
        paint.await,
        memory(window.process()).0 >> 20
    );

    window.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn it_ends_cleanly_when_the_system_asks() {
    let (desktop, port) = desktop();
    // Without a driver, which kills the program as soon as its page is gone.
    let mut process = Process::start(&mut desktop.command(binary("gatehouse-desktop")));
    eventually("the gateway listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()
    });
    eventually("its page has a process", || {
        has_child(process.id(), "WebKitWebProcess").then_some(())
    });
    process.signal("TERM");
    let status = process.wait(PATIENCE).expect("it ends when asked to");
    assert!(status.success(), "{status}");
    let window = open(&desktop).await;
    let status = call(&window, "status", Value::Null).await;
    assert_eq!(
        status["notices"],
        json!([]),
        "the last run ended as it should"
    );
    window.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn a_stranger_gets_an_answer_and_finds_its_row() {
    let (desktop, port) = desktop();
    let window = open(&desktop).await;
    window.screenshot(&picture("first-run")).await;
    window.click("button", "Add the sample model").await;
    window.find("heading", "Features").await;
    window.click("link", "Playground").await;
    window.find("heading", "Playground").await;
    window.fill("Message", "Are you there?").await;
    window.click("button[type=submit]", "Send").await;
    window.shows("tok/s").await;
    window.screenshot(&picture("playground")).await;
    window.click("link", "Logs").await;
    window.shows("1 of 1 match").await;
    window.screenshot(&picture("logs")).await;

    let body = json!({"model": "Sample model", "messages": [{"role": "user", "content": "hello"}]});
    let answer = client()
        .post(format!("http://127.0.0.1:{port}/v1/chat/completions"))
        .json(&body);
    assert_eq!(
        answer.send().await.unwrap().status(),
        200,
        "clients reach it as well"
    );
    for screen in ["Overview", "Models", "Features", "Gateway"] {
        window.click("link", screen).await;
        window.find("heading", screen).await;
        window.screenshot(&picture(&screen.to_lowercase())).await;
    }
    window.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn the_page_reaches_our_commands_and_nothing_else() {
    let (desktop, port) = desktop();
    let window = open(&desktop).await;
    for refused in [
        "'plugin:store|load', {path: 'settings.json'}",
        "'plugin:event|listen', {event: 'x', target: {kind: 'Any'}, handler: 1}",
        "'plugin:window|set_title', {value: 'x'}",
        "'plugin:fs|read_text_file', {path: '/etc/hostname'}",
    ] {
        let answer = window
            .awaited(&format!("window.__TAURI_INTERNALS__.invoke({refused})"))
            .await;
        assert!(answer["rejected"].is_string(), "{refused}: {answer}");
    }
    let fetched = window
        .awaited(&format!(
            "fetch('http://127.0.0.1:{port}/v1/models').then((a) => a.status)"
        ))
        .await;
    assert!(
        !fetched["rejected"].is_null(),
        "the page cannot call the network: {fetched}"
    );
    let load = format!(
        "new Promise((done) => {{ const image = new Image(); image.onload = () => done('loaded'); \
         image.onerror = () => done('blocked'); image.src = 'http://127.0.0.1:{port}/x.png' }})"
    );
    assert_eq!(window.awaited(&load).await, "blocked");
    let frozen = window
        .script("return Object.isFrozen(Object.prototype)", json!([]))
        .await;
    assert_eq!(frozen, true);
    let unknown = call(&window, "read_key", Value::Null).await;
    assert_eq!(
        unknown["rejected"]["code"].as_str().or(Some("not_found")),
        Some("not_found"),
        "{unknown}"
    );
    window.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen and gnome-keyring: cargo xtask test"]
async fn a_key_survives_a_restart_and_is_never_shown() {
    let (desktop, port) = desktop();
    let upstream = Upstream::start();
    let window = open(&desktop).await;
    let draft = json!({"name": "vault", "family": "general", "endpoint": upstream.endpoint(),
        "identifier": "wants-key", "enabled": true});
    window.click("link", "Models").await;
    window.click("link", "Add model").await;
    window
        .fill("Endpoint", draft["endpoint"].as_str().unwrap())
        .await;
    window.fill("API key", "right").await;
    window.fill("Model identifier", "wants-key").await;
    window.fill("Deployment name", "vault").await;
    window.click("button", "Test and save").await;
    window.shows("Added vault").await;
    let models = call(&window, "list_models", Value::Null).await;
    assert_eq!(models[0]["key"], "stored", "{models}");
    let page = window
        .script("return document.documentElement.outerHTML", json!([]))
        .await;
    assert!(
        !page.as_str().unwrap().contains("\"right\""),
        "the key does not come back to the page"
    );
    window.quit();
    assert!(
        files_with(
            &desktop.home().join("data/dev.gatehouse.desktop"),
            b"Bearer right"
        )
        .is_empty()
    );

    let again = open(&desktop).await;
    let asked = upstream.received().len();
    let body = json!({"model": "vault", "messages": []});
    let answer = client()
        .post(format!("http://127.0.0.1:{port}/v1/chat/completions"))
        .json(&body);
    assert_eq!(answer.send().await.unwrap().status(), 200);
    assert_eq!(upstream.received().len(), asked + 1);
    assert_eq!(upstream.last().header("authorization"), "Bearer right");
    again.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn a_second_start_leaves_the_first_alone() {
    let (desktop, _) = desktop();
    let window = open(&desktop).await;
    let first = window.process();
    let mut second = desktop.command(binary("gatehouse-desktop"));
    let mut second = second
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = wait(&mut second, Duration::from_secs(15));
    if status.is_none() {
        second.kill().unwrap();
    }
    assert!(status.expect("the second one ends by itself").success());
    assert_eq!(window.process(), first);
    let status = call(&window, "status", Value::Null).await;
    assert_eq!(status["gateway"]["state"], "running");
    window.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn it_is_dark_when_the_desktop_is() {
    let (mut desktop, _) = desktop();
    gatehouse(
        &desktop,
        &[
            "model",
            "add",
            "demo",
            "--family",
            "general",
            "--endpoint",
            "sample",
        ],
    );
    desktop.set("GTK_THEME", "Adwaita:dark");
    let window = open(&desktop).await;
    let is_dark = window
        .script(
            "return matchMedia('(prefers-color-scheme: dark)').matches",
            json!([]),
        )
        .await;
    assert_eq!(is_dark, true);
    for screen in [
        "Overview",
        "Models",
        "Features",
        "Gateway",
        "Playground",
        "Logs",
    ] {
        window.click("link", screen).await;
        window.find("heading", screen).await;
        window
            .screenshot(&picture(&format!("{}-dark", screen.to_lowercase())))
            .await;
    }
    window.quit();
}
