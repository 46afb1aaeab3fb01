//! Finds where the block ends that the cursor is in, by reading the file with the answer in it, and
//! tells how right the file would be with an answer. Cuts nothing itself.

use std::fmt;

use tree_sitter::Node;

use super::overlap::only_closes;
use super::tree::{Source, has_errors, last_leaf, spanning};
use crate::Gap;
use crate::syntax::{Shapes, shapes};

/// How much of the file is read before and after the cursor, in bytes.
const WINDOW: (usize, usize) = (32 << 10, 16 << 10);

/// Words that go on with a statement whose block has ended.
const GOES_ON: &[&str] = &[
    "else", "elif", "elsif", "elseif", "except", "finally", "catch", "rescue", "ensure", "when",
    "case", "default", "while", "until", "end", "and", "or",
];

/// Follows an answer line by line.
pub(super) struct Block {
    shapes: &'static Shapes,
    /// The file before the cursor, then the answer as far as it has been read.
    source: Source,
    cursor: usize,
    suffix: String,
    /// Lines that are indented further belong to the block.
    indent: usize,
    /// The white space before the cursor, on a line that has nothing else.
    blank: Option<usize>,
    closed: Option<Closed>,
    /// Where the block ended, while it is not clear whether the statement goes on.
    behind: Option<usize>,
    /// How much of the answer may have been given out: all lines that were not held back.
    shown: usize,
}

/// The block has ended inside the answer.
#[derive(Debug, Clone, Copy)]
struct Closed {
    /// Where its closing mark begins.
    mark: usize,
    /// Where the statement ends that has the block.
    end: usize,
}

/// What encloses the cursor.
struct Enclosure {
    /// How far it is indented.
    indent: usize,
    /// Where it ends in the answer.
    end: usize,
    /// Its closing mark, if it has one and has it in the answer.
    mark: Option<usize>,
    /// Whether nothing in it had to be guessed.
    is_sound: bool,
}

impl Block {
    /// For the answer at this place; none for a language that cannot be read.
    pub(super) fn new(gap: &Gap) -> Option<Self> {
        let language = gap.language?;
        let prefix = &gap.prefix;
        let mut start = prefix.floor_char_boundary(prefix.len().saturating_sub(WINDOW.0));
        if start > 0 {
            start += prefix[start..].find('\n').map_or(0, |at| at + 1);
        }
        let suffix = &gap.suffix[..gap.suffix.floor_char_boundary(WINDOW.1)];
        let last = prefix.trim_end().rsplit('\n').next().unwrap_or_default();
        let line = gap.line_start();
        Some(Self {
            shapes: shapes(language),
            source: Source::new(language, prefix[start..].to_owned())?,
            cursor: prefix.len() - start,
            suffix: suffix.to_owned(),
            indent: indent(last).max(indent(line)),
            blank: line.trim().is_empty().then(|| indent(line)),
            closed: None,
            behind: None,
            shown: 0,
        })
    }

    /// Whether nothing more is read.
    pub(super) fn is_worn_out(&self) -> bool {
        self.source.is_worn_out()
    }

    /// Reads nothing more.
    pub(super) fn wear_out(&mut self) {
        self.source.wear_out();
    }

    /// Whether a line of the answer is not cut off, whatever it goes on with.
    pub(super) fn holds(&self, line: &str) -> bool {
        let is_inside = indent(line) > self.indent && self.held_from().is_none();
        !line.trim().is_empty() && (is_inside || self.is_worn_out())
    }

    /// Reads the answer up to the end of the line that begins at `line`. Says where the answer has
    /// to end, if this line is behind the block.
    pub(super) fn line_end(&mut self, answer: &str, line: usize) -> Option<usize> {
        let words = answer[line..].trim();
        if words.is_empty() || self.source.is_worn_out() {
            return None;
        }
        // The first line has been shown already, unless it only closes something.
        if self.holds(&answer[line..]) || line == 0 && !only_closes(words) {
            self.shown = answer.len();
            return None;
        }
        let read = self.source.text().len() - self.cursor;
        self.source.push(&answer[read..]);
        let Some(found) = self.enclosure(answer, line) else {
            self.shown = self.held_from().map_or(answer.len(), |_| self.shown);
            return None;
        };
        self.indent = found.indent;
        // A mark behind it on its last line, like a comma, is its own.
        let end = found.end.min(answer.len());
        let end = answer[end..].find('\n').map_or(answer.len(), |at| end + at);
        let end = end.max(self.shown);
        if end > line {
            let is_closed = end >= answer.trim_end().len();
            let mark = found.mark.filter(|mark| is_closed && *mark >= self.shown);
            self.closed = mark.map(|mark| Closed { mark, end });
            self.behind = None;
            if mark.is_none() {
                self.shown = answer.len();
            }
            return None;
        }
        let goes_on = indent(&answer[line..]) > self.indent
            || goes_on(words)
            || self.source.language().is_comment(words)
            || !found.is_sound;
        if goes_on || line == 0 {
            self.behind = Some(end);
            return None;
        }
        Some(self.best_end(answer, end, answer[..line].trim_end().len()))
    }

