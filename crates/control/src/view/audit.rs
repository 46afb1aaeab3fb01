//! Changes of settings as the admin sees them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Identifies a change; a later one has a higher id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export, type = "number")]
pub struct ChangeId(pub i64);

/// Who changed a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Who {
    /// The window of the desktop app.
    Window,
    /// The control panel in a browser.
    Browser,
    /// A `gatehouse` command.
    Command,
    /// Gatehouse itself, such as a recording whose time was over.
    Itself,
}

impl Who {
    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Browser => "browser",
            Self::Command => "command",
            Self::Itself => "Gatehouse",
        }
    }
}

/// Which changes to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ChangeQuery {
    /// The most rows. 1 to 500.
    pub limit: u32,
    /// Only changes before this one.
    #[ts(optional = nullable)]
    pub before: Option<ChangeId>,
    /// Words that all stand in a change: in its sentence, its settings or their values.
    pub search: String,
}

impl Default for ChangeQuery {
    fn default() -> Self {
        Self {
            limit: 100,
            before: None,
            search: String::new(),
        }
    }
}

/// Changes, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ChangePage {
    /// The changes.
    pub rows: Vec<ChangeView>,
    /// How many of all changes match.
    #[ts(type = "number")]
    pub matching: u64,
    /// How many changes are kept.
    #[ts(type = "number")]
    pub total: u64,
    /// Why changes are not kept, when they are not, and what to do.
    #[ts(optional = nullable)]
    pub sentence: Option<String>,
}

/// One change of the settings. Keys and digests are never in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ChangeView {
    /// The change.
    pub id: ChangeId,
    /// When it was saved.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Who made it.
    pub who: Who,
    /// The operation, such as `save_model`; empty for what Gatehouse did itself.
    pub operation: String,
    /// What was done, such as `Changed the endpoint of gpu-3`.
    pub sentence: String,
    /// Every setting that is different since.
    pub settings: Vec<ChangedSetting>,
    /// The change that this one took back.
    #[ts(optional = nullable)]
    pub undoes: Option<ChangeId>,
    /// The change that took this one back.
    #[ts(optional = nullable)]
    pub undone_by: Option<ChangeId>,
    /// Whether it can be taken back now.
    pub undo: UndoView,
}

/// A setting that is different since a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ChangedSetting {
    /// Where it is, for people, such as `models › gpu-3 › endpoint`.
    pub path: String,
    /// The same as a JSON pointer; entries of lists by their id or name.
    pub pointer: String,
    /// Its value before; none when there was none.
    #[ts(optional = nullable)]
    pub before: Option<String>,
    /// Its value since; none when there is none.
    #[ts(optional = nullable)]
    pub after: Option<String>,
    /// Whether it is a key, of which nothing but its coming and going is kept.
    pub is_secret: bool,
}

/// Whether a change can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UndoView {
    /// Whether it can.
    pub possible: bool,
    /// Why not; or what an undo does not bring back. Empty when there is nothing to say.
    pub sentence: String,
}
