//! The parts of the bench: raw connections, load, and what is measured. `bin/bench.rs` puts them
//! together.

pub mod load;
pub mod page;
pub mod report;
pub mod stolen;
pub mod target;
pub mod wire;
