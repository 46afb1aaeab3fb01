//! `gatehouse feature` and `gatehouse family`.

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;

fn feature(gatehouse: &Gatehouse, name: &str) -> Value {
    let features = gatehouse.run(&["feature", "list"]).succeeded().json();
    let all = features.as_array().expect("it is a list");
    assert_eq!(all.len(), 16);
    let found = all.iter().find(|feature| feature["feature"] == name);
    found.expect("each feature is listed").clone()
}

#[test]
fn features_are_routed_and_cleared() {
    let gatehouse = Gatehouse::with_sample();
    let set = ["feature", "set", "duo_chat", "demo"];
    gatehouse.run(&set).succeeded();
    let model = gatehouse.run(&["model", "show", "demo"]).succeeded().json();
    assert_eq!(model["features"], json!(["duo_chat"]));
    assert_eq!(feature(&gatehouse, "duo_chat")["answered_by"], model["id"]);
    let nobody = ["feature", "set", "duo_chat", "nobody"];
    assert_eq!(gatehouse.run(&nobody).error()["code"], "not_found");
    let dance = gatehouse.run(&["feature", "set", "dance", "demo"]);
    assert!(dance.complaint().contains("code_generations"));
    gatehouse.run(&["feature", "clear", "duo_chat"]).succeeded();
    let model = gatehouse.run(&["model", "show", "demo"]).succeeded().json();
    assert_eq!(model["features"], json!([]));
}

#[test]
fn a_feature_tells_whom_it_follows() {
    let gatehouse = Gatehouse::with_sample();
    gatehouse
        .run(&[
            "model",
            "add",
            "spare",
            "--family",
            "general",
            "--endpoint",
            "sample",
        ])
        .succeeded();
    let line = |name: &str| {
        let list = gatehouse.run_plain(&["feature", "list"]).succeeded().stdout;
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = list
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        words(found.unwrap())
    };
    let child = "duo_chat_fix_code";
    for (words, said) in [
        (
            &["set", "duo_chat", "demo", "--fallback", "spare"][..],
            "demo, else spare (as Chat)",
        ),
        (&["set", child, "spare"], "Fix code spare"),
        (&["disable", child], "nobody, disabled"),
        (&["inherit", child], "demo, else spare (as Chat)"),
        (&["disable", "duo_chat"], "nobody, disabled (as Chat)"),
        (&["clear", "duo_chat"], "nobody yet (as Chat)"),
    ] {
        gatehouse.run(&[&["feature"], words].concat()).succeeded();
        let line = line(child);
        assert!(line.ends_with(said), "{words:?}: {line}");
    }
    let top = gatehouse.run(&["feature", "inherit", "duo_chat"]);
    assert!(top.complaint().contains("follows no other"));
}

#[test]
fn a_model_that_does_not_suit_takes_a_word_more() {
    let gatehouse = Gatehouse::new();
    let add = [
        "model",
        "add",
        "gemma",
        "--family",
        "codegemma",
        "--endpoint",
        "sample",
    ];
    gatehouse.run(&add).succeeded();
    let set = ["feature", "set", "duo_chat", "gemma"];
    let complaint = gatehouse.run(&set).complaint();
    assert!(complaint.contains("--anyway"), "{complaint}");
    assert!(complaint.contains("conversation"), "{complaint}");
    assert!(feature(&gatehouse, "duo_chat")["answered_by"].is_null());
    let anyway = gatehouse
        .run(&[&set[..], &["--anyway"]].concat())
        .succeeded();
    assert!(anyway.stderr.contains("conversation"), "{}", anyway.stderr);
    assert!(feature(&gatehouse, "duo_chat")["answered_by"].is_string());
}

#[test]
fn removing_a_routed_model_is_asked_for_twice_and_takes_its_routes_away() {
    let gatehouse = Gatehouse::with_sample();
    let set = ["feature", "set", "code_completions", "demo"];
    gatehouse.run(&set).succeeded();
    let complaint = gatehouse.run(&["model", "remove", "demo"]).complaint();
    let title = feature(&gatehouse, "code_completions")["title"].clone();
    let names_it = complaint.contains(title.as_str().unwrap());
    assert!(names_it && complaint.contains("--anyway"), "{complaint}");
    let removed = gatehouse.run(&["model", "remove", "demo", "--anyway"]);
    let said = removed.succeeded().json();
    assert_eq!(said["features"], json!(["code_completions"]));
    assert!(feature(&gatehouse, "code_completions")["route"].is_null());
}

#[test]
fn a_family_is_copied_edited_through_its_record_used_and_removed() {
    let gatehouse = Gatehouse::new();
    gatehouse
        .run(&["family", "copy", "codestral", "ours", "--title", "Ours"])
        .succeeded();
    let mut record = gatehouse
        .run(&["family", "show", "ours"])
        .succeeded()
        .json();
    assert_eq!(
        (&record["title"], &record["based_on"]),
        (&json!("Ours"), &json!("codestral"))
    );
    assert_eq!(record["standing"], "unlisted", "GitLab lists no copy");
    record["context"] = json!(4_000);
    let text = record.to_string();
    gatehouse
        .run_with_input(&["family", "save", "-"], text.as_bytes())
        .succeeded();
    record["context"] = json!(1);
    let file = gatehouse.data().join("record.json");
    std::fs::write(&file, record.to_string()).unwrap();
    let refusal = gatehouse.run(&["family", "save", file.to_str().unwrap()]);
    assert!(refusal.complaint().contains("context"));
    let shown = gatehouse
        .run(&["family", "show", "ours"])
        .succeeded()
        .json();
    assert_eq!(shown["context"], 4_000);

    let add = [
        "model",
        "add",
        "m",
        "--family",
        "ours",
        "--endpoint",
        "sample",
    ];
    gatehouse.run(&add).succeeded();
    let refusal = gatehouse.run(&["family", "remove", "ours"]).complaint();
    assert!(refusal.contains("used by m"), "{refusal}");
    gatehouse.run(&["model", "remove", "m"]).succeeded();
    gatehouse.run(&["family", "remove", "ours"]).succeeded();
    assert_eq!(
        gatehouse.run(&["family", "show", "ours"]).error()["code"],
        "not_found"
    );
    let built_in = gatehouse.run(&["family", "remove", "codestral"]);
    assert!(built_in.complaint().contains("built in"));
    let taken = gatehouse.run(&["family", "copy", "gpt", "codestral"]);
    assert!(taken.complaint().contains("exists already"));
}

#[test]
fn the_list_of_families_tells_how_each_completes() {
    let list = Gatehouse::new()
        .run_plain(&["family", "list"])
        .succeeded()
        .stdout;
    for (name, way) in [
        ("codestral", "own FIM prompt"),
        ("claude_3", "no FIM, by chat"),
    ] {
        let line = list.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains(way), "{line}");
    }
}
