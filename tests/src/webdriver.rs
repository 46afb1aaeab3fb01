//! The few calls of WebDriver that drive the real window. WebKitWebDriver starts the program
//! itself; one driver has one session.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::desktop::Desktop;
use crate::process::{Process, parent, running, signal};
use crate::{PATIENCE, eventually};

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Finds the visible element with this role and accessible name, or with this name's beginning.
const BY_ROLE: &str = r#"
const [role, name] = arguments;
const roles = {
  button: 'button, [role=button], summary', link: 'a[href], [role=link]', heading: 'h1, h2, h3, [role=heading]',
  textbox: 'input:not([type]), input[type=text], input[type=url], input[type=password], textarea, [role=textbox]',
  combobox: 'select, [role=combobox], button[aria-haspopup=listbox]', option: 'option, [role=option]',
  tab: '[role=tab]', row: 'tr, [role=row]', dialog: 'dialog, [role=dialog]', status: '[role=status], output',
  spinbutton: 'input[type=number], [role=spinbutton]', switch: '[role=switch]', radio: 'input[type=radio], [role=radio]',
};
const text = (node) => (node?.textContent ?? '').replace(/\s+/g, ' ').trim();
const nameOf = (node) => {
  const ids = (node.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean);
  if (ids.length) return ids.map((id) => text(document.getElementById(id))).join(' ');
  const label = node.labels?.length ? text(node.labels[0]) : '';
  const named = (attribute) => node.getAttribute(attribute) || '';
  return named('aria-label') || label || text(node) || named('placeholder') || named('title');
};
const shown = (node) => node.getClientRects().length > 0;
const found = [...document.querySelectorAll(roles[role] ?? role)].filter(shown);
return found.find((node) => nameOf(node) === name) ?? found.find((node) => nameOf(node).startsWith(name)) ?? null;
"#;

/// A session with one window.
pub struct Window {
    client: reqwest::Client,
    session: String,
    binary: std::path::PathBuf,
    driver: Process,
}

