//! The answer that fills a gap, piece by piece as it comes: what may still be cut is held back, and
//! what has been given out is never wrong afterwards. However an answer is cut into pieces, the
//! text is the same.

use domain::{CompletionRoute, FamilyRecord};

use super::Note;
use super::block::Block;
use super::echo::Echo;
use super::fence::{Fences, Unfence};
use super::front::Front;
use super::junk::{Content, Junk};
use super::overlap::{Match, Overlap, loose_brackets, may_only_close};
use crate::gap::Ending;
use crate::prompt::Marks;
use crate::{Gap, LineEnds};

/// How many repetitions of the suffix are looked at, from the longest on.
const MOST_MATCHES: usize = 6;

/// Polishes one answer that fills a gap.
#[derive(Debug)]
pub struct Completion {
    front: Front,
    unfence: Unfence,
    /// What an instruction brings with it.
    echo: Option<Echo>,
    overlap: Overlap,
    block: Option<Block>,
    junk: Junk,
    line_ends: LineEnds,
    ending: Ending,

    /// The answer so far, with `\n`.
    text: String,
    /// How much of it has been given out.
    given: usize,
    /// Where the last line begins.
    line: usize,
    /// Where the text ends without white space.
    solid: usize,
    /// How much could be given out at the end of the last whole line.
    safe_line: usize,
    /// Whether nothing but comments or asterisks has come.
    is_junk: bool,
    over: Option<Over>,
    /// Line ends that were pushed and may not have passed the first steps.
    awaited_lines: usize,
    is_unread: bool,
    is_finished: bool,
}

/// Why an answer is over before the model has ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// It has to end here.
    Block(usize),
    /// It repeats the suffix.
    Repeats,
}

impl Completion {
    /// For an answer to the prompt that was made for this place by this route. The place is the
    /// one of the prompt, cut to the context or not.
    pub fn new(gap: &Gap, family: &FamilyRecord, route: CompletionRoute) -> Self {
        let by_chat = route == CompletionRoute::Chat;
        let marks = if by_chat {
            Marks::of(gap).texts()
        } else {
            Vec::new()
        };
        // Inside a comment a fence is content.
        let line = gap.line_start();
        let in_comment = gap.language.map_or(!line.trim().is_empty(), |language| {
            language.is_comment(line)
        });
        let fences = !gap.is_markdown() && (by_chat || !in_comment);
        let unfence = if by_chat {
            Unfence::new(Fences::First, fences)
        } else {
            Unfence::of_leading(fences)
        };
        Self {
            front: Front::new(family, gap, &marks, by_chat),
            unfence,
            echo: by_chat.then(|| Echo::new(gap)),
            overlap: Overlap::new(&gap.suffix),
            block: Block::new(gap),
            junk: Junk::new(gap),
            line_ends: gap.line_ends,
            ending: gap.ending(),
            text: String::new(),
            given: 0,
            line: 0,
            solid: 0,
            safe_line: 0,
            is_junk: true,
            over: None,
            awaited_lines: 0,
            is_unread: false,
            is_finished: false,
        }
    }

    /// Whether to push this piece may take long, as the code around the answer is read at the end
    /// of a line: up to some 100 ms, for an answer as a whole up to a second.
    pub fn reads_code(&self, piece: &str) -> bool {
        self.reads_code_at_end() && (self.awaited_lines > 0 || piece.contains('\n'))
    }

    /// The same for the end of the answer.
    pub fn reads_code_at_end(&self) -> bool {
        let block = self.block.as_ref();
        !self.is_finished && block.is_some_and(|block| !block.is_worn_out())
    }

    /// Reads the code no more, so that the rest takes no time. An answer that goes on behind its
    /// block is then not cut there.
    pub fn read_no_more(&mut self) {
        if let Some(block) = &mut self.block {
            block.wear_out();
            self.is_unread = true;
        }
    }

    /// The next piece of the answer; gives the text that can be shown now.
    pub fn push(&mut self, piece: &str) -> String {
        self.awaited_lines += piece.matches('\n').count();
        let text = self.front.push(piece);
        let text = self.unfence.push(&text);
        let text = match &mut self.echo {
            Some(echo) => echo.push(&text),
            None => text,
        };
        self.take(&text);
        let safe = self.safe();
        self.give(safe)
    }

    /// Whether the rest of the answer would be cut, so that the model can be stopped.
    pub fn is_over(&self) -> bool {
        let unfenced = self.unfence.is_over();
        self.over.is_some() || self.front.is_over() || unfenced
    }

    /// The rest of the text, and what was done to the answer. A second call gives nothing.
    pub fn finish(&mut self) -> (String, Vec<Note>) {
        if std::mem::replace(&mut self.is_finished, true) {
            return Default::default();
        }
        let mut text = self.front.finish();
        text = self.unfence.push(&text) + &self.unfence.finish();
        if let Some(echo) = &mut self.echo {
            text = echo.push(&text) + &echo.finish();
        }
        self.take(&text);
        let mut notes: Vec<Note> = self.front.notes().collect();
        notes.extend(self.unfence.unwrapped().then_some(Note::Unwrapped));
        let repeated = self.echo.as_ref().is_some_and(Echo::dropped);
        notes.extend(repeated.then_some(Note::PrefixRepeated));
        notes.extend(self.is_unread.then_some(Note::Unread));
        let end = self.end(&mut notes);
        self.text.truncate(end.max(self.given));
        (self.give(end), notes)
    }

