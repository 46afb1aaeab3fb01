use std::time::Duration;

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::process::wait;

#[test]
fn a_damaged_document_is_set_aside_and_the_copy_restored() {
    let gatehouse = Gatehouse::with_sample();
    gatehouse
        .run(&["feature", "set", "duo_chat", "demo"])
        .succeeded();
    for damage in ["", "{\"schema_version\": 1, \"sett", "\0\0\0\0", "[]"] {
        std::fs::write(gatehouse.settings_file(), damage).unwrap();
        let list = gatehouse.run(&["model", "list"]).succeeded().json();
        assert_eq!(list[0]["name"], "demo", "after {damage:?}");
        gatehouse
            .run(&["model", "edit", "demo", "--family", "general"])
            .succeeded();
        assert_eq!(gatehouse.settings()["schema_version"], 2);
    }
    let kept = std::fs::read_dir(gatehouse.data()).unwrap().flatten();
    let kept =
        kept.filter(|entry| std::fs::read(entry.path()).is_ok_and(|bytes| bytes == b"\0\0\0\0"));
    assert!(
        kept.count() >= 1,
        "the damaged document is still there for a person to look at"
    );
}

#[test]
fn settings_of_a_newer_version_are_left_alone() {
    let gatehouse = Gatehouse::with_sample();
    let newer = r#"{"schema_version": 99, "settings": {"models": "all of them"}}"#;
    std::fs::write(gatehouse.settings_file(), newer).unwrap();
    let add = [
        "model",
        "add",
        "x",
        "--family",
        "general",
        "--endpoint",
        "sample",
    ];
    let complaint = gatehouse.run(&add).complaint();
    assert!(
        complaint.contains("99") || complaint.contains("newer"),
        "{complaint}"
    );
    assert_eq!(
        std::fs::read_to_string(gatehouse.settings_file()).unwrap(),
        newer
    );
}

#[test]
fn keys_that_this_version_does_not_know_survive() {
    let gatehouse = Gatehouse::with_sample();
    let mut settings = gatehouse.settings();
    settings["window"] = json!({"zoom": 1.25});
    settings["settings"]["from_the_future"] = json!([1, 2, 3]);
    settings["settings"]["models"][0]["colour_of_hair"] = json!("grey");
    std::fs::write(gatehouse.settings_file(), settings.to_string()).unwrap();
    gatehouse
        .run(&["model", "edit", "demo", "--family", "gpt"])
        .succeeded();
    let settings = gatehouse.settings();
    assert_eq!(settings["window"], json!({"zoom": 1.25}));
    assert_eq!(settings["settings"]["from_the_future"], json!([1, 2, 3]));
    assert_eq!(settings["settings"]["models"][0]["colour_of_hair"], "grey");
}

#[test]
fn killed_during_a_save_leaves_the_old_or_the_new_document() {
    let gatehouse = Gatehouse::with_sample();
    let families = ["general", "gpt", "mistral", "mixtral"];
    // Each round lets the program run a little longer, so that the kill falls on every part of it.
    for round in 0..40u64 {
        let family = families[round as usize % families.len()];
        let mut child = gatehouse
            .command(&["model", "edit", "demo", "--family", family])
            .spawn()
            .unwrap();
        wait(&mut child, Duration::from_micros(round * 700));
        let _ = child.kill();
        child.wait().unwrap();
        let text =
            std::fs::read_to_string(gatehouse.settings_file()).expect("there is always a document");
        let document: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("half a document: {text}"));
        assert_eq!(document["settings"]["models"][0]["name"], "demo");
    }
    let list = gatehouse.run(&["model", "list"]).succeeded().json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    gatehouse
        .run(&["model", "edit", "demo", "--family", "gpt"])
        .succeeded();
    assert_eq!(
        gatehouse.settings()["settings"]["models"][0]["family"],
        "gpt"
    );
}

#[test]
fn many_changes_at_once_are_all_there_or_refused() {
    let gatehouse = Gatehouse::new();
    let names: Vec<String> = (0..8).map(|number| format!("model-{number}")).collect();
    let mut added = Vec::new();
    std::thread::scope(|scope| {
        let adding: Vec<_> = names
            .iter()
            .map(|name| {
                let add = [
                    "model",
                    "add",
                    name,
                    "--family",
                    "general",
                    "--endpoint",
                    "sample",
                ];
                let gatehouse = &gatehouse;
                (name, scope.spawn(move || gatehouse.run(&add)))
            })
            .collect();
        for (name, outcome) in adding {
            let outcome = outcome.join().unwrap();
            match outcome.status {
                Some(0) => added.push(name.clone()),
                _ => assert_eq!(outcome.error()["code"], "held"),
            }
        }
    });
    let list = gatehouse.run(&["model", "list"]).succeeded().json();
    let mut there: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["name"].as_str().unwrap().to_owned())
        .collect();
    there.sort();
    added.sort();
    assert_eq!(there, added, "what was said to be saved is saved");
}
