//! The errors that GitLab and the editors are answered with: one status and one body each. Decides
//! nothing.

use serde_json::{Value, json};

use super::chat::Category;
use super::endpoint::Scope;
use crate::GitlabError;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The caller is not known, in the words of the crate `access`. 401.
    Unauthenticated(String),
    /// The same at a path where there is nothing. 401.
    Nowhere {
        /// In the words of the crate `access`.
        refused: String,
        /// The method.
        method: String,
        /// The path.
        path: String,
    },
    /// The token lacks the scope of the endpoint. 403.
    NoScope(Scope),
    /// The token lacks the scope of an attached context. 403.
    NoContextScope(Category),
    /// There is no such path or `/v1/chat` word. 404.
    NotFound,
    /// There is no prompt with this id. 404.
    NoPrompt(String),
    /// There is the path, with another method. 405.
    WrongMethod,
    /// The body is refused. 400 or 422.
    Body(GitlabError),
    /// A prompt lacks an input. 422.
    NoInput(String),
    /// A header is missing that the endpoint needs. 400.
    NoHeader(&'static str),
    /// The model server answered a prompt with an error: its status and the reason, in which no
    /// key may stand. 421.
    Upstream {
        /// The status.
        code: u16,
        /// The reason, such as `Unauthorized`.
        reason: String,
    },
    /// Too many requests. 429; `Retry-After` is a header and is not written here.
    TooMany(String),
    /// The model did not answer a request for code; says why. 503.
    InferenceFailed(String),
    /// There is no key to sign a user's token with. 500.
    NoToken,
    /// Another error of ours, as a sentence, with its status.
    Other(u16, String),
}

impl From<GitlabError> for Refusal {
    fn from(error: GitlabError) -> Self {
        Self::Body(error)
    }
}

impl Refusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NoHeader(_) | Self::Body(GitlabError::Refused(_)) => 400,
            Self::Unauthenticated(_) | Self::Nowhere { .. } => 401,
            Self::NoScope(_) | Self::NoContextScope(_) => 403,
            Self::NotFound | Self::NoPrompt(_) => 404,
            Self::WrongMethod => 405,
            Self::Upstream { .. } => 421,
            Self::Body(GitlabError::Invalid(_)) | Self::NoInput(_) => 422,
            Self::TooMany(_) => 429,
            Self::NoToken => 500,
            Self::InferenceFailed(_) => 503,
            Self::Other(status, _) => *status,
        }
    }

    /// What happened, in GitLab's words where it has some.
    pub fn message(&self) -> String {
        match self {
            Self::Unauthenticated(text) | Self::Nowhere { refused: text, .. } => text.clone(),
            Self::NoScope(scope) => scope.denial(),
            Self::NoContextScope(category) => {
                format!("Unauthorized to access include_{}_context", category.name)
            }
            Self::NotFound => "Not found".to_owned(),
            Self::NoPrompt(id) => format!("Prompt '{id}' not found"),
            Self::WrongMethod => "Method Not Allowed".to_owned(),
            Self::Body(error) => error.to_string(),
            Self::NoInput(name) => format!("Input '{name}' is missing in the prompt's inputs"),
            Self::NoHeader(header) => format!("Missing {header} header"),
            Self::Upstream { code, reason } => format!("{code}: {reason}"),
            Self::InferenceFailed(why) if why.is_empty() => "Inference failed".to_owned(),
            Self::InferenceFailed(why) => format!("Inference failed: {why}"),
            Self::NoToken => "Failed to generate JWT".to_owned(),
            Self::TooMany(message) | Self::Other(_, message) => message.clone(),
        }
    }

    /// The body. `detail` is a list that Rails reads by `detail[0].msg`, and a text where it wants
    /// one: for an error of the model server.
    pub fn json(&self) -> Value {
        let message = self.message();
        let detail = match self {
            Self::Upstream { .. } => json!(message),
            Self::NoInput(name) => {
                let loc = ["body", "inputs", name];
                json!([{"msg": message, "type": self.kind(), "loc": loc}])
            }
            Self::Nowhere { method, path, .. } => {
                let message = format!("{message}. There is no {method} {path} here in any case");
                json!([{"msg": message, "type": self.kind(), "loc": []}])
            }
            Self::Body(GitlabError::Invalid(flaws)) => {
                flaws.iter().map(crate::Flaw::json).collect()
            }
            _ => json!([{"msg": message, "type": self.kind(), "loc": []}]),
        };
        json!({"error": message, "detail": detail})
    }

    /// A word for programs.
    fn kind(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) | Self::Nowhere { .. } => "unauthenticated",
            Self::NoScope(_) | Self::NoContextScope(_) => "forbidden",
            Self::NotFound | Self::NoPrompt(_) => "not_found",
            Self::WrongMethod => "method_not_allowed",
            Self::Body(_) | Self::NoInput(_) => "value_error",
            Self::NoHeader(_) => "missing_header",
            Self::TooMany(_) => "rate_limited",
            Self::Upstream { .. } | Self::InferenceFailed(_) => "inference_failed",
            Self::NoToken => "no_signing_key",
            Self::Other(..) => "error",
        }
    }
}
