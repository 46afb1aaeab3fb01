//! Prompts differ by family, and an admin may make any family differ.

use serde_json::{Value, json};

use crate::fixture::{Fixture, completion, golden};

const COMPLETIONS: &str = "code_suggestions/completions";

/// The prompt as it is kept, with these parts changed.
fn edit(gateway: &tests::gatehouse::Gatehouse, id: &str, family: &str, texts: Value) {
    let shown = gateway.run(&["gitlab", "prompt", "show", id, "--family", family]);
    let mut shown = shown.succeeded().json();
    for (name, value) in texts.as_object().unwrap() {
        shown["texts"][name] = value.clone();
    }
    let words = [
        "gitlab", "prompt", "edit", id, "--family", family, "--file", "-",
    ];
    let edited = gateway.run_with_input(&words, shown.to_string().as_bytes());
    edited.succeeded();
}

/// What an admin writes for code completion holds on the path that GitLab calls.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_prompt_for_completion_is_what_the_model_is_asked() {
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, _| {
        let copy = [
            "gitlab",
            "prompt",
            "copy",
            COMPLETIONS,
            "--family",
            "general",
        ];
        gatehouse.run(&copy).succeeded();
        let texts = json!({"user": "OURS {{ prefix }}|{{ suffix }}|{{ context }}|{{ language }}",
            "prefill": "<code>", "temperature": 0.25, "max_tokens": 33});
        edit(gatehouse, COMPLETIONS, "general", texts);
    });
    let mut body = completion();
    body["context"] = json!([{"type": "file", "name": "b.py", "content": "B = 1"}]);
    let (status, answer) = gateway.ask("/v2/code/completions", &body).await;
    assert_eq!(status, 200, "{answer}");
    let sent = gateway.upstream.last().body;
    let turns = sent["messages"].as_array().unwrap();
    let user = turns.iter().find(|turn| turn["role"] == "user").unwrap();
    let text = user["content"].as_str().unwrap();
    assert_eq!(
        text, "OURS def add(a, b):\n    return |\n|B = 1|python",
        "{sent}"
    );
    let last = turns.last().unwrap();
    assert_eq!(
        (&last["role"], &last["content"]),
        (&json!("assistant"), &json!("<code>"))
    );
    assert!(sent["stop"].to_string().contains("</code>"), "{sent}");
    assert_eq!(
        (&sent["max_tokens"], &sent["temperature"]),
        (&json!(33), &json!(0.25))
    );
}

/// Families whose models think first need room for it, others have little room.
#[tokio::test(flavor = "multi_thread")]
async fn a_family_has_its_own_numbers() {
    for (family, path, body, tokens) in [
        ("general", "/v2/code/completions", completion(), 128),
        ("gpt", "/v2/code/completions", completion(), 1024),
        ("gpt_oss", "/v2/code/completions", completion(), 1024),
        ("llama3", "/v2/chat/agent", golden("chat-18.9"), 4096),
        (
            "codegemma",
            "/v2/code/generations",
            golden("generations-17.6"),
            1024,
        ),
    ] {
        let gateway = Fixture::of_family("alpha", family);
        gateway.stream(path, &body).await;
        let sent = gateway.upstream.last().body;
        let most = [&sent["max_tokens"], &sent["max_completion_tokens"]];
        assert!(most.contains(&&json!(tokens)), "{family}: {sent}");
    }
}

#[test]
fn any_family_can_be_given_texts_and_they_can_be_taken_away() {
    let gatehouse = tests::gatehouse::Gatehouse::new();
    let families = |of: &str| {
        let rows = gatehouse
            .run(&["gitlab", "prompt", "list"])
            .succeeded()
            .json();
        let of = rows
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["id"] == of);
        of.map(|row| row["family"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let id = "chat/react";
    assert_eq!(families(id), ["base", "llama3", "mistral"]);
    for family in ["codestral", "starcoder2", "of_mine"] {
        gatehouse
            .run(&["gitlab", "prompt", "copy", id, "--family", family])
            .succeeded();
        assert!(families(id).contains(&family.to_owned()), "{family}");
    }
    let shown = |family: &str| {
        let words = ["gitlab", "prompt", "show", id, "--family", family];
        gatehouse.run(&words).succeeded().json()["texts"].clone()
    };
    assert_eq!(
        shown("codestral"),
        shown("mistral"),
        "as it was asked before"
    );
    gatehouse
        .run(&["gitlab", "prompt", "reset", id, "--family", "codestral"])
        .succeeded();
    assert!(!families(id).contains(&"codestral".to_owned()));
}
