use std::time::Duration;

use serde_json::{Value, json};
use tests::PATIENCE;
use tests::gatehouse::Gatehouse;
use tests::process::Process;
use tests::upstream::Upstream;

#[test]
fn a_model_is_added_shown_edited_and_removed() {
    let gatehouse = Gatehouse::new();
    let endpoint = "http://127.0.0.1:9/v1";
    gatehouse.add_model("mixtral", endpoint, "custom_openai/mixtral-8x7b");
    let list = gatehouse.run(&["model", "list"]).succeeded().json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["name"], "mixtral");
    assert_eq!(list[0]["endpoint"], endpoint);
    assert_eq!(list[0]["identifier"], "custom_openai/mixtral-8x7b");
    assert_eq!(list[0]["enabled"], true);

    gatehouse.run(&["model", "disable", "mixtral"]).succeeded();
    assert_eq!(
        gatehouse
            .run(&["model", "show", "mixtral"])
            .succeeded()
            .json()["enabled"],
        false
    );
    gatehouse.run(&["model", "enable", "mixtral"]).succeeded();
    gatehouse
        .run(&["model", "edit", "mixtral", "--family", "mixtral"])
        .succeeded();
    let shown = gatehouse
        .run(&["model", "show", "mixtral"])
        .succeeded()
        .json();
    assert_eq!(
        (&shown["enabled"], &shown["family"]),
        (&json!(true), &json!("mixtral"))
    );
    assert_eq!(
        shown["endpoint"], endpoint,
        "an edit leaves alone what it does not name"
    );

    gatehouse.run(&["model", "remove", "mixtral"]).succeeded();
    assert_eq!(
        gatehouse.run(&["model", "list"]).succeeded().json(),
        json!([])
    );
    assert_eq!(
        gatehouse.run(&["model", "show", "mixtral"]).error()["code"],
        "not_found"
    );
}

#[test]
fn the_families_are_listed_by_name() {
    let help = Gatehouse::new()
        .run_plain(&["model", "add", "--help"])
        .succeeded();
    for family in [
        "mistral",
        "codestral",
        "claude_3",
        "gpt",
        "llama3",
        "general",
    ] {
        assert!(help.stdout.contains(family), "{family} in {}", help.stdout);
    }
}

#[test]
fn bad_input_is_refused_with_what_to_do_and_changes_nothing() {
    let gatehouse = Gatehouse::with_sample();
    let before = std::fs::read(gatehouse.settings_file()).unwrap();
    let long = "x".repeat(256);
    let cases: &[(&str, &str, &str, &str)] = &[
        ("x", "general", "127.0.0.1:8000/v1", "http"),
        ("x", "general", "ftp://127.0.0.1/v1", "http"),
        ("x", "general", "http://user:secret@127.0.0.1/v1", "user"),
        ("x", "general", "http://:8000/v1", "host"),
        ("x", "general", "http://169.254.169.254/v1", "169.254"),
        ("x", "llama9", "sample", "llama3"),
        ("demo", "general", "sample", "demo"),
        ("  demo ", "general", "sample", "demo"),
        ("  ", "general", "sample", "name"),
        (&long, "general", "sample", "255"),
    ];
    for (name, family, endpoint, word) in cases {
        let add = [
            "model",
            "add",
            name,
            "--family",
            family,
            "--endpoint",
            endpoint,
        ];
        let outcome = gatehouse.run(&add);
        let complaint = outcome.complaint();
        assert!(
            complaint.to_lowercase().contains(word),
            "{add:?}: {complaint}"
        );
        assert!(!complaint.contains("secret"), "{complaint}");
    }
    assert_eq!(std::fs::read(gatehouse.settings_file()).unwrap(), before);
}

