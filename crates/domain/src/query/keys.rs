//! The keys of a query and what may stand after each.

use std::time::Duration;

use super::parse::Value;
use super::time::{self, When};
use super::{Bound, Number, Order, Pattern, Test, has_control};
use crate::{FEATURES, Feature, PROVIDERS, Provider, RequestState};

/// A key of a query.
pub(super) struct Key {
    /// How it is written.
    pub(super) name: &'static str,
    /// What may stand after it, as the rest of "… takes".
    pub(super) takes: fn() -> String,
    /// Reads that; nothing when it is something else.
    pub(super) read: fn(&Value) -> Option<Test>,
}

const LENGTH: &str = "a bound such as >2s or <=300ms (units: ms, s, m, h)";

/// Every key.
pub(super) const KEYS: [Key; 22] = [
    Key {
        name: "model",
        takes: || name("a deployment name"),
        read: |value| pattern(value).map(Test::Model),
    },
    Key {
        name: "feature",
        takes: || one_of(FEATURES.iter().map(|record| record.name)),
        read: |value| feature(&value.text).map(Test::Feature),
    },
    Key {
        name: "status",
        takes: || "a status such as 500, a class such as 4xx, or a bound such as >=500".into(),
        read: status,
    },
    Key {
        name: "client",
        takes: || name("the name of a client"),
        read: |value| pattern(value).map(Test::Client),
    },
    Key {
        name: "state",
        takes: || one_of(RequestState::ALL.iter().map(|state| state.as_str())),
        read: |value| RequestState::named(&value.text.to_ascii_lowercase()).map(Test::State),
    },
    Key {
        name: "provider",
        takes: || one_of(PROVIDERS.iter().map(|record| record.name)),
        read: |value| value.text.parse::<Provider>().ok().map(Test::Provider),
    },
    Key {
        name: "family",
        takes: || name("the name of a family"),
        read: |value| pattern(value).map(Test::Family),
    },
    Key {
        name: "path",
        takes: || name("a path such as /v1/chat/completions"),
        read: |value| pattern(value).map(Test::Path),
    },
    Key {
        name: "method",
        takes: || "an HTTP method such as POST".into(),
        read: method,
    },
    Key {
        name: "id",
        takes: || name("a correlation id"),
        read: |value| pattern(value).map(Test::Id),
    },
    Key {
        name: "duration",
        takes: || LENGTH.into(),
        read: |value| length(&value.text).map(Test::Duration),
    },
    Key {
        name: "first",
        takes: || LENGTH.into(),
        read: |value| length(&value.text).map(Test::FirstToken),
    },
    Key {
        name: "connect",
        takes: || LENGTH.into(),
        read: |value| length(&value.text).map(Test::Connect),
    },
    Key {
        name: "gap",
        takes: || LENGTH.into(),
        read: |value| length(&value.text).map(Test::Gap),
    },
    Key {
        name: "queued",
        takes: || LENGTH.into(),
        read: |value| length(&value.text).map(Test::Queued),
    },
    Key {
        name: "address",
        takes: || name("an address such as 127.0.0.1 or 127.0.0.1:51234"),
        read: |value| pattern(value).map(Test::Address),
    },
    Key {
        name: "issuer",
        takes: || name("the issuer of a token"),
        read: |value| pattern(value).map(Test::Issuer),
    },
    Key {
        name: "instance",
        takes: || name("the id of a GitLab instance"),
        read: |value| pattern(value).map(Test::Instance),
    },
    Key {
        name: "since",
        takes: || time::TAKES.into(),
        read: |value| When::read(&value.text).map(Test::Since),
    },
    Key {
        name: "until",
        takes: || time::TAKES.into(),
        read: |value| When::read(&value.text).map(Test::Until),
    },
    Key {
        name: "streamed",
        takes: || "yes or no".into(),
        read: |value| is_yes(&value.text).map(Test::Streamed),
    },
    Key {
        name: "retries",
        takes: || "a number such as 1, or a bound such as >=1".into(),
        read: |value| number(&value.text, 0, u32::MAX).map(Test::Retries),
    },
];

/// The key with this name, in any case.
pub(super) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name.eq_ignore_ascii_case(name))
}

/// The names of all keys, with commas.
pub(super) fn names() -> String {
    KEYS.map(|key| key.name).join(", ")
}

fn name(what: &str) -> String {
    format!("{what}, or its beginning and a star")
}

fn one_of(names: impl Iterator<Item = &'static str>) -> String {
    format!("one of {}", names.collect::<Vec<_>>().join(", "))
}

fn pattern(value: &Value) -> Option<Pattern> {
    if has_control(&value.text) {
        return None;
    }
    match value.starred() {
        (beginning, true) => Some(Pattern::Beginning(beginning.to_owned())),
        ("", false) => None,
        (text, false) => Some(Pattern::Exactly(text.to_owned())),
    }
}

fn feature(text: &str) -> Option<Feature> {
    let record = FEATURES
        .iter()
        .find(|record| record.name.eq_ignore_ascii_case(text));
    record.map(|record| record.feature)
}

fn method(value: &Value) -> Option<Test> {
    let is_method = (1..=20).contains(&value.text.len())
        && value.text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_method.then(|| Test::Method(value.text.to_ascii_uppercase()))
}

fn status(value: &Value) -> Option<Test> {
    let class = match value.text.as_bytes() {
        [class @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => Some(class - b'0'),
        _ => None,
    };
    class
        .map(Test::StatusClass)
        .or_else(|| number(&value.text, 100, 999).map(Test::Status))
}

fn number<T: std::str::FromStr + PartialOrd>(text: &str, least: T, most: T) -> Option<Number<T>> {
    let (order, digits) = ordered(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value: T = is_number.then(|| digits.parse().ok()).flatten()?;
    let is_within = value >= least && value <= most;
    is_within.then_some(match order {
        Some(order) => Number::Bound(Bound { order, value }),
        None => Number::Exactly(value),
    })
}

fn length(text: &str) -> Option<Bound<Duration>> {
    let (order, length) = ordered(text);
    let value = time::read_length(length)?;
    order.map(|order| Bound { order, value })
}

/// The sign before a value, and the value.
fn ordered(text: &str) -> (Option<Order>, &str) {
    let found = Order::ALL
        .into_iter()
        .find_map(|order| Some((Some(order), text.strip_prefix(order.as_str())?)));
    found.unwrap_or((None, text))
}

fn is_yes(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}
