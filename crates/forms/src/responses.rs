//! OpenAI's `/v1/responses`: text, pictures and function tools. Keeps no answers, so a request has
//! to have its whole input.

mod input;
mod item;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use read::read;
pub(crate) use write::{whole, writer};
