//! What a token may be used for. Does not know which endpoint asks for which scope.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A scope of a token: GitLab calls it a unit primitive. Open, because each release of GitLab
/// adds some; a name that we do not know is kept and gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// Reads builds of CI.
    pub const ASK_BUILD: Self = Self::named("ask_build");
    /// Reads commits.
    pub const ASK_COMMIT: Self = Self::named("ask_commit");
    /// Reads epics.
    pub const ASK_EPIC: Self = Self::named("ask_epic");
    /// Reads issues.
    pub const ASK_ISSUE: Self = Self::named("ask_issue");
    /// Reads merge requests.
    pub const ASK_MERGE_REQUEST: Self = Self::named("ask_merge_request");
    /// Reads work items.
    pub const ASK_WORK_ITEM: Self = Self::named("ask_work_item");
    /// Completes code; the only scope of a user token.
    pub const COMPLETE_CODE: Self = Self::named("complete_code");
    /// Searches the documentation of GitLab.
    pub const DOCUMENTATION_SEARCH: Self = Self::named("documentation_search");
    /// Talks in Duo Chat.
    pub const DUO_CHAT: Self = Self::named("duo_chat");
    /// Talks in Duo Chat, as newer instances name it.
    pub const DUO_CLASSIC_CHAT: Self = Self::named("duo_classic_chat");
    /// Explains code.
    pub const EXPLAIN_CODE: Self = Self::named("explain_code");
    /// Explains a vulnerability.
    pub const EXPLAIN_VULNERABILITY: Self = Self::named("explain_vulnerability");
    /// Mends code.
    pub const FIX_CODE: Self = Self::named("fix_code");
    /// Generates code.
    pub const GENERATE_CODE: Self = Self::named("generate_code");
    /// Writes the message of a commit.
    pub const GENERATE_COMMIT_MESSAGE: Self = Self::named("generate_commit_message");
    /// Writes the description of an issue.
    pub const GENERATE_ISSUE_DESCRIPTION: Self = Self::named("generate_issue_description");
    /// Finds a Git command.
    pub const GLAB_ASK_GIT_COMMAND: Self = Self::named("glab_ask_git_command");
    /// Judges the tone of a comment.
    pub const MEASURE_COMMENT_TEMPERATURE: Self = Self::named("measure_comment_temperature");
    /// Restructures code.
    pub const REFACTOR_CODE: Self = Self::named("refactor_code");
    /// Mends a vulnerability.
    pub const RESOLVE_VULNERABILITY: Self = Self::named("resolve_vulnerability");
    /// Reviews a merge request.
    pub const REVIEW_MERGE_REQUEST: Self = Self::named("review_merge_request");
    /// Says that the instance brings its own models.
    pub const SELF_HOSTED_MODELS: Self = Self::named("self_hosted_models");
    /// Sums up the comments of an issue.
    pub const SUMMARIZE_COMMENTS: Self = Self::named("summarize_comments");
    /// Sums up a new merge request.
    pub const SUMMARIZE_NEW_MERGE_REQUEST: Self = Self::named("summarize_new_merge_request");
    /// Sums up a review.
    pub const SUMMARIZE_REVIEW: Self = Self::named("summarize_review");
    /// Finds out why a job failed.
    pub const TROUBLESHOOT_JOB: Self = Self::named("troubleshoot_job");
    /// Writes tests.
    pub const WRITE_TESTS: Self = Self::named("write_tests");

    const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The scope with this name.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// The scope that a context of this category needs, such as `include_file_context`.
    pub fn include_context(category: &str) -> Self {
        Self(format!("include_{category}_context").into())
    }

    /// The name, as tokens carry it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
