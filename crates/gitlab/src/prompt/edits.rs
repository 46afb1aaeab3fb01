//! What an admin does with prompts: looks at them, copies one for a family, edits and resets it.
//! Works on the edits alone; saves nothing.

use std::collections::BTreeSet;

use code::Defuser;
use domain::{Family, FamilyRecord, Feature, GENERAL, PromptEdit, PromptEdits};
use serde_json::{Map, Value, json};

use super::engine::{names, run};
use super::inputs::{Tags, values};
use super::render::HAS_PREFILL;
use super::texts::{Applied, applied, key, names_from};
use super::{Input, InputKind, PROMPTS, Part, Prompt, PromptError};

/// The longest template, in bytes.
const LONGEST: usize = 64 * 1024;

/// A prompt for a family, as a row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The prompt.
    pub id: &'static str,
    /// Its name to show.
    pub title: &'static str,
    /// The feature whose model answers.
    pub feature: Feature,
    /// The family, or [`BASE`](super::BASE).
    pub family: String,
    /// Whether Gatehouse brings texts for this family.
    pub is_built_in: bool,
    /// Whether the admin changed it.
    pub is_edited: bool,
}

/// A prompt for a family, to be looked at and edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// As it is used.
    pub now: Applied,
    /// Without what the admin changed for this family.
    pub original: Applied,
    /// What templates may use.
    pub inputs: &'static [Input],
    /// Whether the admin changed it.
    pub is_edited: bool,
}

/// All prompts: each with [`BASE`](super::BASE), the families that have texts of their own, and those for which
/// the admin copied it.
pub fn list(edits: &PromptEdits) -> Vec<Listed> {
    let mut rows = Vec::new();
    for prompt in PROMPTS {
        let built_in: BTreeSet<&str> = prompt.built_in().collect();
        let start = key(prompt, "");
        let copied = edits
            .keys()
            .filter_map(|name| name.strip_prefix(start.as_str()))
            .filter(|family| !family.contains('/') && !built_in.contains(family));
        rows.extend(built_in.iter().copied().chain(copied).map(|family| Listed {
            id: prompt.id,
            title: prompt.title,
            feature: prompt.feature,
            family: family.to_owned(),
            is_built_in: built_in.contains(family),
            is_edited: edits.contains_key(&key(prompt, family)),
        }));
    }
    rows
}

/// The prompt as this family, or [`BASE`](super::BASE), is asked.
pub fn show(edits: &PromptEdits, id: &str, family: &str) -> Result<Shown, PromptError> {
    let (prompt, family) = (Prompt::find(id)?, checked(family)?);
    Ok(Shown {
        now: applied(prompt, &names_from(&family), edits),
        original: original(prompt, &family, edits),
        inputs: prompt.inputs,
        is_edited: edits.contains_key(&key(prompt, &family)),
    })
}

/// Gives a family texts of its own: those of another family, or of [`BASE`](super::BASE).
pub fn copy(edits: &mut PromptEdits, id: &str, from: &str, to: &str) -> Result<(), PromptError> {
    let (prompt, from, to) = (Prompt::find(id)?, checked(from)?, checked(to)?);
    let key = key(prompt, &to);
    if prompt.file(&to).is_some() || edits.contains_key(&key) {
        let id = prompt.id;
        return Err(PromptError::Exists { id, family: to });
    }
    let Applied {
        texts,
        temperature,
        max_tokens,
    } = applied(prompt, &names_from(&from), edits);
    let whole = PromptEdit {
        system: Some(texts.system),
        user: Some(texts.user),
        prefill: Some(texts.prefill),
        temperature: Some(temperature),
        max_tokens: Some(max_tokens),
        rest: Map::new(),
    };
    edits.insert(key, whole);
    Ok(())
}

/// Replaces what the admin changed. A prompt that could not be sent is refused, and nothing is
/// changed then. For a family with texts that Gatehouse brings, a part that is as it was brought is
/// not kept, and an edit without any part is a reset.
pub fn edit(
    edits: &mut PromptEdits,
    id: &str,
    family: &str,
    mut edit: PromptEdit,
) -> Result<(), PromptError> {
    let (prompt, family) = (Prompt::find(id)?, checked(family)?);
    let key = key(prompt, &family);
    let before = original(prompt, &family, edits);
    let mut after = before.clone();
    after.overlay(&edit);
    check(prompt, &after)?;
    if prompt.file(&family).is_some() {
        let old = &before.texts;
        edit.system = edit.system.filter(|text| *text != old.system);
        edit.user = edit.user.filter(|text| *text != old.user);
        edit.prefill = edit.prefill.filter(|text| *text != old.prefill);
        edit.temperature = edit
            .temperature
            .filter(|value| *value != before.temperature);
        edit.max_tokens = edit.max_tokens.filter(|value| *value != before.max_tokens);
    }
    match edit == PromptEdit::default() {
        true => edits.remove(&key),
        false => edits.insert(key, edit),
    };
    Ok(())
}

