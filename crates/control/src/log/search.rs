//! A query as SQL. What came from outside is bound, never written into a statement. Words are
//! looked up in the full-text index; rows that it does not have are read and looked through.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use domain::{Bound, Number, Pattern, Term, Test, Words};
use jiff::Zoned;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use super::index::Part;
use super::list::Wanted;
use super::rows::TEXT_COLUMNS;
use super::spans::{first_since, last_until};
use crate::recordings::Said;

/// A query, ready to be put into statements.
pub(super) struct Search<'a> {
    /// Conditions on a row of `requests`, all of which must hold.
    conditions: Vec<String>,
    /// The values of their question marks, in order.
    values: Vec<Value>,
    /// What words must occur, or must not (`true`).
    words: Vec<(bool, Words)>,
    /// Whether an index of the table leaves few rows, so that words are looked up after it.
    is_selective: bool,
    /// Whether an index of the table counts the rows without reading them.
    is_counted_by_index: bool,
    /// For each of the words, which rows' recordings have them.
    said: &'a [Said],
    /// All these rows, as JSON; none without any.
    said_ids: Option<String>,
}

/// Rows to read from: a statement from `FROM` to its conditions, and its values.
pub(super) struct Source {
    /// The text; more conditions may follow it.
    pub(super) sql: String,
    /// The id of the row, as the statement gives its order.
    pub(super) id: &'static str,
    /// The values of its question marks, in order.
    pub(super) values: Vec<Value>,
}

