//! Who may ask: tokens that a GitLab instance signs, tokens that we sign for its users, and the
//! scopes that they carry.
#![warn(missing_docs)]
