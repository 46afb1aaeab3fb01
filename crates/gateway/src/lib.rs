//! The HTTP service.
mod record;
pub use record::*;
