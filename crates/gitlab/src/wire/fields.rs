//! Takes the fields of a body out by name and type, and collects what is wrong with them in the
//! words of pydantic. Repeats no value and knows no endpoint.

mod numbers;

use std::cell::RefCell;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::json;
use crate::error::{Flaw, GitlabError, Part};

/// How many flaws of one body are named.
const MOST_FLAWS: usize = 50;

/// What a text may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    /// The most characters.
    most: usize,
    /// Whether white space around it is taken away, before it is counted.
    is_trimmed: bool,
}

impl Text {
    /// Any text.
    pub(super) const ANY: Self = Self::of(usize::MAX);

    /// A text of at most so many characters.
    pub(super) const fn of(most: usize) -> Self {
        Self {
            most,
            is_trimmed: false,
        }
    }

    /// One without white space around it.
    pub(super) const fn trimmed(most: usize) -> Self {
        Self {
            most,
            is_trimmed: true,
        }
    }
}

/// An object whose fields are taken out. What is wrong is kept, and something harmless is given
/// instead: the whole is thrown away in the end.
pub(super) struct Object<'a> {
    flaws: &'a RefCell<Vec<Flaw>>,
    place: Vec<Part>,
    fields: Map<String, Value>,
}

/// Reads a body. An optional field that is null counts as absent.
pub(super) fn read<T>(
    body: &[u8],
    of: impl FnOnce(&mut Object<'_>) -> T,
) -> Result<T, GitlabError> {
    let fields = json::object(body).map_err(|flaw| GitlabError::Invalid(vec![flaw]))?;
    let flaws = RefCell::default();
    let mut object = Object {
        flaws: &flaws,
        place: vec![Part::Name("body")],
        fields,
    };
    let value = of(&mut object);
    let flaws = flaws.into_inner();
    if flaws.is_empty() {
        Ok(value)
    } else {
        Err(GitlabError::Invalid(flaws))
    }
}

impl<'a> Object<'a> {
    /// Notes that a field is wrong.
    pub(super) fn flaw(&self, name: &'static str, kind: &'static str, message: impl Into<String>) {
        self.flaw_at(&[Part::Name(name)], kind, message.into());
    }

    fn flaw_at(&self, below: &[Part], kind: &'static str, message: String) {
        let mut flaws = self.flaws.borrow_mut();
        if flaws.len() < MOST_FLAWS {
            let place = [&self.place, below].concat();
            flaws.push(Flaw {
                kind,
                place,
                message,
            });
        }
    }

    /// A look at any value but null.
    pub(super) fn peek(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there, be it null.
    pub(super) fn says(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Any value but null.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    /// A field that has to be there, be it null.
    fn need(&mut self, name: &'static str) -> Option<Value> {
        let value = self.fields.remove(name);
        if value.is_none() {
            self.flaw(name, "missing", "Field required");
        }
        value
    }

    /// A text that may be absent.
    pub(super) fn text(&mut self, name: &'static str, rule: Text) -> Option<String> {
        let value = self.take(name)?;
        self.as_text(&[Part::Name(name)], value, rule)
    }

    /// A text that has to be there.
    pub(super) fn needed_text(&mut self, name: &'static str, rule: Text) -> String {
        let value = self.need(name);
        value
            .and_then(|value| self.as_text(&[Part::Name(name)], value, rule))
            .unwrap_or_default()
    }

    fn as_text(&self, place: &[Part], value: Value, rule: Text) -> Option<String> {
        let Value::String(mut text) = value else {
            self.flaw_at(
                place,
                "string_type",
                "Input should be a valid string".into(),
            );
            return None;
        };
        if rule.is_trimmed {
            text = text.trim().to_owned();
        }
        if text.len() > rule.most && text.chars().count() > rule.most {
            let message = format!("String should have at most {} characters", rule.most);
            self.flaw_at(place, "string_too_long", message);
            return None;
        }
        Some(text)
    }

    /// A word of a table that may be absent.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let value = self.take(name)?;
        self.as_word(name, &value, words)
    }

    /// A word of a table that has to be there.
    pub(super) fn needed_word<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let value = self.need(name)?;
        self.as_word(name, &value, words)
    }

    fn as_word<T: Copy>(
        &self,
        name: &'static str,
        value: &Value,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let known = words.iter().find(|(word, _)| value == *word);
        if known.is_none() {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
            let message = format!("Input should be {}", words.join(" or "));
            self.flaw(name, "literal_error", message);
        }
        known.map(|(_, value)| *value)
    }

    /// An object of any fields that may be absent.
    pub(super) fn map(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        let value = self.take(name)?;
        self.as_map(name, value)
    }

    /// An object of any fields that has to be there.
    pub(super) fn needed_map(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        let value = self.need(name)?;
        self.as_map(name, value)
    }

    fn as_map(&self, name: &'static str, value: Value) -> Option<Map<String, Value>> {
        match value {
            Value::Object(fields) => Some(fields),
            _ => {
                self.flaw(name, "dict_type", "Input should be a valid dictionary");
                None
            }
        }
    }

    /// An object that may be absent.
    pub(super) fn object(&mut self, name: &'static str) -> Option<Object<'a>> {
        let value = self.take(name)?;
        self.as_object(&[Part::Name(name)], value)
    }

    /// An object that has to be there.
    pub(super) fn needed_object(&mut self, name: &'static str) -> Option<Object<'a>> {
        let value = self.need(name)?;
        self.as_object(&[Part::Name(name)], value)
    }

    fn as_object(&self, below: &[Part], value: Value) -> Option<Object<'a>> {
        let Value::Object(fields) = value else {
            let message = "Input should be a valid dictionary or object to extract fields from";
            self.flaw_at(below, "model_attributes_type", message.into());
            return None;
        };
        Some(Object {
            flaws: self.flaws,
            place: [&self.place, below].concat(),
            fields,
        })
    }

    /// A list of so many objects, each read. It may be absent when it may be empty.
    pub(super) fn objects<T>(
        &mut self,
        name: &'static str,
        length: RangeInclusive<usize>,
        mut read: impl FnMut(&mut Object<'a>) -> T,
    ) -> Vec<T> {
        let items = self.list(name, length).into_iter().enumerate();
        let items = items.filter_map(|(index, item)| {
            let place = [Part::Name(name), Part::Index(index)];
            Some(read(&mut self.as_object(&place, item)?))
        });
        items.collect()
    }

    /// A list of texts; none when it is absent or null.
    pub(super) fn texts(&mut self, name: &'static str) -> Vec<String> {
        let items = self.list(name, 0..=usize::MAX).into_iter().enumerate();
        let items = items.filter_map(|(index, item)| {
            self.as_text(&[Part::Name(name), Part::Index(index)], item, Text::ANY)
        });
        items.collect()
    }

    fn list(&mut self, name: &'static str, length: RangeInclusive<usize>) -> Vec<Value> {
        let value = if *length.start() == 0 {
            self.take(name)
        } else {
            self.need(name)
        };
        let items = match value {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.flaw(name, "list_type", "Input should be a valid list");
                return Vec::new();
            }
        };
        let (count, least, most) = (items.len(), length.start(), length.end());
        let plural = |count: &usize| if *count == 1 { "item" } else { "items" };
        if count < *least {
            let message = format!(
                "List should have at least {least} {} after validation, not {count}",
                plural(least)
            );
            self.flaw(name, "too_short", message);
        }
        if count > *most {
            let message = format!(
                "List should have at most {most} {} after validation, not {count}",
                plural(most)
            );
            self.flaw(name, "too_long", message);
            return Vec::new();
        }
        items
    }
}
