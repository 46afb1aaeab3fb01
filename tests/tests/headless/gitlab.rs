//! `gatehouse gitlab`: the prompts as an admin changes them.

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;

const ID: &str = "chat/explain_code";

fn prompt(gatehouse: &Gatehouse, words: &[&str]) -> Value {
    let words = [&["gitlab", "prompt"], words].concat();
    gatehouse.run(&words).succeeded().json()
}

fn edit(gatehouse: &Gatehouse, prompt: &Value) -> tests::gatehouse::Outcome {
    let words = [
        "gitlab", "prompt", "edit", ID, "--family", "gemma", "--file", "-",
    ];
    gatehouse.run_with_input(&words, prompt.to_string().as_bytes())
}

#[test]
fn a_prompt_is_copied_for_a_family_edited_by_its_json_and_reset() {
    let gatehouse = Gatehouse::new();
    let rows = prompt(&gatehouse, &["list"]);
    let of = |family: &str| json!({"id": ID, "family": family});
    let has = |rows: &Value, key: Value| {
        let mut rows = rows.as_array().unwrap().iter();
        rows.any(|row| row["id"] == key["id"] && row["family"] == key["family"])
    };
    assert!(has(&rows, of("base")) && !has(&rows, of("gemma")), "{rows}");

    let copied = prompt(&gatehouse, &["copy", ID, "--family", "gemma"]);
    assert_eq!(copied["texts"], prompt(&gatehouse, &["show", ID])["texts"]);
    let twice = gatehouse.run(&["gitlab", "prompt", "copy", ID, "--family", "gemma"]);
    assert_eq!(twice.error()["code"], "invalid");

    let mut changed = prompt(&gatehouse, &["show", ID, "--family", "gemma"]);
    changed["texts"]["system"] = json!("Answer in one sentence.");
    changed["texts"]["max_tokens"] = json!(300);
    edit(&gatehouse, &changed).succeeded();
    let shown = prompt(&gatehouse, &["show", ID, "--family", "gemma"]);
    assert_eq!(shown["texts"], changed["texts"]);
    assert_eq!(shown["is_edited"], true);

    let mut broken = changed.clone();
    broken["texts"]["user"] = json!("{{ input }}\n{% if %}");
    let refusal = edit(&gatehouse, &broken).error();
    assert_eq!(refusal["field"], "user");
    let message = refusal["message"].as_str().unwrap();
    assert!(message.contains("line 2"), "{message}");
    assert_eq!(
        prompt(&gatehouse, &["show", ID, "--family", "gemma"]),
        shown
    );

    prompt(&gatehouse, &["reset", ID, "--family", "gemma"]);
    let rows = prompt(&gatehouse, &["list"]);
    assert!(!has(&rows, of("gemma")), "{rows}");
}
