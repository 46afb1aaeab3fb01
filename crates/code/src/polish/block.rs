//! Finds where the block ends that the cursor is in, by reading the file with the answer in it, and
//! tells how right a file would be with an answer. Cuts nothing itself.

use std::fmt;
use std::ops::{ControlFlow, Range};

use tree_sitter::{InputEdit, Node, ParseOptions, Parser, Point, Tree};

use super::overlap::only_closes;
use crate::syntax::{Shapes, grammar, shapes};
use crate::{Gap, Language};

/// How much of the file is read before and after the cursor, in bytes.
const WINDOW: (usize, usize) = (64 << 10, 32 << 10);
/// The work for one answer, in steps of the parser's own count: 64 kB are some 300 steps and 10 to
/// 100 ms. Above it nothing more is found.
const MOST_STEPS: u32 = 3_000;
/// What reading a line costs, however short it is.
const STEPS_PER_LINE: u32 = 4;

/// Words that go on with a statement whose block has ended.
const GOES_ON: &[&str] = &[
    "else", "elif", "elsif", "elseif", "except", "finally", "catch", "rescue", "ensure", "when",
    "case", "default", "while", "until", "end", "and", "or",
];

/// Follows an answer line by line.
pub(super) struct Block {
    language: Language,
    shapes: &'static Shapes,
    parser: Parser,
    /// The file before the cursor, then the answer as far as it has been read.
    source: String,
    cursor: usize,
    suffix: String,
    /// The tree of the source, and where it ends.
    tree: Option<(Tree, Position)>,
    steps: u32,
    /// Lines that are indented further belong to the block.
    indent: usize,
    closed: Option<Closed>,
}

/// The block has ended inside the answer.
#[derive(Debug, Clone, Copy)]
struct Closed {
    /// Where its closing mark begins.
    mark: usize,
    /// Where the statement ends that has the block.
    end: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Position {
    byte: usize,
    point: Point,
}

/// What encloses the cursor, as places in the source.
struct Enclosure {
    /// Where the line begins in which it begins.
    line: usize,
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
        let source = prefix[start..].to_owned();
        let mut parser = Parser::new();
        parser.set_language(&grammar(language, &source)).ok()?;
        let last = prefix.trim_end().rsplit('\n').next().unwrap_or_default();
        Some(Self {
            language,
            shapes: shapes(language),
            parser,
            cursor: source.len(),
            source,
            suffix: suffix.to_owned(),
            tree: None,
            steps: 0,
            indent: indent(last).max(indent(gap.line_start())),
            closed: None,
        })
    }

    /// Reads the answer up to the end of the line that begins at `line`. Says where the answer has
    /// to end, if this line is behind the block.
    pub(super) fn line_end(&mut self, answer: &str, line: usize) -> Option<usize> {
        let words = answer[line..].trim();
        let is_inside = indent(&answer[line..]) > self.indent && self.closed.is_none();
        // The first line has been shown already, unless it only closes something.
        let is_shown = line == 0 && !only_closes(words);
        if words.is_empty() || is_inside || is_shown || self.steps >= MOST_STEPS {
            return None;
        }
        let read = self.source.len() - self.cursor;
        self.source.push_str(&answer[read.min(answer.len())..]);
        let found = self.enclosure(self.cursor + line)?;
        self.indent = indent(&self.source[found.line..]);
        let end = (found.end - self.cursor).min(answer.len());
        if end > line {
            let is_closed = end >= answer.trim_end().len();
            self.closed = found
                .mark
                .filter(|_| is_closed)
                .map(|mark| Closed { mark, end });
            return None;
        }
        let goes_on = indent(&answer[line..]) > self.indent
            || self.goes_on(words)
            || self.language.is_comment(words)
            || !found.is_sound;
        if goes_on || line == 0 {
            return None;
        }
        Some(self.best_end(answer, end, answer[..line].trim_end().len()))
    }

    /// From where on an answer may be cut: the closing mark of the block.
    pub(super) fn held_from(&self) -> Option<usize> {
        self.closed.map(|closed| closed.mark)
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
        let prefix = &self.source[..self.cursor];
        let source = format!("{prefix}{text}{}", self.suffix);
        let tree = parse(&mut self.parser, &source, None, &mut self.steps)?;
        let errors = count_errors(&tree);
        // Its grammar takes an `end` too many for a name.
        let strays = match self.language {
            Language::Ruby => {
                let is_end = |node: Node<'_>| &source[node.byte_range()] == "end";
                let is_stray = |node: Node<'_>| node.kind() == "identifier" && is_end(node);
                count(&tree, |_| true, is_stray)
            }
            _ => 0,
        };
        Some(errors + strays)
    }

    /// The best of three ends: behind the statement, behind the marks that follow it, or before the
    /// closing mark, which the file may have already.
    fn best_end(&mut self, answer: &str, end: usize, behind: usize) -> usize {
        let mark = self.closed.map_or(end, |closed| closed.mark);
        let before = answer[..mark.min(answer.len())].trim_end().len();
        let mut best = (usize::MAX, end);
        for place in [end, behind, before] {
            if place != end || best.0 == usize::MAX {
                let errors = self.errors(&answer[..place]).unwrap_or(usize::MAX - 1);
                if errors < best.0 {
                    best = (errors, place);
                }
            }
        }
        best.1
    }

    fn goes_on(&self, words: &str) -> bool {
        let word: &str = words
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .next()
            .unwrap_or_default();
        GOES_ON.contains(&word) || words.starts_with([')', ']', '}', ';', ',', '.', '?', ':'])
    }

