//! Writes a query in its normal form.

use std::fmt::{self, Display, Formatter, Write};

use super::time::Length;
use super::{Bound, Number, Pattern, Query, Term, Test, Words};

impl Display for Query {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for (place, term) in self.terms.iter().enumerate() {
            if place > 0 {
                formatter.write_char(' ')?;
            }
            term.fmt(formatter)?;
        }
        Ok(())
    }
}

impl Display for Term {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if self.is_negated {
            formatter.write_char('-')?;
        }
        self.test.fmt(formatter)
    }
}

impl Display for Test {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(words) => words.fmt(formatter),
            Self::Model(pattern) => write!(formatter, "model:{pattern}"),
            Self::Feature(feature) => write!(formatter, "feature:{feature}"),
            Self::Status(number) => write!(formatter, "status:{number}"),
            Self::StatusClass(class) => write!(formatter, "status:{class}xx"),
            Self::Client(pattern) => write!(formatter, "client:{pattern}"),
            Self::State(state) => write!(formatter, "state:{}", state.as_str()),
            Self::Provider(provider) => write!(formatter, "provider:{provider}"),
            Self::Family(pattern) => write!(formatter, "family:{pattern}"),
            Self::Path(pattern) => write!(formatter, "path:{pattern}"),
            Self::Method(method) => write!(formatter, "method:{method}"),
            Self::Id(pattern) => write!(formatter, "id:{pattern}"),
            Self::Duration(bound) => write!(formatter, "duration:{}", length(bound)),
            Self::FirstToken(bound) => write!(formatter, "first:{}", length(bound)),
            Self::Connect(bound) => write!(formatter, "connect:{}", length(bound)),
            Self::Gap(bound) => write!(formatter, "gap:{}", length(bound)),
            Self::Queued(bound) => write!(formatter, "queued:{}", length(bound)),
            Self::Address(pattern) => write!(formatter, "address:{pattern}"),
            Self::Issuer(pattern) => write!(formatter, "issuer:{pattern}"),
            Self::Instance(pattern) => write!(formatter, "instance:{pattern}"),
            Self::Since(when) => write!(formatter, "since:{when}"),
            Self::Until(when) => write!(formatter, "until:{when}"),
            Self::Streamed(true) => formatter.write_str("streamed:yes"),
            Self::Streamed(false) => formatter.write_str("streamed:no"),
            Self::Retries(number) => write!(formatter, "retries:{number}"),
        }
    }
}

impl Display for Words {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        // Bare, these would be read as a negation or as a key.
        let is_free = !text.starts_with('-') && !text.contains(':');
        starred(text, is_free, self.is_open(), formatter)
    }
}

impl Display for Pattern {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(text) => starred(text, !text.is_empty(), false, formatter),
            Self::Beginning(text) => starred(text, true, true, formatter),
        }
    }
}

/// A text, in quotes where it must be, and a star when more may follow.
fn starred(text: &str, is_free: bool, is_open: bool, formatter: &mut Formatter<'_>) -> fmt::Result {
    let is_bare = is_free
        && !text.starts_with('"')
        && !text.ends_with('*')
        && !text.contains(char::is_whitespace);
    if is_bare {
        formatter.write_str(text)?;
    } else {
        quote(text, formatter)?;
    }
    formatter.write_str(if is_open { "*" } else { "" })
}

impl<T: Display> Display for Number<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(value) => value.fmt(formatter),
            Self::Bound(bound) => bound.fmt(formatter),
        }
    }
}

impl<T: Display> Display for Bound<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.order.as_str(), self.value)
    }
}

fn length(bound: &Bound<std::time::Duration>) -> Bound<Length> {
    Bound {
        order: bound.order,
        value: Length(bound.value),
    }
}

fn quote(text: &str, formatter: &mut Formatter<'_>) -> fmt::Result {
    formatter.write_char('"')?;
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            formatter.write_char('\\')?;
        }
        formatter.write_char(letter)?;
    }
    formatter.write_char('"')
}
