//! The command line: what each command promises, its exit status, and that nothing is lost when
//! things go wrong.

mod audit;
mod commands;
mod gitlab;
mod logs;
mod losses;
mod models;
mod redaction;
mod routing;
mod serving;
