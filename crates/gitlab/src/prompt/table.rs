//! The prompts that GitLab asks for by name, with what it hands in and how the answer is sampled:
//! names, scopes and inputs are GitLab's, as `gateway.md` records them (§5.4), texts are ours.

use std::time::Duration;

use domain::Feature;

use super::AnswerForm::{self, Commands, Json, RestOfIdentifier};
use super::input::{list, needed, needed_records, records, text};
use super::{Input, Prompt};

/// The families that are asked with a file of their own, and the files.
macro_rules! files {
    ($id:literal, $($family:literal),+) => {
        &[$((
            $family,
            include_str!(concat!("templates/", $id, "/", $family, ".txt")),
        )),+]
    };
}

/// What most prompts are like.
const PLAIN: Prompt = Prompt {
    id: "",
    title: "",
    feature: Feature::DuoChat,
    scopes: &[],
    inputs: &[],
    temperature: 0.0,
    max_tokens: 2048,
    stop: &[],
    timeout: Duration::from_secs(60),
    answer: AnswerForm::Text,
    texts: &[],
};

/// What the readers of an item in GitLab are like.
const A_READER: Prompt = Prompt {
    inputs: &[needed("input"), needed("suggestions")],
    answer: RestOfIdentifier,
    ..PLAIN
};

/// What the commands on code are handed.
const EXPLAINED: &[Input] = &[
    needed("input"),
    needed("selected_text"),
    text("language_info"),
    text("file_content"),
];

/// What the commands that change code are handed.
const CHANGED: &[Input] = &[
    needed("input"),
    needed("selected_text"),
    text("language_info"),
    text("file_content"),
    text("file_content_reuse"),
    list("libraries"),
];

