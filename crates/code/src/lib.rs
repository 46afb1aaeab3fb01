//! What is special about text that is code: the prompt that asks for it, and what is done to the
//! answer. Speaks to no server and knows no clock.
#![warn(missing_docs)]

mod budget;
mod gap;
mod language;
mod polish;
mod prompt;
mod syntax;
mod thoughts;
mod tokens;

pub use budget::{Dropped, Fitted, fit};
pub use gap::{Gap, LineEnds};
pub use language::Language;
pub use polish::{Completion, Generation, Note};
pub use prompt::{
    COMPLETION_RULES, ChatPrompt, FimPrompt, GENERATION_RULES, chat_prompt, fim_prompt,
    generation_prompt, prefix_prompt, stops,
};
pub use thoughts::Thoughts;
pub use tokens::{Defuser, control_token, defuse};