impl Window {
    /// Opens a program on this desktop and waits for its page.
    pub async fn open(desktop: &Desktop, binary: &Path) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = probe.local_addr().expect("it is bound").port();
        drop(probe);
        let mut driver = desktop.command("WebKitWebDriver");
        driver
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        // Software rendering is enough for tests, starts sooner and holds less memory.
        driver.env("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
        let driver = Process::start(&mut driver);
        eventually("WebKitWebDriver listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build();
        let client = client.expect("a client without settings can be built");
        let binary = binary.to_owned();
        let mut window = Self {
            client,
            session: format!("http://127.0.0.1:{port}/session"),
            binary,
            driver,
        };
        let options = json!({"binary": window.binary, "args": []});
        let wanted =
            json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}});
        let answer = window.post("", wanted).await;
        let id = answer["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {answer}"));
        window.session = format!("{}/{id}", window.session);
        window
    }

    /// The process of the program.
    pub fn process(&self) -> u32 {
        let binary = self
            .binary
            .canonicalize()
            .unwrap_or_else(|_| self.binary.clone());
        eventually("the program runs", || running(&binary).into_iter().max())
    }

    /// Runs a script in the page and returns its value.
    pub async fn script(&self, script: &str, arguments: Value) -> Value {
        self.post(
            "/execute/sync",
            json!({"script": script, "args": arguments}),
        )
        .await
    }

    /// Awaits an expression in the page; a rejection is returned as `{"rejected": …}`.
    pub async fn awaited(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             Promise.resolve().then(() => {expression})
               .then((value) => done(value ?? null), (error) => done({{rejected: error?.message ?? error}}));"
        );
        self.post("/execute/async", json!({"script": script, "args": []}))
            .await
    }

    /// Waits for an element by role and accessible name.
    pub async fn find(&self, role: &str, name: &str) -> Element<'_> {
        let started = std::time::Instant::now();
        loop {
            let found = self.script(BY_ROLE, json!([role, name])).await;
            if let Some(id) = found[ELEMENT].as_str() {
                return Element {
                    window: self,
                    id: id.to_owned(),
                };
            }
            if started.elapsed() > PATIENCE {
                let page = self.text().await;
                panic!("waited {PATIENCE:?} for a {role} named {name:?} in:\n{page}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Clicks an element by role and accessible name.
    pub async fn click(&self, role: &str, name: &str) {
        self.find(role, name).await.click().await;
    }

    /// Presses one key after another where the focus is, with this pause between two.
    pub async fn keys(&self, text: &str, pause: Duration) {
        let milliseconds = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let steps = text.chars().flat_map(|key| {
            [
                json!({"type": "keyDown", "value": key}),
                json!({"type": "keyUp", "value": key}),
                json!({"type": "pause", "duration": milliseconds}),
            ]
        });
        let steps: Vec<_> = steps.collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": steps});
        self.post("/actions", json!({"actions": [keyboard]})).await;
    }

    /// Types into an element by accessible name, in place of what it holds.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.find("textbox", name).await;
        field.post("/clear", json!({})).await;
        field.type_text(text).await;
    }

    /// The text that the page shows.
    pub async fn text(&self) -> String {
        let text = self
            .script("return document.body.innerText", json!([]))
            .await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows these words.
    pub async fn shows(&self, words: &str) -> String {
        let started = std::time::Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return text;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "waited {PATIENCE:?} for {words:?} in:\n{text}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Writes what the window shows into a PNG.
    pub async fn screenshot(&self, file: &Path) {
        // WebKit answers with the next frame, and a page at rest draws none.
        let draw = "const draw = setInterval(() => { const { style } = document.body; \
            style.opacity = style.opacity ? '' : '0.999' }, 30); \
            setTimeout(() => { clearInterval(draw); document.body.style.opacity = '' }, 2000)";
        self.script(draw, json!([])).await;
        let picture = self.get("/screenshot").await;
        let text = picture.as_str().expect("a screenshot is text in base64");
        std::fs::write(file, base64(text)).expect("the folder of screenshots can be written");
    }

    /// Ends the program as the system does at logout, and waits for that.
    pub fn quit(self) {
        let id = self.process();
        signal(id, "TERM");
        let binary = self
            .binary
            .canonicalize()
            .unwrap_or_else(|_| self.binary.clone());
        eventually("the program ends when asked to", || {
            (!running(&binary).contains(&id)).then_some(())
        });
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self
            .client
            .post(format!("{}{path}", self.session))
            .json(&body);
        value(path, request.send().await).await
    }

    async fn get(&self, path: &str) -> Value {
        value(
            path,
            self.client
                .get(format!("{}{path}", self.session))
                .send()
                .await,
        )
        .await
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The driver leaves the program running when it is killed.
        let binary = self
            .binary
            .canonicalize()
            .unwrap_or_else(|_| self.binary.clone());
        for id in running(&binary) {
            if parent(id) == Some(self.driver.id()) {
                signal(id, "KILL");
            }
        }
    }
}

/// Keys as WebDriver names them. One that is held is held to the end of the text.
pub mod key {
    /// Control, held.
    pub const CONTROL: char = '\u{e009}';
    /// Alt, held.
    pub const ALT: char = '\u{e00a}';
    /// Tab.
    pub const TAB: char = '\u{e004}';
}

/// An element of the page.
pub struct Element<'a> {
    window: &'a Window,
    id: String,
}

impl Element<'_> {
    /// Clicks it.
    pub async fn click(&self) {
        self.post("/click", json!({})).await;
    }

    /// Types into it, as [`key`] names what is no letter.
    pub async fn type_text(&self, text: &str) {
        self.post("/value", json!({"text": text})).await;
    }

    /// What it shows.
    pub async fn text(&self) -> String {
        let text = self.window.get(&format!("/element/{}/text", self.id)).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.window
            .post(&format!("/element/{}{path}", self.id), body)
            .await
    }
}

async fn value(path: &str, answer: reqwest::Result<reqwest::Response>) -> Value {
    let answer = answer.unwrap_or_else(|error| panic!("WebDriver does not answer {path}: {error}"));
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    assert!(status.is_success(), "WebDriver refused {path}: {body}");
    body["value"].clone()
}

/// The bytes of a text in base64.
fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for letter in text.bytes() {
        let Some(value) = LETTERS.iter().position(|other| *other == letter) else {
            continue;
        };
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        assert_eq!(base64("R2F0ZWhvdXNl"), b"Gatehouse");
        assert_eq!(base64("R2F0ZQ=="), b"Gate");
        assert_eq!(base64("R2F0\nZWg="), b"Gateh");
    }
}
