//! How large a prompt is beside what its model reads. Asks no model for an answer.

use gateway::Inside;

use super::check::check;
use super::http_of;
use super::trouble::refusal;
use super::write::write;
use crate::view::{PromptMeasure, PromptRequest};
use crate::{Control, Error};

impl Control {
    /// How large a prompt is, as its model would be sent it, and what the model reads and writes at
    /// most. Takes 3 s at most, and leaves no row in the log.
    pub async fn measure_prompt(&self, request: PromptRequest) -> Result<PromptMeasure, Error> {
        check(&request)?;
        let outgoing = write(&request);
        let http = http_of(&outgoing, &uuid::Uuid::now_v7().simple().to_string())?;
        let mut inside = Inside::new("playground");
        if outgoing.is_gitlabs {
            inside = inside.answered_by(&request.model);
        }
        match self.gateway.measure(http, inside).await {
            Ok(measured) => Ok(PromptMeasure {
                prompt_tokens: measured.prompt_tokens,
                is_estimate: measured.is_estimate,
                context_tokens: measured.context_tokens,
            }),
            Err(response) => Err(refusal(response).await),
        }
    }
}
