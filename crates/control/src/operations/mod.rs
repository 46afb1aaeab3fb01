//! The operations of the control panel, by what they are about. Each is a method of `Control`;
//! `api.rs` gives them their names.

mod client_keys;
mod families;
mod features;
mod gateway;
mod gitlab;
mod log_files;
mod log_settings;
mod models;
mod playground;
mod prompts;
mod providers;
mod recording;
mod redaction;
mod requests;
mod status;
mod test_model;
#[cfg(test)]
mod tests;
mod trials;

pub(crate) use playground::prompt;
pub(crate) use test_model::TestReports;
