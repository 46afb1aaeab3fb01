use std::time::Duration;

use providers::UpstreamError;

use super::{Action, Event, Parser, Step, TOOLS, Version, scratchpad, tools_for};

/// The events of a text in these pieces, with the pieces of the final answer joined.
fn parse<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Vec<Event> {
    let mut parser = Parser::new(tools_for(|_| true, "17.6.1".parse().ok()));
    let mut events: Vec<Event> = Vec::new();
    for piece in pieces {
        events.extend(parser.push(piece));
    }
    events.extend(parser.finish());
    let mut joined: Vec<Event> = Vec::new();
    for event in events {
        match (joined.last_mut(), event) {
            (Some(Event::Delta(text)), Event::Delta(more)) => text.push_str(&more),
            (_, event) => joined.push(event),
        }
    }
    joined
}

fn action(thought: &str, tool: &str, tool_input: &str) -> Event {
    Event::Action(Action {
        thought: thought.into(),
        tool: tool.into(),
        tool_input: tool_input.into(),
    })
}

fn answer(text: &str) -> Event {
    Event::Delta(text.into())
}

fn unknown(text: &str) -> Event {
    Event::Unknown(text.into())
}

/// Texts of models and what they mean by the parser of GitLab's gateway.
#[rustfmt::skip]
fn cases() -> Vec<(&'static str, Event)> {
    vec![
        ("Thought: I know it.\nAction: DirectAnswer\nFinal Answer: It is tea. ", answer("It is tea.")),
        (" I know it.\nFinal Answer:\n\n Tea,\n\n and cake \n", answer("Tea,\n\n and cake")),
        ("Final Answer: a </mess </message> b </message>", answer("a </mess")),
        ("Final Answer: a  </mess", answer("a  </mess")),
        ("Final Answer:", answer("")),
        ("Final Answer: </message> b", answer("")),
        ("Action: issue_reader\nAction Input: x\nFinal Answer: y", answer("y")),
        ("Final Answer: a Final Answer: ü – 茶", answer("a Final Answer: ü – 茶")),
        (" I must read it.\nAction: issue_reader\nAction Input: #12 ", action("I must read it.", "issue_reader", "#12")),
        ("Thought: read\nAction:issue\\_reader\nAction Input:\n#1\n2", action("Thought: read", "issue_reader", "#1\n2")),
        ("a\\_b Action: MergeRequestReader Action Input: !1", action("a_b", "merge_request_reader", "!1")),
        ("Action: epic_reader\nAction Input: &1</message>x", action("", "epic_reader", "&1")),
        ("Action: epic_reader\nAction Input:", action("", "epic_reader", "")),
        ("Action: delete_project\nAction Input: all", Event::tool_not_available()),
        ("Action: issue_reader", unknown("Action: issue_reader")),
        ("Action: issue_reader\nAction", unknown("Action: issue_reader\nAction")),
        (" \n Hello there. \n", unknown("Hello there.")),
        ("", unknown("")),
        (" \n ", unknown("")),
        ("<think>Final Answer: no</think>\n\nFinal Answer: yes", answer("yes")),
        ("\n <think>Action: a Action Input: b", unknown("")),
        ("I wonder.</think>Final Answer: yes", answer("yes")),
        ("I wonder. Final Answer: a</think>b", answer("a</think>b")),
        ("<thin</think>Hello", unknown("Hello")),
        ("It is <think>x</think> that it writes so, far from the beginning of what it says at all.", unknown("that it writes so, far from the beginning of what it says at all.")),
        ("It is far from the beginning of what it says that it writes these marks of its own: </think>", unknown("It is far from the beginning of what it says that it writes these marks of its own: </think>")),
    ]
}

#[test]
fn a_text_means_the_same_however_it_is_cut() {
    for (text, event) in cases() {
        let expected = [event];
        assert_eq!(parse([text]), expected, "{text:?}");
        let letters = text
            .char_indices()
            .map(|(at, letter)| &text[at..at + letter.len_utf8()]);
        assert_eq!(parse(letters), expected, "{text:?} in letters");
        for (at, _) in text.char_indices() {
            let (before, after) = text.split_at(at);
            assert_eq!(parse([before, "", after]), expected, "{before:?} {after:?}");
        }
    }
}

