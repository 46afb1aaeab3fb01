//! Reads the body of `/v1/search/gitlab-docs`. Searches nothing.

use super::fields::{self, Text};
use super::legacy::head;
use crate::GitlabError;

/// How many results are wanted where nothing is said.
const PAGE_SIZE: i64 = 4;

/// A search in the documentation of GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// What is looked for.
    pub query: String,
    /// How many results are wanted: 1 to 20.
    pub page_size: usize,
}

/// Reads a search.
pub fn read_search(body: &[u8]) -> Result<SearchRequest, GitlabError> {
    fields::read(body, |body| {
        head(body);
        let mut request = SearchRequest {
            query: String::new(),
            page_size: 0,
        };
        if let Some(mut payload) = body.needed_object("payload") {
            let size = payload.integer_in("page_size", 1..=20).unwrap_or(PAGE_SIZE);
            request.query = payload.needed_text("query", Text::of(400_000));
            request.page_size = usize::try_from(size).unwrap_or_default();
        }
        request
    })
}
