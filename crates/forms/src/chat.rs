//! OpenAI's `/v1/chat/completions`. Reads requests only for servers that speak another form;
//! those that speak this one get the client's bytes.

mod messages;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use read::{include_usage, read};
pub(crate) use write::{whole, writer};
