//! Requests from inside the program: under which name they are logged, which model answers whatever
//! their body names, and who is handed what was sent and what came back. Answers nothing.

use std::fmt;
use std::sync::Arc;

use gitlab::wire::Endpoint;

use crate::record::{Expanded, Outcome};

/// Who asks from inside the program, and how.
#[derive(Debug, Clone)]
pub struct Inside {
    pub(crate) client: &'static str,
    pub(crate) model: Option<String>,
    pub(crate) watcher: Option<Watcher>,
    pub(crate) is_measured: bool,
}

impl Inside {
    /// Under this client name.
    pub fn new(client: &'static str) -> Self {
        Self {
            client,
            model: None,
            watcher: None,
            is_measured: false,
        }
    }

    /// On GitLab's paths this deployment answers, or whoever answers this feature, in the place of
    /// the model that the body names. On other paths the body names it.
    pub fn answered_by(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Hands over what was sent and what came back when the request has ended, recorded or not.
    /// Nothing of it is kept here, and credentials are covered as in a recording. What is handed
    /// over of a request to a model outside the house must not be written to the disk.
    pub fn watched(mut self, watch: impl Fn(Watched) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Watcher(Arc::new(watch)));
        self
    }

    /// Asks for no answer, only for the size of the prompt.
    pub(crate) fn measured(mut self) -> Self {
        self.is_measured = true;
        self
    }
}

/// What a request from inside was and how it ended.
#[derive(Debug)]
pub struct Watched {
    /// What was sent and what came back.
    pub expanded: Expanded,
    /// The model that it was routed to.
    pub model: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Who is handed it.
#[derive(Clone)]
pub(crate) struct Watcher(Arc<dyn Fn(Watched) + Send + Sync>);

impl Watcher {
    pub(crate) fn hand_over(&self, watched: Watched) {
        (self.0)(watched);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Watcher")
    }
}

/// Whether a client may post to this path and gets an answer that is no credential. The query does
/// not matter.
pub fn may_be_posted(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let is_list = path == "/v1/models" || path.starts_with("/v1/models/");
    if crate::routes::is_of_clients(path) {
        return !is_list;
    }
    matches!(
        Endpoint::from_path("POST", path),
        Ok(endpoint) if !matches!(
            endpoint,
            Endpoint::UserToken | Endpoint::UnknownPrompt(_) | Endpoint::UnknownInvokable
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_client_may_post_can_be_tried() {
        for path in [
            "/v1/chat/completions",
            "/v1/embeddings",
            "/v1/messages?beta=true",
            "/v2/code/completions",
            "/v2/chat/agent",
            "/v1/prompts/chat/explain_code",
        ] {
            assert!(may_be_posted(path), "{path}");
        }
        for path in [
            "",
            "/",
            "/v1/models",
            "/v1/models/x",
            "/monitoring/healthz",
            "/v1/code/user_access_token",
            "/v1/prompts/no/such",
            "/v1/nothing",
            "v1/chat/completions",
        ] {
            assert!(!may_be_posted(path), "{path}");
        }
    }
}
