//! The operations of the control panel, by what they are about. Each is a method of `Control`;
//! `api.rs` gives them their names.

mod audit;
mod cancel;
mod client_keys;
mod families;
mod features;
mod gateway;
mod gitlab;
mod links;
mod log_files;
mod log_settings;
mod models;
mod playground;
mod prompts;
mod providers;
mod recording;
mod redaction;
mod replay;
mod requests;
mod status;
mod suites;
mod test_model;
#[cfg(test)]
mod tests;
mod trials;

pub(crate) use playground::{Asking, Exchanges, prompt};
pub(crate) use test_model::TestReports;
