//! Trials in the database: save, find, name, pin, remove.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::History;
use super::database::HistoryError;
use super::live::answers_of;
use super::words::{first_words, looked_for, text_of};
use crate::view::{
    AnswerState, KeptTrial, MarkTrial, SaveTrial, Trial, TrialAnswer, TrialId, TrialPage,
    TrialQuery, TrialRow,
};
use crate::{Error, ErrorCode};

/// The largest trial, as JSON.
const LARGEST: usize = 16 * 1024 * 1024;

/// The most models beside each other.
const COLUMNS: usize = 4;

/// The most rows in one answer.
const ROWS: u32 = 500;

/// The longest name.
const NAME: usize = 200;

const COLUMNS_OF_ROW: &str =
    "id, title, first_words, is_pinned, mode, models, replays, created_at, updated_at";

impl History {
    /// Keeps a trial, in the place of the one that has its id.
    pub(crate) fn save(&self, save: &SaveTrial, now: Timestamp) -> Result<TrialRow, Error> {
        let content = checked(&save.id, &save.trial)?;
        let row = self.write(|connection| {
            put(
                connection,
                &save.id,
                &save.trial,
                &content,
                save.replays.as_deref(),
                now,
                now,
            )?;
            index(connection, &save.id)?;
            self.settle(connection, save)?;
            row_of(connection, &save.id)
        })?;
        row.ok_or_else(|| gone(&save.id))
    }

    /// One trial. An answer that its newest state has as arriving is there as far as it came.
    pub(crate) fn get(&self, id: &TrialId) -> Result<KeptTrial, Error> {
        let found = self.read(|connection| {
            let Some(row) = row_of(connection, id)? else {
                return Ok(None);
            };
            let content: String = connection
                .prepare_cached("SELECT content FROM trials WHERE id = ?")?
                .query_row([&id.0], |row| row.get(0))?;
            let mut trial: Trial = serde_json::from_str(&content)?;
            for answer in answers_of(&mut trial) {
                if answer.state == AnswerState::Streaming {
                    self.fill(connection, answer)?;
                }
            }
            Ok(Some(KeptTrial { row, trial }))
        })?;
        found.ok_or_else(|| gone(id))
    }

    /// An answer that was arriving when its trial was saved last: what this process hears of it
    /// now, or what was kept when it ended. One of which nothing is known was cut.
    fn fill(&self, connection: &Connection, answer: &mut TrialAnswer) -> Result<(), HistoryError> {
        let Some(id) = answer.correlation_id.clone() else {
            answer.state = AnswerState::Cut;
            return Ok(());
        };
        let kept: Option<String> = connection
            .prepare_cached("SELECT content FROM answers WHERE correlation_id = ?")?
            .query_row([&id], |row| row.get(0))
            .optional()?;
        let kept = kept.map(|kept| serde_json::from_str(&kept)).transpose()?;
        match kept.or_else(|| self.heard(&id)) {
            Some(found) => *answer = found,
            None => answer.state = AnswerState::Cut,
        }
        Ok(())
    }

    /// Lines of the history: pinned ones first, then the latest.
    pub(crate) fn list(&self, query: &TrialQuery) -> Result<TrialPage, Error> {
        let limit = match query.limit {
            0 => 100,
            limit => limit.min(ROWS),
        };
        let search = query.search.as_deref().unwrap_or_default().trim();
        let (wanted, value) = match looked_for(search) {
            _ if search.is_empty() => ("?1 = ''", String::new()),
            Some(words) => (
                "row IN (SELECT rowid FROM words WHERE words MATCH ?1)",
                words,
            ),
            // Signs are in no index.
            None => (
                "row IN (SELECT rowid FROM words WHERE instr(text, ?1) > 0)",
                search.to_owned(),
            ),
        };
        self.read(|connection| {
            let count = |condition: &str, value: &str| {
                let count = format!("SELECT count(*) FROM trials WHERE {condition}");
                connection.query_row(&count, [value], |row| row.get::<_, u32>(0))
            };
            let select = format!(
                "SELECT {COLUMNS_OF_ROW} FROM trials WHERE {wanted}
                 ORDER BY is_pinned DESC, updated_at DESC, row DESC LIMIT ?2 OFFSET ?3"
            );
            let mut statement = connection.prepare(&select)?;
            let rows = statement.query_map(params![value, limit, query.skip], read_row)?;
            Ok(TrialPage {
                rows: rows.collect::<rusqlite::Result<_>>()?,
                matching: count(wanted, &value)?,
                total: count("?1 = ''", "")?,
            })
        })
    }

    /// Names a trial or pins it.
    pub(crate) fn mark(&self, mark: &MarkTrial) -> Result<TrialRow, Error> {
        let title = mark.title.as_deref().map(str::trim);
        if title.is_some_and(|title| title.chars().count() > NAME) {
            let hint = format!("Use at most {NAME} characters.");
            return Err(Error::new(ErrorCode::Invalid, "the name is too long", hint));
        }
        let row = self.write(|connection| {
            if let Some(title) = title {
                let title = Some(title).filter(|title| !title.is_empty());
                connection.execute(
                    "UPDATE trials SET title = ? WHERE id = ?",
                    params![title, mark.id.0],
                )?;
                index(connection, &mark.id)?;
            }
            if let Some(is_pinned) = mark.is_pinned {
                connection.execute(
                    "UPDATE trials SET is_pinned = ? WHERE id = ?",
                    params![is_pinned, mark.id.0],
                )?;
            }
            row_of(connection, &mark.id)
        })?;
        row.ok_or_else(|| gone(&mark.id))
    }

