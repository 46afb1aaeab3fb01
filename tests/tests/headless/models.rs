//! `gatehouse model`: providers, how to reach a model, and its test.

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::{Upstream, Vendor};

const BEDROCK: [&str; 11] = [
    "model",
    "add",
    "claude",
    "--family",
    "claude_3",
    "--provider",
    "bedrock",
    "--identifier",
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "--region",
    "eu-central-1",
];

fn show(gatehouse: &Gatehouse, name: &str) -> Value {
    gatehouse.run(&["model", "show", name]).succeeded().json()
}

#[test]
fn a_model_is_reached_in_the_way_of_its_provider() {
    let gatehouse = Gatehouse::new();
    gatehouse.run(&BEDROCK).succeeded();
    let edit = |words: &[&str]| {
        let words = [&["model", "edit", "claude"], words].concat();
        gatehouse.run(&words)
    };
    edit(&["--auth", "aws-keys", "--access-key-id", "AKIDEXAMPLE"]).succeeded();
    edit(&["--max-concurrent", "3", "--refuses", "top_k,prefill"]).succeeded();
    let model = show(&gatehouse, "claude");
    assert_eq!(
        (&model["provider"], &model["endpoint"]),
        (&json!("bedrock"), &json!("")),
    );
    assert_eq!(
        model["connection"],
        json!({
            "auth": {"kind": "aws_keys", "access_key_id": "AKIDEXAMPLE"}, "server": null,
            "api_version": null, "region": "eu-central-1", "max_concurrent": 3, "context": null,
            "refuses": ["top_k", "prefill"],
        })
    );
    let url = model["chat_url"].as_str().unwrap();
    assert!(
        url.starts_with("https://bedrock-runtime.eu-central-1."),
        "{url}"
    );
    let taken_back = ["--max-concurrent", "0", "--refuses", "none", "--region", ""];
    edit(&taken_back).succeeded();
    edit(&["--auth", "aws-chain", "--profile", "work"]).succeeded();
    let connection = &show(&gatehouse, "claude")["connection"];
    assert_eq!(
        connection["auth"],
        json!({"kind": "aws_chain", "profile": "work"})
    );
    assert_eq!(
        (&connection["max_concurrent"], &connection["region"]),
        (&Value::Null, &Value::Null)
    );
    let before = show(&gatehouse, "claude");
    for (words, said) in [
        (&["--auth", "entra", "--tenant", "t"][..], "--client-id"),
        (&["--tenant", "t"], "--auth entra"),
        (&["--region", "mars"], "not a region"),
        (&["--provider", "watson"], "is not a provider"),
        (&["--provider", "azure"], "empty"),
        (&["--identifier", "bedrok/x"], "bedrock/"),
    ] {
        let complaint = edit(words).complaint();
        assert!(complaint.contains(said), "{words:?}: {complaint}");
    }
    assert_eq!(show(&gatehouse, "claude"), before);
}

#[test]
fn the_test_of_a_model_shows_each_step_and_fails_with_status_1() {
    let gatehouse = Gatehouse::new();
    let (vllm, quiet) = (Upstream::of(Vendor::Vllm), Upstream::start());
    let add = |name: &str, family: &str, endpoint: &str| {
        gatehouse
            .run(&[
                "model",
                "add",
                name,
                "--family",
                family,
                "--endpoint",
                endpoint,
            ])
            .succeeded();
    };
    add("codestral", "codestral", &vllm.endpoint());
    add("plain", "general", &quiet.endpoint());
    add("gone", "general", "http://127.0.0.1:9/v1");
    let outcome = |report: &Value, step: &str| {
        let stages = report["stages"].as_array().unwrap().iter();
        let mut found = stages.filter(|stage| stage["name"] == step);
        found.next().unwrap()["outcome"].clone()
    };

    let report = gatehouse
        .run(&["model", "test", "plain"])
        .succeeded()
        .json();
    for (step, expected) in [
        ("Address", "passed"),
        ("Key", "skipped"),
        ("Chat", "passed"),
        ("FIM", "skipped"),
        ("Completion", "passed"),
    ] {
        assert_eq!(outcome(&report, step), expected, "{step}: {report}");
    }

    let failed = gatehouse.run(&["model", "test", "codestral"]);
    assert_eq!(failed.status, Some(1));
    let report = failed.json();
    assert_eq!(report["server"], "vllm");
    assert_eq!(outcome(&report, "FIM"), "failed");
    assert!(failed.complaint().contains("[SUFFIX]"));

    let gone = gatehouse.run_plain(&["model", "test", "gone"]);
    assert_eq!(gone.status, Some(1));
    assert!(gone.stdout.contains("not reached"), "{}", gone.stdout);
    assert!(gone.stderr.contains("127.0.0.1:9"), "{}", gone.stderr);
    assert!(gatehouse.rows().is_empty(), "a test is no client's request");
}
