//! The tools that GitLab runs for a model, and which of them a request may use. Runs none.

use std::str::FromStr;

/// A tool of GitLab.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name; in camel case the name of the class in Rails.
    pub name: &'static str,
    /// The scope that a token needs for it.
    pub scope: &'static str,
    /// The first GitLab that has it, where that is later than the first that is served.
    pub since: Option<Version>,
    /// What it does, for the model.
    pub description: &'static str,
    /// A question, and the call that answers it.
    pub example: &'static str,
}

/// The release of a GitLab: what stands before the second dot of its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Such as 17.
    pub major: u32,
    /// Such as 6.
    pub minor: u32,
}

impl FromStr for Version {
    type Err = ();

    /// Reads `17.6.1`, `17.6`, `17.6.0-pre` and `17.6.0-ee`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = text.trim().split(['.', '-']).map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            _ => Err(()),
        }
    }
}

/// Readers of merge requests, jobs and commits came with this release.
const READERS: Option<Version> = Some(Version {
    major: 17,
    minor: 5,
});

/// All tools, in the order in which models see them. Sources: the contract with GitLab, section
/// 1.8; the words are ours.
pub const TOOLS: &[Tool] = &[
    Tool {
        name: "gitlab_documentation",
        scope: "documentation_search",
        since: None,
        description: "Searches the documentation of GitLab. For questions about how GitLab works \
            or how something is set up in it, never about the content of a project. The input is \
            the question in a few words.",
        example: "Question: Where do I protect a branch?\nThought: This is about a feature of \
            GitLab, so the documentation knows it.\nAction: gitlab_documentation\nAction Input: \
            protect a branch",
    },
    Tool {
        name: "issue_reader",
        scope: "ask_issue",
        since: None,
        description: "Reads one issue. Only when the question names the issue by number or URL, \
            or means the one on the page. It cannot search. The input is the question as it was \
            asked.",
        example: "Question: Who wrote issue #42?\nThought: I need the content of issue #42.\n\
            Action: issue_reader\nAction Input: Who wrote issue #42?",
    },
    Tool {
        name: "epic_reader",
        scope: "ask_epic",
        since: None,
        description: "Reads one epic. Only when the question names the epic by number or URL, or \
            means the one on the page. It cannot search. The input is the question as it was \
            asked.",
        example: "Question: What is epic &7 about?\nThought: I need the content of epic &7.\n\
            Action: epic_reader\nAction Input: What is epic &7 about?",
    },
    Tool {
        name: "merge_request_reader",
        scope: "ask_merge_request",
        since: READERS,
        description: "Reads one merge request. Only when the question names it by number or URL, \
            or means the one on the page. It cannot search. The input is the question as it was \
            asked.",
        example: "Question: Is !15 ready?\nThought: I need the content of merge request !15.\n\
            Action: merge_request_reader\nAction Input: Is !15 ready?",
    },
    Tool {
        name: "build_reader",
        scope: "ask_build",
        since: READERS,
        description: "Reads one CI/CD job with its log. Only when the question names the job by \
            number or URL, or means the one on the page. It cannot search. The input is the \
            question as it was asked.",
        example: "Question: Why did job 9001 fail?\nThought: I need the log of job 9001.\nAction: \
            build_reader\nAction Input: Why did job 9001 fail?",
    },
    Tool {
        name: "commit_reader",
        scope: "ask_commit",
        since: READERS,
        description: "Reads one commit. Only when the question names it by hash or URL, or means \
            the one on the page. It cannot search. The input is the question as it was asked.",
        example: "Question: What changed in 1a2b3c4d?\nThought: I need the content of commit \
            1a2b3c4d.\nAction: commit_reader\nAction Input: What changed in 1a2b3c4d?",
    },
    Tool {
        name: "work_item_reader",
        scope: "ask_work_item",
        since: READERS,
        description: "Reads one work item, such as a task or an objective. Only when the question \
            names it by URL, or means the one on the page. It cannot search. The input is the \
            question as it was asked.",
        example: "Question: Summarize this task.\nThought: I need the content of the work item \
            on the page.\nAction: work_item_reader\nAction Input: Summarize this task.",
    },
];

/// The tools that a request may use: those whose scope its token has, and that its GitLab knows. A
/// GitLab that does not say its version is taken for an old one.
pub fn tools_for(has_scope: impl Fn(&str) -> bool, version: Option<Version>) -> Vec<&'static Tool> {
    let is_offered =
        |tool: &&Tool| has_scope(tool.scope) && (tool.since.is_none() || version >= tool.since);
    TOOLS.iter().filter(is_offered).collect()
}
