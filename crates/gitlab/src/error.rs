//! What can be wrong with a request of GitLab or of an editor. Never repeats a value of a body, as
//! bodies carry keys.

use serde_json::{Value, json};

/// A body that is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GitlabError {
    /// It breaks the schema; every flaw that was found, never none. Answered with 422.
    #[error("{}", sentence(.0))]
    Invalid(Vec<Flaw>),
    /// Each field is right and the whole makes no sense. Answered with 400.
    #[error("{0}")]
    Refused(&'static str),
}

/// One thing that is wrong with a body, in the words of pydantic, which GitLab's gateway uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// A word for programs, such as `string_too_long`.
    pub kind: &'static str,
    /// Where, from `body` down.
    pub place: Vec<Part>,
    /// What, as a sentence.
    pub message: String,
}

/// A step of the way to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The field of an object.
    Name(&'static str),
    /// The item of a list, from 0.
    Index(usize),
}

impl Flaw {
    /// The flaw as an item of `detail`.
    pub fn json(&self) -> Value {
        let place = self.place.iter().map(|part| match part {
            Part::Name(name) => json!(name),
            Part::Index(index) => json!(index),
        });
        let place: Vec<Value> = place.collect();
        json!({"msg": self.message, "type": self.kind, "loc": place})
    }

    /// The place in one word, such as `messages[2].role`; empty for the body itself.
    fn path(&self) -> String {
        let mut path = String::new();
        for part in self.place.iter().skip(1) {
            match part {
                Part::Name(name) if path.is_empty() => path.push_str(name),
                Part::Name(name) => path.extend([".", name]),
                Part::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

/// The first flaw, and how many more there are.
fn sentence(flaws: &[Flaw]) -> String {
    let Some(first) = flaws.first() else {
        return "the body is not valid".to_owned();
    };
    let mut text = match first.path() {
        path if path.is_empty() => format!("the body is not valid: {}", first.message),
        path => format!("{path}: {}", first.message),
    };
    if flaws.len() > 1 {
        text.push_str(&format!(" (and {} more)", flaws.len() - 1));
    }
    text
}
