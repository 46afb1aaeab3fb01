//! Reads the body of `/v2/chat/agent`, with the steps so far in either of the two places where
//! GitLab puts them. Writes no prompt.

use serde_json::{Map, Value};

use super::fields::{self, Object, Text};
use super::model::ModelHint;
use crate::GitlabError;
use crate::react::Step;

/// What cannot be read where a GitLab does not say it.
const UNAVAILABLE: &str = "Merge Requests, Pipelines, Vulnerabilities";

/// A turn of Duo Chat.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    /// The conversation. Its last message is the user's.
    pub messages: Vec<ChatMessage>,
    /// The steps that were taken for the last message.
    pub steps: Vec<Step>,
    /// The model that it names.
    pub model: ModelHint,
    /// Things of GitLab that no tool can read, in words.
    pub unavailable_resources: Vec<String>,
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatMessage {
    /// Who speaks.
    pub speaker: Speaker,
    /// What is said.
    pub content: String,
    /// What is on the page that the user looks at.
    pub context: Option<PageContext>,
    /// The file in the editor.
    pub current_file: Option<ChatFile>,
    /// What the user attached.
    pub additional_context: Vec<AdditionalContext>,
    /// The steps behind an answer of the model.
    pub steps: Vec<Step>,
}

/// Who speaks in a conversation with GitLab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// What is on a page of GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageContext {
    /// What it is: `issue`, `epic`, `merge_request`, `commit` or `build`.
    pub kind: &'static str,
    /// Its text.
    pub content: String,
}

/// The file in the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatFile {
    /// Its path.
    pub path: String,
    /// Its text, or the selected part of it.
    pub data: String,
    /// Whether it is the selected part.
    pub selected_code: bool,
}

/// What a user attached to a message.
#[derive(Debug, Clone, PartialEq)]
pub struct AdditionalContext {
    /// What it is.
    pub category: Category,
    /// Its id in the editor.
    pub id: Option<String>,
    /// Its text.
    pub content: Option<String>,
    /// What else the editor knows of it.
    pub metadata: Map<String, Value>,
}

/// A kind of attached context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Category {
    /// GitLab's word, such as `local_git`.
    pub name: &'static str,
    /// The scope that a token needs for it, where it needs one.
    pub scope: Option<&'static str>,
}

/// All kinds: 17.6, then 17.10, then later.
const CATEGORIES: [(&str, Category); 11] = [
    category("file", Some("include_file_context")),
    category("snippet", Some("include_snippet_context")),
    category("merge_request", Some("include_merge_request_context")),
    category("issue", Some("include_issue_context")),
    category("dependency", Some("include_dependency_context")),
    category("local_git", Some("include_local_git_context")),
    category("terminal", Some("include_terminal_context")),
    category("repository", None),
    category("directory", None),
    category("os_information", Some("include_os_information_context")),
    category(
        "agent_user_environment",
        Some("include_agent_user_environment_context"),
    ),
];

const fn category(name: &'static str, scope: Option<&'static str>) -> (&'static str, Category) {
    (name, Category { name, scope })
}

/// Reads a turn. A scratchpad in a message of the user, and a conversation that does not end with
/// the user's message, are refused.
pub fn read_chat(body: &[u8]) -> Result<ChatRequest, GitlabError> {
    let (request, is_misplaced) = fields::read(body, chat)?;
    if is_misplaced {
        return Err(GitlabError::Refused(
            "agent_scratchpad can only be present when role is ASSISTANT",
        ));
    }
    if request.messages.last().map(|message| message.speaker) != Some(Speaker::User) {
        return Err(GitlabError::Refused("Last message must be a human message"));
    }
    Ok(request)
}

impl ChatRequest {
    /// The first attached context whose scope a token lacks.
    pub fn denied_context(&self, has_scope: impl Fn(&str) -> bool) -> Option<Category> {
        let attached = self
            .messages
            .iter()
            .flat_map(|message| &message.additional_context);
        let mut categories = attached.map(|context| context.category);
        categories.find(|category| category.scope.is_some_and(|scope| !has_scope(scope)))
    }
}

/// A message as it came: without content it only carries steps.
struct Raw {
    message: ChatMessage,
    has_content: bool,
    is_misplaced: bool,
}

