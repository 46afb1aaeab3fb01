//! The AI gateway: an HTTP service that answers clients by asking model servers. `Gateway::new`,
//! `Gateway::bind` and `Listening::run` are its public face; `Gateway::call` takes a request from
//! inside the program through the same pipeline. It keeps nothing: settings come in as a
//! snapshot, records go out to a sink.
#![warn(missing_docs)]

mod answer;
mod ask;
mod begin;
mod counters;
mod depth;
mod error;
mod gap;
mod gateway;
mod gather;
mod gitlab;
mod guard;
mod incoming;
mod inside;
mod known;
mod load;
mod measure;
mod passage;
mod polish;
mod prepare;
mod reading;
mod record;
mod refuse;
mod relay;
mod respond;
mod routes;
mod sample;
mod server;
mod snapshot;
mod stops;
mod thoughts;
mod translation;
mod voice;
mod wish;
mod workshop;

pub use answer::{AnswerBody, BrokenOff};
pub use counters::Counters;
pub use error::{Advice, advice};
pub use gateway::Gateway;
pub use gitlab::{Documentation, Found, GitlabAccess, ModelCalls, TOKEN_REFUSED};
pub use inside::{Inside, Watched, may_be_posted};
pub use measure::Measured;
pub use record::{
    Accepted, BODY_MOST, Body, Cut, Expanded, ExpandedBy, Head, Headers, Incoming, Journal,
    MEMORY_MOST, Mark, Outcome, Piece, REQUEST_MOST, RecordEvent, RequestState, Room, Routed, Sink,
    Token, UpstreamCall, record_channel,
};
pub use server::{Drained, Listening};
pub use snapshot::{Snapshot, UpstreamKey};
