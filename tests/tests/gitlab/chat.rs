use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tests::gitlab::headers;
use tests::upstream::said::OBSERVATION;

use crate::fixture::{Fixture, golden, row};

/// Where Rails puts the steps so far.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scratchpad {
    /// In `options`, as 17.6 does.
    Options,
    /// In a message of the assistant, as later releases do.
    Message,
}

/// A turn of Duo Chat with this step taken, if any.
fn turn(form: Scratchpad, step: Option<(&Value, &str)>) -> Value {
    let asked = json!({"role": "user", "content": "What is issue #12 about?", "context": null,
        "current_file": null, "additional_context": []});
    let mut body = json!({"messages": [asked], "unavailable_resources": ["Pipelines"],
        "model_metadata": {"provider": "openai", "name": "mistral", "identifier": "",
            "endpoint": "http://vllm:8000/v1", "api_key": null}});
    match (form, step) {
        (Scratchpad::Options, step) => {
            let steps: Vec<Value> = step
                .map(|(action, observation)| {
                    let mut step = action.clone();
                    step["observation"] = observation.into();
                    step
                })
                .into_iter()
                .collect();
            body["options"] = json!({"agent_scratchpad": {"agent_type": "react", "steps": steps}});
        }
        (Scratchpad::Message, Some((action, observation))) => {
            let pad = json!([{"action": action, "observation": observation}]);
            let message = json!({"role": "assistant", "agent_scratchpad": pad});
            body["messages"].as_array_mut().unwrap().push(message);
        }
        (Scratchpad::Message, None) => {}
    }
    body
}

/// The events of a turn. Each is one line, as Rails cuts them.
async fn events(request: RequestBuilder) -> Vec<Value> {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert_eq!(kind, "application/x-ndjson; charset=utf-8");
    let text = answer.text().await.unwrap();
    assert!(text.ends_with('\n'), "{text:?}");
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"));
    let events: Vec<Value> = text.lines().map(line).collect();
    assert!(!events.is_empty(), "an empty stream is an error to Rails");
    assert!(
        events.iter().all(|event| event["type"] != "usage"),
        "{text}"
    );
    events
}

fn kinds(events: &[Value]) -> Vec<&str> {
    let kinds = events.iter().map(|event| event["type"].as_str().unwrap());
    kinds.collect()
}