fn chat(body: &mut Object<'_>) -> (ChatRequest, bool) {
    let mut raws = body.objects("messages", 1..=usize::MAX, message);
    let is_misplaced = raws.iter().any(|raw| raw.is_misplaced);
    let options = body
        .object("options")
        .map(|mut options| options_steps(&mut options));
    // From 17.9 the last message carries the steps, and nothing else.
    let is_carrier = |raw: &Raw| raw.message.speaker == Speaker::Assistant && !raw.has_content;
    let carried = raws.pop_if(|raw| is_carrier(raw));
    let carried = carried.map(|raw| raw.message.steps);
    raws.retain(|raw| !is_carrier(raw));
    let unavailable = if body.says("unavailable_resources") {
        body.texts("unavailable_resources")
    } else {
        vec![UNAVAILABLE.to_owned()]
    };
    let request = ChatRequest {
        messages: raws.into_iter().map(|raw| raw.message).collect(),
        steps: options.or(carried).unwrap_or_default(),
        model: ModelHint::metadata(body).unwrap_or_default(),
        unavailable_resources: unavailable,
    };
    (request, is_misplaced)
}

fn message(item: &mut Object<'_>) -> Raw {
    const SPEAKERS: [(&str, Speaker); 2] =
        [("user", Speaker::User), ("assistant", Speaker::Assistant)];
    let speaker = item.needed_word("role", &SPEAKERS).unwrap_or(Speaker::User);
    let content = item.text("content", Text::ANY);
    let is_misplaced = item.peek("agent_scratchpad").is_some() && speaker == Speaker::User;
    let steps = item.objects("agent_scratchpad", 0..=usize::MAX, later_step);
    let has_content = content.is_some();
    let message = ChatMessage {
        speaker,
        content: content.unwrap_or_default(),
        context: item
            .object("context")
            .and_then(|mut context| page(&mut context)),
        current_file: item.object("current_file").map(|mut file| ChatFile {
            path: file.needed_text("file_path", Text::ANY),
            data: file.needed_text("data", Text::ANY),
            selected_code: file.flag("selected_code"),
        }),
        additional_context: item
            .objects("additional_context", 0..=usize::MAX, attached)
            .into_iter()
            .flatten()
            .collect(),
        steps: steps.into_iter().flatten().collect(),
    };
    Raw {
        message,
        has_content,
        is_misplaced,
    }
}

fn page(context: &mut Object<'_>) -> Option<PageContext> {
    const KINDS: [(&str, &str); 5] = [
        ("issue", "issue"),
        ("epic", "epic"),
        ("merge_request", "merge_request"),
        ("commit", "commit"),
        ("build", "build"),
    ];
    let kind = context.needed_word("type", &KINDS);
    let content = context.needed_text("content", Text::ANY);
    Some(PageContext {
        kind: kind?,
        content,
    })
}

fn attached(item: &mut Object<'_>) -> Option<AdditionalContext> {
    let category = item.needed_word("category", &CATEGORIES);
    let (id, content) = (item.text("id", Text::ANY), item.text("content", Text::ANY));
    let metadata = item.map("metadata").unwrap_or_default();
    Some(AdditionalContext {
        category: category?,
        id,
        content,
        metadata,
    })
}

/// The steps where 17.6 puts them.
fn options_steps(options: &mut Object<'_>) -> Vec<Step> {
    let Some(mut scratchpad) = options.needed_object("agent_scratchpad") else {
        return Vec::new();
    };
    scratchpad.needed_word("agent_type", &[("react", ())]);
    scratchpad.objects("steps", 0..=usize::MAX, |step| {
        let observation = step.needed_text("observation", Text::ANY);
        action(step, observation)
    })
}

/// A step where later releases put it. Without an action it says nothing.
fn later_step(step: &mut Object<'_>) -> Option<Step> {
    let observation = step.needed_text("observation", Text::ANY);
    let mut called = step.object("action")?;
    Some(action(&mut called, observation))
}

fn action(called: &mut Object<'_>, observation: String) -> Step {
    let thought = called.needed_text("thought", Text::ANY);
    let tool = called.needed_text("tool", Text::ANY);
    let tool_input = called.needed_text("tool_input", Text::ANY);
    Step::new(&thought, &tool, tool_input, observation)
}
