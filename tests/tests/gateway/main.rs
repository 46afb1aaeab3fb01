//! The gateway as its clients see it: the real binary over HTTP, in front of a scripted upstream.

#[cfg(test)]
mod fixture;
mod guard;
mod passing;
mod trouble;