    /// From where on an answer may be cut: the closing mark of the block, or what is behind it.
    pub(super) fn held_from(&self) -> Option<usize> {
        let mark = self.closed.map(|closed| closed.mark);
        mark.into_iter().chain(self.behind).min()
    }

    /// Where an answer ends best that ended with the block, or behind it.
    pub(super) fn end(&mut self, answer: &str) -> usize {
        match self.closed {
            Some(closed) => self.best_end(answer, closed.end, answer.len()),
            None => answer.len(),
        }
    }

    /// How many places of the file are wrong with this text at the cursor. None when that is too
    /// much work.
    pub(super) fn errors(&mut self, text: &str) -> Option<usize> {
        let prefix = &self.source.text()[..self.cursor];
        let file = format!("{prefix}{text}{}", self.suffix);
        self.source.errors(&file)
    }

    /// The best of three ends: behind the statement, behind the marks that follow it, or before the
    /// closing mark, which the file may have already.
    fn best_end(&mut self, answer: &str, end: usize, behind: usize) -> usize {
        let mark = self.closed.map_or(end, |closed| closed.mark);
        let before = answer[..mark].trim_end().len();
        let mut best = (self.errors(&answer[..end]), end);
        for place in [behind, before] {
            let errors = self.errors(&answer[..place]).filter(|_| place != end);
            if errors
                .zip(best.0)
                .is_some_and(|(errors, least)| errors < least)
            {
                best = (errors, place);
            }
        }
        best.1
    }

    /// What encloses the cursor, when the source ends with the line of the answer that begins at
    /// `line`.
    fn enclosure(&mut self, answer: &str, line: usize) -> Option<Enclosure> {
        let tree = self.source.tree()?;
        let text = self.source.text();
        let path = spanning(&tree, self.cursor);
        let begins = self.begins(answer);
        let indent_of = |node: &Node<'_>| {
            let line = text[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
            indent(&text[line..])
        };
        let mut candidates = (1..path.len()).rev();
        let (inner, outer) = candidates.find_map(|index| {
            let outer = self.whole(&path, index)?;
            // An answer that does not begin inside of it only ends or continues it.
            let holds = begins.is_none_or(|begins| begins > indent_of(&outer));
            holds.then_some((path[index], outer))
        })?;
        if last_leaf(outer).is_missing() {
            return None;
        }
        let mark = Some(last_leaf(inner)).filter(|leaf| {
            !leaf.is_named() && !leaf.is_missing() && leaf.start_byte() >= self.cursor
        });
        // Without a closing mark a guess anywhere in it may have made its end.
        let from = if mark.is_some() {
            self.cursor
        } else {
            outer.start_byte()
        };
        let end = text[..outer.end_byte()].trim_end().len();
        Some(Enclosure {
            indent: indent_of(&outer),
            end: end.saturating_sub(self.cursor),
            mark: mark.map(|leaf| leaf.start_byte() - self.cursor),
            is_sound: !has_errors(&tree, outer.byte_range(), from..self.cursor + line),
        })
    }

    /// The whole statement or member to which a block on a path belongs; none if it is no block.
    fn whole<'tree>(&self, path: &[Node<'tree>], index: usize) -> Option<Node<'tree>> {
        if !self.shapes.encloses(path[index].kind()) {
            return None;
        }
        let is_whole = |index: &usize| {
            let parent = &path[index - 1];
            *index == 1 || parent.is_error() || self.shapes.lists(parent.kind())
        };
        (1..=index).rev().find(is_whole).map(|index| path[index])
    }

    /// How far the code of the answer is indented, if it begins a line and does not close one.
    fn begins(&self, answer: &str) -> Option<usize> {
        let first = answer.split('\n').next().unwrap_or_default();
        let word = first.split_whitespace().next()?;
        self.blank
            .filter(|_| !only_closes(word) && !word.starts_with([')', ']', '}']))
            .map(|blank| blank + indent(first))
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Block")
            .field("language", &self.source.language())
            .finish_non_exhaustive()
    }
}

/// Whether a line goes on with the statement before it.
fn goes_on(words: &str) -> bool {
    let word: &str = words
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .next()
        .unwrap_or_default();
    GOES_ON.contains(&word) || words.starts_with([')', ']', '}', ';', ',', '.', '?', ':'])
}

/// How far a line is indented; a tab counts four.
fn indent(line: &str) -> usize {
    line.chars()
        .take_while(|letter| [' ', '\t'].contains(letter))
        .map(|letter| if letter == '\t' { 4 } else { 1 })
        .sum()
}
