//! What OpenAI's three forms share. Knows the fields of none of them alone.

pub(crate) mod read;
pub(crate) mod write;

#[cfg(test)]
pub(crate) mod tests;
