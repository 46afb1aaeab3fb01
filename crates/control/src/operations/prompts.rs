//! The prompts that GitLab asks for by name: looked at, copied for a family, edited, reset.

use domain::{Field, PromptEdit, Settings};
use gitlab::prompt::{self, Applied, Input, Part, PromptError};
use serde_json::Map;

use crate::view::{
    CopyPrompt, PromptInput, PromptKey, PromptRow, PromptTexts, PromptView, SavePrompt,
};
use crate::{Control, Error, ErrorCode};

impl Control {
    /// The prompts, each with the families that have texts of their own.
    pub async fn list_prompts(&self, (): ()) -> Result<Vec<PromptRow>, Error> {
        let rows = prompt::list(&self.settings.load().prompts);
        let row = |listed: prompt::Listed| PromptRow {
            key: PromptKey {
                id: listed.id.to_owned(),
                family: listed.family,
            },
            title: listed.title.to_owned(),
            feature: listed.feature,
            is_built_in: listed.is_built_in,
            is_edited: listed.is_edited,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// One prompt.
    pub async fn show_prompt(&self, key: PromptKey) -> Result<PromptView, Error> {
        shown(&self.settings.load(), key)
    }

    /// Gives a family texts of its own, to change them.
    pub async fn copy_prompt(&self, input: CopyPrompt) -> Result<PromptView, Error> {
        let CopyPrompt { from, family } = input;
        self.change(|settings| {
            prompt::copy(&mut settings.prompts, &from.id, &from.family, &family)?;
            shown(
                settings,
                PromptKey {
                    id: from.id,
                    family,
                },
            )
        })
        .await
    }

    /// Changes a prompt; one that could not be sent is refused.
    pub async fn save_prompt(&self, input: SavePrompt) -> Result<PromptView, Error> {
        let SavePrompt { key, texts } = input;
        let edit = PromptEdit {
            system: Some(texts.system),
            user: Some(texts.user),
            prefill: Some(texts.prefill),
            temperature: Some(texts.temperature),
            max_tokens: Some(texts.max_tokens),
            rest: Map::new(),
        };
        self.change(|settings| {
            prompt::edit(&mut settings.prompts, &key.id, &key.family, edit)?;
            shown(settings, key)
        })
        .await
    }

    /// Makes a prompt again what Gatehouse brings.
    pub async fn reset_prompt(&self, key: PromptKey) -> Result<PromptView, Error> {
        self.change(|settings| {
            prompt::reset(&mut settings.prompts, &key.id, &key.family)?;
            shown(settings, key)
        })
        .await
    }
}

fn shown(settings: &Settings, key: PromptKey) -> Result<PromptView, Error> {
    let shown = prompt::show(&settings.prompts, &key.id, &key.family)?;
    let input = |input: &Input| PromptInput {
        name: input.name.to_owned(),
        is_required: input.is_required,
    };
    Ok(PromptView {
        key,
        texts: texts(shown.now),
        original: texts(shown.original),
        inputs: shown.inputs.iter().map(input).collect(),
        is_edited: shown.is_edited,
    })
}

fn texts(applied: Applied) -> PromptTexts {
    PromptTexts {
        system: applied.texts.system,
        user: applied.texts.user,
        prefill: applied.texts.prefill,
        temperature: applied.temperature,
        max_tokens: applied.max_tokens,
    }
}

impl From<PromptError> for Error {
    fn from(error: PromptError) -> Self {
        let (code, hint) = match error {
            PromptError::NotFound(_) => (
                ErrorCode::NotFound,
                "See the prompts with `gatehouse gitlab prompt list`.",
            ),
            _ => (ErrorCode::Invalid, "Change the text and save again."),
        };
        let field = match &error {
            PromptError::Template { part, .. } => Some(match part {
                Part::System => Field::System,
                Part::User => Field::User,
                Part::Prefill => Field::Prefill,
            }),
            PromptError::Unused(_) => Some(Field::User),
            PromptError::Temperature => Some(Field::Temperature),
            PromptError::MaxTokens => Some(Field::MaxTokens),
            PromptError::Family(_) | PromptError::Exists { .. } => Some(Field::Family),
            _ => None,
        };
        Self::new(code, error.to_string(), hint).about(field)
    }
}
