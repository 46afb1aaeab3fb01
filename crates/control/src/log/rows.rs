//! One request between the gateway's record and a row of the table, in both directions.

use std::time::Duration;

use gateway::{Accepted, Outcome, RequestState, Routed};
use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Row, params};

use crate::view::{RequestId, RequestView};

/// The columns in the order of [`view`].
pub(super) const COLUMNS: &str = "id, started_at, correlation_id, state, method, path, client, model, \
     feature, streamed, status, first_token_us, duration_us, prompt_tokens, completion_tokens, \
     finish_reason, error, family, provider, answered_by, retries, queued_us, notes, \
     address, connect_us, gap_us, auth_us, token_issuer, instance_id, params";

/// Where the texts that are searched are among [`COLUMNS`].
pub(super) const TEXT_COLUMNS: [usize; 9] = [2, 5, 6, 7, 8, 15, 16, 19, 22];

const INSERT: &str = "INSERT INTO requests (started_at, correlation_id, state, method, path, client, model, \
     feature, streamed, status, first_token_us, duration_us, prompt_tokens, completion_tokens, \
     finish_reason, error, family, provider, answered_by, retries, queued_us, notes, \
     address, connect_us, gap_us, auth_us, token_issuer, instance_id, params, sequence) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

// Two updates, because SQLite rewrites the index of each column that an update names.
const ROUTE: &str = "UPDATE requests SET model = ?, feature = ?, streamed = ?, family = ?, \
     provider = ? WHERE id = ?";

const END: &str = "UPDATE requests SET state = ?, status = ?, first_token_us = ?, duration_us = ?, \
     prompt_tokens = ?, completion_tokens = ?, finish_reason = ?, error = ?, answered_by = ?, \
     retries = ?, queued_us = ?, notes = ?, connect_us = ?, gap_us = ?, auth_us = ?, \
     token_issuer = ?, instance_id = ?, params = ? WHERE id = ?";

const USED: &str = "INSERT INTO clients (name, last_used_at) VALUES (?, ?) ON CONFLICT (name) \
     DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)";

/// The statements of one transaction.
pub(super) struct Statements<'a> {
    insert: CachedStatement<'a>,
    route: CachedStatement<'a>,
    end: CachedStatement<'a>,
    used: CachedStatement<'a>,
}

impl<'a> Statements<'a> {
    /// Prepares them, or takes those of the last transaction.
    pub(super) fn new(connection: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            insert: connection.prepare_cached(INSERT)?,
            route: connection.prepare_cached(ROUTE)?,
            end: connection.prepare_cached(END)?,
            used: connection.prepare_cached(USED)?,
        })
    }

    /// Adds a row; without an outcome it runs. `sequence` is its number in the journal. Returns its id.
    pub(super) fn insert(
        &mut self,
        accepted: &Accepted,
        routed: Option<&Routed>,
        outcome: Option<&Outcome>,
        sequence: Option<i64>,
    ) -> rusqlite::Result<i64> {
        let token = outcome.and_then(|outcome| outcome.token.as_deref());
        self.insert.insert(params![
            accepted.at.as_millisecond(),
            accepted.correlation_id,
            outcome
                .map_or(RequestState::Running, |outcome| outcome.state)
                .as_str(),
            accepted.method,
            accepted.path,
            accepted.client,
            routed.map(|routed| &routed.model),
            routed.and_then(feature_name),
            routed.is_some_and(|routed| routed.streamed),
            outcome.and_then(|outcome| outcome.status),
            outcome
                .and_then(|outcome| outcome.first_token_after)
                .map(microseconds),
            outcome.map(|outcome| microseconds(outcome.duration)),
            outcome.and_then(|outcome| outcome.prompt_tokens),
            outcome.and_then(|outcome| outcome.completion_tokens),
            outcome.and_then(|outcome| outcome.finish_reason.as_deref()),
            outcome.and_then(|outcome| outcome.error.as_deref()),
            routed.and_then(|routed| routed.family.as_deref()),
            routed.and_then(provider_name),
            outcome.and_then(|outcome| outcome.answered_by.as_deref()),
            outcome.map_or(0, |outcome| outcome.retries),
            outcome.and_then(|outcome| outcome.queued).map(microseconds),
            outcome.and_then(notes_text),
            accepted.address.map(|address| address.to_string()),
            outcome
                .and_then(|outcome| outcome.connected_in)
                .map(microseconds),
            outcome
                .and_then(|outcome| outcome.between_tokens)
                .map(microseconds),
            token.map(|token| microseconds(token.checked_in)),
            token.and_then(|token| token.issuer.as_deref()),
            token.and_then(|token| token.instance.as_deref()),
            outcome.and_then(|outcome| outcome.params.as_deref()),
            sequence,
        ])
    }

    /// Adds what is known of the model.
    pub(super) fn route(&mut self, id: i64, routed: &Routed) -> rusqlite::Result<()> {
        self.route.execute(params![
            routed.model,
            feature_name(routed),
            routed.streamed,
            routed.family,
            provider_name(routed),
            id
        ])?;
        Ok(())
    }

    /// Ends a row; false when there is no such row.
    pub(super) fn end(&mut self, id: i64, outcome: &Outcome) -> rusqlite::Result<bool> {
        let token = outcome.token.as_deref();
        let changed = self.end.execute(params![
            outcome.state.as_str(),
            outcome.status,
            outcome.first_token_after.map(microseconds),
            microseconds(outcome.duration),
            outcome.prompt_tokens,
            outcome.completion_tokens,
            outcome.finish_reason,
            outcome.error,
            outcome.answered_by,
            outcome.retries,
            outcome.queued.map(microseconds),
            notes_text(outcome),
            outcome.connected_in.map(microseconds),
            outcome.between_tokens.map(microseconds),
            token.map(|token| microseconds(token.checked_in)),
            token.and_then(|token| token.issuer.as_deref()),
            token.and_then(|token| token.instance.as_deref()),
            outcome.params,
            id,
        ])?;
        Ok(changed > 0)
    }

    /// Notes when a client last asked.
    pub(super) fn used(&mut self, client: &str, at: Timestamp) -> rusqlite::Result<()> {
        self.used.execute(params![client, at.as_millisecond()])?;
        Ok(())
    }
}