    /// Reads text that has passed the first steps.
    fn take(&mut self, text: &str) {
        for letter in text.chars() {
            if self.over.is_some() {
                return;
            }
            let at = self.text.len();
            if letter == '\n' {
                self.awaited_lines = self.awaited_lines.saturating_sub(1);
                self.end_line();
                if self.over.is_some() {
                    return;
                }
            }
            self.text.push(letter);
            self.overlap.push(letter, at);
            if letter == '\n' {
                self.line = self.text.len();
            }
            if !letter.is_whitespace() && letter != char::REPLACEMENT_CHARACTER {
                self.solid = self.text.len();
            }
            if self.overlap.is_over() {
                self.over = Some(Over::Repeats);
            }
        }
    }

    /// At the end of a line, before its line end.
    fn end_line(&mut self) {
        if let Some(block) = &mut self.block {
            self.over = block.line_end(&self.text, self.line).map(Over::Block);
        }
        self.is_junk &= self.junk.content(&self.text, true) != Content::Code;
        self.safe_line = self.safe_now();
    }

    /// How much of the text can be shown, whatever comes.
    fn safe(&mut self) -> usize {
        if self.over.is_some() {
            return self.given;
        }
        self.is_junk &= self.junk.content(&self.text, false) != Content::Code;
        let line = &self.text[self.line..];
        match &self.block {
            // Whether this line is behind the block shows at its end.
            Some(block) if self.line > 0 && !block.holds(line) => self.safe_line,
            Some(_) if self.line == 0 && may_only_close(line) => self.given,
            _ => self.safe_now(),
        }
    }

    fn safe_now(&self) -> usize {
        if self.is_junk {
            return 0;
        }
        let overlap = self.overlap.held_from();
        let block = self.block.as_ref().and_then(Block::held_from);
        let mark = block.map(|mark| self.text[..mark.min(self.text.len())].trim_end().len());
        overlap.into_iter().chain(mark).fold(self.solid, usize::min)
    }

    fn give(&mut self, to: usize) -> String {
        let from = self.given;
        self.given = to.max(from);
        self.line_ends.restore(&self.text[from..self.given])
    }

    /// Where the text ends.
    fn end(&mut self, notes: &mut Vec<Note>) -> usize {
        if self.over.is_none()
            && self.line < self.text.len()
            && let Some(block) = &mut self.block
        {
            self.over = block.line_end(&self.text, self.line).map(Over::Block);
        }
        let mut end = match (self.over, &mut self.block) {
            (Some(Over::Block(end)), _) => {
                notes.push(Note::CutAtBlock);
                end
            }
            (None, Some(block)) => {
                let end = block.end(&self.text);
                if end < self.text.trim_end().len() {
                    notes.push(Note::CutAtBlock);
                }
                end
            }
            _ => self.text.len(),
        };
        let whole = self.text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        if whole.len() < end && end == self.text.len() {
            notes.push(Note::HalfCharacter);
            end = whole.len();
        }
        if let Some(found) = self.repetition(end) {
            let lines = self.text[found.start..end].trim_end().lines().count();
            notes.push(Note::SuffixRepeated(lines));
            end = self.without(found);
        }
        end = self.ending.of(&self.text[..end]);
        // What was code before a cut may have been shown.
        self.is_junk &= self.junk.content(&self.text, true) != Content::Code;
        let kept = &self.text[..end];
        let note = match self.junk.content(kept, true) {
            Content::Nothing => Note::Blank,
            Content::Comments if self.is_junk => Note::OnlyComments,
            Content::Asterisks if self.is_junk => Note::OnlyAsterisks,
            _ => return end,
        };
        notes.push(note);
        0
    }

    /// Where the text ends without a repetition: the white space between it and the file stays only
    /// if the file has none.
    fn without(&self, found: Match) -> usize {
        match self.ending {
            Ending::Kept => found.start,
            Ending::Dropped | Ending::OneLine => found.kept,
        }
    }

    /// The longest repetition of the suffix at the end of the text whose removal is right.
    fn repetition(&mut self, end: usize) -> Option<Match> {
        let text = &self.text[..end];
        if end < self.text.len() {
            self.overlap.restart();
            text.char_indices()
                .for_each(|(at, letter)| self.overlap.push(letter, at));
        }
        let mut with = None;
        let matches: Vec<Match> = self.overlap.matches().take(MOST_MATCHES).collect();
        matches.into_iter().find(|found| {
            if self.over == Some(Over::Repeats) {
                return true;
            }
            let kept = &text[..match self.ending {
                Ending::Kept => found.start,
                Ending::Dropped | Ending::OneLine => found.kept,
            }];
            // What the answer has opened it may close.
            let (closed, open) = (
                loose_brackets(&text[found.start..]).0,
                loose_brackets(kept).1,
            );
            if open > 0 && closed > 0 {
                return false;
            }
            let errors = self.block.as_mut().and_then(|block| {
                let with = *with.get_or_insert_with(|| block.errors(text));
                Some((block.errors(kept)?, with?))
            });
            match errors {
                Some((without, with)) if without != with => without < with,
                _ => self.overlap.is_clear(text, *found),
            }
        })
    }
}

#[cfg(test)]
mod tests;
