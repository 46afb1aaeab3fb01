//! A query as SQL. What came from outside is bound, never written into a statement. Words are
//! looked up in the full-text table, which holds the rows that have ended; the few that run are
//! read and looked through.

use std::time::Duration;

use domain::{Bound, Number, Pattern, Query, Test, Words};
use jiff::{Timestamp, Zoned};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::summary::first_since;
use crate::view::RequestView;

/// Rows may be this much out of the order of their times: several processes write, and rows wait
/// while the disk refuses.
const DISORDER: Duration = Duration::from_secs(600);

/// The rows in which words occur, found by the words first: they leave the fewest.
const HITS: &str = "(SELECT rowid AS hit FROM requests_text WHERE requests_text MATCH ?) \
     CROSS JOIN requests ON id = hit";

/// A query, ready to be put into statements.
pub(super) struct Search {
    /// Conditions on a row of `requests`, all of which must hold.
    conditions: Vec<String>,
    /// The values of their question marks, in order.
    values: Vec<Value>,
    /// What words must occur, or must not (`true`).
    words: Vec<(bool, Words)>,
}

/// Rows to read from: a statement from `FROM` to its conditions, and its values.
pub(super) struct Source {
    /// The text.
    pub(super) sql: String,
    /// The id of the row, as the statement gives its order.
    pub(super) id: &'static str,
    /// The values of its question marks, in order.
    pub(super) values: Vec<Value>,
}

impl Search {
    /// The search for this query, at this time.
    pub(super) fn new(
        connection: &Connection,
        query: &Query,
        now: &Zoned,
    ) -> rusqlite::Result<Self> {
        let mut search = Self {
            conditions: Vec::new(),
            values: Vec::new(),
            words: Vec::new(),
        };
        for term in &query.terms {
            if let Test::Text(words) = &term.test {
                search.words.push((term.is_negated, words.clone()));
                continue;
            }
            let (condition, values) = condition(connection, &term.test, now)?;
            search.conditions.push(if term.is_negated {
                // What a row does not have is not equal.
                format!("({condition}) IS NOT TRUE")
            } else {
                condition
            });
            search.values.extend(values);
        }
        Ok(search)
    }

    /// Whether every row is wanted.
    pub(super) fn is_everything(&self) -> bool {
        self.conditions.is_empty() && self.words.is_empty()
    }

    /// The rows that match by SQL alone: with words, only those that have ended.
    pub(super) fn rows(&self) -> Source {
        let mut conditions = self.conditions.clone();
        let mut values = self.values.clone();
        let mut from = "requests";
        let mut id = "id";
        if let Some((is_negated, expression)) = self.expression() {
            if is_negated {
                conditions.push("state <> 'running'".into());
                conditions.push(
                    "id NOT IN (SELECT rowid FROM requests_text WHERE requests_text MATCH ?)"
                        .into(),
                );
                values.push(expression.into());
            } else {
                from = HITS;
                id = "hit";
                values.insert(0, expression.into());
            }
        }
        Source::new(from, id, &conditions, values)
    }

    /// Counts these rows without reading them, where that can be.
    pub(super) fn counted(&self) -> Source {
        match self.expression() {
            Some((false, expression)) if self.conditions.is_empty() => {
                let conditions = ["requests_text MATCH ?".to_owned()];
                Source::new(
                    "requests_text",
                    "rowid",
                    &conditions,
                    vec![expression.into()],
                )
            }
            _ => self.rows(),
        }
    }

    /// The rows that still run and meet the conditions; [`Self::has_words`] decides on each. None
    /// without words: then the other source has them.
    pub(super) fn running(&self) -> Option<Source> {
        let mut conditions = self.conditions.clone();
        conditions.push("state = 'running'".into());
        let source = || Source::new("requests", "id", &conditions, self.values.clone());
        (!self.words.is_empty()).then(source)
    }

    /// Whether the words occur in a row as they must.
    pub(super) fn has_words(&self, row: &RequestView) -> bool {
        let feature = row.feature.map(|feature| feature.record().name);
        let texts = [
            Some(row.model.as_str()),
            feature,
            Some(&row.client),
            Some(&row.path),
            Some(&row.correlation_id),
        ];
        self.words.iter().all(|(is_negated, words)| {
            let occur = texts.iter().flatten().any(|text| words.occur_in(text));
            occur != *is_negated
        })
    }

    /// The words in the language of the full-text table, and whether they are all unwanted: it
    /// cannot look for what is not there.
    fn expression(&self) -> Option<(bool, String)> {
        let of = |wanted: bool| {
            let words = self.words.iter().filter(move |(no, _)| *no != wanted);
            words.map(|(_, words)| phrase(words)).collect::<Vec<_>>()
        };
        let (wanted, unwanted) = (of(true), of(false));
        match (wanted.is_empty(), unwanted.is_empty()) {
            (true, true) => None,
            (true, false) => Some((true, unwanted.join(" OR "))),
            (false, true) => Some((false, wanted.join(" AND "))),
            (false, false) => {
                let (wanted, unwanted) = (wanted.join(" AND "), unwanted.join(" OR "));
                Some((false, format!("({wanted}) NOT ({unwanted})")))
            }
        }
    }
}

