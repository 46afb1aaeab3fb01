//! Pages of the request log.

use rusqlite::{Connection, OptionalExtension, ToSql, named_params};

use super::rows::{COLUMNS, view};
use crate::view::{RequestId, RequestPage, RequestQuery, RequestView};

/// Rows of a page that names no limit.
const PAGE: u32 = 100;

/// Where a text is searched.
const SEARCHED: [&str; 8] = [
    "model",
    "feature",
    "client",
    "path",
    "status",
    "correlation_id",
    "error",
    "state",
];

/// Rows, newest first, and how many match.
pub(super) fn page(connection: &Connection, query: &RequestQuery) -> rusqlite::Result<RequestPage> {
    let limit = if query.limit == 0 { PAGE } else { query.limit };
    let correlation_id = query
        .correlation_id
        .as_deref()
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let text = query
        .text
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(pattern);
    let mut conditions = Vec::new();
    let mut values: Vec<(&str, &dyn ToSql)> = Vec::new();
    if let Some(id) = &correlation_id {
        conditions.push("correlation_id = :correlation_id".to_owned());
        values.push((":correlation_id", id));
    }
    if let Some(state) = query.state {
        conditions.push(format!("state = '{}'", state.as_str()));
    }
    if let Some(text) = &text {
        let each = SEARCHED.map(|column| format!("{column} LIKE :text ESCAPE '\\'"));
        conditions.push(format!("({})", each.join(" OR ")));
        values.push((":text", text));
    }
    // One snapshot for the rows and both numbers; it ends with this page.
    let snapshot = connection.unchecked_transaction()?;
    let total = count(&snapshot, "", &[])?;
    let matching = if conditions.is_empty() {
        total
    } else {
        count(
            &snapshot,
            &format!("WHERE {}", conditions.join(" AND ")),
            &values,
        )?
    };
    let before = query.before.map_or(i64::MAX, |id| id.0);
    conditions.push("id < :before".to_owned());
    values.push((":before", &before));
    values.push((":limit", &limit));
    let conditions = conditions.join(" AND ");
    let sql =
        format!("SELECT {COLUMNS} FROM requests WHERE {conditions} ORDER BY id DESC LIMIT :limit");
    let mut statement = snapshot.prepare_cached(&sql)?;
    let rows = statement
        .query_map(values.as_slice(), view)?
        .collect::<Result<_, _>>()?;
    Ok(RequestPage {
        rows,
        matching,
        total,
    })
}

/// One row.
pub(super) fn by_id(
    connection: &Connection,
    id: RequestId,
) -> rusqlite::Result<Option<RequestView>> {
    let sql = format!("SELECT {COLUMNS} FROM requests WHERE id = ?");
    connection
        .prepare_cached(&sql)?
        .query_row([id.0], view)
        .optional()
}

/// The rows after this one, oldest first.
pub(super) fn newer_than(
    connection: &Connection,
    id: RequestId,
    limit: u32,
) -> rusqlite::Result<Vec<RequestView>> {
    let sql = format!("SELECT {COLUMNS} FROM requests WHERE id > :id ORDER BY id LIMIT :limit");
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(named_params! {":id": id.0, ":limit": limit}, view)?
        .collect()
}

fn count(
    connection: &Connection,
    conditions: &str,
    values: &[(&str, &dyn ToSql)],
) -> rusqlite::Result<u64> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT count(*) FROM requests {conditions}"))?;
    statement.query_row(values, |row| Ok(row.get::<_, i64>(0)?.max(0) as u64))
}

/// A pattern that finds this text anywhere, letter by letter.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if ['%', '_', '\\'].contains(&letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
