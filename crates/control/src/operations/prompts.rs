//! The prompts that GitLab asks for by name: looked at, copied for a family, edited, reset.

use domain::{PromptEdit, Settings};
use gitlab::prompt::{self, PromptError, Shown};
use serde_json::Map;

use crate::view::{
    CopyPrompt, PromptInput, PromptKey, PromptRow, PromptTemplates, PromptTexts, PromptView,
    SavePrompt,
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
    let Shown {
        texts,
        original,
        temperature,
        max_tokens,
        inputs,
        is_edited,
    } = prompt::show(&settings.prompts, &key.id, &key.family)?;
    Ok(PromptView {
        key,
        texts: PromptTexts {
            system: texts.system,
            user: texts.user,
            prefill: texts.prefill,
            temperature,
            max_tokens,
        },
        original: PromptTemplates {
            system: original.system,
            user: original.user,
            prefill: original.prefill,
        },
        inputs: inputs
            .iter()
            .map(|input| PromptInput {
                name: input.name.to_owned(),
                is_required: input.is_required,
            })
            .collect(),
        is_edited,
    })
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
        Self::new(code, error.to_string(), hint)
    }
}
