//! What a trial is called and what it is found by. Reads no database.

use serde_json::Value;

use crate::view::{Role, Trial, TrialMode};

/// The most characters of a title.
const TITLE: usize = 80;

/// The first words that were asked.
pub(super) fn first_words(trial: &Trial) -> String {
    let turns = trial.columns.iter().flat_map(|column| &column.turns);
    let asked = turns.flat_map(|turn| &turn.ask);
    let asked = asked.filter(|message| message.role == Role::User);
    let file = trial.file.as_ref();
    let mut candidates = asked.map(|message| message.content.as_str()).chain([
        trial.typed.as_str(),
        file.map_or("", |file| &file.name),
        trial.raw.as_ref().map_or("", |raw| &raw.path),
        trial.system.as_str(),
    ]);
    let words = candidates.find(|text| !text.trim().is_empty());
    let usual = match trial.mode {
        TrialMode::Chat => "Chat",
        TrialMode::Completion => "Completion",
        TrialMode::Generation => "Generation",
        TrialMode::Raw => "Raw request",
    };
    let words: Vec<_> = words
        .unwrap_or(usual)
        .split_whitespace()
        .take(TITLE)
        .collect();
    providers::cut(&words.join(" "), TITLE)
}

/// All that is written in a trial, without images.
pub(super) fn text_of(content: &Value) -> String {
    let mut text = String::new();
    collect(content, &mut text);
    text
}

fn collect(value: &Value, text: &mut String) {
    match value {
        Value::String(words) if words.starts_with("data:image/") => {}
        Value::String(words) => {
            text.push_str(words);
            text.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, text)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is looked for, for the index: every word as it begins. None when there is no word in it.
pub(super) fn looked_for(search: &str) -> Option<String> {
    let words = search.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).take(32);
    let words: Vec<_> = words.map(|word| format!("\"{word}\"*")).collect();
    (!words.is_empty()).then(|| words.join(" AND "))
}
