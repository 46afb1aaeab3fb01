//! What the request log says of many requests at once. Reads no single page of rows.

use jiff::{Timestamp, Zoned};

use super::{RequestLog, strip, summary};
use crate::Error;
use crate::view::{Activity, ActivityQuery, Evidence, LastError, RequestQuery, RequestView};

impl RequestLog {
    /// What happened in a period up to now. A query that cannot be read is an error.
    pub(crate) async fn activity(
        &self,
        query: ActivityQuery,
        now: Zoned,
    ) -> Result<Activity, Error> {
        let ActivityQuery { minutes, query } = query;
        let at = now.timestamp();
        let query = RequestQuery {
            query,
            ..RequestQuery::default()
        };
        let mut wanted = self.wanted(&query, now)?;
        let found = self.read(move |connection| {
            Ok(Some(match wanted.query.terms.is_empty() {
                true => summary::activity(connection, minutes, at)?,
                false => strip::activity(connection, wanted.looked_up(), minutes, at)?,
            }))
        });
        // Where there is no log, nothing happened.
        Ok(found.await?.unwrap_or_else(|| Activity {
            since: summary::begin(minutes, at),
            buckets: Vec::new(),
            evidence: Evidence::default(),
            completion_tokens: 0,
            partial: false,
        }))
    }

    /// The newest answer or failure of this deployment name.
    pub(crate) async fn last_of_model(&self, name: &str) -> Result<Option<RequestView>, Error> {
        let name = name.to_owned();
        self.read(move |connection| summary::last_of_model(connection, &name))
            .await
    }

    /// The newest failure.
    pub(crate) async fn last_error(&self) -> Result<Option<LastError>, Error> {
        self.read(summary::last_error).await
    }

    /// When this client last asked.
    pub(crate) async fn last_used(&self, client: &str) -> Result<Option<Timestamp>, Error> {
        let client = client.to_owned();
        self.read(move |connection| summary::last_used(connection, &client))
            .await
    }
}
