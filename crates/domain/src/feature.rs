//! The features that clients ask for by name, what each needs of a model, and which one it
//! follows when it has no route of its own. Routes nothing.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{DomainError, FamilyRecord, Standing, Support};

/// A feature that is routed to a model. The names are GitLab's (`feature_metadata.yml`) and serve
/// clients as model ids.
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
    /// `/explain` in chat.
    DuoChatExplainCode,
    /// `/tests` in chat.
    DuoChatWriteTests,
    /// `/refactor` in chat.
    DuoChatRefactorCode,
    /// `/fix` in chat.
    DuoChatFixCode,
    /// Why a job failed.
    DuoChatTroubleshootJob,
    /// What a vulnerability is.
    DuoChatExplainVulnerability,
    /// A summary of a discussion.
    DuoChatSummarizeComments,
    /// A message for a merge commit.
    GenerateCommitMessage,
    /// A description for a merge request.
    SummarizeNewMergeRequest,
    /// A summary of a review.
    SummarizeReview,
    /// A review of a merge request.
    ReviewMergeRequest,
    /// A fix for a vulnerability.
    ResolveVulnerability,
    /// `glab duo ask`.
    GlabAskGitCommand,
}

/// What a feature needs a model to be good at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Need {
    /// The text between a prefix and a suffix.
    Completion,
    /// Code from an instruction.
    Generation,
    /// Conversation.
    Chat,
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
    /// The group it is shown in, as on GitLab's page.
    pub group: &'static str,
    /// What it is, in one short sentence.
    pub summary: &'static str,
    /// What it needs.
    pub need: Need,
    /// The feature that it follows while it has no route of its own.
    pub parent: Option<Feature>,
}

const SUGGESTIONS: &str = "Code suggestions";
const CHAT: &str = "Chat";
const MERGE_REQUESTS: &str = "Merge requests";
const OTHER: &str = "Other features";

const fn chat(
    feature: Feature,
    name: &'static str,
    title: &'static str,
    group: &'static str,
    summary: &'static str,
) -> FeatureRecord {
    FeatureRecord {
        feature,
        name,
        title,
        group,
        summary,
        need: Need::Chat,
        parent: Some(Feature::DuoChat),
    }
}