fn answer_of(events: &[Value]) -> String {
    let texts = events
        .iter()
        .map(|event| event["data"]["text"].as_str().unwrap());
    texts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_calls_a_tool_and_ends_in_a_streamed_answer() {
    for family in ["general", "mistral"] {
        let gateway = Fixture::of_family("reacts", family);
        for (form, version) in [
            (Scratchpad::Options, "17.6.1"),
            (Scratchpad::Message, "18.9.0"),
        ] {
            let post = |body: &Value| {
                let request = gateway.bare("/v2/chat/agent", body);
                request.headers(headers(&gateway.gitlab.token(), version))
            };
            let first = events(post(&turn(form, None))).await;
            assert_eq!(kinds(&first), ["action"], "{family} {form:?}: {first:?}");
            let action = &first[0]["data"];
            assert_eq!(
                action,
                &json!({"thought": "I must read it.", "tool": "issue_reader", "tool_input": "#12"}),
                "{family} {form:?}"
            );
            // Rails runs the tool and asks again with what it observed.
            let second = events(post(&turn(form, Some((action, OBSERVATION))))).await;
            assert!(second.len() > 1, "it is streamed: {second:?}");
            assert!(
                kinds(&second)
                    .iter()
                    .all(|kind| *kind == "final_answer_delta")
            );
            assert_eq!(
                answer_of(&second),
                "It is about tea 🍵.",
                "{family} {form:?}"
            );
            let asked = gateway.upstream.last().body.to_string();
            assert!(asked.contains("Action: issue_reader"), "{asked}");
            assert!(
                !asked.contains("None") && !asked.contains("null}"),
                "{asked}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_both_releases_are_answered() {
    let gateway = Fixture::start("reacts");
    for (name, version) in [("chat-17.6", "17.6.1"), ("chat-18.9", "18.9.0")] {
        let request = gateway.bare("/v2/chat/agent", &golden(name));
        let request = request.headers(headers(&gateway.gitlab.token(), version));
        assert_eq!(kinds(&events(request).await), ["action"], "{name}");
        let asked = gateway.upstream.last().body["messages"].to_string();
        let observed = ["It is about tea.", "identified issue: tea"];
        assert!(
            observed.iter().any(|text| asked.contains(text)),
            "{name}: {asked}"
        );
        assert!(
            asked.contains("Pipelines, Vulnerabilities"),
            "{name}: {asked}"
        );
    }
    // The file that the user selected, and the page that the user looks at.
    let asked = gateway.asked()[0].body["messages"].to_string();
    for part in ["<issue>", "an issue", "selected_code", "a.rb", "x = 1"] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_is_offered_by_scope_and_by_version() {
    let gateway = Fixture::start("reacts");
    let offered = |token: String, version: &'static str| {
        let request = gateway.bare("/v2/chat/agent", &turn(Scratchpad::Message, None));
        let request = request.headers(headers(&token, version));
        let upstream = &gateway.upstream;
        async move {
            let events = events(request).await;
            let system = upstream.last().body["messages"][0]["content"].to_string();
            let names = [
                "gitlab_documentation",
                "issue_reader",
                "build_reader",
                "commit_reader",
            ];
            let is_there = |name: &&str| system.contains(&format!("<name>{name}</name>"));
            (
                names.into_iter().filter(is_there).collect::<Vec<_>>(),
                events,
            )
        }
    };
    let all = gateway.gitlab.token();
    let (names, _) = offered(all.clone(), "17.6.1").await;
    assert_eq!(
        names,
        [
            "gitlab_documentation",
            "issue_reader",
            "build_reader",
            "commit_reader"
        ]
    );
    let (names, _) = offered(all, "17.4.2").await;
    assert_eq!(
        names,
        ["gitlab_documentation", "issue_reader"],
        "readers came with 17.5"
    );
    let few = gateway.gitlab.token_for(&["duo_chat", "ask_build"]);
    let (names, events) = offered(few, "18.9.0").await;
    assert_eq!(names, ["build_reader"]);
    // The model calls it all the same.
    assert_eq!(kinds(&events), ["error"]);
    let message = events[0]["data"]["message"].as_str().unwrap();
    assert!(
        message.contains("tool not available"),
        "Rails looks for it: {message}"
    );
    assert_eq!(events[0]["data"]["retryable"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_neither_form_and_no_text_are_one_unknown_event() {
    let gateway = Fixture::with(&["alpha", "says-nothing", "reacts-wrongly"]);
    for (script, kind, text) in [
        ("alpha", "unknown", "Grüße aus der Kälte"),
        ("says-nothing", "unknown", ""),
        ("reacts-wrongly", "error", ""),
    ] {
        let body = gateway.naming(script, golden("hand-test-chat-v2"));
        let events = events(gateway.post("/v2/chat/agent", &body)).await;
        assert_eq!(kinds(&events), [kind], "{script}");
        let said = events[0]["data"]["text"].as_str().unwrap_or_default();
        assert!(said.starts_with(text), "{script}: {events:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_a_line_whenever_it_comes() {
    const SAYS: [(&str, &str); 7] = [
        ("error-vllm", "prompt is too long"),
        ("error-anthropic", "prompt is too long"),
        ("error-string", "Unauthorized"),
        ("down-for-good", "Loading model"),
        ("busy", "overloaded"),
        ("breaks-off", "broke off"),
        ("error-in-stream", "the engine died"),
    ];
    let gateway = Fixture::with(&SAYS.map(|(script, _)| script));
    for (script, says) in SAYS {
        let body = gateway.naming(script, golden("hand-test-chat-v2"));
        let request = gateway.post("/v2/chat/agent", &body);
        let events = events(request.header("x-request-id", script)).await;
        let last = events.last().unwrap();
        assert_eq!(last["type"], "error", "{script}: {events:?}");
        let message = last["data"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{script}: {message}");
        assert!(last["data"]["retryable"].is_boolean(), "{last}");
        assert_eq!(row(&gateway, script)["state"], "failed", "{script}");
    }
}
