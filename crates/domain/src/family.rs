//! Model families: how a model was trained to be asked, as data. The built-in records are in
//! `table.rs`, what follows from a record is in `rules.rs`. An admin copies a record and edits the
//! copy, which is kept in the settings. Asks no server.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::DomainError;

mod rules;
mod table;

pub use table::FAMILIES;

/// The name of a family: GitLab's internal name for the built-in ones. 1 to 64 characters out of
/// lower-case letters, digits, `_`, `-` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(export, type = "string")]
pub struct Family(Arc<str>);

/// The family of every model that has no family of its own.
pub const GENERAL: &str = "general";

/// What is known of a family, or of a variant of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FamilyRecord {
    /// The family.
    pub name: Family,
    /// The name to show.
    pub title: String,
    /// The built-in family that this record was copied from; none for a built-in one.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub based_on: Option<Family>,
    /// Where the family stands in GitLab's lists.
    pub standing: Standing,
    /// How well it serves each kind of feature.
    pub support: SupportLevels,
    /// How the gap between a prefix and a suffix is asked for; none when it was never trained.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub fim: Option<Fim>,
    /// The ways to complete code, in order of preference.
    pub routes: Vec<CompletionRoute>,
    /// Who writes the first token of a prompt.
    pub bos: Bos,
    /// Texts that end an answer.
    pub stop: Vec<String>,
    /// Tokens that end an answer, for servers that stop by id.
    #[serde(default)]
    pub stop_ids: Vec<u32>,
    /// Control tokens that must not reach a prompt from a file, where there is no FIM prompt that
    /// names them.
    #[serde(default)]
    pub control: Vec<String>,
    /// The context in tokens, 256 to 20,000,000.
    pub context: u32,
    /// What a request must not carry.
    #[serde(default)]
    pub refuses: Vec<Parameter>,
    /// How its thoughts are marked, where it writes them into the answer.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub reasoning: Option<ReasoningMarks>,
    /// Members of the family that differ, told apart by the identifier; the first match counts.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// What an admin should know, in a sentence or two.
    #[serde(default)]
    pub remarks: String,
}

/// Where a family stands in GitLab's lists of self-hosted models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Standing {
    /// Approved.
    Approved,
    /// Under evaluation.
    UnderEvaluation,
    /// In neither list.
    Unlisted,
}

/// How well a family serves a kind of feature (GitLab's words: full, partial, limited
/// functionality).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Support {
    /// It was not made for this.
    None,
    /// A significant loss of quality is to be expected.
    Limited,
    /// It works with compromises.
    Partial,
    /// No loss is to be expected.
    Full,
}

/// How well a family serves each kind of feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SupportLevels {
    /// The next words at the cursor.
    pub completion: Support,
    /// Code from an instruction.
    pub generation: Support,
    /// Conversation.
    pub chat: Support,
}

/// The prompt that asks for the text between a prefix and a suffix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Fim {
    /// The prompt, with `{prefix}` and `{suffix}` once each; everything else is sent as it stands.
    pub template: String,
    /// The texts of the template that have to be one token each.
    pub tokens: Vec<String>,
    /// Control tokens that must not reach the prompt from a file, beside those of the template.
    #[serde(default)]
    pub forbidden: Vec<String>,
    /// Whether an empty suffix is better asked for as a plain prefix.
    #[serde(default)]
    pub plain_without_suffix: bool,
}

/// A way to complete code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CompletionRoute {
    /// The family's own prompt through the raw completion call.
    RawFim,
    /// The server's own way: a `suffix` field, `/infill`, `/fim/completions`.
    ServerFim,
    /// The prefix alone through the raw completion call.
    RawPrefix,
    /// An instruction through chat.
    Chat,
}

impl CompletionRoute {
    /// The words for it, on every screen, on the command line and in the record of a request.
    pub fn words(self) -> &'static str {
        match self {
            Self::RawFim => "own FIM prompt",
            Self::ServerFim => "FIM by the server",
            Self::RawPrefix => "prefix only",
            Self::Chat => "no FIM, by chat",
        }
    }
}

/// Who writes the first token of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Bos {
    /// There is none.
    None,
    /// The server adds it; a second one hurts.
    Server,
    /// The chat template has it.
    Template,
}

/// What a request may carry and some models refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Parameter {
    /// `temperature`; left out.
    Temperature,
    /// `top_p`; left out.
    TopP,
    /// `top_k`; left out.
    TopK,
    /// `max_tokens`; sent as `max_completion_tokens`.
    MaxTokens,
    /// `stop`; left out, and the answer is cut here.
    Stop,
    /// A system turn; folded into the first turn of the user.
    SystemRole,
    /// An assistant turn to continue; left out.
    Prefill,
    /// Tools; the request is refused by name.
    Tools,
    /// Images; the request is refused by name.
    Images,
    /// An answer by JSON schema; the request is refused by name.
    JsonSchema,
}

/// The texts around thoughts that a model writes into its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReasoningMarks {
    /// Before them.
    pub open: String,
    /// After them.
    pub close: String,
}

/// A member of a family that differs from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Variant {
    /// The name to show.
    pub title: String,
    /// An identifier belongs here when it contains all words of one of these lists. It is read in
    /// lower case and between two slashes, so `/o3` is its start and `-7b/` its end.
    pub matches: Vec<Vec<String>>,
    /// Where it stands in GitLab's lists.
    pub standing: Standing,
    /// How well it serves each kind of feature.
    pub support: SupportLevels,
    /// Its FIM prompt, where it differs.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub fim: Option<Fim>,
    /// Its ways to complete code, where they differ. Without the family's own prompt among them
    /// the variant has no FIM prompt.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub routes: Option<Vec<CompletionRoute>>,
    /// Texts that end its answer, where they differ.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub stop: Option<Vec<String>>,
    /// Tokens that end its answer, where they differ.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub stop_ids: Option<Vec<u32>>,
    /// Its context in tokens, where it differs.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub context: Option<u32>,
    /// What a request must not carry, where it differs.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub refuses: Option<Vec<Parameter>>,
}

impl Family {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The family of every model without one of its own.
    pub fn general() -> Self {
        Self(GENERAL.into())
    }
}

impl FromStr for Family {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let name = text.trim().to_ascii_lowercase();
        let is_name = |letter: char| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-.".contains(letter)
        };
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_name) {
            return Err(DomainError::Family(text.trim().to_owned()));
        }
        Ok(Self(name.into()))
    }
}

impl TryFrom<String> for Family {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        text.parse()
    }
}

impl From<Family> for String {
    fn from(family: Family) -> Self {
        family.0.as_ref().to_owned()
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
