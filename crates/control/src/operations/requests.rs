//! Rows of the request log.

use jiff::Zoned;

use crate::view::{RequestId, RequestPage, RequestQuery, RequestView};
use crate::{Control, Error, ErrorCode};

impl Control {
    /// Rows of the request log, newest first. Whatever ended before the call is among them. A query
    /// that cannot be read is refused with the term and what may stand there.
    pub async fn list_requests(&self, query: RequestQuery) -> Result<RequestPage, Error> {
        self.log.flush().await;
        self.log.list(query, Zoned::now()).await
    }

    /// One row of the request log.
    pub async fn get_request(&self, id: RequestId) -> Result<RequestView, Error> {
        self.log.get(id).await?.ok_or_else(|| {
            let message = format!("request {} is not in the log", id.0);
            Error::new(
                ErrorCode::NotFound,
                message,
                "It may have been removed. Reload the list.",
            )
        })
    }

    /// Rows above this one, oldest first, at most `limit`.
    pub async fn newer_requests(
        &self,
        id: RequestId,
        limit: u32,
    ) -> Result<Vec<RequestView>, Error> {
        self.log.newer_than(id, limit).await
    }

    /// These rows as they are now, in this order, without those that the query does not want.
    pub async fn requests_now(
        &self,
        ids: Vec<RequestId>,
        query: RequestQuery,
    ) -> Result<Vec<RequestView>, Error> {
        self.log.among(ids, query, Zoned::now()).await
    }
}
