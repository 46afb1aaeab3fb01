//! Rows of the request log.

use std::path::Path;

use jiff::Zoned;

use crate::files::fresh_export;
use crate::view::{
    ExportFormat, ExportRequest, Exported, RequestId, RequestPage, RequestQuery, RequestView,
};
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

    /// Writes every row that a query finds to a new file among the user's downloads, or in the
    /// data folder where there are none. A face names no path.
    pub async fn export_requests(&self, request: ExportRequest) -> Result<Exported, Error> {
        let now = Zoned::now();
        let kind = match request.format {
            ExportFormat::Jsonl => "jsonl",
            ExportFormat::Csv => "csv",
        };
        let path = fresh_export(self.folder(), "requests", kind, &now)?;
        self.export_requests_to(&path, request).await
    }

    /// Writes every row that a query finds to a new file, which only its owner can read.
    pub async fn export_requests_to(
        &self,
        path: &Path,
        request: ExportRequest,
    ) -> Result<Exported, Error> {
        self.log.flush().await;
        let ExportRequest { query, format } = request;
        let path = path.to_owned();
        self.log.export(&query, format, path, Zoned::now()).await
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
