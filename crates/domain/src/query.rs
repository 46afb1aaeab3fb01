//! What rows of the request log are asked for: `model:mixtral status:5xx -client:curl* "timed out"`.
//! Every term must hold. Reads and writes queries; finds no rows and knows no time of its own.

mod keys;
mod parse;
mod time;
mod write;

use std::time::Duration;

use crate::{Feature, Provider, RequestState};

pub use time::When;

/// A query: the rows for which every term holds. Without terms it is every row. It is parsed from
/// text, and `Display` gives its normal form, which parses to the same query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The terms, in the order in which they were written.
    pub terms: Vec<Term>,
}

/// One condition on a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether the row must fail the test. What a row does not have, it fails.
    pub is_negated: bool,
    /// The test.
    pub test: Test,
}

/// What a row is tested for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// These words occur in one of its texts.
    Text(Words),
    /// The deployment name that was asked.
    Model(Pattern),
    /// The feature.
    Feature(Feature),
    /// The HTTP status of the answer.
    Status(Number<u16>),
    /// The hundreds of the status, 1 to 5: `4xx`.
    StatusClass(u8),
    /// Who asked.
    Client(Pattern),
    /// How it ended, or that it runs.
    State(RequestState),
    /// The provider.
    Provider(Provider),
    /// The family.
    Family(Pattern),
    /// The path, without query.
    Path(Pattern),
    /// The HTTP method, in capitals.
    Method(String),
    /// The correlation id.
    Id(Pattern),
    /// From start to end.
    Duration(Bound<Duration>),
    /// Until the first token.
    FirstToken(Bound<Duration>),
    /// How long it took to connect to servers.
    Connect(Bound<Duration>),
    /// Mean time between two tokens of a stream.
    Gap(Bound<Duration>),
    /// How long it waited for its turn.
    Queued(Bound<Duration>),
    /// Where it came from: an address with a port, without one, or the beginning of it.
    Address(Pattern),
    /// Who issued the token that it showed.
    Issuer(Pattern),
    /// The GitLab instance of that token.
    Instance(Pattern),
    /// Accepted at this time or later.
    Since(When),
    /// Accepted before this time; a day counts to its end.
    Until(When),
    /// Whether the answer was streamed.
    Streamed(bool),
    /// How often a call was made again.
    Retries(Number<u32>),
}

/// A value that is equal, letter by letter, or that begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Equal.
    Exactly(String),
    /// Begins so: `mix*`. With nothing before the star, any value.
    Beginning(String),
}

/// A number, or where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number<T> {
    /// This one.
    Exactly(T),
    /// One on this side.
    Bound(Bound<T>),
}

/// A side of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound<T> {
    /// Which side.
    pub order: Order,
    /// The value.
    pub value: T,
}

/// How a value lies to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

impl Order {
    /// All of them; a sign stands before those that it begins with.
    pub const ALL: [Self; 4] = [Self::AtLeast, Self::AtMost, Self::Above, Self::Below];

    /// The sign, in a query and in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }
}

/// Words that follow each other: at least one letter or digit, no control characters. Case does
/// not count, and signs stand for spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    text: String,
    is_open: bool,
}

impl Words {
    /// Words from a text; none when there is nothing in it to look for. Of the last word of open
    /// ones the beginning is enough: `mix*`.
    pub fn new(text: &str, is_open: bool) -> Option<Self> {
        let is_useful = text.chars().any(char::is_alphanumeric) && !has_control(text);
        is_useful.then(|| Self {
            text: text.to_owned(),
            is_open,
        })
    }

    /// As they were written, without the star.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the last one may go on.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether they occur in this text.
    pub fn occur_in(&self, text: &str) -> bool {
        let mut rest = words(text);
        loop {
            if self.begin(rest.clone()) {
                return true;
            }
            if rest.next().is_none() {
                return false;
            }
        }
    }

    /// Whether these words begin with ours.
    fn begin<'a>(&self, mut found: impl Iterator<Item = &'a str>) -> bool {
        let mut wanted = words(&self.text).peekable();
        while let Some(word) = wanted.next() {
            let Some(other) = found.next() else {
                return false;
            };
            let mut letters = lower(other);
            let begins = lower(word).all(|letter| letters.next() == Some(letter));
            let may_go_on = self.is_open && wanted.peek().is_none();
            if !begins || !may_go_on && letters.next().is_some() {
                return false;
            }
        }
        true
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

fn lower(word: &str) -> impl Iterator<Item = char> {
    word.chars().flat_map(char::to_lowercase)
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

impl Query {
    /// A query of this one test.
    pub fn of(test: Test) -> Self {
        let is_negated = false;
        Self {
            terms: vec![Term { is_negated, test }],
        }
    }
}

/// How queries are written, for the reader of an error.
pub(crate) fn help() -> String {
    format!(
        "Write words, \"quoted words\" and key:value, with - before what must not be. The keys are {}. \
         Quote a text that has spaces or a colon.",
        keys::names()
    )
}

#[cfg(test)]
mod tests;
