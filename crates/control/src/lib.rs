//! The application without a face: `Control` owns settings, keys, the gateway and the request log;
//! `api` names its operations and `streams` its subscriptions. Knows no window, no browser and no
//! terminal.
#![warn(missing_docs)]
mod api;
mod audit;
mod control;
mod documentation;
mod door;
mod environment;
mod error;
mod files;
mod gitlab;
mod history;
mod join;
mod keys;
mod lock;
mod log;
mod log_files;
mod operations;
mod operator;
mod port;
mod reach;
mod recordings;
mod redaction;
mod runner;
mod secrets;
mod service_log;
mod settings_store;
mod sqlite;
mod streams;
pub mod telemetry;
pub mod view;
pub use control::{Control, Purpose, default_folder};
pub use error::{Error, ErrorCode};
pub use lock::{FolderLock, Holder, HolderKind};
#[doc(hidden)]
pub use log::measure;
pub use operator::{Holder as FolderHolder, Operator};
pub use secrets::environment_key;
pub use settings_store::{FileStore, SettingsStore, document_path};
pub use streams::{Item, Items, gathered};
