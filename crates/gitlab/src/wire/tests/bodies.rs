use domain::Feature;
use providers::{Message, Part, Role};

use super::said;
use crate::GitlabError;
use crate::react::Step;
use crate::wire::{
    CodePrompt, Enhancer, Example, Refusal, Snippet, SuggestionKind, SuggestionPrompt, read_chat,
    read_completion, read_generation, read_legacy_chat, read_prompt, read_search, read_suggestion,
};

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/golden/", $name))
    };
}

fn turn(role: Role, text: &str) -> Message {
    let parts = vec![Part::Text(text.into())];
    Message { role, parts }
}

#[test]
fn code_bodies_are_read() {
    let request = read_completion(golden!("completions-17.6.json")).unwrap();
    assert_eq!(
        said(&request.model),
        [
            "codestral",
            "http://vllm:8000/v1",
            "secret",
            "custom_openai/codestral"
        ]
    );
    assert!(
        !format!("{request:?}").contains("secret"),
        "a key is not printed"
    );
    assert_eq!(request.prompt, CodePrompt::Text(None));
    assert_eq!(request.file.above, "def hello");
    assert_eq!(request.file.language.as_deref(), Some("ruby"));
    assert!(!request.stream);

    let request = read_completion(golden!("completions-direct.json")).unwrap();
    assert!(request.model.is_empty(), "a direct call names no model");
    assert_eq!(request.prompt, CodePrompt::File);
    assert_eq!((request.choices_count, request.project_id), (4, Some(-1)));
    let snippet = Snippet {
        kind: "file".into(),
        name: "src/util.py".into(),
        content: "def sub(a, b):\n    return a - b\n".into(),
    };
    assert_eq!(request.context, [snippet]);

    let request = read_generation(golden!("generations-17.6.json")).unwrap();
    assert_eq!(request.prompt, CodePrompt::Text(Some(String::new())));
    assert_eq!(
        request.prompt_id.as_deref(),
        Some("code_suggestions/generations")
    );
    assert_eq!(said(&request.model)[3], "provider/some-model");
}

#[test]
fn suggestion_bodies_are_read() {
    let request = read_suggestion(golden!("suggestions-17.6.json")).unwrap();
    assert_eq!(
        request.kind,
        SuggestionKind::Completion { choices_count: 2 }
    );
    assert_eq!(request.context[0].content, "package util");
    let turns = vec![turn(Role::User, "go on")];
    assert_eq!(request.prompt, Some(SuggestionPrompt::Messages(turns)));
    assert!(request.model.is_empty() && !request.stream);

    assert_eq!(request.kind.feature(), Feature::CodeCompletions);

    let request = read_suggestion(golden!("suggestions-18.9.json")).unwrap();
    assert_eq!(request.kind, SuggestionKind::Generation);
    assert_eq!(request.kind.scope().any_of, ["generate_code"]);
    assert!(request.stream, "the payload says it, not the body");
    assert_eq!(said(&request.model)[0], "mistral");
    let enhancer = Enhancer {
        examples: vec![Example {
            example: "a task".into(),
            response: "its answer".into(),
            trigger_type: "comment".into(),
        }],
        above: Some("# sum two numbers\n".into()),
        below: Some(String::new()),
        related_files: vec!["<file_content file_name=\"a.py\">\nx = 1\n</file_content>\n".into()],
        related_snippets: vec![
            "<snippet_content name=\"foo\">\ny = 2\n</snippet_content>\n".into(),
        ],
        libraries: vec!["requests".into()],
        user_instruction: Some("sum two numbers".into()),
    };
    assert_eq!(request.enhancer, enhancer);
}

