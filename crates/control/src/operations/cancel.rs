//! Ends a running request for the admin.

use crate::view::{RequestId, RequestState, RequestView};
use crate::{Control, Error, ErrorCode};

impl Control {
    /// Ends a running request as if its client had left, wherever it stands. The client of a stream
    /// gets an error event, another one an answer with status 503, and both say who did it; one that
    /// takes neither loses its connection after 2 s. Answers the row as it is then. A request that
    /// has ended, and one of another process, is refused.
    pub async fn cancel_request(&self, id: RequestId) -> Result<RequestView, Error> {
        self.log.flush().await;
        let row = self.get_request(id).await?;
        let sequence = self.log.sequence_of(id).await;
        let was_running = match sequence {
            Some(sequence) => self.gateway.cancel(sequence).await,
            None => false,
        };
        if was_running {
            self.log.flush().await;
            return self.get_request(id).await;
        }
        let (message, hint) = match row.state {
            RequestState::Running => (
                format!("request {} runs in another process", id.0),
                "Use the Gatehouse that runs the gateway.",
            ),
            state => (
                format!("request {} has ended: {}", id.0, state.as_str()),
                "There is nothing to cancel.",
            ),
        };
        Err(Error::new(ErrorCode::Invalid, message, hint))
    }
}
