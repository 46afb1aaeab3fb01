//! What an admin changed in the prompts of features. Knows neither the prompts nor their inputs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The edited prompts by name and family, such as `chat/explain_code/mistral`. What is not here is
/// as Gatehouse brings it; an id that this program does not know is kept.
pub type PromptEdits = BTreeMap<String, PromptEdit>;

/// What an admin wrote instead of a part of a prompt; a part that is absent is as Gatehouse brings
/// it. The crate `gitlab` checks it before it is saved.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PromptEdit {
    /// The template of the system turn; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The template of the user's turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The template of the beginning of the answer; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefill: Option<String>,
    /// 0 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The most tokens of an answer, 1 to 1,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
