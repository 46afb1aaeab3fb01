//! The prompts of the features: as we wrote them, as an admin edits them, and rendered. The texts
//! are in `templates`, one folder for a prompt and one file for a family that is asked otherwise.
//! Sends nothing and keeps nothing.

use std::time::Duration;

use domain::Feature;

mod answer;
mod edits;
mod engine;
mod error;
mod input;
mod inputs;
mod react;
mod render;
mod table;
mod texts;

pub use answer::{AnswerForm, fit_answer};
pub use edits::{Listed, Shown, copy, edit, list, reset, show};
pub use error::{Part, PromptError};
pub use input::{Input, InputKind};
pub use react::{ContextText, ReactInputs, Speaker, StepText, ToolText, Turn, render_react};
pub use render::{Rendered, render};
pub use table::PROMPTS;
pub use texts::{Applied, Texts, applied_to};

/// The name of the texts for every family that has none of its own.
pub const BASE: &str = "base";

/// The prompt that completes code where a model has no other way than chat; its numbers hold for
/// every way.
pub const COMPLETIONS: &str = "code_suggestions/completions";

/// The prompt of Duo Chat's loop, which [`render_react`] renders.
pub const REACT: &str = "chat/react";

/// A prompt that GitLab asks for by name.
#[derive(Debug)]
pub struct Prompt {
    /// GitLab's name for it, which stands in the path of the request.
    pub id: &'static str,
    /// The name to show.
    pub title: &'static str,
    /// The feature whose model answers.
    pub feature: Feature,
    /// The scopes (GitLab's unit primitives) of which a token needs one.
    pub scopes: &'static [&'static str],
    /// What a request hands in.
    pub inputs: &'static [Input],
    /// 0 to 2.
    pub temperature: f64,
    /// The most tokens of an answer.
    pub max_tokens: u32,
    /// Texts that end the answer.
    pub stop: &'static [&'static str],
    /// How long GitLab waits for the answer.
    pub timeout: Duration,
    /// The form in which GitLab reads the answer.
    pub answer: AnswerForm,
    /// Families and the files of their texts; [`BASE`] is among them.
    texts: &'static [(&'static str, &'static str)],
}

/// There is one of each id.
impl PartialEq for Prompt {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Prompt {}

impl Prompt {
    /// The prompt of this name.
    pub fn find(id: &str) -> Result<&'static Self, PromptError> {
        PROMPTS
            .iter()
            .find(|prompt| prompt.id == id)
            .ok_or_else(|| PromptError::NotFound(id.to_owned()))
    }

    /// Whether it is one of Duo Chat.
    pub fn is_of_chat(&self) -> bool {
        self.id.starts_with("chat/")
    }
}

#[cfg(test)]
mod tests;
