//! Reads a query from text. Every refusal names the term and what may stand there.

use std::str::FromStr;

use super::keys::key;
use super::{Query, Term, Test, Words, has_control};
use crate::DomainError;

/// Letters of a query, at most.
const LETTERS_MOST: usize = 2_000;
/// Terms of a query, at most.
const TERMS_MOST: usize = 50;
/// Letters of a term that an error repeats.
const SHOWN: usize = 60;

/// What stands after a key, or alone.
pub(super) struct Value {
    /// The text, without quotes.
    pub(super) text: String,
    /// Whether it stood between quotes.
    pub(super) is_quoted: bool,
    /// Whether a star stood behind the quotes.
    pub(super) has_star: bool,
}

impl Value {
    /// The text without its star, and whether it had one.
    pub(super) fn starred(&self) -> (&str, bool) {
        match self.text.strip_suffix('*') {
            Some(beginning) if !self.is_quoted => (beginning, true),
            _ => (&self.text, self.has_star),
        }
    }
}

impl FromStr for Query {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        if text.chars().count() > LETTERS_MOST {
            let problem = format!("it is longer than {LETTERS_MOST} letters");
            return Err(refusal(text, problem));
        }
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            if terms.len() == TERMS_MOST {
                return Err(refusal(
                    rest,
                    format!("it has more than {TERMS_MOST} terms"),
                ));
            }
            let (term, after) = term(rest)?;
            terms.push(term);
            rest = after.trim_start();
        }
        Ok(Self { terms })
    }
}

/// The first term of a text, and what follows it.
fn term(text: &str) -> Result<(Term, &str), DomainError> {
    let (is_negated, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let (name, body) = match named(body) {
        Some((name, body)) => (Some(name), body),
        None => (None, body),
    };
    let (value, rest) = value(body).map_err(|problem| refusal(text, problem))?;
    let written = &text[..text.len() - rest.len()];
    let test = match name {
        Some(name) => keyed(name, &value),
        None => words(&value),
    };
    let test = test.map_err(|problem| refusal(written, problem))?;
    Ok((Term { is_negated, test }, rest))
}

/// The key before a colon, and what follows.
fn named(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(':')?;
    let is_key = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    is_key.then_some((name, rest))
}

/// A value and what follows it.
fn value(text: &str) -> Result<(Value, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let value = Value {
            text: text[..end].to_owned(),
            is_quoted: false,
            has_star: false,
        };
        return Ok((value, &text[end..]));
    };
    let mut inner = String::new();
    let mut letters = quoted.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => {
                let after = &quoted[place + 1..];
                let starred = after.strip_prefix('*');
                let rest = starred.unwrap_or(after);
                if rest.starts_with(|next: char| !next.is_whitespace()) {
                    return Err("a space must follow the closing quote".into());
                }
                let value = Value {
                    text: inner,
                    is_quoted: true,
                    has_star: starred.is_some(),
                };
                return Ok((value, rest));
            }
            '\\' => inner.extend(letters.next().map(|(_, letter)| letter)),
            letter => inner.push(letter),
        }
    }
    Err("the quote is not closed".into())
}

fn keyed(name: &str, value: &Value) -> Result<Test, String> {
    let Some(key) = key(name) else {
        return Err(format!(
            "there is no key {name}; a text with a colon stands in quotes"
        ));
    };
    (key.read)(value).ok_or_else(|| format!("{} takes {}", key.name, (key.takes)()))
}

fn words(value: &Value) -> Result<Test, String> {
    let (text, is_open) = value.starred();
    Words::new(text, is_open).map(Test::Text).ok_or_else(|| {
        let wrong = if has_control(&value.text) {
            "it has a control character"
        } else {
            "it has no letter or digit"
        };
        format!("{wrong}; a text takes words")
    })
}

fn refusal(term: &str, problem: String) -> DomainError {
    let mut shown: String = term.chars().take(SHOWN).collect();
    if shown.len() < term.len() {
        shown.push('…');
    }
    DomainError::Query {
        term: shown,
        problem,
    }
}
