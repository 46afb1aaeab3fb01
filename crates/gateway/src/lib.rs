//! The HTTP service.
mod record;
mod snapshot;
pub use record::{Accepted, Outcome, RecordEvent, RequestState, Room, Routed, Sink, record_channel};
pub use snapshot::{Snapshot, UpstreamKey};
