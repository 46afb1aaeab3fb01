//! What a request hands in, as the values of a template. All of it is text of strangers: it closes
//! no tag of the template, is no control token of the family, and is never the word for nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use code::Defuser;
use minijinja::Value as Rendered;
use serde_json::{Map, Value};

use super::engine::Values;
use super::{Input, InputKind, Prompt, PromptError};

/// Breaks a tag behind its first character; no width.
const BREAK: char = '\u{200b}';

/// The tags that a template writes, which a text put into it must not write.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags(BTreeSet<String>);

impl Tags {
    /// The ends of elements in a template, and the tags in it that have no end.
    pub(super) fn of(template: &str) -> Self {
        let mut ends = BTreeSet::new();
        let mut marks = BTreeSet::new();
        for (place, _) in template.match_indices('<') {
            let rest = &template[place + 1..];
            match rest.strip_prefix('/') {
                Some(rest) => ends.insert(name_at(rest).to_ascii_lowercase()),
                None => marks.insert(name_at(rest).to_ascii_lowercase()),
            };
        }
        let marks = marks.difference(&ends).cloned();
        let ends = ends.iter().map(|name| format!("/{name}"));
        let names = marks.chain(ends).filter(|tag| tag.len() > 1);
        Self(names.collect())
    }

    /// The ends of elements of these names.
    pub(super) fn ending<'name>(names: impl IntoIterator<Item = &'name str>) -> Self {
        let ends = names
            .into_iter()
            .map(|name| format!("/{}", name.to_ascii_lowercase()));
        Self(ends.collect())
    }

    /// These and others.
    pub(super) fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The text with these tags broken.
    pub(super) fn broken<'text>(&self, text: &'text str) -> Cow<'text, str> {
        let mut broken = String::new();
        let mut done = 0;
        for (place, _) in text.match_indices('<') {
            if self.has(&text[place + 1..]) {
                broken.push_str(&text[done..=place]);
                broken.push(BREAK);
                done = place + 1;
            }
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        broken.push_str(&text[done..]);
        Cow::Owned(broken)
    }

    /// Whether one of the tags begins here, behind the `<`.
    fn has(&self, rest: &str) -> bool {
        let rest = rest.trim_start();
        let (sign, name) = match rest.strip_prefix('/') {
            Some(name) => ("/", name.trim_start()),
            None => ("", rest),
        };
        let name = name_at(name);
        // The longest name of ours is short; a text may be one long word.
        name.len() <= 64
            && self
                .0
                .contains(&format!("{sign}{}", name.to_ascii_lowercase()))
    }
}

fn name_at(text: &str) -> &str {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let end = text.find(|letter| !is_name(letter)).unwrap_or(text.len());
    &text[..end]
}

/// Refuses inputs among which a required one is absent.
pub(super) fn check(prompt: &Prompt, given: &Map<String, Value>) -> Result<(), PromptError> {
    let is_absent = |input: &&Input| input.is_required && !given.contains_key(input.name);
    match prompt.inputs.iter().find(is_absent) {
        Some(input) => Err(PromptError::MissingInput {
            prompt: prompt.id,
            input: input.name,
        }),
        None => Ok(()),
    }
}

/// The values of one template. What was not handed in is empty; what the prompt does not know is
/// left out.
pub(super) fn values(
    prompt: &Prompt,
    given: &Map<String, Value>,
    tags: &Tags,
    tokens: &Defuser<'_>,
) -> Values {
    let text = |value: &Value| {
        let text = plain(value);
        let text = tokens.text(&text);
        Rendered::from(tags.broken(&text))
    };
    let value = |input: &Input| {
        let given = given.get(input.name).unwrap_or(&Value::Null);
        match input.kind {
            InputKind::Text => text(given),
            InputKind::List => items(given).map(text).collect(),
            InputKind::Records(fields) => items(given)
                .map(|item| {
                    Rendered::from_pairs(fields.iter().enumerate().map(|(place, field)| {
                        let value = match item {
                            Value::Object(fields) => fields.get(*field),
                            // A bare text is the first thing that there is to say.
                            other => (place == 0).then_some(other),
                        };
                        (*field, text(value.unwrap_or(&Value::Null)))
                    }))
                })
                .collect(),
        }
    };
    prompt
        .inputs
        .iter()
        .map(|input| (input.name, value(input)))
        .collect()
}

/// The items of a list; one thing is a list of one, and nothing is none.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    items.iter().filter(|item| !plain(item).is_empty())
}

/// A value as text; nothing is empty, and a list is its items, one to a line.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(items) => Cow::Owned(items.iter().map(plain).collect::<Vec<_>>().join("\n")),
        other => Cow::Owned(other.to_string()),
    }
}
