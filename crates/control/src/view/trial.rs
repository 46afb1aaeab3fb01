//! Trials: what was tried in the playground, kept so that it can be found, repeated and changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::prompt::{Message, PromptParameters, PromptSummary, SentAs, ToolCall};
use crate::Error;

/// Identifies a trial: a UUID of version 7 in 32 hexadecimal digits, made by whoever begins it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export, type = "string")]
pub struct TrialId(pub String);

/// The modes of the playground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TrialMode {
    /// A conversation.
    #[default]
    Chat,
    /// Code at the cursor.
    Completion,
    /// Code by an instruction.
    Generation,
    /// The body of a request.
    Raw,
}

/// What was tried: all that the playground shows of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct Trial {
    /// The mode.
    pub mode: TrialMode,
    /// As which client the prompts are sent.
    pub sent_as: SentAs,
    /// The instructions of a conversation.
    pub system: String,
    /// What stands in the composer: the next question, or the instruction of a generation.
    pub typed: String,
    /// Images that go with it, as `data:` URLs.
    pub images: Vec<String>,
    /// Whether all columns have the parameters of the first.
    pub is_linked: bool,
    /// The models beside each other, 1 to 4.
    pub columns: Vec<TrialColumn>,
    /// The file of a completion or a generation.
    #[ts(optional = nullable)]
    pub file: Option<TrialFile>,
    /// The request of a raw prompt.
    #[ts(optional = nullable)]
    pub raw: Option<TrialRaw>,
}

/// One model of a trial.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct TrialColumn {
    /// A deployment name or the name of a feature.
    pub model: String,
    /// What it is told beside the prompt.
    pub parameters: PromptParameters,
    /// What was asked and answered, oldest first. Completions and generations keep the last one.
    pub turns: Vec<TrialTurn>,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct TrialTurn {
    /// The messages that ask: one of the user, or the answers of tools.
    pub ask: Vec<Message>,
    /// The answer; none when it was not asked yet.
    #[ts(optional = nullable)]
    pub answer: Option<TrialAnswer>,
}

/// How an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AnswerState {
    /// It arrives.
    Streaming,
    /// It is complete.
    #[default]
    Done,
    /// It was stopped, or the window was closed.
    Cut,
    /// It failed; what had arrived stays.
    Failed,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct TrialAnswer {
    /// How it stands.
    pub state: AnswerState,
    /// The text.
    pub text: String,
    /// What the model thought aloud.
    pub reasoning: String,
    /// The calls of tools that it wants.
    pub tool_calls: Vec<ToolCall>,
    /// The correlation id, once it is known.
    #[ts(optional = nullable)]
    pub correlation_id: Option<String>,
    /// What it took, once it ended.
    #[ts(optional = nullable)]
    pub summary: Option<PromptSummary>,
    /// Why it failed.
    #[ts(optional = nullable)]
    pub error: Option<Error>,
}

/// A file with a cursor.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct TrialFile {
    /// Its name; the ending tells the language.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Where the cursor stands, in UTF-16 units as editors count.
    pub cursor: u32,
}

/// A request as it is sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct TrialRaw {
    /// The path.
    pub path: String,
    /// The body.
    pub body: String,
}

/// A trial to keep, in the place of the one that has its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SaveTrial {
    /// Which one.
    pub id: TrialId,
    /// A logged request that it repeats, by its correlation id.
    #[ts(optional = nullable)]
    pub replays: Option<String>,
    /// What was tried.
    pub trial: Trial,
}

/// A kept trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct KeptTrial {
    /// Its line in the history.
    pub row: TrialRow,
    /// What was tried.
    pub trial: Trial,
}

/// A line of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TrialRow {
    /// Which one.
    pub id: TrialId,
    /// The name that the admin gave, or the first words that were asked.
    pub title: String,
    /// Whether the admin gave the name.
    pub is_named: bool,
    /// Whether it stays on top.
    pub is_pinned: bool,
    /// The mode.
    pub mode: TrialMode,
    /// The models, as they were called.
    pub models: Vec<String>,
    /// The logged request that it repeats, by its correlation id.
    #[ts(optional = nullable)]
    pub replays: Option<String>,
    /// When it was begun.
    #[ts(type = "string")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[ts(type = "string")]
    pub updated_at: Timestamp,
}

/// Which trials to list: pinned ones first, then the latest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct TrialQuery {
    /// The most rows to return, at most 500.
    pub limit: u32,
    /// How many to pass over.
    pub skip: u32,
    /// Only those with these words, anywhere in them.
    #[ts(optional = nullable)]
    pub search: Option<String>,
}

/// Lines of the history.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TrialPage {
    /// The lines.
    pub rows: Vec<TrialRow>,
    /// How many match.
    pub matching: u32,
    /// How many there are.
    pub total: u32,
}

/// Names a trial or pins it; what is absent stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MarkTrial {
    /// Which one.
    pub id: TrialId,
    /// Its new name; an empty one goes back to the first words.
    #[ts(optional = nullable)]
    pub title: Option<String>,
    /// Whether it stays on top.
    #[ts(optional = nullable)]
    pub is_pinned: Option<bool>,
}

/// What came of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportedTrials {
    /// How many trials were added.
    pub added: u32,
    /// How many were there already, and left as they are.
    pub known: u32,
}

/// Instructions and parameters with a name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct Preset {
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// The instructions of a conversation.
    pub system: String,
    /// What a model is told beside the prompt.
    pub parameters: PromptParameters,
}

/// A case for an evaluation suite: one line of a JSONL file, by the names that
/// `evaluation.md` §3 imports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SaveCase {
    /// The suite: the name of a file, without its ending; letters, digits, space, `_`, `-`.
    pub suite: String,
    /// What is asked.
    pub ask: super::prompt::PromptAsk,
    /// The answer to compare with; none when it is not known yet.
    #[ts(optional = nullable)]
    pub reference: Option<String>,
    /// The request it comes from.
    #[ts(optional = nullable)]
    pub correlation_id: Option<String>,
}

/// A suite of saved cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SuiteView {
    /// Its name.
    pub name: String,
    /// How many cases it has.
    pub cases: u32,
    /// The file.
    pub path: String,
}