    /// What encloses the cursor in the source. `line` is where the last line of the source begins.
    fn enclosure(&mut self, line: usize) -> Option<Enclosure> {
        self.read()?;
        let (tree, _) = self.tree.as_ref()?;
        let path = spanning(tree, self.cursor);
        let inner = path
            .iter()
            .rposition(|node| self.shapes.encloses(node.kind()))?;
        // The whole statement or member that has the block.
        let outer = (1..=inner)
            .rev()
            .find(|index| {
                let parent = &path[index - 1];
                *index == 1 || parent.is_error() || self.shapes.lists(parent.kind())
            })
            .unwrap_or(inner);
        let (inner, outer) = (path[inner], path[outer]);
        let last = last_leaf(outer);
        if last.is_missing() {
            return None;
        }
        let mark = Some(last_leaf(inner)).filter(|leaf| {
            !leaf.is_named() && !leaf.is_missing() && leaf.start_byte() >= self.cursor
        });
        let end = self.source[..outer.end_byte()].trim_end().len();
        let start = outer.start_byte();
        // Without a closing mark a guess anywhere in it may have made its end.
        let from = if mark.is_some() { self.cursor } else { start };
        Some(Enclosure {
            line: self.source[..start].rfind('\n').map_or(0, |at| at + 1),
            end: end.max(self.cursor),
            mark: mark.map(|leaf| leaf.start_byte() - self.cursor),
            is_sound: !has_errors(tree, outer.byte_range(), from..line),
        })
    }

    /// Reads what the source has more.
    fn read(&mut self) -> Option<()> {
        let old = self.tree.take();
        let from = old.as_ref().map_or(Position::default(), |(_, at)| *at);
        let end = from.behind(&self.source[from.byte..]);
        let old = old.map(|(mut tree, _)| {
            tree.edit(&InputEdit {
                start_byte: from.byte,
                old_end_byte: from.byte,
                new_end_byte: end.byte,
                start_position: from.point,
                old_end_position: from.point,
                new_end_position: end.point,
            });
            tree
        });
        let tree = parse(
            &mut self.parser,
            &self.source,
            old.as_ref(),
            &mut self.steps,
        )?;
        self.tree = Some((tree, end));
        Some(())
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Block")
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

impl Position {
    fn behind(self, text: &str) -> Self {
        let (rows, column) = match text.rfind('\n') {
            Some(at) => (text.matches('\n').count(), text.len() - at - 1),
            None => (0, self.point.column + text.len()),
        };
        Self {
            byte: self.byte + text.len(),
            point: Point::new(self.point.row + rows, column),
        }
    }
}

/// Parses within the work that is left.
fn parse(parser: &mut Parser, source: &str, old: Option<&Tree>, steps: &mut u32) -> Option<Tree> {
    *steps += STEPS_PER_LINE;
    if *steps >= MOST_STEPS {
        return None;
    }
    let mut count = |_: &tree_sitter::ParseState| {
        *steps += 1;
        if *steps < MOST_STEPS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut count);
    let mut read = |at: usize, _: Point| source.as_bytes().get(at..).unwrap_or_default();
    let tree = parser.parse_with_options(&mut read, old, Some(options));
    if tree.is_none() {
        parser.reset();
    }
    tree
}

/// The nodes that begin before a place and end behind it, from the root down.
fn spanning(tree: &Tree, place: usize) -> Vec<Node<'_>> {
    let mut cursor = tree.walk();
    let mut path = vec![cursor.node()];
    while cursor.goto_first_child_for_byte(place).is_some() {
        let node = cursor.node();
        if node.start_byte() >= place || node.end_byte() <= place {
            break;
        }
        path.push(node);
    }
    path
}

/// The last token of a node.
fn last_leaf(node: Node<'_>) -> Node<'_> {
    let mut cursor = node.walk();
    while cursor.goto_last_child() {}
    cursor.node()
}

/// How many errors a tree has.
fn count_errors(tree: &Tree) -> usize {
    let is_wrong = |node: Node<'_>| node.is_error() || node.is_missing();
    count(tree, |node| node.has_error(), is_wrong)
}

/// Whether there is an error in a part of the source, but for those around a node as a whole.
fn has_errors(tree: &Tree, node: Range<usize>, part: Range<usize>) -> bool {
    let is_near = |other: Node<'_>| {
        let range = other.byte_range();
        other.has_error() && range.end >= part.start && range.start < part.end
    };
    let is_wrong = |other: Node<'_>| {
        let range = other.byte_range();
        let is_around = range.start <= node.start && range.end >= node.end;
        let is_wrong = other.is_error() || other.is_missing();
        is_wrong && is_near(other) && !is_around && range.start >= node.start
    };
    count(tree, is_near, is_wrong) > 0
}

/// How many nodes are so, below those that are worth a look.
fn count(
    tree: &Tree,
    is_worth_it: impl Fn(Node<'_>) -> bool,
    is_so: impl Fn(Node<'_>) -> bool,
) -> usize {
    let mut cursor = tree.walk();
    let mut count = 0;
    loop {
        let node = cursor.node();
        count += usize::from(is_so(node));
        if is_worth_it(node) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return count;
            }
        }
    }
}

/// How far a line is indented; a tab counts four.
fn indent(line: &str) -> usize {
    line.chars()
        .take_while(|letter| [' ', '\t'].contains(letter))
        .map(|letter| if letter == '\t' { 4 } else { 1 })
        .sum()
}
