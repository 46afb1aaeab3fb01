//! Code that a model wrote from an instruction: thoughts, words and fences around it are left out,
//! and it begins on a line of its own. It is as long as the model made it.

use domain::FamilyRecord;

use super::Note;
use super::fence::{Fences, Unfence};
use super::front::Front;
use super::reflection::without_repetition;
use crate::gap::Ending;
use crate::prompt::Marks;
use crate::{Gap, LineEnds};

/// Polishes one answer to an instruction.
#[derive(Debug)]
pub struct Generation {
    front: Front,
    unfence: Unfence,
    /// The place, while an answer is looked at as a whole.
    whole: Option<Gap>,
    line_ends: LineEnds,
    needs_line_end: bool,
    ending: Ending,
    /// Text that is not given out.
    pending: String,
    has_begun: bool,
    is_finished: bool,
}

impl Generation {
    /// For an answer at this place. One that is not streamed is looked at as a whole at its end,
    /// and lines that only repeat the file are left out.
    pub fn new(gap: &Gap, family: &FamilyRecord, streamed: bool) -> Self {
        Self {
            front: Front::new(family, gap, &Marks::of(gap).texts(), true),
            unfence: Unfence::new(Fences::All, !gap.is_markdown()),
            whole: (!streamed).then(|| gap.clone()),
            line_ends: gap.line_ends,
            needs_line_end: !gap.prefix.is_empty() && !gap.prefix.ends_with('\n'),
            ending: gap.ending(),
            pending: String::new(),
            has_begun: false,
            is_finished: false,
        }
    }

    /// The next piece of the answer; gives the text that can be shown now.
    pub fn push(&mut self, piece: &str) -> String {
        let text = self.unfence.push(&self.front.push(piece));
        self.pending.push_str(&text);
        if self.whole.is_some() {
            return String::new();
        }
        let is_loose =
            |letter: char| letter.is_whitespace() || letter == char::REPLACEMENT_CHARACTER;
        let solid = self.pending.trim_end_matches(is_loose).len();
        self.give(solid)
    }

    /// Whether the end may take some 10 ms, as the answer is looked at as a whole.
    pub fn reads_code_at_end(&self) -> bool {
        self.whole.is_some()
    }

    /// Whether the rest of the answer would be cut, so that the model can be stopped.
    pub fn is_over(&self) -> bool {
        self.front.is_over() || self.unfence.is_over()
    }

    /// The rest of the text, and what was done to the answer. A second call gives nothing.
    pub fn finish(&mut self) -> (String, Vec<Note>) {
        if std::mem::replace(&mut self.is_finished, true) {
            return Default::default();
        }
        let text = self.unfence.push(&self.front.finish()) + &self.unfence.finish();
        self.pending.push_str(&text);
        let mut notes: Vec<Note> = self.front.notes().collect();
        notes.extend(self.unfence.unwrapped().then_some(Note::Unwrapped));
        let whole = self
            .pending
            .trim_end_matches(char::REPLACEMENT_CHARACTER)
            .len();
        if whole < self.pending.len() {
            notes.push(Note::HalfCharacter);
            self.pending.truncate(whole);
        }
        if let Some(gap) = self.whole.take() {
            let (kept, count) = without_repetition(&self.pending, &gap);
            if count > 0 {
                notes.push(Note::FileRepeated(count));
                self.pending = kept;
            }
        }
        // A fence says nothing of the line end behind its code.
        let ending = match self.ending {
            Ending::OneLine if self.unfence.unwrapped() => Ending::Dropped,
            ending => ending,
        };
        self.pending.truncate(ending.of(&self.pending));
        if self.pending.trim().is_empty() && !self.has_begun {
            self.pending.clear();
            notes.push(Note::Blank);
        }
        (self.give(self.pending.len()), notes)
    }

    fn give(&mut self, to: usize) -> String {
        if to == 0 {
            return String::new();
        }
        let mut text: String = self.pending.drain(..to).collect();
        if !std::mem::replace(&mut self.has_begun, true)
            && self.needs_line_end
            && !text.starts_with('\n')
        {
            text.insert(0, '\n');
        }
        self.line_ends.restore(&text)
    }
}

#[cfg(test)]
mod tests;
