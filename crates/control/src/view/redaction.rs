//! What redaction rules make of a text.

use domain::RedactionDraft;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A text to try rules on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PreviewRedaction {
    /// The rules, saved or not; none means those that are saved.
    #[ts(optional = nullable)]
    pub rules: Option<RedactionDraft>,
    /// The text: at most 1 MiB.
    pub text: String,
}

/// What a text comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RedactionPreview {
    /// The text as it would be written.
    pub text: String,
    /// The rules that are on, in the order in which they are applied.
    pub counts: Vec<RedactionCount>,
}

/// How often a rule found something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RedactionCount {
    /// The rule.
    pub rule: String,
    /// How often.
    pub found: u32,
}
