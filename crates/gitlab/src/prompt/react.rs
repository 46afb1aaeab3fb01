//! The prompt of Duo Chat's loop: tools, history, what is attached, and the steps taken so far. Does
//! not know which tools there are, and reads no answer.

use domain::{FamilyRecord, PromptEdits};
use providers::{Message, Role};
use serde_json::{Map, Value, json};

use super::inputs::Tags;
use super::render::Page;
use super::{Part, Prompt, PromptError, REACT, Rendered};

/// All that a turn of the loop is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReactInputs {
    /// The tools on offer.
    pub tools: Vec<ToolText>,
    /// The conversation; the last turn is the user's.
    pub turns: Vec<Turn>,
    /// What was done so far for the last question.
    pub steps: Vec<StepText>,
    /// What no tool can read, by name.
    pub unavailable_resources: Vec<String>,
    /// Today, in words; empty when it is not to be told.
    pub current_date: String,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolText {
    /// The name that the model writes.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// A use of it; may be empty.
    pub example: String,
}

/// A turn of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub speaker: Speaker,
    /// What is said.
    pub text: String,
    /// What the user attached to it or looks at; not told for an assistant's turn.
    pub contexts: Vec<ContextText>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// Something that is attached to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextText {
    /// The tag that it stands in, such as `issue` or `selected_code`.
    pub tag: &'static str,
    /// What it is called, such as the path of a file; may be empty.
    pub name: String,
    /// Its text.
    pub content: String,
}

/// A step of the loop that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepText {
    /// What the model thought.
    pub thought: String,
    /// The tool that it chose.
    pub tool: String,
    /// What it asked the tool.
    pub input: String,
    /// What came back.
    pub observation: String,
}

/// The words at which the loop's text is taken apart.
const MARKS: [&str; 5] = [
    "Thought:",
    "Action:",
    "Action Input:",
    "Observation:",
    "Final Answer:",
];

/// The turn of the loop as the family is asked. The steps stand at the beginning of the answer, which
/// ends with `Thought:`; a family that refuses one is told the steps with the question.
pub fn render_react(
    edits: &PromptEdits,
    inputs: &ReactInputs,
    family: &FamilyRecord,
) -> Result<Rendered, PromptError> {
    let prompt = Prompt::find(REACT)?;
    let page = Page::new(prompt, edits, family);
    let Some((last, history)) = inputs.turns.split_last() else {
        return Err(PromptError::NoQuestion);
    };
    if last.speaker != Speaker::User {
        return Err(PromptError::NoQuestion);
    }
    let common = common(inputs);
    let system = page.write(Part::System, &common, Tags::default())?;
    let mut turns = Vec::with_capacity(inputs.turns.len());
    for turn in history {
        turns.push(match turn.speaker {
            Speaker::User => user_turn(&page, turn, common.clone())?,
            Speaker::Assistant => Message::of_text(Role::Assistant, page.defused(&turn.text)),
        });
    }
    let mut with_steps = common;
    with_steps.insert("steps".into(), inputs.steps.iter().map(step).collect());
    turns.push(user_turn(&page, last, with_steps.clone())?);
    let prefill = page.write(Part::Prefill, &with_steps, Tags::default())?;
    Ok(page.finish(system, turns, prefill))
}

fn user_turn(
    page: &Page<'_>,
    turn: &Turn,
    mut inputs: Map<String, Value>,
) -> Result<Message, PromptError> {
    let contexts = turn.contexts.iter().map(|context| {
        // A name is one line inside quotation marks, whatever a client sends.
        let name = context
            .name
            .replace(char::is_control, " ")
            .replace('"', "'");
        json!({"tag": context.tag, "name": name, "content": context.content})
    });
    inputs.insert("contexts".into(), contexts.collect());
    inputs.insert("question".into(), turn.text.as_str().into());
    let tags = Tags::ending(turn.contexts.iter().map(|context| context.tag));
    let text = page.write(Part::User, &inputs, tags)?;
    Ok(Message::of_text(Role::User, text))
}

fn common(inputs: &ReactInputs) -> Map<String, Value> {
    let tools = inputs.tools.iter().map(
        |tool| json!({"name": tool.name, "description": tool.description, "example": tool.example}),
    );
    let mut common = Map::new();
    common.insert("tools".into(), tools.collect());
    common.insert(
        "unavailable_resources".into(),
        inputs.unavailable_resources.clone().into(),
    );
    common.insert("current_date".into(), inputs.current_date.as_str().into());
    common
}

fn step(step: &StepText) -> Value {
    json!({
        "thought": step.thought,
        "tool": step.tool,
        "input": step.input,
        "observation": quiet(&step.observation),
    })
}

/// An observation is text of strangers inside the model's own turn: a line of it that looks like a
/// step is broken, so that it is not taken for one.
fn quiet(observation: &str) -> String {
    let lines = observation.split_inclusive('\n').map(|line| {
        let text = line.trim_start();
        match MARKS.iter().any(|mark| text.starts_with(mark)) {
            true => {
                let indent = line.len() - text.len();
                format!("{}\u{200b}{}", &line[..=indent], &line[indent + 1..])
            }
            false => line.to_owned(),
        }
    });
    lines.collect()
}
