//! The ReAct loop of Duo Chat: the tools that a model may ask for, the steps so far, and what its
//! text means. Asks no model and writes no prompt.

mod event;
mod parser;
mod step;
mod tool;

#[cfg(test)]
mod tests;

pub use event::{Action, Event};
pub use parser::Parser;
pub use step::{Step, scratchpad};
pub use tool::{TOOLS, Tool, Version, tools_for};
