//! What is spoken with GitLab and the editors: the paths, the bodies as they send them, the
//! answers and refusals as they parse them. Knows no HTTP library, no clock and no model.

mod agent;
mod answer;
mod chat;
mod code;
mod endpoint;
mod fields;
mod json;
mod legacy;
mod model;
mod prompts;
mod refusal;
mod search;
mod stream;
mod suggestions;

#[cfg(test)]
mod tests;

pub use agent::agent_line;
pub use answer::{
    Choice, CodeModel, Found, code_answer, lang, legacy_answer, prompt_answer, prompt_answer_v2,
    search_answer, suggestion_answer, token_answer,
};
pub use chat::{
    AdditionalContext, Category, ChatFile, ChatMessage, ChatRequest, PageContext, Speaker,
    read_chat,
};
pub use code::{CodePrompt, CodeRequest, CurrentFile, Snippet, read_completion, read_generation};
pub use endpoint::{Endpoint, Invokable, PromptApi, Scope, Unrouted};
pub use legacy::{LegacyRequest, read_legacy_chat};
pub use model::ModelHint;
pub use prompts::{PromptRequest, read_prompt};
pub use refusal::Refusal;
pub use search::{SearchRequest, read_search};
pub use stream::{EVENT_STREAM, JSON, NDJSON, Raw, STREAMING_FORMAT, Sse, UsageLines, Write};
pub use suggestions::{
    Enhancer, Example, SuggestionKind, SuggestionPrompt, SuggestionRequest, read_suggestion,
};
