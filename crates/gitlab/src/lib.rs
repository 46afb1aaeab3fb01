//! The contract that a GitLab instance speaks with its AI gateway: reads its requests, writes the
//! answers that it parses, and holds the prompts of its features. Pure: no HTTP, no clock, no
//! model server.
#![warn(missing_docs)]

mod error;
pub mod prompt;
pub mod react;
pub mod wire;

pub use error::{Flaw, GitlabError, Part};
