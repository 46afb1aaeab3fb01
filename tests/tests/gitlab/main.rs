//! The contract with GitLab over HTTP: a fake instance that signs tokens, the real gateway, and
//! scripted models behind it.

#[cfg(test)]
mod canary;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod code;
#[cfg(test)]
mod command;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod families;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod hand_tests;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod model_calls;
#[cfg(test)]
mod named;
#[cfg(test)]
mod probes;
#[cfg(test)]
mod prompts;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod suggestions;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod user_tokens;
#[cfg(test)]
mod way_in;