#[test]
fn bad_usage_is_status_2() {
    let gatehouse = Gatehouse::new();
    for words in [
        &["dance"][..],
        &["model"],
        &["model", "add"],
        &["model", "add", "x", "--family", "gpt", "--auth", "password"],
        &["model", "add", "x", "--family", "gpt", "--server", "vlm"],
        &["family", "copy", "gpt"],
        &["feature", "set", "duo_chat"],
        &["logs", "--limit", "many"],
        &["prompt"],
    ] {
        let outcome = gatehouse.run(words);
        assert_eq!(outcome.status, Some(2), "{words:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.is_empty());
    }
}

#[test]
fn a_client_key_is_shown_once() {
    let gatehouse = Gatehouse::new();
    let made = gatehouse
        .run(&["key", "create", "laptop"])
        .succeeded()
        .json();
    let key = made["key"].as_str().unwrap();
    assert!(key.len() >= 32, "{key}");
    let list = gatehouse.run(&["key", "list"]).succeeded();
    assert!(!list.stdout.contains(key));
    assert_eq!(list.json()[0]["name"], "laptop");
    let settings = std::fs::read_to_string(gatehouse.settings_file()).unwrap();
    assert!(!settings.contains(key), "only a digest is kept");
    assert!(
        !gatehouse
            .run(&["key", "create", "laptop"])
            .complaint()
            .is_empty(),
        "names are unique"
    );
    gatehouse.run(&["key", "revoke", "laptop"]).succeeded();
    assert_eq!(
        gatehouse.run(&["key", "list"]).succeeded().json(),
        json!([])
    );
    assert_eq!(gatehouse.run(&["key", "revoke", "laptop"]).status, Some(1));
}

#[test]
fn a_prompt_is_answered_on_standard_output() {
    let gatehouse = Gatehouse::with_sample();
    let answer = gatehouse
        .run_plain(&["prompt", "demo", "hello"])
        .succeeded();
    assert!(!answer.stdout.trim().is_empty());
    let upstream = Upstream::start();
    gatehouse.add_model("alpha", &upstream.endpoint(), "alpha");
    let words = [
        "prompt",
        "alpha",
        "--system",
        "be brief",
        "--max-tokens",
        "9",
        "--temperature",
        "0.5",
        "-",
    ];
    let answer = gatehouse
        .run_with_input(&words, "grüß\n".as_bytes())
        .succeeded();
    assert!(
        answer.stdout.contains("Grüße") || answer.stdout.contains("Gr\\u00fc"),
        "{}",
        answer.stdout
    );
    let asked = upstream.last().body;
    assert_eq!(
        asked["messages"][0],
        json!({"role": "system", "content": "be brief"})
    );
    assert!(
        asked["messages"][1]["content"]
            .as_str()
            .unwrap()
            .contains("grüß")
    );
    assert_eq!(
        (&asked["max_tokens"], &asked["temperature"]),
        (&json!(9), &json!(0.5))
    );
    assert_eq!(asked["stream"], true);
}

#[test]
fn a_prompt_that_fails_says_why() {
    let gatehouse = Gatehouse::new();
    let upstream = Upstream::start();
    for (name, words) in [
        ("error-azure", "deployment does not exist"),
        ("html", "html"),
        ("wants-key", "key"),
    ] {
        gatehouse.add_model(name, &upstream.endpoint(), name);
        let complaint = gatehouse.run(&["prompt", name, "hello"]).complaint();
        assert!(
            complaint.to_lowercase().contains(words),
            "{name}: {complaint}"
        );
    }
    gatehouse.add_model("gone", "http://127.0.0.1:9/v1", "x");
    let complaint = gatehouse.run(&["prompt", "gone", "hello"]).complaint();
    assert!(complaint.contains("127.0.0.1:9"), "{complaint}");
    let complaint = gatehouse.run(&["prompt", "nobody", "hello"]).complaint();
    assert!(complaint.contains("nobody"), "{complaint}");
    let complaint = gatehouse
        .run(&["prompt", "--feature", "nothing", "hello"])
        .complaint();
    assert!(complaint.contains("is not a feature"), "{complaint}");
    let complaint = gatehouse.run(&["prompt", "gone", " "]).complaint();
    assert!(complaint.contains("prompt is empty"), "{complaint}");
}

#[test]
fn a_raw_answer_names_the_model_of_its_body_and_its_path() {
    let gatehouse = Gatehouse::with_sample();
    let send = |body: &str| {
        let file = gatehouse.data().join("body.json");
        std::fs::write(&file, body).unwrap();
        let file = file.to_str().unwrap();
        gatehouse.run(&["prompt", "--raw", file, "--path", "/v1/chat/completions"])
    };
    let answer = send(r#"{"model":"demo","messages":[{"role":"user","content":"hi"}]}"#);
    let answer = answer.succeeded().json();
    assert_eq!(
        (&answer["model"], &answer["path"]),
        (&json!("demo"), &json!("/v1/chat/completions"))
    );
    let complaint = send("[1]").complaint();
    assert!(complaint.contains("Correct what is sent"), "{complaint}");
    // Its bytes look the same however it ended; its end does not.
    let upstream = Upstream::start();
    gatehouse.add_model("breaks-off", &upstream.endpoint(), "breaks-off");
    let messages = r#"[{"role":"user","content":"hi"}]"#;
    let broken = send(&format!(
        r#"{{"model":"breaks-off","stream":true,"messages":{messages}}}"#
    ));
    assert_eq!(broken.error()["code"], "upstream");
}

#[test]
fn the_log_gives_the_newest_rows_in_their_order() {
    let gatehouse = Gatehouse::with_sample();
    for _ in 0..3 {
        gatehouse
            .run_plain(&["prompt", "demo", "hello"])
            .succeeded();
    }
    let rows = gatehouse.rows();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!(
            (&row["model"], &row["state"]),
            (&json!("demo"), &json!("completed")),
            "{row}"
        );
        assert!(
            row["duration_ms"].is_number() && row["correlation_id"].is_string(),
            "{row}"
        );
    }
    let times: Vec<&str> = rows
        .iter()
        .map(|row| row["started_at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    let newest = gatehouse.run(&["logs", "--limit", "1"]).succeeded().lines();
    assert_eq!(newest, rows[2..]);
    let id = rows[1]["correlation_id"].as_str().unwrap();
    assert_eq!(
        gatehouse
            .run(&["logs", "--correlation-id", id])
            .succeeded()
            .lines(),
        rows[1..2]
    );
    assert!(
        gatehouse
            .run_plain(&["logs"])
            .succeeded()
            .stdout
            .contains("demo"),
        "people can read it too"
    );
}

#[test]
fn following_the_log_shows_rows_as_they_come() {
    let gatehouse = Gatehouse::with_sample();
    gatehouse
        .run_plain(&["prompt", "demo", "first"])
        .succeeded();
    let follow = Process::start(&mut gatehouse.command(&["--json", "logs", "--follow"]));
    let first = follow.line(PATIENCE).expect("the row that is there");
    assert_eq!(
        serde_json::from_str::<Value>(&first).unwrap()["model"],
        "demo"
    );
    gatehouse
        .run_plain(&["prompt", "demo", "second"])
        .succeeded();
    let first: Value = serde_json::from_str(&first).unwrap();
    let newer = std::iter::from_fn(|| follow.line(Duration::from_secs(10)))
        .map(|line| serde_json::from_str::<Value>(&line).unwrap())
        .find(|row| row["id"] != first["id"] && row["state"] == "completed");
    assert!(newer.is_some(), "the new row comes by itself");
}

#[test]
fn the_data_folder_can_come_from_the_environment() {
    let gatehouse = Gatehouse::with_sample();
    let mut command = std::process::Command::new(tests::process::binary("gatehouse"));
    command
        .args(["--json", "model", "list"])
        .env_clear()
        .env("GATEHOUSE_DATA_DIR", gatehouse.data());
    let output = command.env("HOME", gatehouse.data()).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list[0]["name"], "demo");
}

#[test]
fn settings_of_the_gateway_are_shown_and_checked() {
    let gatehouse = Gatehouse::new();
    gatehouse
        .run(&[
            "gateway",
            "set",
            "--max-in-flight",
            "7",
            "--listen",
            "127.0.0.1:5999",
        ])
        .succeeded();
    let settings = gatehouse.run(&["gateway", "show"]).succeeded().json();
    assert_eq!(
        (&settings["max_in_flight"], &settings["listen"]),
        (&json!(7), &json!("127.0.0.1:5999"))
    );
    assert_ne!(
        gatehouse
            .run(&["gateway", "set", "--max-in-flight", "0"])
            .status,
        Some(0)
    );
    assert_ne!(
        gatehouse
            .run(&["gateway", "set", "--listen", "nowhere"])
            .status,
        Some(0)
    );
    assert_eq!(
        gatehouse.run(&["gateway", "show"]).succeeded().json(),
        settings
    );
}
