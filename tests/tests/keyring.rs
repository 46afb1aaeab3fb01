//! Keys in a real Secret Service: stored, read after a restart, removed, locked, gone.

use serde_json::{Value, json};
use tests::desktop::Desktop;
use tests::gatehouse::{Gatehouse, files_with};
use tests::upstream::Upstream;

const KEY: &str = "right";

/// A gateway with a model that wants its key, on a desktop with a keyring.
fn on(desktop: &Desktop) -> (Gatehouse, Upstream) {
    let mut gatehouse = Gatehouse::new();
    for (name, value) in desktop.variables() {
        gatehouse.set(name, value);
    }
    (gatehouse, Upstream::start())
}

fn add_with_key(gatehouse: &Gatehouse, upstream: &Upstream, key: &[u8]) {
    let endpoint = upstream.endpoint();
    let add = [
        "model",
        "add",
        "vault",
        "--family",
        "general",
        "--endpoint",
        &endpoint,
        "--identifier",
        "wants-key",
        "--api-key-stdin",
    ];
    gatehouse.run_with_input(&add, key).succeeded();
}

/// What is known of the key without asking the keyring for it.
fn key_state(gatehouse: &Gatehouse) -> Value {
    gatehouse
        .run(&["model", "show", "vault"])
        .succeeded()
        .json()["key"]
        .clone()
}

#[test]
#[ignore = "needs gnome-keyring: cargo xtask test"]
fn a_key_lives_in_the_keyring_alone() {
    let desktop = Desktop::start();
    let (gatehouse, upstream) = on(&desktop);
    add_with_key(&gatehouse, &upstream, KEY.as_bytes());
    assert_eq!(
        key_state(&gatehouse),
        "unread",
        "a list does not open the keyring"
    );
    gatehouse
        .run_plain(&["prompt", "vault", "hello"])
        .succeeded();
    assert_eq!(upstream.last().header("authorization"), "Bearer right");

    let serving = gatehouse.serve();
    assert!(serving.stop().success());
    assert!(files_with(&gatehouse.data(), b"Bearer").is_empty());
    let settings = std::fs::read_to_string(gatehouse.settings_file()).unwrap();
    assert!(!settings.contains(&format!("\"{KEY}\"")), "{settings}");

    gatehouse.run(&["model", "remove", "vault"]).succeeded();
    let endpoint = upstream.endpoint();
    let again = [
        "model",
        "add",
        "vault",
        "--family",
        "general",
        "--endpoint",
        &endpoint,
    ];
    gatehouse.run(&again).succeeded();
    assert_eq!(
        key_state(&gatehouse),
        "absent",
        "removing a model removes its key"
    );
}

#[test]
#[ignore = "needs gnome-keyring: cargo xtask test"]
fn a_key_may_hold_any_character() {
    let desktop = Desktop::start();
    let (gatehouse, upstream) = on(&desktop);
    let odd = "sk-\"quote\\back/slash $HOME %41 ~`!@#^&*()";
    add_with_key(&gatehouse, &upstream, format!("{odd}\n").as_bytes());
    gatehouse.run(&["prompt", "vault", "hello"]);
    assert_eq!(
        upstream.last().header("authorization"),
        format!("Bearer {odd}")
    );
    let outcome = gatehouse.run_with_input(
        &["model", "edit", "vault", "--api-key-stdin"],
        b"two\nlines \x01",
    );
    if outcome.status == Some(1) {
        assert!(
            !outcome.complaint().is_empty(),
            "what cannot be a header is refused in words"
        );
    }
    assert_eq!(key_state(&gatehouse), "unread", "the key is not lost");
}

#[test]
#[ignore = "needs gnome-keyring: cargo xtask test"]
fn a_locked_keyring_is_said_to_be_locked_and_loses_nothing() {
    let mut desktop = Desktop::start();
    let (gatehouse, upstream) = on(&desktop);
    add_with_key(&gatehouse, &upstream, KEY.as_bytes());
    desktop.unlock("not the password");
    let complaint = gatehouse.run(&["prompt", "vault", "hello"]).complaint();
    assert!(complaint.to_lowercase().contains("keyring"), "{complaint}");
    assert_eq!(
        gatehouse.settings()["settings"]["models"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    desktop.unlock("a password for tests");
    gatehouse
        .run_plain(&["prompt", "vault", "hello"])
        .succeeded();
}

#[test]
#[ignore = "needs gnome-keyring: cargo xtask test"]
fn without_a_keyring_a_key_is_refused_and_a_model_without_one_works() {
    let gatehouse = Gatehouse::new();
    let upstream = Upstream::start();
    let endpoint = upstream.endpoint();
    let add = [
        "model",
        "add",
        "vault",
        "--family",
        "general",
        "--endpoint",
        &endpoint,
        "--api-key-stdin",
    ];
    let complaint = gatehouse.run_with_input(&add, b"key").complaint();
    assert!(
        complaint.contains("GATEHOUSE_KEY_"),
        "it says another way: {complaint}"
    );
    gatehouse.add_model("open", &endpoint, "any");
    gatehouse
        .run_plain(&["prompt", "open", "hello"])
        .succeeded();
    assert_eq!(upstream.last().header("authorization"), "");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs gnome-keyring: cargo xtask test"]
async fn a_keyring_that_comes_late_is_asked_again() {
    let mut desktop = Desktop::start();
    let (gatehouse, upstream) = on(&desktop);
    add_with_key(&gatehouse, &upstream, KEY.as_bytes());
    desktop.unlock("not the password");
    let serving = gatehouse.serve();
    let client = tests::client();
    let ask = || async {
        let body = json!({"model": "vault", "messages": []});
        client
            .post(serving.url("/v1/chat/completions"))
            .json(&body)
            .send()
            .await
            .unwrap()
    };
    let refused = ask().await;
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.unwrap().contains("keyring"));
    desktop.unlock("a password for tests");
    let started = std::time::Instant::now();
    while ask().await.status() != 200 {
        assert!(
            started.elapsed() < tests::PATIENCE,
            "unlocking wakes it without a restart"
        );
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
