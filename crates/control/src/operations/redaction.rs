//! What is replaced before anything is written: the rules, and a try of them.

use domain::{RedactionDraft, RedactionSettings};

use crate::redaction::Redaction;
use crate::view::{PreviewRedaction, RedactionCount, RedactionPreview};
use crate::{Control, Error, ErrorCode};

/// The longest text that is tried, in bytes.
const TEXT_MOST: usize = 1024 * 1024;

impl Control {
    /// What is replaced before anything is written to a log.
    pub async fn redaction(&self, (): ()) -> Result<RedactionDraft, Error> {
        Ok(self.settings.load().redaction.draft())
    }

    /// Changes what is replaced, from the next request on. What was written stays as it is.
    pub async fn save_redaction(&self, input: RedactionDraft) -> Result<RedactionDraft, Error> {
        let read = RedactionSettings::read(&input)?;
        let saved = self.change(|settings| {
            let rest = std::mem::take(&mut settings.redaction.rest);
            settings.redaction = RedactionSettings { rest, ..read };
            Ok(settings.redaction.draft())
        });
        saved.await
    }

    /// What rules make of a text. Nothing is kept.
    pub async fn preview_redaction(
        &self,
        input: PreviewRedaction,
    ) -> Result<RedactionPreview, Error> {
        if input.text.len() > TEXT_MOST {
            let message = format!("the text has more than {TEXT_MOST} bytes");
            return Err(Error::new(ErrorCode::Invalid, message, "Try a part of it."));
        }
        let rules = match &input.rules {
            Some(draft) => RedactionSettings::read(draft)?,
            None => self.settings.load().redaction.clone(),
        };
        let preview = move || Redaction::of_rules(&rules).preview(&input.text);
        let (text, counts) = tokio::task::spawn_blocking(preview)
            .await
            .map_err(|error| crate::control::broken(&error))?;
        let counts = counts.into_iter();
        Ok(RedactionPreview {
            text,
            counts: counts
                .map(|(rule, found)| RedactionCount { rule, found })
                .collect(),
        })
    }
}
