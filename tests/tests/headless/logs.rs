//! `gatehouse logs --query`: what it finds of real requests, how many, and what it refuses.

use serde_json::{Value, json};
use tests::PATIENCE;
use tests::gatehouse::Gatehouse;
use tests::process::Process;

/// Four requests: three answered by two models, and one for a model that is not there.
fn gatehouse() -> Gatehouse {
    let gatehouse = Gatehouse::with_sample();
    let add = ["model", "add", "Second one", "--family", "general"];
    gatehouse
        .run(&[&add[..], &["--endpoint", "sample"]].concat())
        .succeeded();
    for model in ["demo", "Second one", "demo"] {
        gatehouse.run_plain(&["prompt", model, "hello"]).succeeded();
    }
    let lost = gatehouse.run_plain(&["prompt", "nobody", "hello"]);
    assert_eq!(lost.status, Some(1));
    gatehouse
}

fn models(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .filter_map(|row| row["model"].as_str())
        .collect()
}

#[test]
fn a_query_finds_rows_and_counts_all_of_them() {
    let gatehouse = gatehouse();
    for (query, expected) in [
        ("model:demo", &["demo", "demo"][..]),
        ("-model:demo -state:failed -state:refused", &["Second one"]),
        // The error of the fourth names the models that there are.
        ("\"second one\"", &["Second one", "nobody"]),
        ("sec* status:2xx", &["Second one"]),
        ("sec", &[]),
        ("model:nobody state:completed", &[]),
        ("nobody -status:200", &["nobody"]),
        (
            "status:2xx since:1h duration:<1h",
            &["demo", "Second one", "demo"],
        ),
        ("until:1h", &[]),
    ] {
        let rows = gatehouse.run(&["logs", "--query", query]);
        let rows = rows.succeeded().lines();
        assert_eq!(models(&rows), expected, "{query}");
        let count = gatehouse.run(&["logs", "--count", "--query", query]);
        let counts = json!({ "matching": expected.len(), "total": 4 });
        assert_eq!(count.succeeded().json(), counts, "{query}");
    }
    let limited = ["logs", "--limit", "1", "--query", "model:demo"];
    let newest = gatehouse.run(&limited).succeeded().lines();
    let all = gatehouse.rows();
    assert_eq!(newest, all[2..3], "the newest of those that match");
    let id = all[0]["correlation_id"].as_str().unwrap();
    let both = ["logs", "--correlation-id", id, "--query", "state:completed"];
    assert_eq!(gatehouse.run(&both).succeeded().lines(), all[..1]);
    let plain = gatehouse.run_plain(&["logs", "--count", "--query", "demo state:completed"]);
    assert_eq!(plain.succeeded().stdout, "2 of 4 rows match\n");
}

#[test]
fn a_query_that_cannot_be_read_says_where_and_what_may_stand_there() {
    let gatehouse = Gatehouse::with_sample();
    let error = gatehouse
        .run(&["logs", "--query", "model:demo state:done"])
        .error();
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("invalid"), &json!("query"))
    );
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("state:done") && message.contains("completed"),
        "{message}"
    );
    assert!(error["hint"].as_str().unwrap().contains("duration"));
}

#[test]
fn a_saved_view_is_a_query_by_name_and_joins_another_one() {
    let gatehouse = gatehouse();
    let save = ["logs", "save-view", "answered", "state:completed"];
    gatehouse.run(&save).succeeded();
    let views = gatehouse.run(&["logs", "views"]).succeeded().lines();
    assert_eq!(
        views,
        [json!({ "name": "answered", "query": "state:completed" })]
    );
    let both = ["logs", "--view", "answered", "--query", "model:demo"];
    let rows = gatehouse.run(&both).succeeded().lines();
    assert_eq!(models(&rows), ["demo", "demo"]);
    let unreadable = ["logs", "save-view", "wrong", "state:done"];
    assert_eq!(gatehouse.run(&unreadable).error()["field"], "query");
    gatehouse
        .run(&["logs", "remove-view", "answered"])
        .succeeded();
    let gone = gatehouse.run(&["logs", "--view", "answered"]).error();
    assert!(gone["message"].as_str().unwrap().contains("answered"));
}

#[test]
fn an_export_has_all_rows_that_match() {
    let gatehouse = gatehouse();
    let folder = tempfile::tempdir().unwrap();
    for (format, lines) in [("jsonl", 2), ("csv", 3)] {
        let file = folder.path().join(format);
        let words = ["logs", "--query", "model:demo", "--export"];
        let file_name = file.to_str().unwrap();
        let words = [&words[..], &[file_name, "--format", format]].concat();
        let exported = gatehouse.run(&words).succeeded().json();
        assert_eq!(exported, json!({ "path": file_name, "rows": 2 }));
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), lines, "{text}");
        let again = gatehouse.run(&words).error();
        assert_eq!(again["code"], "invalid");
    }
}

#[test]
fn how_long_rows_are_kept_is_set_and_what_they_take_is_shown() {
    let gatehouse = gatehouse();
    let keep = ["logs", "keep", "--days", "7"];
    let kept = gatehouse.run(&keep).succeeded().json();
    assert_eq!(
        (&kept["keep_days"], &kept["keep_megabytes"]),
        (&json!(7), &json!(1000))
    );
    let kept = gatehouse.run(&["logs", "keep"]).succeeded().json();
    assert_eq!(
        (&kept["keep_days"], &kept["space"]["rows"]),
        (&json!(7), &json!(4))
    );
    assert!(kept["space"]["bytes"].as_u64().unwrap() > 0);
    assert!(kept["space"]["oldest"].is_string());
    let error = gatehouse.run(&["logs", "keep", "--days", "0"]).error();
    assert_eq!(error["code"], "invalid");
}

#[test]
fn a_follower_with_a_query_shows_what_matches_and_nothing_else() {
    let gatehouse = gatehouse();
    let words = [
        "--json",
        "logs",
        "--follow",
        "--query",
        "-model:demo -status:404 sec*",
    ];
    let follow = Process::start(&mut gatehouse.command(&words));
    let line = || {
        let line = follow.line(PATIENCE).expect("a row comes");
        serde_json::from_str::<Value>(&line).unwrap()["model"].clone()
    };
    assert_eq!(line(), "Second one");
    for model in ["demo", "Second one"] {
        gatehouse.run_plain(&["prompt", model, "again"]).succeeded();
    }
    assert_eq!(line(), "Second one", "the row of demo is not shown");
}
