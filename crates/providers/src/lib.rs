//! Speaks to model servers: what is sent to each, what its answers mean. Pure functions make a
//! `Call` out of a request and `Event`s out of an answer; `Client` sends calls. Knows no client of
//! ours, no settings and no route.
#![warn(missing_docs)]

mod anthropic;
mod ask;
mod azure;
mod bedrock;
mod call;
mod client;
mod connect;
mod decode;
mod error;
mod event;
mod extra;
mod notes;
mod openai;
mod overflow;
mod pieces;
mod probe;
mod refused;
mod sse;
mod words;

pub use ask::{
    Ask, Fill, Format, FunctionTool, Image, ImageSource, Message, Parameters, Part, Role,
    ToolChoice, Way,
};
pub use bedrock::event_stream_lines;
pub use call::{
    AnswerForm, Call, Target, can_fill, chat, completion_route, counted_messages, embed, fill,
    pass, pass_count_messages, pass_messages, with_counts,
};
pub use client::{CORRELATION, Client, Observed, Observer, read_whole};
pub use connect::ConnectTime;
pub use decode::Decode;
pub use error::UpstreamError;
pub use event::{Event, FinishReason, Reply, Usage};
pub use extra::{ExtraHeaders, ExtraHeadersError};
pub use overflow::{Overflow, overflow};
pub use pieces::Pieces;
pub use probe::{
    ServedModel, context_of_server, count_tokens, detect, list_models, measure_body, models_url,
};
pub use refused::refused_parameter;
pub use sse::{EventTooLarge, Splitter, data_of};
pub use words::{cut, describe, is_about_context, status_words, without_content, words_of_error};
