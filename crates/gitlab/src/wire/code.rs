//! Reads the bodies of `/v2/code/completions`, `/v2/completions` and `/v2/code/generations`.
//! Writes no prompt.

use providers::{Message, Part, Role};

use super::fields::{self, Object, Text};
use super::model::ModelHint;
use crate::GitlabError;

/// Names of files, paths of projects.
const NAME: Text = Text::trimmed(255);
const CONTENT: Text = Text::of(100_000);

/// A request to complete or to generate code.
#[derive(Debug, Clone)]
pub struct CodeRequest {
    /// The text that GitLab made for the model, by the version of the prompt.
    pub prompt: CodePrompt,
    /// The prompt of ours that it asks for, such as `code_suggestions/generations`.
    pub prompt_id: Option<String>,
    /// The file and the cursor in it.
    pub file: CurrentFile,
    /// Full path of the project.
    pub project_path: Option<String>,
    /// Its number; editors send -1 where they know none.
    pub project_id: Option<i64>,
    /// The model that it names.
    pub model: ModelHint,
    /// Code from other places; goes before the prefix.
    pub context: Vec<Snippet>,
    /// Whether the answer is to come as a stream.
    pub stream: bool,
    /// How many answers are wanted; 0 where nothing was said.
    pub choices_count: u32,
}

/// The text that GitLab made for the model: by `prompt_version`.
#[derive(Debug, Clone, PartialEq)]
pub enum CodePrompt {
    /// Version 1: none; the file is all there is.
    File,
    /// Version 2: one text. In generation it is the instruction, and may be empty.
    Text(Option<String>),
    /// Version 3: a conversation.
    Messages(Option<Vec<Message>>),
}

/// The file that is edited, cut in two at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CurrentFile {
    /// Its name, perhaps with its path; at most 255 characters.
    pub name: String,
    /// The editor's id of the language.
    pub language: Option<String>,
    /// The text before the cursor; at most 100 000 characters.
    pub above: String,
    /// The text behind it; at most 100 000 characters.
    pub below: String,
}

/// Code from another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// What it is, such as `file`.
    pub kind: String,
    /// Where it is from.
    pub name: String,
    /// The code.
    pub content: String,
}

/// Reads a request to complete code.
pub fn read_completion(body: &[u8]) -> Result<CodeRequest, GitlabError> {
    fields::read(body, |body| code(body, false))
}

/// Reads a request to generate code. Versions 2 and 3 need a prompt.
pub fn read_generation(body: &[u8]) -> Result<CodeRequest, GitlabError> {
    fields::read(body, |body| code(body, true))
}

fn code(body: &mut Object<'_>, needs_prompt: bool) -> CodeRequest {
    let file = body.needed_object("current_file");
    body.objects("telemetry", 0..=10, counters);
    CodeRequest {
        prompt: prompt(body, needs_prompt),
        prompt_id: body.text("prompt_id", Text::ANY),
        file: file
            .map(|mut file| CurrentFile::read(&mut file))
            .unwrap_or_default(),
        project_path: body.text("project_path", NAME),
        project_id: body.integer("project_id"),
        model: ModelHint::flat(body),
        context: body.objects("context", 0..=100, |item| Snippet::read(item, 500_000)),
        stream: body.flag("stream"),
        choices_count: choices_count(body),
    }
}

/// How many answers are wanted; a number below 0 is none.
pub(super) fn choices_count(body: &mut Object<'_>) -> u32 {
    let count = body.integer("choices_count").unwrap_or_default().max(0);
    count.try_into().unwrap_or(u32::MAX)
}

impl CurrentFile {
    /// The payload of v3 has the name as this one.
    pub(super) fn read(file: &mut Object<'_>) -> Self {
        Self {
            name: file.needed_text("file_name", NAME),
            language: file.text("language_identifier", Text::of(255)),
            above: file.needed_text("content_above_cursor", CONTENT),
            below: file.needed_text("content_below_cursor", CONTENT),
        }
    }
}

impl Snippet {
    pub(super) fn read(item: &mut Object<'_>, longest: usize) -> Self {
        Self {
            kind: item.needed_text("type", Text::of(1_024)),
            name: item.needed_text("name", Text::of(1_024)),
            content: item.needed_text("content", Text::of(longest)),
        }
    }
}

/// Counters of an editor. They are checked and not kept.
fn counters(item: &mut Object<'_>) {
    for name in ["model_engine", "model_name", "lang"] {
        item.text(name, Text::ANY);
    }
    for name in ["requests", "accepts", "errors"] {
        item.needed_integer(name);
    }
}

fn prompt(body: &mut Object<'_>, is_needed: bool) -> CodePrompt {
    match body.take("prompt_version").map(|version| version.as_i64()) {
        None | Some(Some(1)) => CodePrompt::File,
        Some(Some(2)) if is_needed => CodePrompt::Text(Some(body.needed_text("prompt", Text::ANY))),
        Some(Some(2)) => CodePrompt::Text(body.text("prompt", Text::ANY)),
        Some(Some(3)) => {
            let is_there = body.peek("prompt").is_some();
            let least = usize::from(is_needed);
            let messages = body.objects("prompt", least..=usize::MAX, message);
            CodePrompt::Messages(is_there.then_some(messages))
        }
        Some(_) => {
            body.flaw(
                "prompt_version",
                "union_tag_invalid",
                "Input tag found using 'prompt_version' does not match any of the expected tags: \
                 1, 2, 3",
            );
            CodePrompt::File
        }
    }
}

/// A turn of a conversation.
pub(super) fn message(item: &mut Object<'_>) -> Message {
    const ROLES: [(&str, Role); 3] = [
        ("system", Role::System),
        ("user", Role::User),
        ("assistant", Role::Assistant),
    ];
    let role = item.needed_word("role", &ROLES).unwrap_or(Role::User);
    let content = item.needed_text("content", Text::ANY);
    let parts = vec![Part::Text(content)];
    Message { role, parts }
}

/// One text, or a conversation.
pub(super) enum TextOrMessages {
    Text(String),
    Messages(Vec<Message>),
}

/// A field that holds one text or a conversation.
pub(super) fn text_or_messages(
    body: &mut Object<'_>,
    name: &'static str,
    text: Text,
    turns: std::ops::RangeInclusive<usize>,
) -> Option<TextOrMessages> {
    if body.peek(name)?.is_array() {
        Some(TextOrMessages::Messages(body.objects(name, turns, message)))
    } else {
        body.text(name, text).map(TextOrMessages::Text)
    }
}
