//! Reads the bodies of `/v3/code/completions` and `/v4/code/suggestions`. Writes no prompt.

use domain::Feature;
use providers::Message;
use serde_json::{Map, Value};

use super::code::{CurrentFile, Snippet, TextOrMessages, choices_count, text_or_messages};
use super::endpoint::Scope;
use super::fields::{self, Object, Text};
use super::model::ModelHint;
use super::prompts;
use crate::GitlabError;

/// A request for code, made of components.
#[derive(Debug, Clone)]
pub struct SuggestionRequest {
    /// Completion or generation.
    pub kind: SuggestionKind,
    /// The file and the cursor in it.
    pub file: CurrentFile,
    /// The text that GitLab made for the model.
    pub prompt: Option<SuggestionPrompt>,
    /// The prompt of ours that it asks for.
    pub prompt_id: Option<String>,
    /// What GitLab found for the prompt.
    pub enhancer: Enhancer,
    /// Code from other places.
    pub context: Vec<Snippet>,
    /// Whether the answer is to come as a stream.
    pub stream: bool,
    /// The model that it names.
    pub model: ModelHint,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuggestionKind {
    /// The next words at the cursor.
    Completion {
        /// How many answers are wanted; 0 where nothing was said.
        choices_count: u32,
    },
    /// A block of code.
    Generation,
}

impl SuggestionKind {
    /// What a token needs for it.
    pub fn scope(self) -> Scope {
        match self {
            Self::Completion { .. } => Scope::COMPLETION,
            Self::Generation => Scope::GENERATION,
        }
    }

    /// The feature that answers it.
    pub fn feature(self) -> Feature {
        match self {
            Self::Completion { .. } => Feature::CodeCompletions,
            Self::Generation => Feature::CodeGenerations,
        }
    }
}

/// The text that GitLab made for the model.
#[derive(Debug, Clone, PartialEq)]
pub enum SuggestionPrompt {
    /// One text.
    Text(String),
    /// A conversation.
    Messages(Vec<Message>),
}

/// What GitLab found for the prompt of a generation (`prompt_enhancer`). It is free: what is not of
/// its type here is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Enhancer {
    /// Pairs of a task and its answer.
    pub examples: Vec<Example>,
    /// The text before the cursor, cut to GitLab's budget.
    pub above: Option<String>,
    /// The text behind it.
    pub below: Option<String>,
    /// Other files, each in its tag.
    pub related_files: Vec<String>,
    /// Parts of other files, each in its tag.
    pub related_snippets: Vec<String>,
    /// The libraries of the project.
    pub libraries: Vec<String>,
    /// What the user asks for.
    pub user_instruction: Option<String>,
}

/// An example of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The task.
    pub example: String,
    /// Its answer.
    pub response: String,
    /// What asked for it, such as `comment`.
    pub trigger_type: String,
}

/// Reads a request. The first editor component counts.
pub fn read_suggestion(body: &[u8]) -> Result<SuggestionRequest, GitlabError> {
    fields::read(body, suggestion)
}

fn suggestion(body: &mut Object<'_>) -> SuggestionRequest {
    let components = body.objects("prompt_components", 1..=100, component);
    let has_editor = components
        .iter()
        .any(|read| matches!(read, Component::Editor(_)));
    if !components.is_empty() && !has_editor {
        let message = "Input should have a component of type 'code_editor_completion' or \
             'code_editor_generation'";
        body.flaw("prompt_components", "value_error", message);
    }
    let mut request = None;
    let mut context = Vec::new();
    for component in components {
        match component {
            Component::Editor(editor) if request.is_none() => request = Some(*editor),
            Component::Context(snippet) => context.push(snippet),
            Component::Editor(_) | Component::Wrong => {}
        }
    }
    let metadata = ModelHint::metadata(body);
    let mut request = request.unwrap_or_else(SuggestionRequest::empty);
    request.context = context;
    request.model = metadata.unwrap_or(request.model);
    request
}

/// One component, read.
enum Component {
    Editor(Box<SuggestionRequest>),
    Context(Snippet),
    Wrong,
}

#[derive(Clone, Copy)]
enum Kind {
    Completion,
    Generation,
    Context,
}

fn component(item: &mut Object<'_>) -> Component {
    const KINDS: [(&str, Kind); 3] = [
        ("code_editor_completion", Kind::Completion),
        ("code_editor_generation", Kind::Generation),
        ("code_context", Kind::Context),
    ];
    let kind = item.needed_word("type", &KINDS);
    if let Some(mut metadata) = item.object("metadata") {
        metadata.needed_text("source", Text::of(255));
        metadata.needed_text("version", Text::of(255));
    }
    let (Some(kind), Some(mut payload)) = (kind, item.needed_object("payload")) else {
        return Component::Wrong;
    };
    let payload = &mut payload;
    let kind = match kind {
        Kind::Context => return Component::Context(Snippet::read(payload, 100_000)),
        Kind::Completion => SuggestionKind::Completion {
            choices_count: choices_count(payload),
        },
        Kind::Generation => SuggestionKind::Generation,
    };
    prompts::version(payload);
    Component::Editor(Box::new(SuggestionRequest {
        kind,
        file: CurrentFile::read(payload),
        prompt: prompt(payload),
        prompt_id: payload.text("prompt_id", Text::ANY),
        enhancer: Enhancer::read(payload.map("prompt_enhancer").unwrap_or_default()),
        context: Vec::new(),
        stream: payload.flag("stream"),
        model: ModelHint::vendor(payload),
    }))
}

fn prompt(payload: &mut Object<'_>) -> Option<SuggestionPrompt> {
    let prompt = text_or_messages(payload, "prompt", Text::of(400_000), 0..=usize::MAX)?;
    Some(match prompt {
        TextOrMessages::Text(text) => SuggestionPrompt::Text(text),
        TextOrMessages::Messages(messages) => SuggestionPrompt::Messages(messages),
    })
}

impl SuggestionRequest {
    /// Stands for a request that cannot be read.
    fn empty() -> Self {
        Self {
            kind: SuggestionKind::Generation,
            file: CurrentFile::default(),
            prompt: None,
            prompt_id: None,
            enhancer: Enhancer::default(),
            context: Vec::new(),
            stream: false,
            model: ModelHint::default(),
        }
    }
}

impl Enhancer {
    fn read(mut fields: Map<String, Value>) -> Self {
        let mut list = |name| match fields.remove(name) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let examples = list("examples_array");
        let mut texts = |name| list(name).into_iter().filter_map(text).collect();
        Self {
            examples: examples.into_iter().filter_map(Example::read).collect(),
            related_files: texts("related_files"),
            related_snippets: texts("related_snippets"),
            libraries: texts("libraries"),
            above: fields.remove("trimmed_content_above_cursor").and_then(text),
            below: fields.remove("trimmed_content_below_cursor").and_then(text),
            user_instruction: fields.remove("user_instruction").and_then(text),
        }
    }
}

impl Example {
    fn read(mut value: Value) -> Option<Self> {
        let mut field = |name| text(value.get_mut(name)?.take());
        Some(Self {
            example: field("example")?,
            response: field("response")?,
            trigger_type: field("trigger_type").unwrap_or_default(),
        })
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
