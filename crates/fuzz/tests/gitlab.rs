//! What GitLab sends and what models write in its chat, damaged and cut anywhere: no panic, the
//! same events however a text is cut, and every refusal names what is wrong.

use fuzz::{cuts, damaged, fuzz, recorded};
use gitlab::GitlabError;
use gitlab::react::{Event, Parser, tools_for};
use gitlab::wire;
use proptest::prelude::*;

const GOLDEN: &str = "crates/gitlab/tests/golden";

/// Texts of models, good and bad.
const TEXTS: [&str; 7] = [
    "Thought: I know it.\nAction: DirectAnswer\nFinal Answer: It is tea. </message> x",
    "I must read it.\nAction: issue\\_reader\nAction Input: #12 </message>\nObservation: x",
    "<think>Final Answer: no</think>\n\nThought: so\nFinal Answer: yes </mess",
    "I wonder.</think>Action: MergeRequestReader\nAction Input: !1",
    "Action: delete_project\nAction Input: all",
    "Final Answer: a\n\n\u{8336}\u{1f375}   </message",
    "  \n ",
];

/// The events of a text, with the pieces of the final answer joined.
fn parse(text: &str, cuts: &[usize]) -> Vec<Event> {
    let mut parser = Parser::new(tools_for(|_| true, "18.9.0".parse().ok()));
    let (mut events, mut before) = (Vec::new(), 0);
    for cut in cuts.iter().copied().chain([text.len()]) {
        events.extend(parser.push(&text[before..cut]));
        before = cut;
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

#[test]
fn a_turn_of_a_model_is_one_event_however_it_is_cut() {
    let texts = TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    fuzz(&(damaged(texts), cuts()), |(bytes, cuts)| {
        let text = String::from_utf8_lossy(&bytes);
        let mut places: Vec<usize> = cuts
            .iter()
            .map(|(index, _)| text.floor_char_boundary(index.index(text.len() + 1)))
            .collect();
        places.sort_unstable();
        let whole = parse(&text, &[]);
        prop_assert_eq!(whole.len(), 1, "{:?}", whole);
        prop_assert_eq!(&parse(&text, &places), &whole);
        let letters: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        prop_assert_eq!(&parse(&text, &letters), &whole);
        let line = wire::agent_line(&whole[0]);
        let ends = line.iter().filter(|byte| **byte == b'\n').count();
        prop_assert!(ends == 1 && line.ends_with(b"\n"), "one line");
        Ok(())
    });
}

#[test]
fn bodies_of_gitlab_are_read_or_refused_by_name() {
    let seeds = recorded(GOLDEN, ".json");
    assert!(seeds.len() > 10, "the folder is right");
    fuzz(&damaged(seeds), |body| {
        for error in refusals(&body) {
            let refusal = wire::Refusal::Body(error);
            prop_assert!(matches!(refusal.status(), 400 | 422));
            let words = refusal.json()["detail"][0]["msg"].as_str().map(str::len);
            prop_assert!(words > Some(0), "{:?}", refusal);
        }
        Ok(())
    });
}

#[test]
fn paths_are_found_or_not() {
    let paths = [
        "//v1/prompts/model_configuration%2Fcheck",
        "/v1/chat/agent",
        "/v2/completions/",
    ];
    let paths = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
    fuzz(&damaged(paths), |path| {
        let path = String::from_utf8_lossy(&path);
        if let Ok(wire::Endpoint::UnknownPrompt(id)) = wire::Endpoint::from_path("POST", &path) {
            prop_assert!(id.chars().count() <= 101 && !id.chars().any(char::is_control));
        }
        Ok(())
    });
}

/// What every reader says against a body.
fn refusals(body: &[u8]) -> Vec<GitlabError> {
    let results = [
        wire::read_completion(body).err(),
        wire::read_generation(body).err(),
        wire::read_suggestion(body).err(),
        wire::read_chat(body).err(),
        wire::read_prompt(body).err(),
        wire::read_legacy_chat(body).err(),
        wire::read_search(body).err(),
    ];
    results.into_iter().flatten().collect()
}
