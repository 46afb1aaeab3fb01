//! Reads code into a tree, again and again as it grows, within a limit of work; and looks around in
//! trees. Knows nothing about answers.

use std::ops::{ControlFlow, Range};

use tree_sitter::{InputEdit, Node, ParseOptions, Parser, Point, Tree};

use crate::Language;
use crate::syntax::grammar;

/// The work for one answer, in steps of the parser's own count: 64 kB are some 300 steps and 10 to
/// 100 ms. Above it nothing more is read.
const MOST_STEPS: u32 = 1_000;
/// What reading costs, however short the text is.
const STEPS_PER_READING: u32 = 4;

/// A text that grows, and its tree.
pub(super) struct Source {
    language: Language,
    parser: Parser,
    text: String,
    /// The tree, and where the text ended when it was read.
    tree: Option<(Tree, Position)>,
    steps: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Position {
    byte: usize,
    point: Point,
}

impl Source {
    /// A text; none if it cannot be read.
    pub(super) fn new(language: Language, text: String) -> Option<Self> {
        let mut parser = Parser::new();
        parser.set_language(&grammar(language, &text)).ok()?;
        Some(Self {
            language,
            parser,
            text,
            tree: None,
            steps: 0,
        })
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The language.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// Makes the text longer.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Whether nothing more is read.
    pub(super) fn is_worn_out(&self) -> bool {
        self.steps >= MOST_STEPS
    }

    /// Reads nothing more.
    pub(super) fn wear_out(&mut self) {
        self.steps = MOST_STEPS;
    }

    /// The tree of the text.
    pub(super) fn tree(&mut self) -> Option<Tree> {
        let old = self.tree.take();
        let from = old.as_ref().map_or(Position::default(), |(_, at)| *at);
        let end = from.behind(&self.text[from.byte..]);
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
        let tree = parse(&mut self.parser, &self.text, old.as_ref(), &mut self.steps)?;
        // A copy is one more reference.
        self.tree = Some((tree.clone(), end));
        Some(tree)
    }

    /// How many places are wrong in another text of this language. None when that is too much work.
    pub(super) fn errors(&mut self, text: &str) -> Option<usize> {
        let tree = parse(&mut self.parser, text, None, &mut self.steps)?;
        let is_wrong = |node: Node<'_>| node.is_error() || node.is_missing();
        let errors = count(&tree, |node| node.has_error(), is_wrong);
        // Ruby's grammar takes an `end` too many for a name.
        let is_end =
            |node: Node<'_>| node.kind() == "identifier" && &text[node.byte_range()] == "end";
        match self.language {
            Language::Ruby => Some(errors + count(&tree, |_| true, is_end)),
            _ => Some(errors),
        }
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
    *steps += STEPS_PER_READING;
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
pub(super) fn spanning(tree: &Tree, place: usize) -> Vec<Node<'_>> {
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
pub(super) fn last_leaf(node: Node<'_>) -> Node<'_> {
    let mut cursor = node.walk();
    while cursor.goto_last_child() {}
    cursor.node()
}

/// Whether there is an error in a part of the source, but for those around a node as a whole.
pub(super) fn has_errors(tree: &Tree, node: Range<usize>, part: Range<usize>) -> bool {
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
