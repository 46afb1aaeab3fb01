use std::collections::BTreeMap;

use domain::{FAMILIES, FamilyRecord, Parameter, PromptEdit, PromptEdits, Support};
use providers::Role;
use serde_json::{Map, Value, json};

use super::*;

mod edits;
mod golden;
mod hostile;
mod react;

/// GitLab's names, as the contract lists them.
const IDS: &[&str] = &[
    "chat/react",
    "chat/explain_code",
    "chat/write_tests",
    "chat/refactor_code",
    "chat/fix_code",
    "chat/issue_reader",
    "chat/epic_reader",
    "chat/merge_request_reader",
    "chat/build_reader",
    "chat/commit_reader",
    "chat/work_item_reader",
    "chat/explain_vulnerability",
    "chat/troubleshoot_job",
    "chat/summarize_comments",
    "chat/documentation_search",
    "categorize_question",
    "generate_commit_message",
    "summarize_new_merge_request",
    "summarize_review",
    "review_merge_request",
    "resolve_vulnerability",
    "generate_description",
    "glab_ask_git_command",
    "measure_comment_temperature",
    "model_configuration/check",
    "code_suggestions/completions",
    "code_suggestions/generations",
];

fn family(name: &str) -> FamilyRecord {
    FamilyRecord::built_in(name).unwrap().clone()
}

fn prompt(id: &str) -> &'static Prompt {
    Prompt::find(id).unwrap()
}

/// Something that can be told apart, for every input.
fn inputs_of(prompt: &Prompt) -> Map<String, Value> {
    let value = |input: &Input| match input.kind {
        InputKind::Text => json!(format!("({})", input.name)),
        InputKind::List => json!([format!("({} 1)", input.name), format!("({} 2)", input.name)]),
        InputKind::Records(fields) => {
            let record = |number: u32| -> Value {
                let field = |field: &&str| {
                    (
                        (*field).to_owned(),
                        json!(format!("({} {field} {number})", input.name)),
                    )
                };
                Value::Object(fields.iter().map(field).collect())
            };
            json!([record(1), record(2)])
        }
    };
    let inputs = prompt.inputs.iter();
    inputs
        .map(|input| (input.name.to_owned(), value(input)))
        .collect()
}

/// The prompts that a request names.
fn by_name() -> impl Iterator<Item = &'static Prompt> {
    PROMPTS.iter().filter(|prompt| prompt.id != REACT)
}

fn words(rendered: &Rendered) -> String {
    let turns = rendered.messages.iter();
    turns
        .map(|turn| format!("{:?}: {}\n", turn.role, turn.text()))
        .collect()
}

#[test]
fn every_prompt_of_the_contract_is_asked_of_every_family() {
    let ids: Vec<&str> = PROMPTS.iter().map(|prompt| prompt.id).collect();
    assert_eq!(ids, IDS.to_vec());
    for prompt in by_name() {
        let mut inputs = inputs_of(prompt);
        // It stands in for another one that is needed.
        inputs.remove("trimmed_content_above_cursor");
        for family in FAMILIES.iter() {
            let rendered = render(prompt, &PromptEdits::new(), &inputs, family).unwrap();
            let text = words(&rendered);
            for input in prompt.inputs.iter().filter(|input| input.is_required) {
                let at = format!("{} of {}: {text}", input.name, prompt.id);
                assert!(text.contains(&format!("({}", input.name)), "no {at}");
            }
            let accepts = !family.refuses(Parameter::Prefill);
            let ends_open = rendered.messages.last().unwrap().role == Role::Assistant;
            assert_eq!(ends_open, rendered.prefill.is_some(), "{}", prompt.id);
            assert!(accepts || !ends_open, "{} for {}", prompt.id, family.name);
            let applied = applied_to(prompt, &PromptEdits::new(), family);
            assert_eq!(rendered.parameters.max_tokens, Some(applied.max_tokens));
            let is_made_for = family.support.chat > Support::None || prompt.id.starts_with("code_");
            assert!(
                !is_made_for || applied.max_tokens < family.context,
                "{} leaves {} no room for the question",
                prompt.id,
                family.name
            );
        }
    }
}

#[test]
fn a_missing_input_is_named_and_an_empty_one_is_none() {
    for prompt in by_name() {
        let all = inputs_of(prompt);
        let edits = PromptEdits::new();
        let general = family("general");
        for input in prompt.inputs {
            let mut without = all.clone();
            without.remove(input.name);
            let refusal = render(prompt, &edits, &without, &general).err();
            let named = PromptError::MissingInput {
                prompt: prompt.id,
                input: input.name,
            };
            assert_eq!(refusal, input.is_required.then_some(named));
        }
        let needed = || prompt.inputs.iter().filter(|input| input.is_required);
        let with = |value: Value| {
            let inputs = needed()
                .map(|input| (input.name.to_owned(), value.clone()))
                .collect();
            words(&render(prompt, &edits, &inputs, &general).unwrap())
        };
        let nothing = with(Value::Null);
        assert_eq!(nothing, with(json!("")), "{}", prompt.id);
        for word in ["None", "null", "undefined", "[]"] {
            let writes_lists = ["measure_comment_temperature", "categorize_question"];
            let is_ours = word == "[]" && writes_lists.contains(&prompt.id);
            assert!(
                is_ours || !nothing.contains(word),
                "{}: {nothing}",
                prompt.id
            );
        }
    }
}

#[test]
fn what_gitlab_sends_in_another_shape_is_read_as_it_is_meant() {
    let inputs =
        json!({"question": "q", "content_id": "C", "documents": {"id": 7, "content": "d"}});
    let rendered = render(
        prompt("chat/documentation_search"),
        &PromptEdits::new(),
        inputs.as_object().unwrap(),
        &family("general"),
    );
    assert!(words(&rendered.unwrap()).contains("<passage>\nd\nC: CNT-IDX-7\n</passage>"));
    let inputs = json!({"input": "q", "selected_text": ["a", null, 3], "libraries": "requests"});
    let rendered = render(
        prompt("chat/fix_code"),
        &PromptEdits::new(),
        inputs.as_object().unwrap(),
        &family("general"),
    );
    let text = words(&rendered.unwrap());
    assert!(
        text.contains("<selected_code>\na\n\n3\n</selected_code>"),
        "{text}"
    );
    assert!(
        text.contains("<libraries>\nrequests\n</libraries>"),
        "{text}"
    );
}

#[test]
fn an_answer_has_the_form_that_gitlab_reads() {
    let whole = "```json\n{\n  \"ResourceIdentifierType\": \"iid\",\n  \"ResourceIdentifier\": \"12\"\n}\n```";
    let rest = "iid\",\n  \"ResourceIdentifier\": \"12\"\n}\n```";
    for (id, answer, expected) in [
        ("chat/issue_reader", whole, rest),
        ("chat/issue_reader", rest, rest),
        ("chat/issue_reader", "I do not know", "I do not know"),
        (
            "measure_comment_temperature",
            "```json\n{\"rating\": 1}\n```",
            "{\"rating\": 1}",
        ),
        ("measure_comment_temperature", "} {", "} {"),
        (
            "glab_ask_git_command",
            "```bash\ngit log\n```\nLog.",
            "```\ngit log\n```\nLog.",
        ),
        (
            "glab_ask_git_command",
            "```git log```\nLog.",
            "```git log```\nLog.",
        ),
        ("chat/explain_code", "```rb\nputs\n```", "```rb\nputs\n```"),
    ] {
        assert_eq!(fit_answer(prompt(id), answer), expected, "{id}");
    }
}
