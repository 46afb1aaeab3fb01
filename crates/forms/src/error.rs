//! What can be wrong with a client's request, in words for people.

/// A request that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FormError {
    /// It is not of its form; says which field and why.
    #[error("{0}")]
    Malformed(String),
    /// It asks for something that is not served; names it.
    #[error("{0} is not served here")]
    NotServed(String),
}