impl<'a> Search<'a> {
    /// The search for what is wanted, of which words were looked up.
    pub(super) fn new(connection: &Connection, wanted: &'a Wanted) -> rusqlite::Result<Self> {
        let Wanted {
            query, now, said, ..
        } = wanted;
        let ids: BTreeSet<i64> = said
            .iter()
            .flat_map(|said| said.rows.keys().copied())
            .collect();
        let mut search = Self {
            conditions: Vec::new(),
            values: Vec::new(),
            words: Vec::new(),
            is_selective: false,
            is_counted_by_index: matches!(&query.terms[..], [term] if has_index(term)),
            said,
            said_ids: (!ids.is_empty()).then(|| serde_json::json!(ids).to_string()),
        };
        for term in &query.terms {
            if let Test::Text(words) = &term.test {
                search.words.push((term.is_negated, words.clone()));
                continue;
            }
            let (condition, values) = condition(connection, &term.test, now)?;
            search.is_selective |= !term.is_negated && leaves_few(&term.test);
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

    /// Whether every recording with the words is known.
    pub(super) fn is_whole(&self) -> bool {
        !self.said.iter().any(|said| said.is_partial)
    }

    /// The condition that a row is (or, with `NOT `, is not) one that is looked through apart from
    /// the index. The values of [`Self::said_ids`] belong to it.
    pub(super) fn apart(&self, id: &str, not: &str) -> String {
        let said = self.said_ids.as_ref();
        let said = said.map_or("", |_| " UNION ALL SELECT value FROM json_each(?)");
        format!("{id} {not}IN (SELECT id FROM overdue{said})")
    }

    /// The value of the question mark in [`Self::apart`], where it has one.
    pub(super) fn said_ids(&self) -> Option<Value> {
        self.said_ids.clone().map(Value::from)
    }

    /// Whether every row is wanted.
    pub(super) fn is_everything(&self) -> bool {
        self.conditions.is_empty() && self.words.is_empty()
    }

    /// Whether words must be looked up.
    pub(super) fn asks_for_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether an index of the table leaves few rows.
    pub(super) fn is_selective(&self) -> bool {
        self.is_selective
    }

    /// Whether an index of the table counts the rows without reading them.
    pub(super) fn is_counted_by_index(&self) -> bool {
        self.is_counted_by_index
    }

    /// Whether nothing but words is asked for.
    pub(super) fn is_words_alone(&self) -> bool {
        self.conditions.is_empty()
    }

    /// The rows that meet the conditions. Of words it knows nothing: [`Self::has_words`] decides.
    pub(super) fn rows(&self) -> Source {
        Source::new("requests", "id", &self.conditions, self.values.clone())
    }

    /// The rows of a part of the index that meet the conditions and have the words.
    pub(super) fn indexed_rows(&self, part: Part) -> Source {
        let (is_negated, expression) = self.expression();
        let table = part.table();
        let hits = format!("SELECT rowid AS hit FROM {table} WHERE {table} MATCH ?");
        let mut conditions = self.conditions.clone();
        let mut values = self.values.clone();
        if !is_negated && !self.is_selective {
            // By the words first: they leave the fewest.
            values.insert(0, expression.into());
            conditions.push(self.apart("hit", "NOT "));
            values.extend(self.said_ids());
            let from = format!("({hits}) CROSS JOIN requests ON id = hit");
            return Source::new(&from, "hit", &conditions, values);
        }
        let (not, plus) = match (is_negated, self.is_selective) {
            (true, false) => ("NOT ", ""),
            (true, true) => ("NOT ", "+"),
            (false, _) => ("", "+"),
        };
        let (first, last) = part.ids();
        conditions.push(format!(
            "{plus}id BETWEEN {first} AND {last} AND +id <= (SELECT indexed FROM totals) \
             AND {} AND +id {not}IN ({hits})",
            self.apart("+id", "NOT "),
        ));
        values.extend(self.said_ids());
        values.push(expression.into());
        Source::new("requests", "id", &conditions, values)
    }

    /// The words in a part of the index, without a look at the rows: what was removed may be among
    /// them.
    pub(super) fn hits(&self, part: Part) -> Option<Source> {
        let (is_negated, expression) = self.expression();
        let table = part.table();
        let conditions = [
            format!("{table} MATCH ?"),
            "rowid >= (SELECT min(id) FROM requests)".into(),
            self.apart("rowid", "NOT "),
        ];
        let mut values = vec![expression.into()];
        values.extend(self.said_ids());
        let source = || Source::new(&table, "rowid", &conditions, values);
        (!is_negated && self.is_words_alone()).then(source)
    }

    /// Whether the words occur in a row, of which all columns were selected, or in its recording, as
    /// they must.
    pub(super) fn has_words(&self, row: &Row<'_>) -> rusqlite::Result<bool> {
        for (place, (is_negated, words)) in self.words.iter().enumerate() {
            let mut occur = self.is_said(place, row)?;
            for column in TEXT_COLUMNS {
                let text = row.get_ref(column)?.as_str_or_null()?;
                occur |= text.is_some_and(|text| words.occur_in(text));
            }
            if occur == *is_negated {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the recording of a row has these words.
    fn is_said(&self, place: usize, row: &Row<'_>) -> rusqlite::Result<bool> {
        let Some(Said { rows, .. }) = self.said.get(place).filter(|said| !said.rows.is_empty())
        else {
            return Ok(false);
        };
        let id: i64 = row.get("id")?;
        Ok(match rows.get(&id) {
            Some(correlation_id) => row.get_ref("correlation_id")?.as_str()? == correlation_id,
            None => false,
        })
    }

    /// The words in the language of the index, and whether they are all unwanted: it cannot look
    /// for what is not there.
    fn expression(&self) -> (bool, String) {
        let of = |wanted: bool| {
            let words = self.words.iter().filter(move |(no, _)| *no != wanted);
            words.map(|(_, words)| phrase(words)).collect::<Vec<_>>()
        };
        let (wanted, unwanted) = (of(true).join(" AND "), of(false).join(" OR "));
        match (wanted.is_empty(), unwanted.is_empty()) {
            (true, _) => (true, unwanted),
            (false, true) => (false, wanted),
            (false, false) => (false, format!("({wanted}) NOT ({unwanted})")),
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

    /// With one more condition on the id.
    pub(super) fn and(mut self, order: &str, id: i64) -> Self {
        self.sql = format!("{} AND {} {order} ?", self.sql, self.id);
        self.values.push(id.into());
        self
    }
}

/// Whether an index has every row of a value.
fn has_index(term: &Term) -> bool {
    let has_index = matches!(
        &term.test,
        Test::Model(Pattern::Exactly(_)) | Test::Feature(_)
    );
    has_index && !term.is_negated
}

/// Whether an index has only the few rows of this kind.
fn leaves_few(test: &Test) -> bool {
    match test {
        Test::Id(_) => true,
        Test::Status(value) => least(value) >= 400,
        Test::StatusClass(class) => *class >= 4,
        Test::State(state) => *state != domain::RequestState::Completed,
        _ => false,
    }
}

/// A phrase of the full-text table.
pub(super) fn phrase(words: &Words) -> String {
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
        Test::Connect(length) => bound("connect_us", length, microseconds),
        Test::Gap(length) => bound("gap_us", length, microseconds),
        Test::Queued(length) => bound("queued_us", length, microseconds),
        Test::Address(value) => address(value),
        Test::Issuer(value) => pattern("token_issuer", value),
        Test::Instance(value) => pattern("instance_id", value),
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
            let last = last_until(connection, end.as_millisecond())?;
            let condition = "(id <= ? AND started_at < ?)";
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

/// An address, with whatever port when none is asked for.
fn address(value: &Pattern) -> (String, Vec<Value>) {
    let Pattern::Exactly(text) = value else {
        return pattern("address", value);
    };
    let host = match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(host)) => format!("[{host}]"),
        _ => text.clone(),
    };
    let (condition, mut values) = pattern("address", &Pattern::Beginning(format!("{host}:")));
    values.push(text.clone().into());
    (format!("({condition} OR address = ?)"), values)
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
