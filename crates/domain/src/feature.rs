//! The features that clients ask for by name, and the capability that each needs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::DomainError;

/// A feature that is routed to a model. The names are GitLab's and serve clients as model ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Feature {
    /// The next words at the cursor.
    CodeCompletions,
    /// A block of code from an instruction.
    CodeGenerations,
    /// Conversation.
    DuoChat,
}

/// What is known of a feature.
#[derive(Debug, Clone, Copy)]
pub struct FeatureRecord {
    /// The feature.
    pub feature: Feature,
    /// GitLab's internal name, and the model id for clients.
    pub name: &'static str,
    /// The name to show.
    pub title: &'static str,
    /// What it is, in one short sentence.
    pub summary: &'static str,
    /// Whether only families made for conversation fit.
    pub needs_chat: bool,
}

/// All features, in the order of the Features screen.
pub const FEATURES: &[FeatureRecord] = &[
    FeatureRecord {
        feature: Feature::CodeCompletions,
        name: "code_completions",
        title: "Code completion",
        summary: "The next words at the cursor, while typing.",
        needs_chat: false,
    },
    FeatureRecord {
        feature: Feature::CodeGenerations,
        name: "code_generations",
        title: "Code generation",
        summary: "A block of code from an instruction.",
        needs_chat: false,
    },
    FeatureRecord {
        feature: Feature::DuoChat,
        name: "duo_chat",
        title: "Chat",
        summary: "Questions and answers in conversation.",
        needs_chat: true,
    },
];

impl Feature {
    /// The feature's row of the table.
    pub fn record(self) -> &'static FeatureRecord {
        FEATURES
            .iter()
            .find(|record| record.feature == self)
            .expect("FEATURES has a row for each feature; a test checks it")
    }
}

impl FromStr for Feature {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        FEATURES
            .iter()
            .find(|record| record.name == text.trim())
            .map(|record| record.feature)
            .ok_or_else(|| DomainError::Feature(text.trim().to_owned()))
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.record().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_document_use_the_same_names() {
        for record in FEATURES {
            assert_eq!(serde_json::to_value(record.feature).unwrap(), record.name);
            assert_eq!(record.name.parse::<Feature>(), Ok(record.feature));
        }
    }
}
