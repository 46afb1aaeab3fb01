//! How a client is spoken to: in one of the forms of tools, or as GitLab and its editors expect.

use forms::{Form, Head, Write};
use http::StatusCode;
use providers::Reply;

use crate::error::GatewayError;
use crate::gitlab::Speech;

/// The content type of server-sent events.
const EVENTS: &str = "text/event-stream; charset=utf-8";

/// The content type of JSON.
const JSON: &str = "application/json";

/// How a client is spoken to.
#[derive(Debug, Clone)]
pub(crate) enum Voice {
    /// In a form of tools.
    Form(Form),
    /// As GitLab expects it.
    Gitlab(Speech),
}

impl Voice {
    /// A writer for a stream.
    pub(crate) fn writer(&self, head: Head) -> Box<dyn Write> {
        match self {
            Self::Form(form) => form.writer(head),
            Self::Gitlab(speech) => speech.writer(head),
        }
    }

    /// An answer in one piece.
    pub(crate) fn whole(&self, head: Head, reply: &Reply) -> Vec<u8> {
        match self {
            Self::Form(form) => form.whole(head, reply),
            Self::Gitlab(speech) => speech.whole(head, reply),
        }
    }

    /// An error: status, type and body.
    pub(crate) fn error(
        &self,
        error: &GatewayError,
        correlation_id: &str,
    ) -> (StatusCode, &'static str, Vec<u8>) {
        let problem = error.problem(correlation_id);
        match self {
            Self::Form(form) => (error.status(), JSON, form.error(&problem)),
            Self::Gitlab(speech) => speech.error(error, &problem),
        }
    }

    /// Whether this is an answer in GitLab's chat.
    pub(crate) fn is_gitlabs_chat(&self) -> bool {
        matches!(self, Self::Gitlab(speech) if speech.is_chat())
    }

    /// The content type of a stream.
    pub(crate) fn stream_type(&self) -> &'static str {
        match self {
            Self::Form(_) => EVENTS,
            Self::Gitlab(speech) => speech.stream_type(),
        }
    }

    /// A header that a stream needs beside its type.
    pub(crate) fn stream_header(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Form(_) => None,
            Self::Gitlab(speech) => speech.stream_header(),
        }
    }

    /// Whether a stream can say that it failed; where it cannot, the connection breaks off.
    pub(crate) fn can_fail(&self) -> bool {
        match self {
            Self::Form(_) => true,
            Self::Gitlab(speech) => speech.can_fail(),
        }
    }
}
