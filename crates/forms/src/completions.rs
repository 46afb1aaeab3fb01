//! OpenAI's `/v1/completions`: the answers, and requests that have no raw prompt for a server but
//! a text, or a gap in one.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::{GapRequest, read_gap, read_prompt};
pub(crate) use write::{whole, writer};