#[test]
fn the_final_answer_flows_as_soon_as_its_mark_is_complete() {
    let mut parser = Parser::new(Vec::new());
    for (piece, event) in [
        ("Thought: a\nFinal Answer", None),
        (": ", None),
        ("Tea", Some("Tea")),
        (" and ", Some(" and")),
        ("\n", None),
        ("cake</mes", Some(" \ncake")),
        ("s", None),
        ("y> x", Some("</messy> x")),
        ("</message", None),
        ("> more", None),
        ("more", None),
    ] {
        assert_eq!(parser.push(piece), event.map(answer), "{piece:?}");
    }
    assert_eq!(parser.finish(), []);
}

#[test]
fn what_comes_after_four_mebibytes_is_left_out() {
    let piece = "é".repeat(1024);
    let pieces = vec![piece.as_str(); 4 * 1024];
    let Some(Event::Unknown(text)) = parse(pieces).pop() else {
        panic!("it has no form");
    };
    assert_eq!(text.len(), 4 * 1024 * 1024);
}

#[test]
fn a_tool_is_offered_by_scope_and_version() {
    let names = |scopes: &[&str], version: &str| {
        let tools = tools_for(|scope| scopes.contains(&scope), version.parse().ok());
        tools.iter().map(|tool| tool.name).collect::<Vec<_>>()
    };
    let all = ["ask_issue", "ask_merge_request", "documentation_search"];
    let old = ["gitlab_documentation", "issue_reader"];
    let new = [
        "gitlab_documentation",
        "issue_reader",
        "merge_request_reader",
    ];
    for (version, expected) in [
        ("17.4.9", &old[..]),
        ("", &old),
        ("not one", &old),
        ("17.5.0-pre", &new),
        ("17.6.1-ee", &new),
        ("18.0", &new),
    ] {
        assert_eq!(names(&all, version), expected, "{version}");
    }
    assert_eq!(names(&["duo_chat"], "18.9.0"), [""; 0]);
    assert_eq!(
        tools_for(|_| true, "18.9.0".parse().ok()).len(),
        TOOLS.len()
    );
    let old: Version = "9.10".parse().unwrap();
    assert!(old < "17.5".parse().unwrap(), "numbers, not letters");
}

#[test]
fn an_error_says_what_gitlab_looks_for() {
    let reported = |words: &str| UpstreamError::Reported {
        words: words.into(),
        status: None,
    };
    for (error, says, is_retryable) in [
        (
            reported("{\"type\":\"overloaded_error\"}"),
            "overloaded_error",
            true,
        ),
        (reported("AnthropicError - Overloaded"), "Overloaded", true),
        (
            reported("This model's maximum context length is 8 tokens"),
            "prompt is too long: ",
            false,
        ),
        (
            reported("prompt is too long: 9 tokens"),
            "stream: prompt is too long: 9",
            false,
        ),
        (
            UpstreamError::Late {
                host: "gpu:1".into(),
                after: Duration::from_secs(30),
            },
            "gpu:1 did not answer within 30 s",
            false,
        ),
    ] {
        let Event::Error { message, retryable } = Event::of_failure(&error) else {
            panic!("it is an error");
        };
        assert!(message.contains(says), "{message}");
        assert_eq!(
            message.matches("prompt is too long").count(),
            usize::from(says.contains("long"))
        );
        assert_eq!(retryable, is_retryable, "{message}");
    }
}

#[test]
fn steps_become_the_beginning_of_the_next_text() {
    let step = Step::new(
        " Thought: use a\\_b ",
        "issue\\_reader",
        "#1\\_".into(),
        "tea".into(),
    );
    let text =
        "Thought: use a_b\nAction: issue_reader\nAction Input: #1\\_\nObservation: tea\nThought:";
    assert_eq!(scratchpad(&[step]), text);
    assert_eq!(scratchpad(&[]), "Thought:");
}
