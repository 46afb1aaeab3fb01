//! What is wrong with a prompt or with what was handed in for it, in words for people.

use std::fmt;

/// A part of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The system turn.
    System,
    /// The user's turn.
    User,
    /// The beginning of the answer.
    Prefill,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::System => "system text",
            Self::User => "user text",
            Self::Prefill => "beginning of the answer",
        })
    }
}

/// Why a prompt cannot be rendered, edited or copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// No prompt of this name; GitLab knows the words.
    #[error("Prompt '{0}' not found")]
    NotFound(String),
    /// A prompt that is part of a conversation and has no inputs by name; GitLab knows the words.
    #[error("Prompt '{0}' is not supported")]
    NotByName(String),
    /// A required input is absent.
    #[error("the input {input} is missing, which the prompt {prompt} needs")]
    MissingInput {
        /// The prompt.
        prompt: &'static str,
        /// The input.
        input: &'static str,
    },
    /// A conversation whose last turn is not the user's.
    #[error("the last turn of the conversation is not the user's, so there is nothing to answer")]
    NoQuestion,
    /// A template cannot be read or run.
    #[error("the {part}{} {problem}", at(.line))]
    Template {
        /// Which template.
        part: Part,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong there.
        problem: String,
    },
    /// An edited prompt leaves out what the request is about.
    #[error("the prompt no longer uses {{{{ {0} }}}}, without which the model cannot answer")]
    Unused(&'static str),
    /// The temperature is outside its range.
    #[error("the temperature is outside 0 to 2")]
    Temperature,
    /// The most tokens of an answer are outside their range.
    #[error("the number of tokens is outside 1 to 1,000,000")]
    MaxTokens,
    /// A name that no family can have.
    #[error("\"{0}\" is not the name of a model family")]
    Family(String),
    /// The family has texts of its own already.
    #[error("{family} has a text of its own for {id}: edit or reset that one")]
    Exists {
        /// The prompt.
        id: &'static str,
        /// The family.
        family: String,
    },
}

fn at(line: &Option<usize>) -> String {
    line.map_or(String::new(), |line| format!(", line {line},"))
}
