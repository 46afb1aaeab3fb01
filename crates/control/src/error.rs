//! The edge type: what happened and what to do, for the window, the browser and the terminal.

use access::AccessError;
use domain::{DomainError, Field};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a face can do about an error. A code exists only where someone branches on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    /// The input breaks a rule: it stays on screen to be corrected.
    Invalid,
    /// Something named does not exist any more: the list is to be read anew.
    NotFound,
    /// Another process holds the settings.
    Held,
    /// The port is taken: another one is offered.
    PortTaken,
    /// The keyring does not answer or is locked: it can be tried again.
    Keyring,
    /// A model server did not answer as it should.
    Upstream,
    /// Anything else.
    Failed,
}

/// An error in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, TS)]
#[error("{message}")]
#[ts(export)]
pub struct Error {
    /// What a face can do about it.
    pub code: ErrorCode,
    /// What happened, and why.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The raw text behind it, such as a server's answer.
    #[ts(optional = nullable)]
    pub details: Option<String>,
    /// The field of a form that it is about.
    #[ts(optional = nullable)]
    pub field: Option<Field>,
    /// The place in the input that it is about, where that is no field of a form: a path such as
    /// `parameters.tools[1].name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub place: Option<String>,
}

impl Error {
    /// An error with what happened and what to do.
    pub fn new(code: ErrorCode, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: sentence(message.into()),
            hint: hint.into(),
            details: None,
            field: None,
            place: None,
        }
    }

    /// The same error about a field of a form.
    pub fn about(mut self, field: impl Into<Option<Field>>) -> Self {
        self.field = field.into();
        self
    }

    /// The same error about a place in the input.
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The same error with the raw text behind it.
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }
}

impl From<DomainError> for Error {
    fn from(error: DomainError) -> Self {
        let code = match error {
            DomainError::NoSuchModel(_) => ErrorCode::NotFound,
            _ => ErrorCode::Invalid,
        };
        let hint = error.hint();
        Self::new(code, error.to_string(), hint).about(error.field())
    }
}

impl From<AccessError> for Error {
    fn from(error: AccessError) -> Self {
        let hint = "Check the address and the keys in Gateway › Access.";
        Self::new(ErrorCode::Failed, error.to_string(), hint)
    }
}

/// Messages inside the house start in lower case without a full stop; at the edge they are
/// sentences.
fn sentence(message: String) -> String {
    let mut letters = message.chars();
    let Some(first) = letters.next() else {
        return message;
    };
    let mut sentence: String = first.to_uppercase().chain(letters).collect();
    if !sentence.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_sentences_at_the_edge() {
        let error = Error::from(DomainError::NameTaken("Mixtral".into()));
        assert_eq!(error.message, "A model named \"Mixtral\" exists already.");
        assert!(!error.hint.is_empty());
        assert_eq!(error.field, Some(Field::Name));
    }
}
