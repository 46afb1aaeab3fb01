//! Shows what was sent and what came back for a prompt of the playground, as a recording would.

use std::sync::Arc;

use super::exchanges::Exchange;
use crate::recordings::{content_in_memory, page_in_memory};
use crate::view::{BodyView, Counting, PromptBody, PromptExchange, RequestQuery};
use crate::{Control, Error, ErrorCode};

impl Control {
    /// What was sent and what came back for a prompt of the playground, by its correlation id. The
    /// latest 64 prompts are there once they have ended; long bodies with their first page.
    pub async fn prompt_exchange(&self, correlation_id: String) -> Result<PromptExchange, Error> {
        let exchange = self.exchange(&correlation_id)?;
        // The row may not be written yet, or not any more.
        let query = RequestQuery {
            limit: 1,
            count: Counting::Skip,
            query: Some(format!("id:{correlation_id}")),
            ..RequestQuery::default()
        };
        let found = self.list_requests(query).await;
        let row = found.ok().and_then(|page| page.rows.into_iter().next());
        Ok(PromptExchange {
            correlation_id: exchange.correlation_id.clone(),
            row: row.map(|row| row.id),
            content: content_in_memory(&exchange.expanded),
        })
    }

    /// More of a body of it.
    pub async fn prompt_body(&self, input: PromptBody) -> Result<BodyView, Error> {
        let exchange = self.exchange(&input.correlation_id)?;
        let body = exchange.expanded.bodies().nth(input.body as usize);
        let start = usize::try_from(input.offset).unwrap_or(usize::MAX);
        body.map(|body| page_in_memory(input.body, body, start))
            .ok_or_else(|| {
                let message = format!("this prompt has no body {}", input.body);
                Error::new(ErrorCode::NotFound, message, "Reload the window.")
            })
    }

    fn exchange(&self, correlation_id: &str) -> Result<Arc<Exchange>, Error> {
        self.exchanges.get(correlation_id).ok_or_else(|| {
            let hint = "It is kept for the latest 64 prompts, until Gatehouse is closed. Run the prompt again.";
            let message = "what was sent for this prompt is not there";
            Error::new(ErrorCode::NotFound, message, hint)
        })
    }
}
