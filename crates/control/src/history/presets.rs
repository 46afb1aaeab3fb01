//! Presets in the database: instructions and parameters with a name.

use rusqlite::params;

use super::History;
use crate::view::Preset;
use crate::{Error, ErrorCode};

/// The longest name, in characters.
const NAME: usize = 100;

/// The most presets.
const PRESETS: u32 = 500;

/// The longest instructions and schemas, as JSON.
const LARGEST: usize = 1024 * 1024;

impl History {
    /// All presets by name.
    pub(crate) fn presets(&self) -> Result<Vec<Preset>, Error> {
        self.read(|connection| {
            let select = "SELECT content FROM presets ORDER BY name COLLATE NOCASE, name";
            let mut statement = connection.prepare_cached(select)?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            rows.map(|content| Ok(serde_json::from_str(&content?)?))
                .collect()
        })
    }

    /// Keeps a preset, in the place of the one that has its name.
    pub(crate) fn save_preset(&self, mut preset: Preset) -> Result<Vec<Preset>, Error> {
        preset.name = preset.name.trim().to_owned();
        let invalid =
            |message: &str, hint: &str| Err(Error::new(ErrorCode::Invalid, message, hint));
        if preset.name.is_empty() || preset.name.chars().count() > NAME {
            return invalid("a preset has a name", "Use 1 to 100 characters.");
        }
        let content = serde_json::to_string(&preset).map_err(super::HistoryError::from)?;
        if content.len() > LARGEST {
            return invalid(
                "the preset has more than 1 MiB",
                "Shorten its instructions.",
            );
        }
        let is_full = self.write(|connection| {
            let others = "SELECT count(*) FROM presets WHERE name <> ?";
            let others: u32 = connection.query_row(others, [&preset.name], |row| row.get(0))?;
            if others >= PRESETS {
                return Ok(true);
            }
            connection.execute(
                "INSERT OR REPLACE INTO presets (name, content) VALUES (?, ?)",
                params![preset.name, content],
            )?;
            Ok(false)
        })?;
        if is_full {
            return invalid("there are 500 presets already", "Remove one.");
        }
        self.presets()
    }

    /// Removes the preset of this name.
    pub(crate) fn remove_preset(&self, name: &str) -> Result<Vec<Preset>, Error> {
        self.write(|connection| {
            Ok(connection.execute("DELETE FROM presets WHERE name = ?", [name])?)
        })?;
        self.presets()
    }
}