#[test]
fn chat_bodies_carry_their_steps_in_either_place() {
    let request = read_chat(golden!("chat-17.6.json")).unwrap();
    let step = |thought: &str, observation: &str| Step {
        thought: thought.into(),
        tool: "issue_reader".into(),
        tool_input: "#12".into(),
        observation: observation.into(),
    };
    assert_eq!(
        request.steps,
        [step("I must use issue_reader", "It is about tea.")]
    );
    let message = &request.messages[0];
    assert_eq!(message.context.as_ref().unwrap().kind, "issue");
    assert!(message.current_file.as_ref().unwrap().selected_code);
    let attached = &message.additional_context[0];
    assert_eq!(attached.category.scope, Some("include_file_context"));
    assert_eq!(attached.metadata["relativePath"], "a.rb");
    assert_eq!(
        said(&request.model),
        ["mistral", "http://vllm:8000/v1", "", ""]
    );

    let request = read_chat(golden!("chat-18.9.json")).unwrap();
    let observation = "Please use this information about identified issue: tea";
    assert_eq!(request.steps, [step("I must read it", observation)]);
    assert_eq!(
        request.messages.len(),
        3,
        "what only carries steps is no message"
    );
    assert_eq!(request.messages[1].steps[0].tool, "epic_reader");
    let denied = request.denied_context(|_| false).unwrap();
    let text = "Unauthorized to access include_terminal_context";
    assert_eq!(Refusal::NoContextScope(denied).message(), text);
    let has_it = |scope: &str| scope == "include_terminal_context";
    assert_eq!(
        request.denied_context(has_it),
        None,
        "repositories need no scope"
    );
    assert_eq!(
        request.unavailable_resources,
        ["Pipelines", "Vulnerabilities"]
    );

    let request = read_chat(golden!("hand-test-chat-v2.json")).unwrap();
    assert!(request.steps.is_empty() && request.unavailable_resources.is_empty());
    let request = read_chat(br#"{"messages":[{"role":"user","content":"a"}]}"#).unwrap();
    let default = ["Merge Requests, Pipelines, Vulnerabilities"];
    assert_eq!(request.unavailable_resources, default);
}

#[test]
fn a_conversation_that_makes_no_sense_is_refused() {
    for (body, why) in [
        (
            r#"{"messages":[{"role":"user","content":"a","agent_scratchpad":[]}]}"#,
            "agent_scratchpad can only be present when role is ASSISTANT",
        ),
        (
            r#"{"messages":[{"role":"assistant","content":"a"}]}"#,
            "Last message must be a human message",
        ),
        (
            r#"{"messages":[{"role":"assistant","agent_scratchpad":[]}]}"#,
            "Last message must be a human message",
        ),
    ] {
        let error = read_chat(body.as_bytes()).unwrap_err();
        assert_eq!(error, GitlabError::Refused(why), "{body}");
    }
}

#[test]
fn prompt_bodies_are_read_in_every_version() {
    let request = read_prompt(golden!("prompt-17.6.json")).unwrap();
    assert_eq!(request.inputs["language_info"], "Ruby");
    assert!(request.stream);
    assert_eq!(said(&request.model)[2], "", "the dummy is no key");
    let request = read_prompt(golden!("prompt-18.9.json")).unwrap();
    assert_eq!(said(&request.model)[3], "custom_openai/phi");

    let read = |version: &str| {
        let body = format!(r#"{{"inputs":{{}},"prompt_version":{version}}}"#);
        read_prompt(body.as_bytes())
    };
    for version in [
        "null",
        "\"^1.0.0\"",
        "\"1.0.0\"",
        "\"2.0.0\"",
        "\"~1.2\"",
        "\"1.2.0-dev\"",
        "\"^2\"",
    ] {
        assert!(read(version).is_ok(), "{version}");
    }
    for version in ["\"\"", "\"latest\"", "\"1.2.3.4\"", "\"^\""] {
        let error = read(version).unwrap_err().to_string();
        assert_eq!(error, "prompt_version: Invalid version constraint");
    }
}

#[test]
fn legacy_and_search_bodies_are_read() {
    let request = read_legacy_chat(golden!("legacy-17.6.json")).unwrap();
    let turns = [turn(Role::System, "s"), turn(Role::User, "u")];
    assert_eq!(request.messages, turns);
    assert_eq!(request.parameters.temperature, Some(0.2));
    assert_eq!(request.parameters.max_tokens, Some(2048));
    assert_eq!(request.parameters.stop, ["Human:"]);
    assert!(request.stream);

    let request = read_legacy_chat(golden!("hand-test-chat-v1.json")).unwrap();
    assert_eq!(request.messages, [turn(Role::User, "Hello")]);
    assert_eq!(
        said(&request.model),
        ["mistral", "http://localhost:4000", "", ""]
    );
    assert!(!request.stream);

    let request = read_search(golden!("search.json")).unwrap();
    assert_eq!(
        (request.query.as_str(), request.page_size),
        ("protect a branch", 4)
    );
}
