//! Model families: to choose, to look at and to edit.

use domain::{CompletionRoute, FamilyRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::Error;

/// A model family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FamilyView {
    /// Its record.
    pub record: FamilyRecord,
    /// Whether the admin made it; a built-in one can be copied and not changed.
    pub is_own: bool,
    /// The deployment names of the models that have it.
    pub models: Vec<String>,
    /// The prompt for a small gap, exactly as it is sent; none without FIM.
    #[ts(optional = nullable)]
    pub prompt_example: Option<String>,
    /// The first of its ways to complete code.
    pub lead: CompletionRoute,
}

/// A record as it was typed, not yet checked: it may be no record at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export)]
pub struct FamilyDraft(#[ts(as = "FamilyRecord")] pub Value);

/// Adds or changes a family of the admin's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SaveFamily {
    /// The record.
    pub record: FamilyDraft,
    /// Whether it is to be a new one, so that none is written over by its name.
    pub is_new: bool,
}

/// What a record comes to while it is edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FamilyPreview {
    /// The prompt for a small gap, exactly as it would be sent; none without FIM or with a problem.
    #[ts(optional = nullable)]
    pub prompt: Option<String>,
    /// Why the record cannot be saved.
    #[ts(optional = nullable)]
    pub problem: Option<Error>,
}