/// All prompts: those of chat, then of other features, then of code.
pub static PROMPTS: &[Prompt] = &[
    Prompt {
        id: "chat/react",
        title: "Chat",
        scopes: &["duo_classic_chat", "duo_chat"],
        inputs: &[
            needed("question"),
            records("contexts", &["tag", "name", "content"]),
            needed_records("tools", &["name", "description", "example"]),
            needed_records("steps", &["thought", "tool", "input", "observation"]),
            list("unavailable_resources"),
            text("current_date"),
        ],
        temperature: 0.1,
        max_tokens: 8192,
        stop: &["Observation:"],
        texts: files!("chat/react", "base", "llama3", "mistral"),
        ..PLAIN
    },
    Prompt {
        id: "chat/explain_code",
        title: "Explain code",
        feature: Feature::DuoChatExplainCode,
        scopes: &["explain_code"],
        inputs: EXPLAINED,
        texts: files!("chat/explain_code", "base", "gpt"),
        ..PLAIN
    },
    Prompt {
        id: "chat/write_tests",
        title: "Write tests",
        feature: Feature::DuoChatWriteTests,
        scopes: &["write_tests"],
        inputs: CHANGED,
        temperature: 0.1,
        texts: files!("chat/write_tests", "base", "gpt"),
        ..PLAIN
    },
    Prompt {
        id: "chat/refactor_code",
        title: "Refactor code",
        feature: Feature::DuoChatRefactorCode,
        scopes: &["refactor_code"],
        inputs: CHANGED,
        temperature: 0.1,
        texts: files!("chat/refactor_code", "base", "gpt"),
        ..PLAIN
    },
    Prompt {
        id: "chat/fix_code",
        title: "Fix code",
        feature: Feature::DuoChatFixCode,
        scopes: &["fix_code"],
        inputs: CHANGED,
        temperature: 0.1,
        texts: files!("chat/fix_code", "base", "gpt"),
        ..PLAIN
    },
    Prompt {
        id: "chat/issue_reader",
        title: "Read an issue",
        scopes: &["ask_issue"],
        temperature: 0.1,
        texts: files!("chat/issue_reader", "base"),
        ..A_READER
    },
    Prompt {
        id: "chat/epic_reader",
        title: "Read an epic",
        scopes: &["ask_epic"],
        temperature: 0.1,
        texts: files!("chat/epic_reader", "base"),
        ..A_READER
    },
    Prompt {
        id: "chat/merge_request_reader",
        title: "Read a merge request",
        scopes: &["ask_merge_request"],
        texts: files!("chat/merge_request_reader", "base"),
        ..A_READER
    },
    // GitLab's class finds a build by the last part of an address and by nothing else.
    Prompt {
        id: "chat/build_reader",
        title: "Read a build",
        scopes: &["ask_build"],
        texts: files!("chat/build_reader", "base"),
        ..A_READER
    },
    // GitLab's class takes a bare hash for a reference, and no number.
    Prompt {
        id: "chat/commit_reader",
        title: "Read a commit",
        scopes: &["ask_commit", "duo_chat"],
        texts: files!("chat/commit_reader", "base"),
        ..A_READER
    },
    Prompt {
        id: "chat/work_item_reader",
        title: "Read a work item",
        scopes: &["ask_work_item"],
        temperature: 0.1,
        texts: files!("chat/work_item_reader", "base"),
        ..A_READER
    },
    Prompt {
        id: "chat/explain_vulnerability",
        title: "Explain a vulnerability",
        feature: Feature::DuoChatExplainVulnerability,
        scopes: &["explain_vulnerability"],
        inputs: &[
            needed("title"),
            needed("vulnerability_info"),
            text("language_info"),
            text("identifiers"),
            text("vulnerability_description"),
        ],
        temperature: 0.1,
        texts: files!("chat/explain_vulnerability", "base", "gpt"),
        ..PLAIN
    },
    Prompt {
        id: "chat/troubleshoot_job",
        title: "Find why a job failed",
        feature: Feature::DuoChatTroubleshootJob,
        scopes: &["troubleshoot_job"],
        inputs: &[needed("selected_text"), text("language_info")],
        temperature: 0.1,
        texts: files!("chat/troubleshoot_job", "base", "gpt"),
        ..PLAIN
    },
    Prompt {
        id: "chat/summarize_comments",
        title: "Summarize a discussion",
        feature: Feature::DuoChatSummarizeComments,
        scopes: &["summarize_comments"],
        inputs: &[needed("notes_content")],
        temperature: 0.1,
        texts: files!("chat/summarize_comments", "base", "gpt"),
        ..PLAIN
    },
    Prompt {
        id: "chat/documentation_search",
        title: "Answer from the documentation",
        scopes: &["documentation_search"],
        inputs: &[
            needed("question"),
            needed_records("documents", &["content", "id"]),
            needed("content_id"),
        ],
        temperature: 0.1,
        texts: files!("chat/documentation_search", "base"),
        ..PLAIN
    },
    Prompt {
        id: "categorize_question",
        title: "Sort a question",
        scopes: &["duo_classic_chat", "duo_chat"],
        inputs: &[needed("question"), text("previous_answer")],
        max_tokens: 500,
        timeout: Duration::from_secs(15),
        answer: Json,
        texts: files!("categorize_question", "base"),
        ..PLAIN
    },
    Prompt {
        id: "generate_commit_message",
        title: "Write a commit message",
        feature: Feature::GenerateCommitMessage,
        scopes: &["generate_commit_message"],
        inputs: &[needed("diff")],
        max_tokens: 4096,
        texts: files!("generate_commit_message", "base"),
        ..PLAIN
    },
    Prompt {
        id: "summarize_new_merge_request",
        title: "Describe a merge request",
        feature: Feature::SummarizeNewMergeRequest,
        scopes: &["summarize_new_merge_request"],
        inputs: &[needed("extracted_diff")],
        max_tokens: 2000,
        texts: files!("summarize_new_merge_request", "base"),
        ..PLAIN
    },
    Prompt {
        id: "summarize_review",
        title: "Summarize a review",
        feature: Feature::SummarizeReview,
        scopes: &["summarize_review"],
        inputs: &[needed("draft_notes_content")],
        temperature: 0.1,
        texts: files!("summarize_review", "base"),
        ..PLAIN
    },
    Prompt {
        id: "review_merge_request",
        title: "Review a merge request",
        feature: Feature::ReviewMergeRequest,
        scopes: &["review_merge_request"],
        inputs: &[
            needed("diff_lines"),
            needed("mr_title"),
            text("mr_description"),
            text("full_file_intro"),
            text("full_content_section"),
            text("custom_instructions_section"),
            text("current_date"),
        ],
        temperature: 0.1,
        max_tokens: 8192,
        timeout: Duration::from_secs(120),
        texts: files!("review_merge_request", "base", "llama3"),
        ..PLAIN
    },
    Prompt {
        id: "resolve_vulnerability",
        title: "Fix a vulnerability",
        feature: Feature::ResolveVulnerability,
        scopes: &["resolve_vulnerability"],
        inputs: &[
            needed("name"),
            needed("vulnerability_description"),
            needed("source_code"),
            needed("vulnerable_code"),
            text("identifiers"),
            text("filename"),
        ],
        temperature: 0.1,
        max_tokens: 4096,
        texts: files!("resolve_vulnerability", "base"),
        ..PLAIN
    },
    Prompt {
        id: "generate_description",
        title: "Write a description",
        scopes: &["generate_issue_description", "generate_description"],
        inputs: &[needed("content"), text("template")],
        max_tokens: 4096,
        texts: files!("generate_description", "base"),
        ..PLAIN
    },
    Prompt {
        id: "glab_ask_git_command",
        title: "Find a git command",
        feature: Feature::GlabAskGitCommand,
        scopes: &["glab_ask_git_command"],
        inputs: &[needed("prompt")],
        temperature: 0.1,
        answer: Commands,
        texts: files!("glab_ask_git_command", "base"),
        ..PLAIN
    },
    Prompt {
        id: "measure_comment_temperature",
        title: "Judge the tone of a comment",
        scopes: &["measure_comment_temperature"],
        inputs: &[needed("content")],
        max_tokens: 1000,
        answer: Json,
        texts: files!("measure_comment_temperature", "base"),
        ..PLAIN
    },
    Prompt {
        id: "model_configuration/check",
        title: "Test connection",
        feature: Feature::CodeCompletions,
        scopes: &["complete_code"],
        inputs: &[],
        max_tokens: 16,
        texts: files!("model_configuration/check", "base"),
        ..PLAIN
    },
    Prompt {
        id: "code_suggestions/completions",
        title: "Complete code",
        feature: Feature::CodeCompletions,
        scopes: &["complete_code", "code_suggestions"],
        inputs: &[
            needed("prefix"),
            needed("suffix"),
            text("file_name"),
            text("language"),
            text("context"),
        ],
        max_tokens: 128,
        texts: files!("code_suggestions/completions", "base", "claude_3", "gpt"),
        ..PLAIN
    },
    Prompt {
        id: "code_suggestions/generations",
        title: "Generate code",
        feature: Feature::CodeGenerations,
        scopes: &["generate_code"],
        inputs: &[
            needed("prefix"),
            text("instruction"),
            text("file_name"),
            text("language"),
            text("trimmed_content_above_cursor"),
            text("trimmed_content_below_cursor"),
            text("user_instruction"),
            records("examples_array", &["example", "response", "trigger_type"]),
            list("related_files"),
            list("related_snippets"),
            list("libraries"),
        ],
        temperature: 0.2,
        texts: files!(
            "code_suggestions/generations",
            "base",
            "claude_3",
            "codegemma",
            "deepseekcoder",
            "gpt",
            "llama3"
        ),
        ..PLAIN
    },
];
