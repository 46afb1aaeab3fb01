//! The texts of a prompt for a family: read from its file, and overlaid with what the admin wrote.

use domain::{FamilyRecord, PromptEdit, PromptEdits};

use super::{BASE, Part, Prompt};

/// The templates of a prompt. An empty one is a turn that there is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    /// The system turn.
    pub system: String,
    /// The user's turn.
    pub user: String,
    /// The beginning of the answer.
    pub prefill: String,
}

/// A prompt as it applies to a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The templates.
    pub texts: Texts,
    /// 0 to 2.
    pub temperature: f64,
    /// The most tokens of an answer.
    pub max_tokens: u32,
}

/// Families that are asked as another one is where they have no text of their own.
const NEXT: &[(&str, &str)] = &[
    ("mixtral", "mistral"),
    ("codestral", "mistral"),
    // They think first, as many of GPT do, and need as many tokens for it.
    ("gpt_oss", "gpt"),
    // The same small context.
    ("granite", "llama3"),
];

/// The mark of the cursor and the tag around a file, in the prompts for code.
const CURSOR: &str = "<CURSOR>";
const FILE: &str = "file";

impl Texts {
    /// The parts with their names, in the order of the turns.
    pub(super) fn parts(&self) -> [(Part, &str); 3] {
        [
            (Part::System, self.system.as_str()),
            (Part::User, self.user.as_str()),
            (Part::Prefill, self.prefill.as_str()),
        ]
    }

    pub(super) fn overlay(&mut self, edit: &PromptEdit) {
        let edited = [&edit.system, &edit.user, &edit.prefill];
        let parts = [&mut self.system, &mut self.user, &mut self.prefill];
        for (part, edited) in parts.into_iter().zip(edited) {
            if let Some(text) = edited {
                part.clone_from(text);
            }
        }
    }
}

/// Reads a file: each part begins behind a line `=== ` with its name. What a file leaves out is as
/// the next name of the chain has it.
fn read(file: &str) -> PromptEdit {
    let mut said = PromptEdit::default();
    for section in file.split("=== ").skip(1) {
        let (name, text) = section.split_once('\n').unwrap_or((section, ""));
        let text = text
            .replace("[[code:completion]]", code::COMPLETION_RULES)
            .replace("[[code:generation]]", code::GENERATION_RULES)
            .replace("{{ cursor }}", CURSOR)
            .replace("{{ tag }}", FILE)
            .trim_end_matches('\n')
            .to_owned();
        match name.trim() {
            "system" => said.system = Some(text),
            "user" => said.user = Some(text),
            "prefill" => said.prefill = Some(text),
            "temperature" => said.temperature = text.parse().ok(),
            "max_tokens" => said.max_tokens = text.parse().ok(),
            // A test reads every file, and would miss what it says.
            _ => {}
        }
    }
    said
}

/// The names under which texts for a family are looked for, the first one first.
pub(super) fn chain_of(family: &FamilyRecord) -> Vec<&str> {
    let mut chain = names_from(family.name.as_str());
    if let Some(copied) = &family.based_on {
        let last = chain.len() - 1;
        chain.splice(last.., names_from(copied.as_str()));
    }
    chain
}

/// The same for a name alone.
pub(super) fn names_from(name: &str) -> Vec<&str> {
    let next = NEXT.iter().find(|(family, _)| *family == name);
    let mut names = vec![name];
    names.extend(next.map(|(_, next)| *next));
    if name != BASE {
        names.push(BASE);
    }
    names
}

/// The key of an edit.
pub(super) fn key(prompt: &Prompt, family: &str) -> String {
    format!("{}/{family}", prompt.id)
}

/// The prompt as it applies to the first of these names.
pub(super) fn applied(prompt: &Prompt, chain: &[&str], edits: &PromptEdits) -> Applied {
    let mut applied = Applied {
        texts: Texts::default(),
        temperature: prompt.temperature,
        max_tokens: prompt.max_tokens,
    };
    for name in chain.iter().rev() {
        if let Some(file) = prompt.file(name) {
            applied.overlay(&read(file));
        }
        if let Some(edit) = edits.get(&key(prompt, name)) {
            applied.overlay(edit);
        }
    }
    applied
}

/// The prompt as a family is asked.
pub fn applied_to(prompt: &Prompt, edits: &PromptEdits, family: &FamilyRecord) -> Applied {
    applied(prompt, &chain_of(family), edits)
}

impl Applied {
    /// Whether the texts are those that Gatehouse brings for every family.
    pub fn has_usual_texts(&self, prompt: &Prompt) -> bool {
        self.texts == applied(prompt, &[BASE], &PromptEdits::new()).texts
    }

    pub(super) fn overlay(&mut self, edit: &PromptEdit) {
        self.texts.overlay(edit);
        self.temperature = edit.temperature.unwrap_or(self.temperature);
        self.max_tokens = edit.max_tokens.unwrap_or(self.max_tokens);
    }
}

impl Prompt {
    /// The file of a family's own texts.
    pub(super) fn file(&self, family: &str) -> Option<&'static str> {
        let found = self.texts.iter().find(|(name, _)| *name == family);
        found.map(|(_, file)| *file)
    }

    /// The families that are asked with texts of their own, and [`BASE`].
    pub(super) fn built_in(&self) -> impl Iterator<Item = &'static str> {
        self.texts.iter().map(|(family, _)| *family)
    }
}