    /// Removes a trial, and all that was kept for it.
    pub(crate) fn remove(&self, id: &TrialId) -> Result<(), Error> {
        let removed = self.write(|connection| {
            let of_it = "SELECT row FROM trials WHERE id = ?";
            connection.execute(
                &format!("DELETE FROM words WHERE rowid IN ({of_it})"),
                [&id.0],
            )?;
            connection.execute("DELETE FROM answers WHERE trial = ?", [&id.0])?;
            Ok(connection.execute("DELETE FROM trials WHERE id = ?", [&id.0])?)
        })?;
        self.with_connection(|connection| {
            // Nor does the log of changes hold it any longer.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })?;
        match removed {
            0 => Err(gone(id)),
            _ => Ok(()),
        }
    }
}

/// The trial as JSON, when it may be kept.
pub(super) fn checked(id: &TrialId, trial: &Trial) -> Result<String, Error> {
    let invalid = |message: String, hint: &str| Err(Error::new(ErrorCode::Invalid, message, hint));
    let is_id = id.0.len() == 32 && id.0.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        let message = format!("\"{}\" is no id of a trial", providers::cut(&id.0, 64));
        return invalid(message, "It has 32 hexadecimal digits.");
    }
    let columns = trial.columns.len();
    if !(1..=COLUMNS).contains(&columns) {
        let message = format!("a trial has 1 to {COLUMNS} models, and this one has {columns}");
        return invalid(message, "Add or remove a model.");
    }
    let content = serde_json::to_string(trial).map_err(HistoryError::from)?;
    if content.len() > LARGEST {
        let megabytes = content.len().div_ceil(1024 * 1024);
        let message = format!("the trial has {megabytes} MiB, and the history takes 16 MiB of one");
        return invalid(
            message,
            "Remove images or earlier turns, or begin a new trial.",
        );
    }
    Ok(content)
}

/// Puts a trial in the place of the one that has its id. It is findable once it is indexed.
pub(super) fn put(
    connection: &Connection,
    id: &TrialId,
    trial: &Trial,
    content: &str,
    replays: Option<&str>,
    created: Timestamp,
    updated: Timestamp,
) -> Result<(), HistoryError> {
    let models: Vec<_> = trial.columns.iter().map(|column| &column.model).collect();
    connection
        .prepare_cached(
            "INSERT INTO trials (id, first_words, is_pinned, mode, models, replays, created_at, updated_at, content)
             VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET first_words = ?2, mode = ?3, models = ?4,
                 replays = coalesce(?5, replays), updated_at = ?7, content = ?8",
        )?
        .execute(params![
            id.0,
            first_words(trial),
            serde_json::to_string(&trial.mode)?,
            serde_json::to_string(&models)?,
            replays,
            created.as_millisecond(),
            updated.as_millisecond(),
            content,
        ])?;
    Ok(())
}

/// Makes a trial findable by its words as they are now.
pub(super) fn index(connection: &Connection, id: &TrialId) -> Result<(), HistoryError> {
    let found: Option<(i64, Option<String>, String)> = connection
        .prepare_cached("SELECT row, title, content FROM trials WHERE id = ?")?
        .query_row([&id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((row, title, content)) = found else {
        return Ok(());
    };
    let content: Value = serde_json::from_str(&content)?;
    let text = [title.unwrap_or_default(), text_of(&content)].join("\n");
    connection
        .prepare_cached("DELETE FROM words WHERE rowid = ?")?
        .execute([row])?;
    connection
        .prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?
        .execute(params![row, text])?;
    Ok(())
}

pub(super) fn row_of(
    connection: &Connection,
    id: &TrialId,
) -> Result<Option<TrialRow>, HistoryError> {
    let select = format!("SELECT {COLUMNS_OF_ROW} FROM trials WHERE id = ?");
    let mut statement = connection.prepare_cached(&select)?;
    Ok(statement.query_row([&id.0], read_row).optional()?)
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<TrialRow> {
    let title: Option<String> = row.get(1)?;
    let time = |place| -> rusqlite::Result<Timestamp> {
        let milliseconds = row.get(place)?;
        Ok(Timestamp::from_millisecond(milliseconds).unwrap_or_default())
    };
    let text = |place| row.get::<_, String>(place);
    Ok(TrialRow {
        id: TrialId(text(0)?),
        is_named: title.is_some(),
        title: title.map_or_else(|| text(2), Ok)?,
        is_pinned: row.get(3)?,
        // A newer program may know more modes.
        mode: serde_json::from_str(&text(4)?).unwrap_or_default(),
        models: serde_json::from_str(&text(5)?).unwrap_or_default(),
        replays: row.get(6)?,
        created_at: time(7)?,
        updated_at: time(8)?,
    })
}

fn gone(id: &TrialId) -> Error {
    let message = format!("trial {} is not in the history", providers::cut(&id.0, 64));
    Error::new(
        ErrorCode::NotFound,
        message,
        "It may have been removed. Reload the list.",
    )
}
