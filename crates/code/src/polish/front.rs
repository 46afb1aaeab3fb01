//! The first steps for every answer: line ends made one, thoughts left out, control tokens found.
//! Decides nothing about code.

use domain::FamilyRecord;

use super::{LONGEST_ANSWER, Note};
use crate::tokens::TokenReader;
use crate::{Gap, Thoughts};

/// Reads an answer as it comes.
#[derive(Debug)]
pub(super) struct Front {
    thoughts: Thoughts,
    tokens: TokenReader,
    /// A `\r` came last; the `\n` may follow.
    owes_return: bool,
    read: usize,
    is_too_long: bool,
}

impl Front {
    /// A reader. `marks` are texts of the prompt that an answer cannot have; an answer by an
    /// instruction may begin with the end of thoughts whose beginning was never seen.
    pub(super) fn new(family: &FamilyRecord, gap: &Gap, marks: &[String], by_chat: bool) -> Self {
        let marks_of = family.reasoning.clone();
        let thoughts = Thoughts::new(&marks_of.unwrap_or_else(Thoughts::common_marks));
        let thoughts = thoughts.with_common_marks();
        Self {
            // A raw prompt has no template that could begin them, and its first words need not wait.
            thoughts: if by_chat {
                thoughts.with_orphans()
            } else {
                thoughts
            },
            tokens: TokenReader::new(family, gap, marks),
            owes_return: false,
            read: 0,
            is_too_long: false,
        }
    }

    /// The next text of the answer itself.
    pub(super) fn push(&mut self, text: &str) -> String {
        if self.is_over() {
            return String::new();
        }
        let room = LONGEST_ANSWER.saturating_sub(self.read);
        self.is_too_long = text.len() > room;
        let mut text = text[..text.floor_char_boundary(room)].to_owned();
        self.read += text.len();
        if std::mem::take(&mut self.owes_return) {
            text.insert(0, '\r');
        }
        if text.ends_with('\r') {
            text.pop();
            self.owes_return = true;
        }
        let (_, answer) = self.thoughts.push(&text.replace("\r\n", "\n"));
        self.tokens.push(&answer)
    }

    /// What was held back.
    pub(super) fn finish(&mut self) -> String {
        let owed = if std::mem::take(&mut self.owes_return) {
            "\r"
        } else {
            ""
        };
        let (_, mut answer) = self.thoughts.push(owed);
        let (_, last_answer) = self.thoughts.finish();
        answer.push_str(&last_answer);
        let mut text = self.tokens.push(&answer);
        text.push_str(&self.tokens.finish());
        text
    }

    /// Whether the rest would be cut.
    pub(super) fn is_over(&self) -> bool {
        self.tokens.cut_at().is_some() || self.is_too_long
    }

    /// What was done.
    pub(super) fn notes(&self) -> impl Iterator<Item = Note> {
        let thoughts = self.thoughts.were_found().then_some(Note::ThoughtsRemoved);
        let cut = self
            .tokens
            .cut_at()
            .map(|text| Note::CutAt(text.to_owned()));
        let long = self.is_too_long.then_some(Note::TooLong);
        thoughts.into_iter().chain(cut).chain(long)
    }
}