/// Adds what was done to a request to a row that has ended.
pub(super) fn note(connection: &Connection, row: i64, words: &str) -> rusqlite::Result<()> {
    let add =
        "UPDATE requests SET notes = json_insert(coalesce(notes, '[]'), '$[#]', ?) WHERE id = ?";
    connection.execute(add, params![words, row])?;
    Ok(())
}

/// The row that [`COLUMNS`] selects.
pub(super) fn view(row: &Row<'_>) -> rusqlite::Result<RequestView> {
    let milliseconds = |micros: Option<i64>| micros.map(|micros| micros as f64 / 1_000.0);
    let state: String = row.get(3)?;
    let feature: Option<String> = row.get(8)?;
    Ok(RequestView {
        id: RequestId(row.get(0)?),
        started_at: timestamp(row.get(1)?),
        correlation_id: row.get(2)?,
        // A word that is not known says how its writer ended.
        state: RequestState::named(&state).unwrap_or(RequestState::Interrupted),
        method: row.get(4)?,
        path: row.get(5)?,
        client: row.get(6)?,
        model: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        feature: feature.and_then(|name| name.parse().ok()),
        streamed: row.get(9)?,
        status: row.get(10)?,
        first_token_ms: milliseconds(row.get(11)?),
        duration_ms: milliseconds(row.get(12)?),
        prompt_tokens: row.get(13)?,
        completion_tokens: row.get(14)?,
        finish_reason: row.get(15)?,
        error: row.get(16)?,
        family: row.get(17)?,
        provider: row
            .get::<_, Option<String>>(18)?
            .and_then(|name| name.parse().ok()),
        answered_by: row.get(19)?,
        retries: row.get::<_, Option<u32>>(20)?.unwrap_or(0),
        queued_ms: milliseconds(row.get(21)?),
        notes: row
            .get::<_, Option<String>>(22)?
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
        address: row.get(23)?,
        connect_ms: milliseconds(row.get(24)?),
        gap_ms: milliseconds(row.get(25)?),
        auth_ms: milliseconds(row.get(26)?),
        token_issuer: row.get(27)?,
        instance_id: row.get(28)?,
        params: row
            .get::<_, Option<String>>(29)?
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
        // The recordings are in a database of their own, which is asked for each page.
        recorded: false,
    })
}

/// The time of a row.
pub(super) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

fn feature_name(routed: &Routed) -> Option<&'static str> {
    routed.feature.map(|feature| feature.record().name)
}

fn provider_name(routed: &Routed) -> Option<&'static str> {
    routed.provider.map(|provider| provider.record().name)
}

/// The notes as a JSON array; most requests have none.
fn notes_text(outcome: &Outcome) -> Option<String> {
    (!outcome.notes.is_empty()).then(|| serde_json::Value::from(outcome.notes.clone()).to_string())
}

fn microseconds(duration: Duration) -> i64 {
    duration.as_micros().try_into().unwrap_or(i64::MAX)
}