/// All features, in the order of the Features screen. Each feature's parent stands before it.
pub const FEATURES: &[FeatureRecord] = &[
    FeatureRecord {
        feature: Feature::CodeCompletions,
        name: "code_completions",
        title: "Code completion",
        group: SUGGESTIONS,
        summary: "The next words at the cursor, while typing.",
        need: Need::Completion,
        parent: None,
    },
    FeatureRecord {
        feature: Feature::CodeGenerations,
        name: "code_generations",
        title: "Code generation",
        group: SUGGESTIONS,
        summary: "A block of code from an instruction.",
        need: Need::Generation,
        parent: None,
    },
    FeatureRecord {
        parent: None,
        ..chat(
            Feature::DuoChat,
            "duo_chat",
            "Chat",
            CHAT,
            "Questions and answers in conversation.",
        )
    },
    chat(
        Feature::DuoChatExplainCode,
        "duo_chat_explain_code",
        "Code explanation",
        CHAT,
        "What selected code does.",
    ),
    chat(
        Feature::DuoChatWriteTests,
        "duo_chat_write_tests",
        "Test generation",
        CHAT,
        "Tests for selected code.",
    ),
    chat(
        Feature::DuoChatRefactorCode,
        "duo_chat_refactor_code",
        "Refactor code",
        CHAT,
        "Selected code, written better.",
    ),
    chat(
        Feature::DuoChatFixCode,
        "duo_chat_fix_code",
        "Fix code",
        CHAT,
        "Selected code, corrected.",
    ),
    chat(
        Feature::DuoChatTroubleshootJob,
        "duo_chat_troubleshoot_job",
        "Root cause analysis",
        CHAT,
        "Why a CI/CD job failed.",
    ),
    chat(
        Feature::DuoChatExplainVulnerability,
        "duo_chat_explain_vulnerability",
        "Vulnerability explanation",
        CHAT,
        "What a vulnerability means.",
    ),
    chat(
        Feature::DuoChatSummarizeComments,
        "duo_chat_summarize_comments",
        "Discussion summary",
        CHAT,
        "What was said on an issue.",
    ),
    chat(
        Feature::GenerateCommitMessage,
        "generate_commit_message",
        "Merge commit message",
        MERGE_REQUESTS,
        "A message for a merge commit.",
    ),
    chat(
        Feature::SummarizeNewMergeRequest,
        "summarize_new_merge_request",
        "Merge request summary",
        MERGE_REQUESTS,
        "A description of a new merge request.",
    ),
    chat(
        Feature::SummarizeReview,
        "summarize_review",
        "Code review summary",
        MERGE_REQUESTS,
        "A summary of review comments.",
    ),
    chat(
        Feature::ReviewMergeRequest,
        "review_merge_request",
        "Code review",
        MERGE_REQUESTS,
        "Review comments on a merge request.",
    ),
    chat(
        Feature::ResolveVulnerability,
        "resolve_vulnerability",
        "Vulnerability resolution",
        OTHER,
        "A fix for a vulnerability.",
    ),
    chat(
        Feature::GlabAskGitCommand,
        "glab_ask_git_command",
        "Duo for the CLI",
        OTHER,
        "A git command from a question.",
    ),
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

/// Why a family does not suit a feature, as a sentence, or `None` when it does.
pub fn unfit_reason(family: &FamilyRecord, feature: Feature) -> Option<String> {
    let record = feature.record();
    let (level, kind) = match record.need {
        Need::Completion => (family.support.completion, "completing code"),
        Need::Generation => (family.support.generation, "generating code"),
        Need::Chat => (family.support.chat, "conversation"),
    };
    let title = &family.title;
    match level {
        Support::None => Some(format!("{title} models are not made for {kind}.")),
        Support::Limited => {
            let by = match family.standing {
                Standing::Unlisted => "",
                Standing::Approved | Standing::UnderEvaluation => ", by GitLab's list",
            };
            Some(format!(
                "{title} models lose much of their quality in {kind}{by}."
            ))
        }
        Support::Partial | Support::Full => None,
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
        assert_eq!(FEATURES.len(), 16);
        for record in FEATURES {
            assert_eq!(serde_json::to_value(record.feature).unwrap(), record.name);
            assert_eq!(record.name.parse::<Feature>(), Ok(record.feature));
        }
    }

    #[test]
    fn a_parent_has_no_parent_and_stands_first() {
        for (place, record) in FEATURES.iter().enumerate() {
            let Some(parent) = record.parent else {
                continue;
            };
            assert_eq!(parent.record().parent, None);
            let above = FEATURES.iter().position(|row| row.feature == parent);
            assert!(above.is_some_and(|above| above < place));
        }
    }

    #[test]
    fn a_model_that_does_not_suit_a_feature_is_named_with_the_reason() {
        use Feature::{CodeCompletions, CodeGenerations, DuoChat, SummarizeReview};
        let none =
            |title: &str, kind: &str| Some(format!("{title} models are not made for {kind}."));
        for (family, identifier, feature, reason) in [
            ("codegemma", "", DuoChat, none("CodeGemma", "conversation")),
            ("codegemma", "", CodeCompletions, None),
            (
                "codegemma",
                "codegemma-7b-it",
                CodeCompletions,
                none("CodeGemma 7b-it", "completing code"),
            ),
            (
                "codellama",
                "codellama:13b-code",
                CodeGenerations,
                none("Code Llama 13b-code", "generating code"),
            ),
            (
                "mistral",
                "Mistral-7B-Instruct-v0.3",
                SummarizeReview,
                Some(
                    "Mistral 7B-it models lose much of their quality in conversation, by \
                     GitLab's list."
                        .to_owned(),
                ),
            ),
            (
                "gemma",
                "gemma3:1b",
                CodeGenerations,
                Some("Gemma 3 1B models lose much of their quality in generating code.".to_owned()),
            ),
            ("codestral", "", DuoChat, None),
            ("general", "", CodeCompletions, None),
        ] {
            let record = FamilyRecord::built_in(family).unwrap();
            let record = record.for_identifier(identifier);
            assert_eq!(
                unfit_reason(&record, feature),
                reason,
                "{family}: {feature}"
            );
        }
    }
}
