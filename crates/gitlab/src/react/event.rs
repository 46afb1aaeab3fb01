//! What one turn of the loop gives GitLab. Knows not how it is written.

use providers::{UpstreamError, is_about_context};

/// What GitLab looks for in the message of an error to say that the prompt is too long (A1005).
const TOO_LONG: &str = "prompt is too long";
/// What it looks for to say that the tool needs another subscription (G3001).
const NO_TOOL: &str = "tool not available";
/// Words of servers that have too much to do; the same request may do later.
const OVERLOADED: [&str; 2] = ["overloaded_error", "AnthropicError - Overloaded"];

/// A part of the answer to one turn; GitLab's *agent event*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The next piece of the final answer.
    Delta(String),
    /// GitLab is to run a tool and to ask again.
    Action(Action),
    /// Text that has neither form; GitLab shows it as the answer.
    Unknown(String),
    /// There is no answer.
    Error {
        /// What happened.
        message: String,
        /// Whether GitLab is to ask again, which it does twice.
        retryable: bool,
    },
}

/// The call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Why.
    pub thought: String,
    /// The tool's name.
    pub tool: String,
    /// What it is asked.
    pub tool_input: String,
}

impl Event {
    /// The model asked for a tool that it was not offered.
    pub fn tool_not_available() -> Self {
        Self::Error {
            message: NO_TOOL.to_owned(),
            retryable: false,
        }
    }

    /// There is no answer for a reason in words, such as those of an error before the call.
    pub fn failed(message: &str) -> Self {
        let is_too_long = is_about_context(message) && !message.contains(TOO_LONG);
        let message = if is_too_long {
            format!("{TOO_LONG}: {message}")
        } else {
            message.to_owned()
        };
        let retryable = OVERLOADED.iter().any(|word| message.contains(word));
        Self::Error { message, retryable }
    }

    /// There is no answer, or no more of it, as the model server failed.
    pub fn of_failure(error: &UpstreamError) -> Self {
        Self::failed(&error.to_string())
    }
}
