//! What the panel shows of the prompts that GitLab asks for by name.

use domain::Feature;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A prompt for a family, as a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptRow {
    /// Which one.
    #[serde(flatten)]
    pub key: PromptKey,
    /// Its name to show.
    pub title: String,
    /// The feature whose model answers it.
    pub feature: Feature,
    /// Whether Gatehouse brings texts for this family.
    pub is_built_in: bool,
    /// Whether the admin changed it.
    pub is_edited: bool,
}

/// Names the texts of a prompt for a family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptKey {
    /// GitLab's name of the prompt, such as `chat/explain_code`.
    pub id: String,
    /// The family, or `base` for all that have no texts of their own.
    pub family: String,
}

/// The templates and the numbers of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptTexts {
    /// The system turn; empty for none.
    pub system: String,
    /// The user's turn.
    pub user: String,
    /// The beginning of the answer; empty for none.
    pub prefill: String,
    /// 0 to 2.
    pub temperature: f64,
    /// The most tokens of an answer.
    pub max_tokens: u32,
}

/// A prompt, to be looked at and edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptView {
    /// Which one.
    #[serde(flatten)]
    pub key: PromptKey,
    /// As it is used.
    pub texts: PromptTexts,
    /// The same before the admin changed it.
    pub original: PromptTexts,
    /// What templates may use, each with whether it is always there.
    pub inputs: Vec<PromptInput>,
    /// Whether the admin changed it.
    pub is_edited: bool,
}

/// Something that a template may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptInput {
    /// Its name.
    pub name: String,
    /// Whether a request without it is refused.
    pub is_required: bool,
}

/// Gives a family texts of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CopyPrompt {
    /// What is copied.
    pub from: PromptKey,
    /// The family that gets it.
    pub family: String,
}

/// Changes the texts of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SavePrompt {
    /// Which one.
    pub key: PromptKey,
    /// The new texts.
    pub texts: PromptTexts,
}
