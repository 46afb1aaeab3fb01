//! The application without a face.
#![warn(missing_docs)]
mod error;
pub mod view;
mod api_types;
pub use error::{Error, ErrorCode};
