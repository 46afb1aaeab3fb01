//! A prompt with what a request hands in, as turns to send.

use std::time::Duration;

use code::Defuser;
use domain::{FamilyRecord, Parameter, PromptEdits};
use minijinja::Value as TemplateValue;
use providers::{Message, Parameters, Role};
use serde_json::{Map, Value};

use super::engine::run;
use super::inputs::{Tags, check, values};
use super::texts::{Applied, applied, chain_of};
use super::{Part, Prompt, PromptError, REACT};

/// A prompt that is ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The turns. The beginning of the answer is the last of them, unless the family refuses one.
    pub messages: Vec<Message>,
    /// How to sample, how much, and the texts that end the answer.
    pub parameters: Parameters,
    /// The beginning of the answer, where it is among the turns.
    pub prefill: Option<String>,
    /// How long GitLab waits.
    pub timeout: Duration,
}

/// The prompt with these inputs, as the family is asked. A family that refuses a beginning of the
/// answer gets none, and is told in words what would have stood there. Control tokens of the
/// family, and tags of the template, are broken in what was handed in.
pub fn render(
    prompt: &Prompt,
    edits: &PromptEdits,
    inputs: &Map<String, Value>,
    family: &FamilyRecord,
) -> Result<Rendered, PromptError> {
    if prompt.id == REACT {
        return Err(PromptError::NotByName(prompt.id.to_owned()));
    }
    check(prompt, inputs)?;
    let page = Page::new(prompt, edits, family);
    let system = page.write(Part::System, inputs, Tags::default())?;
    let user = page.write(Part::User, inputs, Tags::default())?;
    let turn = Message::of_text(Role::User, user);
    let prefill = page.write(Part::Prefill, inputs, Tags::default())?;
    Ok(page.finish(system, vec![turn], prefill))
}

/// A prompt as it applies to a family, to be written part by part.
pub(super) struct Page<'request> {
    prompt: &'request Prompt,
    applied: Applied,
    family: &'request FamilyRecord,
    tokens: Defuser<'request>,
}

impl<'request> Page<'request> {
    pub(super) fn new(
        prompt: &'request Prompt,
        edits: &PromptEdits,
        family: &'request FamilyRecord,
    ) -> Self {
        Self {
            prompt,
            applied: applied(prompt, &chain_of(family), edits),
            family,
            tokens: Defuser::new(family),
        }
    }

    /// A text of strangers, without the control tokens of the family.
    pub(super) fn defused(&self, text: &str) -> String {
        self.tokens.text(text)
    }

    /// The text of a part; `more` are tags beside those of its template.
    pub(super) fn write(
        &self,
        part: Part,
        inputs: &Map<String, Value>,
        more: Tags,
    ) -> Result<String, PromptError> {
        let texts = &self.applied.texts;
        let source = match part {
            Part::System => &texts.system,
            Part::User => &texts.user,
            Part::Prefill => &texts.prefill,
        };
        let tags = Tags::of(source).with(more);
        let mut values = values(self.prompt, inputs, &tags, &self.tokens);
        values.insert(HAS_PREFILL, TemplateValue::from(self.has_prefill()));
        let text = run(part, source, &values)?;
        Ok(text.trim_matches('\n').to_owned())
    }

    /// The whole: a turn without text is left out.
    pub(super) fn finish(&self, system: String, turns: Vec<Message>, prefill: String) -> Rendered {
        let mut messages = Vec::with_capacity(turns.len() + 2);
        if !system.is_empty() {
            messages.push(Message::of_text(Role::System, system));
        }
        messages.extend(turns);
        let prefill = (self.has_prefill() && !prefill.is_empty()).then_some(prefill);
        let mut stop: Vec<String> = self.prompt.stop.iter().map(|stop| (*stop).into()).collect();
        if let Some(text) = &prefill {
            messages.push(Message::of_text(Role::Assistant, text.clone()));
            stop.extend(opened_tag(text).map(|name| format!("</{name}>")));
        }
        Rendered {
            messages,
            parameters: Parameters {
                max_tokens: Some(self.applied.max_tokens),
                temperature: Some(self.applied.temperature),
                stop,
                ..Parameters::default()
            },
            prefill,
            timeout: self.prompt.timeout,
        }
    }

    fn has_prefill(&self) -> bool {
        !self.applied.texts.prefill.is_empty() && !self.family.refuses(Parameter::Prefill)
    }
}

/// The tag that a beginning opens at its end: the answer ends where it is closed.
fn opened_tag(prefill: &str) -> Option<&str> {
    let (_, name) = prefill.trim_end().strip_suffix('>')?.rsplit_once('<')?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// The value that tells a template whether the beginning of the answer is sent.
pub(super) const HAS_PREFILL: &str = "has_prefill";