impl Source {
    fn new(from: &str, id: &'static str, conditions: &[String], values: Vec<Value>) -> Self {
        let all = if conditions.is_empty() {
            "TRUE".to_owned()
        } else {
            conditions.join(" AND ")
        };
        Self {
            sql: format!("FROM {from} WHERE {all}"),
            id,
            values,
        }
    }
}

/// A phrase of the full-text table.
fn phrase(words: &Words) -> String {
    let star = if words.is_open() { " *" } else { "" };
    format!("\"{}\"{star}", words.as_str().replace('"', "\"\""))
}

fn condition(
    connection: &Connection,
    test: &Test,
    now: &Zoned,
) -> rusqlite::Result<(String, Vec<Value>)> {
    let equal =
        |column: &str, value: &str| (format!("{column} = ?"), vec![value.to_owned().into()]);
    Ok(match test {
        // Words are looked up, not compared.
        Test::Text(_) => ("TRUE".into(), Vec::new()),
        Test::Model(value) => pattern("model", value),
        Test::Client(value) => pattern("client", value),
        Test::Family(value) => pattern("family", value),
        Test::Path(value) => pattern("path", value),
        Test::Id(value) => pattern("correlation_id", value),
        Test::Feature(feature) => equal("feature", feature.record().name),
        Test::Provider(provider) => equal("provider", provider.record().name),
        // Written out, so that SQLite sees that the index of the few has them.
        Test::State(state) => (format!("state = '{}'", state.as_str()), Vec::new()),
        Test::Method(method) => equal("method", method),
        Test::Status(value) => status(number("status", value), least(value)),
        Test::StatusClass(class) => {
            let from = i64::from(*class) * 100;
            let range = "status >= ? AND status < ?".to_owned();
            status((range, vec![from.into(), (from + 100).into()]), from)
        }
        Test::Duration(length) => bound("duration_us", length, microseconds),
        Test::FirstToken(length) => bound("first_token_us", length, microseconds),
        Test::Retries(value) => number("ifnull(retries, 0)", value),
        Test::Streamed(is_streamed) => ("streamed = ?".into(), vec![(*is_streamed).into()]),
        Test::Since(when) => {
            let at = when.begin(now).as_millisecond();
            let first = first_since(connection, at)?;
            let condition = "(id >= ? AND started_at >= ?)";
            (condition.into(), vec![first.into(), at.into()])
        }
        Test::Until(when) => {
            let end = when.end(now);
            let late = end.checked_add(DISORDER).unwrap_or(Timestamp::MAX);
            let last = first_since(connection, late.as_millisecond())?;
            let condition = "(id < ? AND started_at < ?)";
            (
                condition.into(),
                vec![last.into(), end.as_millisecond().into()],
            )
        }
    })
}

fn pattern(column: &str, pattern: &Pattern) -> (String, Vec<Value>) {
    match pattern {
        Pattern::Exactly(text) => (format!("{column} = ?"), vec![text.clone().into()]),
        // A range, so that an index finds it.
        Pattern::Beginning(text) => (
            format!("({column} >= ? AND {column} < ?)"),
            vec![text.clone().into(), format!("{text}{}", char::MAX).into()],
        ),
    }
}

fn number<T: Copy + Into<i64>>(column: &str, value: &Number<T>) -> (String, Vec<Value>) {
    match value {
        Number::Exactly(value) => (format!("{column} = ?"), vec![(*value).into().into()]),
        Number::Bound(value) => bound(column, value, Into::into),
    }
}

fn bound<T: Copy>(
    column: &str,
    bound: &Bound<T>,
    integer: impl Fn(T) -> i64,
) -> (String, Vec<Value>) {
    let condition = format!("{column} {} ?", bound.order.as_str());
    (condition, vec![integer(bound.value).into()])
}

/// The lowest status that meets this.
fn least(value: &Number<u16>) -> i64 {
    match value {
        Number::Exactly(value) => (*value).into(),
        Number::Bound(bound) => match bound.order {
            domain::Order::Above | domain::Order::AtLeast => bound.value.into(),
            domain::Order::Below | domain::Order::AtMost => 0,
        },
    }
}

/// A condition on the status. The index has only refusals and failures; SQLite must read that
/// none other is asked for.
fn status((condition, values): (String, Vec<Value>), least: i64) -> (String, Vec<Value>) {
    if least >= 400 {
        (format!("({condition} AND status >= 400)"), values)
    } else {
        (format!("({condition})"), values)
    }
}

fn microseconds(length: Duration) -> i64 {
    length.as_micros().try_into().unwrap_or(i64::MAX)
}
