//! The prompts that ask for code: the family's own for a gap, an instruction where a model was
//! never trained to fill one, and an instruction for code from words. Sends nothing.

use domain::FamilyRecord;

use crate::tokens::Defuser;
use crate::{Gap, defuse};

/// A raw prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FimPrompt {
    /// The prompt, without a first token: the server adds that.
    pub text: String,
    /// Whether it is the text before the cursor alone.
    pub is_plain_prefix: bool,
}

/// A prompt for a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPrompt {
    /// The system turn.
    pub system: String,
    /// The turn of the user.
    pub user: String,
}

/// What a model is told that completes by an instruction; `{{ cursor }}` and `{{ tag }}` stand for
/// the mark of the cursor and the name of the tag around the file.
pub const COMPLETION_RULES: &str = "You complete code in an editor. You are given a file in \
<{{ tag }}> tags; {{ cursor }} is the place of the cursor. Reply with exactly the text to insert \
there: it must fit between what stands before and after {{ cursor }}, in the style and \
indentation of the file. Finish the line or block in which the cursor is, and no more. Repeat \
nothing that is in the file already. No explanation and no Markdown fence. If nothing is missing, \
reply with nothing.";

/// What a model is told that writes code from words; the places are those of [`COMPLETION_RULES`].
pub const GENERATION_RULES: &str = "You are an experienced programmer and write code into a user's \
file, in its language. The file is given in <{{ tag }}> tags; {{ cursor }} is the place of the \
cursor. Reply with exactly the code to insert there, complete and correct, in the style and \
indentation of the file. Repeat nothing that is in the file already. No explanation and no \
Markdown fence.";

/// The raw prompt of a family for a gap: its tokens, prefix and suffix, and nothing else. A family
/// without one, and one that does better without an empty suffix, is given the prefix alone.
/// Control tokens in the file are broken.
pub fn fim_prompt(family: &FamilyRecord, gap: &Gap) -> FimPrompt {
    match &family.fim {
        Some(fim) if !(gap.suffix.is_empty() && fim.plain_without_suffix) => {
            let tokens = Defuser::new(family);
            FimPrompt {
                text: fim.render(&tokens.text(&gap.before()), &tokens.text(&gap.suffix)),
                is_plain_prefix: false,
            }
        }
        _ => prefix_prompt(family, gap),
    }
}

/// The prefix alone, to be continued; control tokens in it are broken.
pub fn prefix_prompt(family: &FamilyRecord, gap: &Gap) -> FimPrompt {
    FimPrompt {
        text: defuse(&gap.before(), family),
        is_plain_prefix: true,
    }
}

/// The instruction to fill a gap, for models that were never trained to.
pub fn chat_prompt(family: &FamilyRecord, gap: &Gap) -> ChatPrompt {
    let Marks { cursor, tag } = Marks::of(gap);
    let system = fill_in(COMPLETION_RULES, &cursor, &tag);
    let user = format!(
        "{}<{tag}>\n{}{cursor}{}\n</{tag}>\n\nThe text to insert at {cursor}:",
        heading(family, gap),
        defuse(&gap.prefix, family),
        defuse(&gap.suffix, family)
    );
    ChatPrompt { system, user }
}

/// The instruction to write code at the cursor. An empty one asks for what the file needs there.
pub fn generation_prompt(family: &FamilyRecord, gap: &Gap, instruction: &str) -> ChatPrompt {
    let Marks { cursor, tag } = Marks::of(gap);
    let system = fill_in(GENERATION_RULES, &cursor, &tag);
    let instruction = match instruction.trim() {
        "" => "Write the code that the file needs at the cursor.",
        instruction => instruction,
    };
    let user = format!(
        "{}<{tag}>\n{}{cursor}{}\n</{tag}>\n\nWhat to write at {cursor}: {}",
        heading(family, gap),
        defuse(&gap.prefix, family),
        defuse(&gap.suffix, family),
        defuse(instruction, family)
    );
    ChatPrompt { system, user }
}

fn fill_in(rules: &str, cursor: &str, tag: &str) -> String {
    rules
        .replace("{{ cursor }}", cursor)
        .replace("{{ tag }}", tag)
}

/// The texts that end an answer, the surest first, as many as a server takes. An answer is cut at
/// all of them by [`Completion`](crate::Completion), whatever the server does.
pub fn stops(family: &FamilyRecord, most: usize) -> Vec<String> {
    let tokens = family.fim.iter().flat_map(|fim| &fim.tokens);
    let mut stops: Vec<String> = Vec::new();
    for stop in family.stop.iter().chain(tokens) {
        if !stop.is_empty() && !stops.contains(stop) {
            stops.push(stop.clone());
        }
    }
    stops.truncate(most);
    stops
}

/// What is known of the file, and the texts of other files.
fn heading(family: &FamilyRecord, gap: &Gap) -> String {
    let mut heading = String::new();
    if let Some(name) = &gap.file_name {
        // A name is one line, whatever a client sends.
        let name = name.replace(char::is_control, " ");
        heading.push_str(&format!("File: {}\n", defuse(&name, family)));
    }
    if let Some(language) = gap.language {
        heading.push_str(&format!("Language: {}\n", language.name()));
    }
    if !gap.context.is_empty() {
        let context = defuse(&gap.context, family);
        heading.push_str(&format!("\nFrom other files:\n{context}\n"));
    }
    if !heading.is_empty() {
        heading.push('\n');
    }
    heading
}

/// The texts of an instruction that mark places in a file; none of them is in the file.
pub(crate) struct Marks {
    /// The cursor.
    cursor: String,
    /// The name of the tag around the file.
    tag: String,
}

impl Marks {
    /// The marks for this place.
    pub(crate) fn of(gap: &Gap) -> Self {
        Self {
            cursor: unused("<CURSOR", gap) + ">",
            tag: unused("<file", gap)[1..].to_owned(),
        }
    }

    /// The texts of the prompt that an answer cannot have.
    pub(crate) fn texts(&self) -> Vec<String> {
        vec![
            self.cursor.clone(),
            format!("<{}>", self.tag),
            format!("</{}>", self.tag),
        ]
    }
}

/// This text, with a number if something like it is in the file.
fn unused(text: &str, gap: &Gap) -> String {
    let name = text.trim_start_matches('<');
    let is_used = |number: usize| {
        let numbered = numbered(name, number);
        [&gap.prefix, &gap.suffix, &gap.context].iter().any(|part| {
            part.contains(&format!("<{numbered}")) || part.contains(&format!("</{numbered}"))
        })
    };
    // A file that has the first hundred has been made for it; any number does then.
    let number = (1..100).find(|number| !is_used(*number)).unwrap_or(100);
    format!("<{}", numbered(name, number))
}

fn numbered(name: &str, number: usize) -> String {
    match number {
        1 => name.to_owned(),
        number => format!("{name}_{number}"),
    }
}

#[cfg(test)]
mod tests;
