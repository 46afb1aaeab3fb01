//! The AI gateway: an HTTP service that answers clients by asking model servers. `Gateway::new`,
//! `Gateway::bind` and `Listening::run` are its public face; `Gateway::call` takes a request from
//! inside the program through the same pipeline. It keeps nothing: settings come in as a
//! snapshot, records go out to a sink.
#![warn(missing_docs)]

mod answer;
mod error;
mod gateway;
mod guard;
mod incoming;
mod pieces;
mod reading;
mod record;
mod relay;
mod routes;
mod sample;
mod server;
mod snapshot;
mod sse;
mod upstream;

pub use answer::AnswerBody;
pub use gateway::{Counters, Gateway};
pub use record::{
    Accepted, Outcome, RecordEvent, RequestState, Room, Routed, Sink, record_channel,
};
pub use server::{Drained, Listening};
pub use snapshot::{Snapshot, UpstreamKey};
pub use upstream::{ServedModel, Upstream, UpstreamError};
