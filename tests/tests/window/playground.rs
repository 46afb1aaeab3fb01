//! The playground in the real window: what is asked, shown, stopped, kept and repeated there.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::desktop::Desktop;
use tests::upstream::Upstream;
use tests::webdriver::{Window, key};
use tests::{PATIENCE, client, eventually};

use super::{desktop, gatehouse, open, picture};

/// What the last words of a stopped answer are.
const STOPPED: &str = "Stopped here. What had arrived is kept.";
/// Of the first half of what the model `writes-and-falls-silent` writes; no more of it ever comes.
const HALF: &str = "the_first_line_is_long_enough";

/// A desktop with these models of a scripted server, each registered under its identifier.
fn desktop_with(models: &[&str]) -> (Desktop, u16, Upstream) {
    let ((desktop, port), upstream) = (desktop(), Upstream::start());
    for model in models {
        let endpoint = upstream.endpoint();
        let place = ["--endpoint", &endpoint, "--identifier", model];
        let words = ["model", "add", model, "--family", "general"];
        gatehouse(&desktop, &[&words[..], &place].concat());
    }
    (desktop, port, upstream)
}

async fn enter(desktop: &Desktop) -> Window {
    let window = open(desktop).await;
    window.click("link", "Playground").await;
    window.find("heading", "Playground").await;
    window
}

async fn send(window: &Window, question: &str) {
    window.fill("Message", question).await;
    window.click("button[type=submit]", "Send").await;
}

/// The file in the editor, without what is only proposed, and the proposal.
async fn editor(window: &Window) -> (String, String) {
    let read = "
        const shown = document.querySelector('.cm-content').cloneNode(true);
        const ghosts = [...shown.querySelectorAll('.cm-ghost')].map((ghost) => {
          ghost.remove();
          return ghost.textContent;
        });
        return [shown.textContent, ghosts.join('')];";
    let both = window.script(read, json!([])).await;
    let text = |place: usize| both[place].as_str().unwrap_or_default().to_owned();
    (text(0), text(1))
}

/// Waits until the file in the editor is this.
async fn holds(window: &Window, wanted: &str) {
    let started = Instant::now();
    loop {
        let (written, _) = editor(window).await;
        if written == wanted {
            return;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{written:?} is not {wanted:?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn two_models_answer_at_once_one_is_stopped_and_both_are_there_after_a_restart() {
    let (desktop, _, upstream) = desktop_with(&["good", "writes-and-falls-silent"]);
    let window = enter(&desktop).await;
    window.click("button", "Column").await;
    window.find("section", "Column 2").await;
    send(&window, "Who are you two?").await;
    // The one is done while the other still answers.
    window.shows("Grüße aus der Kälte").await;
    window.shows(HALF).await;
    window.shows("total").await;
    assert_eq!(upstream.open(), 1);
    window.screenshot(&picture("playground-two")).await;
    window.click("button", "Stop all").await;
    window.shows(STOPPED).await;
    eventually("the server sees that nobody listens", || {
        (upstream.cancelled() == 1).then_some(())
    });
    window.quit();

    let again = enter(&desktop).await;
    again.click("a", "Who are you two?").await;
    again.find("section", "Column 2").await;
    for words in ["Grüße aus der Kälte", HALF, STOPPED] {
        again.shows(words).await;
    }
    assert_eq!(upstream.received_at("/v1/chat/completions").len(), 2);
    again.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn what_had_arrived_is_kept_when_the_window_ends_in_the_middle_of_an_answer() {
    let (desktop, _, upstream) = desktop_with(&["writes-and-falls-silent"]);
    let window = enter(&desktop).await;
    send(&window, "How does it end?").await;
    window.shows(HALF).await;
    window.quit();
    eventually("the server sees that nobody listens", || {
        (upstream.open() == 0).then_some(())
    });

    let again = enter(&desktop).await;
    again.click("a", "How does it end?").await;
    for words in [HALF, STOPPED] {
        again.shows(words).await;
    }
    again.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn a_recorded_request_of_a_client_is_repeated() {
    let (desktop, port, upstream) = desktop_with(&["good"]);
    gatehouse(&desktop, &["record", "start", "--for", "5m"]);
    let window = open(&desktop).await;
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is a gatehouse?"},
    ]);
    let asked = client()
        .post(format!("http://127.0.0.1:{port}/v1/chat/completions"))
        .json(&json!({"model": "good", "messages": messages, "temperature": 0.25}));
    assert_eq!(asked.send().await.unwrap().status(), 200);
    window.click("link", "Logs").await;
    window.shows("1 of 1 match").await;
    window.click("[role=row]:not(.heads)", "").await;
    window.click("link", "Replay").await;
    window.find("heading", "Playground").await;
    window.shows("What is a gatehouse?").await;
    window.click("button", "Ask now").await;
    eventually("it is asked again", || {
        (upstream.received_at("/v1/chat/completions").len() == 2).then_some(())
    });
    let repeated = upstream.last().body;
    assert_eq!(repeated["messages"], messages, "{repeated}");
    assert_eq!(repeated["temperature"], 0.25, "{repeated}");
    window.quit();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a screen: cargo xtask test"]
async fn a_completion_is_shown_at_the_cursor_and_taken_with_tab() {
    let (desktop, _, _upstream) = desktop_with(&["good"]);
    let window = enter(&desktop).await;
    window.click("[role=radio]", "Completion").await;
    let content = window.find(".cm-content", "").await;
    content.click().await;
    let (begun, _) = editor(&window).await;
    content.type_text(&format!("{}\\", key::ALT)).await;
    window.find(".cm-ghost", "").await;
    window.shows("shown after").await;
    window.screenshot(&picture("playground-completion")).await;
    let (_, proposed) = editor(&window).await;
    let shown = window.script(
        "return document.querySelector('.cm-content').textContent",
        json!([]),
    );
    let with_ghost = shown.await.as_str().unwrap_or_default().to_owned();
    assert!(proposed.starts_with("Grüße aus"), "{proposed}");
    // The editor brings its styles along as elements, which a policy of the page may refuse.
    let styles = window
        .script(
            "const of = (name) => getComputedStyle(document.querySelector(name));
             return {editor: document.querySelector('.cm-editor').getBoundingClientRect().height,
                display: of('.cm-scroller').display, white: of('.cm-content').whiteSpace,
                ghost: of('.cm-ghost').fontStyle, colour: of('.cm-ghost').color, text: of('.cm-content').color}",
            json!([]),
        )
        .await;
    assert!(styles["editor"].as_f64() > Some(200.0), "{styles}");
    assert_eq!(styles["display"], "flex", "{styles}");
    assert_eq!(styles["white"], "pre", "{styles}");
    assert_eq!(styles["ghost"], "italic", "{styles}");
    assert_ne!(styles["colour"], styles["text"], "{styles}");

    content.type_text(&key::TAB.to_string()).await;
    holds(&window, &with_ghost).await;
    content.type_text(&format!("{}z", key::CONTROL)).await;
    holds(&window, &begun).await;
    window.quit();
}
