//! What an admin does, and what is refused.

use super::*;

const ID: &str = "chat/explain_code";

fn user_text(text: &str) -> PromptEdit {
    PromptEdit {
        user: Some(text.into()),
        ..PromptEdit::default()
    }
}

/// What is sent to a family.
fn sent(edits: &PromptEdits, to: &str) -> String {
    let inputs = json!({"input": "Q", "selected_text": "S"});
    let inputs = inputs.as_object().unwrap();
    words(&render(prompt(ID), edits, inputs, &family(to)).unwrap())
}

#[test]
fn an_edited_prompt_is_sent_until_it_is_reset() {
    let mut edits = PromptEdits::new();
    let before = sent(&edits, "gpt");
    let text = "{{ selected_text }} / {{ input }}";
    edit(&mut edits, ID, "base", user_text(text)).unwrap();
    assert!(
        sent(&edits, "gpt").ends_with("User: S / Q\n"),
        "{}",
        sent(&edits, "gpt")
    );
    let shown = show(&edits, ID, "base").unwrap();
    assert!(shown.is_edited && shown.now.texts.user == text);
    assert_ne!(shown.original.texts.user, text);
    reset(&mut edits, ID, "base").unwrap();
    assert_eq!((sent(&edits, "gpt"), edits.len()), (before, 0));
}

#[test]
fn only_what_was_changed_is_kept() {
    let mut edits = PromptEdits::new();
    let shown = show(&edits, ID, "base").unwrap();
    let same = PromptEdit {
        system: Some(shown.now.texts.system),
        user: Some(shown.now.texts.user),
        prefill: Some(shown.now.texts.prefill),
        temperature: Some(shown.now.temperature),
        max_tokens: Some(shown.now.max_tokens),
        ..PromptEdit::default()
    };
    let warmer = PromptEdit {
        temperature: Some(0.7),
        ..same.clone()
    };
    edit(&mut edits, ID, "base", warmer).unwrap();
    let kept = PromptEdit {
        temperature: Some(0.7),
        ..PromptEdit::default()
    };
    assert_eq!(edits["chat/explain_code/base"], kept);
    edit(&mut edits, ID, "base", same).unwrap();
    assert_eq!(edits.len(), 0, "as it was is no edit");
}

#[test]
fn a_copy_is_for_its_family_alone_and_outlives_changes_of_the_base() {
    let mut edits = PromptEdits::new();
    copy(&mut edits, ID, "base", "mistral").unwrap();
    let copied = sent(&edits, "mixtral");
    edit(
        &mut edits,
        ID,
        "base",
        user_text("{{ input }}{{ selected_text }}"),
    )
    .unwrap();
    assert_eq!(sent(&edits, "mixtral"), copied);
    assert!(sent(&edits, "gpt").ends_with("User: QS\n"));
    let rows: Vec<_> = list(&edits)
        .into_iter()
        .filter(|row| row.id == ID)
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (row.family.as_str(), row.is_built_in, row.is_edited))
        .collect();
    let expected = [
        ("base", true, true),
        ("gpt", true, false),
        ("mistral", false, true),
    ];
    assert_eq!(rows, expected);
    for to in ["base", "mistral"] {
        let refusal = copy(&mut edits, ID, "base", to);
        assert!(matches!(refusal, Err(PromptError::Exists { .. })), "{to}");
    }
    reset(&mut edits, ID, "mistral").unwrap();
    assert!(sent(&edits, "mixtral").ends_with("User: QS\n"));
}

#[test]
fn an_edit_that_could_not_be_sent_is_refused_and_changes_nothing() {
    let user = |text: &str| user_text(text);
    let both = "{{ input }} {{ selected_text }}\n";
    for (edited, said) in [
        (user("{{ input }}"), "no longer uses {{ selected_text }}"),
        (user(" \n"), "the user text is empty"),
        (
            user(&format!("{both}{{{{ sugestions }}}}")),
            "the user text, line 2, uses sugestions, which is not handed in: there is input,",
        ),
        (
            user(&format!("{both}\n{{% if input %}}")),
            "the user text, line 3, is not a template:",
        ),
        (
            user(&format!("{both}{{{{ input | upcase }}}}")),
            "a filter that there is not",
        ),
        (
            user(&format!("{both}{{% set a = input ~ input %}}")),
            "line 2, has \"set\", which prompts do not know",
        ),
        (
            user(&format!("{both}{{% include \"/etc/passwd\" %}}")),
            "the user text, line 2,",
        ),
        (
            user(&format!("{both}{{{{ input.name }}}}")),
            "line 2, uses what there is not",
        ),
        (
            user(&format!(
                "{both}{}",
                "{% for a in [1] * 9999 %}".repeat(2) + &"{% endfor %}".repeat(2)
            )),
            "would not come to an end",
        ),
        (
            user(&"{{ input }}{{ selected_text }}".repeat(3_000)),
            "is longer than 64 KiB",
        ),
        (
            PromptEdit {
                temperature: Some(f64::NAN),
                ..PromptEdit::default()
            },
            "the temperature is outside 0 to 2",
        ),
        (
            PromptEdit {
                max_tokens: Some(0),
                ..PromptEdit::default()
            },
            "the number of tokens is outside 1 to 1,000,000",
        ),
    ] {
        let mut edits = PromptEdits::new();
        let refusal = edit(&mut edits, ID, "base", edited)
            .unwrap_err()
            .to_string();
        assert!(refusal.contains(said), "{refusal}");
        assert_eq!(edits.len(), 0);
    }
}

#[test]
fn every_prompt_can_be_saved_as_it_is_and_names_are_checked() {
    for prompt in PROMPTS {
        for family in ["base", "mistral", "of_mine"] {
            let mut edits = PromptEdits::new();
            let shown = show(&edits, prompt.id, family).unwrap();
            let user = user_text(&shown.now.texts.user);
            edit(&mut edits, prompt.id, family, user).unwrap();
            assert_eq!(
                show(&edits, prompt.id, family).unwrap().now.texts,
                shown.now.texts
            );
        }
    }
    let mut edits = PromptEdits::new();
    let unknown = edit(&mut edits, "chat/nothing", "base", PromptEdit::default());
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "Prompt 'chat/nothing' not found"
    );
    let unknown = show(&edits, ID, "a/b").unwrap_err().to_string();
    assert_eq!(unknown, "\"a/b\" is not the name of a model family");
}
