//! The gateway as its clients see it: the real binary over HTTP, in front of scripted upstreams.

mod anthropic;
mod azure;
mod bedrock;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod client;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod gaps;
mod guard;
#[cfg(test)]
mod hang_up;
#[cfg(test)]
mod idle;
#[cfg(test)]
mod join;
#[cfg(test)]
mod log_files;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod nothing_lost;
mod passing;
#[cfg(test)]
mod playground;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod reading_code;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod resilience;
#[cfg(test)]
mod row_fields;
mod trouble;
mod vectors;
