//! Puts what GitLab, the gateway and model servers say of one correlation id on one timeline.
//! Reads files that others write; writes none.

mod file;
mod line;
mod own;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::redaction::Redaction;
use crate::view::{
    JoinQuery, Joined, JoinedFile, JoinedMoment, RecordedRequest, RequestQuery, RequestView,
    SeenIds,
};
use crate::{Control, Error, ErrorCode};

/// Files of one question, at most.
const FILES_MOST: usize = 16;
/// Rows of one id, at most.
const ROWS_MOST: u32 = 100;
/// The longest id, as the gateway takes it.
const ID_MOST: usize = 512;

impl Control {
    /// What GitLab's files, the request log, the recordings and the gateway's own files say of a
    /// correlation id, in order of time. A named file that cannot be read is told beside the others;
    /// damaged lines are counted. What is shown of files has passed the redaction rules, and content
    /// of prompts and answers is left out.
    pub async fn join(&self, query: JoinQuery) -> Result<Joined, Error> {
        let id = query.correlation_id.trim().to_owned();
        if id.is_empty() || id.len() > ID_MOST {
            let message = "a correlation id has 1 to 512 letters";
            let hint = "Copy it from GitLab's log or from a row in Logs.";
            return Err(Error::new(ErrorCode::Invalid, message, hint));
        }
        if query.files.len() > FILES_MOST {
            let message = format!("more than {FILES_MOST} files cannot be joined at once");
            let hint = "Name those in which the id may stand.";
            return Err(Error::new(ErrorCode::Invalid, message, hint));
        }
        let rows = self.rows_of(&id).await?;
        let mut moments = Vec::new();
        for row in &rows {
            let recorded = self.kept_of(row).await;
            moments.extend(own::moments(row, recorded.as_ref()));
        }
        let near = rows.first().map(|row| row.started_at);
        let redaction = Arc::new(Redaction::new(&self.settings.load()));
        let ours = self.own_files(&query.files);
        let (files, unread, more) = tokio::task::spawn_blocking(move || {
            read_all(&query.files, &ours, &id, near, &redaction)
        })
        .await
        .map_err(|error| crate::control::broken(&error))?;
        moments.extend(more);
        Ok(Joined {
            correlation_id: query.correlation_id.trim().to_owned(),
            moments: in_order(moments),
            files,
            unread,
        })
    }

    /// The newest correlation ids of a log file, to choose one.
    pub async fn ids_in_file(&self, path: String) -> Result<SeenIds, Error> {
        let redaction = Redaction::new(&self.settings.load());
        let read = move || file::ids(Path::new(path.trim()), &redaction);
        tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| crate::control::broken(&error))?
    }

    async fn rows_of(&self, id: &str) -> Result<Vec<RequestView>, Error> {
        let test = domain::Test::Id(domain::Pattern::Exactly(id.to_owned()));
        let query = RequestQuery {
            limit: ROWS_MOST,
            query: Some(domain::Query::of(test).to_string()),
            count: crate::view::Counting::Skip,
            ..RequestQuery::default()
        };
        Ok(self.list_requests(query).await?.rows)
    }

    async fn kept_of(&self, row: &RequestView) -> Option<RecordedRequest> {
        match row.recorded {
            // One that was purged meanwhile has only its row.
            true => self.recorded_request(row.id).await.ok(),
            false => None,
        }
    }

    /// The files that this gateway writes, beside those that were named.
    fn own_files(&self, named: &[String]) -> Vec<PathBuf> {
        let settings = self.settings.load();
        let own = settings.log_files.paths();
        let is_other = |path: &&str| !named.iter().any(|other| other.trim() == *path);
        own.filter(is_other).map(PathBuf::from).collect()
    }
}

fn read_all(
    named: &[String],
    ours: &[PathBuf],
    id: &str,
    near: Option<Timestamp>,
    redaction: &Redaction,
) -> (Vec<JoinedFile>, Vec<Error>, Vec<JoinedMoment>) {
    let (mut files, mut unread, mut moments) = (Vec::new(), Vec::new(), Vec::new());
    for path in named {
        match file::join(Path::new(path.trim()), id, near, redaction) {
            Ok((file, found)) => {
                files.push(file);
                moments.extend(found);
            }
            Err(error) => unread.push(error),
        }
    }
    for path in ours {
        // One that is not there yet, or lies with another user, says nothing.
        if let Ok((_, found)) = file::join(path, id, near, redaction) {
            moments.extend(found);
        }
    }
    (files, unread, moments)
}

/// The moments by time, each with how long after the one before it was.
fn in_order(mut moments: Vec<JoinedMoment>) -> Vec<JoinedMoment> {
    moments.sort_by_key(|moment| moment.at);
    let mut before: Option<Timestamp> = None;
    for moment in &mut moments {
        let after = before.map(|before| moment.at.duration_since(before));
        moment.after_ms = after.map(|after| after.as_secs_f64() * 1e3);
        before = Some(moment.at);
    }
    moments
}

#[cfg(test)]
mod tests;