/// Makes the prompt again what Gatehouse brings for this family.
pub fn reset(edits: &mut PromptEdits, id: &str, family: &str) -> Result<(), PromptError> {
    let (prompt, family) = (Prompt::find(id)?, checked(family)?);
    edits.remove(&key(prompt, &family));
    Ok(())
}

/// The name of a family, or [`BASE`](super::BASE), as it stands in keys.
fn checked(family: &str) -> Result<String, PromptError> {
    let parsed: Result<Family, _> = family.parse();
    match parsed {
        Ok(family) => Ok(family.to_string()),
        Err(_) => Err(PromptError::Family(family.to_owned())),
    }
}

/// The prompt without what the admin changed for this very family.
fn original(prompt: &Prompt, family: &str, edits: &PromptEdits) -> Applied {
    let mut others = edits.clone();
    others.remove(&key(prompt, family));
    applied(prompt, &names_from(family), &others)
}

/// Refuses a prompt that could not be sent.
fn check(prompt: &Prompt, prompt_after: &Applied) -> Result<(), PromptError> {
    if !(0.0..=2.0).contains(&prompt_after.temperature) {
        return Err(PromptError::Temperature);
    }
    if !(1..=1_000_000).contains(&prompt_after.max_tokens) {
        return Err(PromptError::MaxTokens);
    }
    let mut used = BTreeSet::new();
    for (part, source) in prompt_after.texts.parts() {
        used.extend(check_part(prompt, part, source)?);
    }
    let unused = prompt
        .inputs
        .iter()
        .find(|input| input.is_required && !used.contains(input.name));
    match unused {
        Some(input) => Err(PromptError::Unused(input.name)),
        None => Ok(()),
    }
}

/// Checks a template, and gives the names that it uses.
fn check_part(prompt: &Prompt, part: Part, source: &str) -> Result<Vec<String>, PromptError> {
    let refused = |line: Option<usize>, problem: String| PromptError::Template {
        part,
        line,
        problem,
    };
    if source.len() > LONGEST {
        return Err(refused(None, "is longer than 64 KiB".to_owned()));
    }
    if part == Part::User && source.trim().is_empty() {
        return Err(refused(None, "is empty".to_owned()));
    }
    let used = names(part, source)?;
    let is_known =
        |name: &str| name == HAS_PREFILL || prompt.inputs.iter().any(|input| input.name == name);
    if let Some((name, line)) = used.iter().find(|(name, _)| !is_known(name)) {
        let known: Vec<&str> = prompt.inputs.iter().map(|input| input.name).collect();
        let problem = match known.is_empty() {
            true => format!("uses {name}, but nothing is handed in here"),
            false => format!(
                "uses {name}, which is not handed in: there is {}",
                known.join(", ")
            ),
        };
        return Err(refused(Some(*line), problem));
    }
    let family = FamilyRecord::built_in(GENERAL).expect("the table has the general family");
    let tokens = Defuser::new(family);
    for inputs in [sample(prompt), Map::new()] {
        let mut values = values(prompt, &inputs, &Tags::of(source), &tokens);
        values.insert(HAS_PREFILL, inputs.is_empty().into());
        run(part, source, &values)?;
    }
    Ok(used.into_keys().collect())
}

/// Something for each input, to try a template with.
fn sample(prompt: &Prompt) -> Map<String, Value> {
    let sample = |input: &Input| match input.kind {
        InputKind::Text => json!("x"),
        InputKind::List => json!(["x", "y"]),
        InputKind::Records(fields) => {
            let record: Map<String, Value> = fields
                .iter()
                .map(|field| ((*field).to_owned(), json!("x")))
                .collect();
            json!([record, record])
        }
    };
    let samples = prompt
        .inputs
        .iter()
        .map(|input| (input.name.to_owned(), sample(input)));
    samples.collect()
}
