//! `gatehouse prompt` and `gatehouse trial`: the modes of the playground through the real binary, in
//! front of scripted model servers.

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::{Upstream, Vendor};

use crate::fixture::register_as;

/// Writes a file beside the data folder, and returns its path.
fn file(gatehouse: &Gatehouse, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = gatehouse.data().join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

fn words(given: &[&str]) -> Vec<String> {
    given.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn several_models_are_asked_at_once_and_a_dead_one_holds_up_no_other() {
    let (upstream, gatehouse) = (Upstream::start(), Gatehouse::new());
    for name in ["good", "alpha"] {
        gatehouse.add_model(name, &upstream.endpoint(), name);
    }
    gatehouse.add_model("dead", "http://127.0.0.1:9/v1", "x");
    let outcome = gatehouse.run(&[
        "prompt", "--model", "dead", "--model", "good", "--model", "alpha", "hello",
    ]);
    assert_eq!(outcome.status, Some(1), "one of them failed");
    let answers = outcome.json();
    let models: Vec<_> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["model"])
        .collect();
    assert_eq!(models, ["dead", "good", "alpha"]);
    assert!(
        answers[0]["error"]["message"]
            .as_str()
            .unwrap()
            .contains("127.0.0.1:9")
    );
    for one in [&answers[1], &answers[2]] {
        assert!(!one["answer"].as_str().unwrap().is_empty(), "{one}");
        assert!(one["summary"]["first_token_ms"].is_number(), "{one}");
        assert_eq!(one["summary"]["status"], 200);
    }
    let complaint = outcome.complaint();
    assert!(complaint.contains("1 of 3 models failed"), "{complaint}");
}

#[test]
fn every_parameter_reaches_the_server_and_a_call_of_a_tool_comes_back() {
    let (upstream, gatehouse) = (Upstream::start(), Gatehouse::new());
    gatehouse.add_model("good", &upstream.endpoint(), "good");
    let tool = json!({"name": "look", "description": "Looks.", "parameters": {"type": "object"}});
    let tools = file(&gatehouse, "tools.json", json!([tool]).to_string());
    let schema = file(&gatehouse, "schema.json", r#"{"type":"object"}"#);
    let image = file(&gatehouse, "a.png", b"\x89PNG\r\n\x1a\nrest");
    let mut given = words(&["prompt", "good", "hello", "--top-p", "0.9", "--stop", "END"]);
    given.extend(words(&[
        "--seed",
        "7",
        "--frequency-penalty",
        "-1",
        "--presence-penalty",
        "1",
    ]));
    given.extend(words(&[
        "--schema", &schema, "--tools", &tools, "--image", &image,
    ]));
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let answer = gatehouse.run(&given).succeeded().json();
    assert_eq!(answer["tool_calls"][0]["name"], "look", "{answer}");
    let call = answer["tool_calls"][0]["arguments"].as_str().unwrap();
    assert!(
        serde_json::from_str::<Value>(call).is_ok(),
        "the pieces are put together: {call}"
    );
    let sent = upstream.last().body;
    for (field, value) in [
        ("/top_p", json!(0.9)),
        ("/stop", json!(["END"])),
        ("/seed", json!(7)),
        ("/frequency_penalty", json!(-1.0)),
        ("/presence_penalty", json!(1.0)),
        (
            "/response_format/json_schema/schema",
            json!({"type": "object"}),
        ),
        ("/tools/0/function/name", json!("look")),
        (
            "/messages/0/content/1/image_url/url",
            json!("data:image/png;base64,iVBORw0KGgpyZXN0"),
        ),
    ] {
        assert_eq!(sent.pointer(field), Some(&value), "{field} of {sent}");
    }
    let complaint = gatehouse
        .run(&["prompt", "good", "x", "--top-p", "2"])
        .complaint();
    assert!(complaint.contains("top_p"), "{complaint}");
    assert_eq!(
        upstream.received_at("/v1/chat/completions").len(),
        1,
        "it was not sent"
    );
}

#[test]
fn code_is_asked_for_in_each_clients_way() {
    let (upstream, mut gatehouse) = (Upstream::of(Vendor::Vllm), Gatehouse::new());
    register_as(
        &mut gatehouse,
        &upstream,
        Vendor::Vllm,
        "coder",
        "good",
        "codestral",
    );
    let prefix = file(&gatehouse, "main.py", "def one():\n    ");
    let suffix = file(&gatehouse, "rest", "\nprint(one())\n");
    let both = ["--prefix-file", &prefix, "--suffix-file", &suffix];
    let asks = [
        (&[][..], "/v1/completions"),
        (&["--as", "gitlab"], "/v2/code/completions"),
        (&["--instruction", "Return 1"], "/v1/chat/completions"),
        (
            &["--instruction", "Return 1", "--as", "gitlab"],
            "/v2/code/generations",
        ),
    ];
    for (more, path) in asks {
        let given = [&["prompt", "--model", "coder"][..], &both, more].concat();
        let answer = gatehouse.run(&given).succeeded().json();
        let id = answer["summary"]["correlation_id"].as_str().unwrap();
        assert!(
            !answer["answer"].as_str().unwrap().trim().is_empty(),
            "{answer}"
        );
        assert!(
            answer["summary"]["completion_tokens"].is_number(),
            "{path}: {answer}"
        );
        let row = gatehouse.row(id);
        assert_eq!(
            (&row["path"], &row["client"]),
            (&json!(path), &json!("playground"))
        );
        assert_eq!(row["model"], "coder");
        let sent = upstream.last().body.to_string();
        assert!(
            sent.contains("def one():") && sent.contains("print(one())"),
            "{sent}"
        );
        assert_eq!(
            sent.contains("Return 1"),
            more.contains(&"--instruction"),
            "{sent}"
        );
    }
    let chat = ["prompt", "coder", "hello", "--as", "gitlab"];
    let answer = gatehouse.run(&chat).succeeded().json();
    assert!(!answer["answer"].as_str().unwrap().is_empty(), "{answer}");
    let row = gatehouse.row(answer["summary"]["correlation_id"].as_str().unwrap());
    assert_eq!(row["path"], "/v2/chat/agent");
}

#[test]
fn a_raw_body_is_sent_as_it_is_and_its_answer_comes_as_it_is() {
    let (upstream, gatehouse) = (Upstream::start(), Gatehouse::new());
    gatehouse.add_model("good", &upstream.endpoint(), "good");
    let body = r#"{"model": "good", "stream": true,  "messages":[{"role":"user","content":"hi"}], "unknown_field": [1,2]}"#;
    let body = file(&gatehouse, "body.json", body);
    let raw = ["prompt", "--raw", &body, "--path"];
    let given = [&raw[..], &["/v1/chat/completions"]].concat();
    let answer = gatehouse.run(&given).succeeded().json();
    let text = answer["answer"].as_str().unwrap();
    assert!(
        text.starts_with("data: ") && text.trim_end().ends_with("data: [DONE]"),
        "{text}"
    );
    assert_eq!(upstream.last().body["unknown_field"], json!([1, 2]));
    let given = [&raw[..], &["/v1/models"]].concat();
    let complaint = gatehouse.run(&given).complaint();
    assert!(complaint.contains("/v1/models"), "{complaint}");
    let torn = file(&gatehouse, "torn.json", "{\n\"a\": }");
    let complaint = gatehouse
        .run(&["prompt", "--raw", &torn, "--path", "/v1/messages"])
        .complaint();
    assert!(complaint.contains("line 2, column 6"), "{complaint}");
}

#[test]
fn an_answer_that_breaks_off_keeps_what_arrived_and_says_so() {
    let (upstream, gatehouse) = (Upstream::start(), Gatehouse::new());
    gatehouse.add_model("cut", &upstream.endpoint(), "breaks-off");
    let prefix = file(&gatehouse, "main.py", "x = ");
    for more in [
        &["hello"][..],
        &[
            "--prefix-file",
            &prefix,
            "--instruction",
            "x",
            "--as",
            "gitlab",
        ],
    ] {
        let given = [&["prompt", "--model", "cut", "--model", "cut"][..], more].concat();
        let outcome = gatehouse.run(&given);
        let answer = outcome.json()[0].clone();
        assert!(answer["error"]["message"].is_string(), "{answer}");
        assert!(
            !answer["answer"].as_str().unwrap().is_empty(),
            "what arrived stays: {answer}"
        );
    }
}

#[test]
fn trials_are_listed_taken_out_and_put_back_beside_a_running_gateway() {
    let gatehouse = Gatehouse::with_sample();
    let id = "0".repeat(31) + "1";
    let time = "2026-11-03T10:00:00Z";
    let trial = json!({"columns": [{"model": "demo",
        "turns": [{"ask": [{"role": "user", "content": "Why blue?"}], "answer": null}]}]});
    let document = json!({"gatehouse_trials": 1, "trials": [{"id": id, "created_at": time,
        "updated_at": time, "title": "Sky", "is_pinned": true, "trial": trial}]});
    let document = file(&gatehouse, "trials.json", document.to_string());
    let serving = gatehouse.serve();
    let imported = gatehouse
        .run(&["trial", "import", &document])
        .succeeded()
        .json();
    assert_eq!(imported, json!({"added": 1, "known": 0}));
    let imported = gatehouse
        .run(&["trial", "import", &document])
        .succeeded()
        .json();
    assert_eq!(imported, json!({"added": 0, "known": 1}));
    let page = gatehouse
        .run(&["trial", "list", "--search", "blue"])
        .succeeded()
        .json();
    assert_eq!(
        (&page["rows"][0]["title"], &page["total"]),
        (&json!("Sky"), &json!(1))
    );
    let shown = gatehouse.run(&["trial", "show", &id]).succeeded().json();
    assert_eq!(shown["trial"]["columns"][0]["model"], "demo");
    let exported = gatehouse.run(&["trial", "export"]).succeeded().json();
    let written = std::fs::read_to_string(exported["path"].as_str().unwrap()).unwrap();
    std::fs::remove_file(exported["path"].as_str().unwrap()).unwrap();
    assert!(
        written.contains("Why blue?") && exported["rows"] == 1,
        "{written}"
    );
    gatehouse.run(&["trial", "remove", &id]).succeeded();
    let page = gatehouse.run(&["trial", "list"]).succeeded().json();
    assert_eq!(page["total"], 0);
    drop(serving);
}
