//! Finds where the end of an answer is the beginning of the text after the cursor, whatever the
//! white space, and whether dropping it is right.

use std::collections::VecDeque;

/// How much of the suffix an answer may repeat, in characters.
const LONGEST: usize = 4_096;
/// An answer that repeats so many lines and characters of the suffix is over. Less may be the way
/// in which neighbours in a file begin.
const OVER: (usize, usize) = (5, 150);
/// Words that close what was opened before.
const CLOSING: &[&str] = &["end", "end.", "end)", "end,", "fi", "done", "esac"];
/// The longest run of closing marks, in bytes.
const LONGEST_CLOSING: usize = 256;
/// A shorter repetition has to be the whole first line of the suffix.
const CLEAR: usize = 8;

/// Follows an answer letter by letter.
#[derive(Debug)]
pub(super) struct Overlap {
    /// The suffix, with each run of white space as one space.
    pattern: Vec<char>,
    /// The length of the longest beginning of the pattern that also ends its first `index + 1`
    /// letters.
    borders: Vec<usize>,
    /// The letters of the pattern that are the suffix's first line.
    first_line: usize,
    /// From how many letters on the answer only repeats.
    over: usize,
    /// How many letters of the pattern the answer ends with.
    matched: usize,
    /// Where the last letters begin, and where the text before them ends, without white space.
    places: VecDeque<(usize, usize)>,
    owes_space: Option<usize>,
    solid_end: usize,
}

/// An end of an answer with which the suffix begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    /// Where it begins in the answer.
    pub(super) start: usize,
    /// Where the answer ends without it and the white space before it.
    pub(super) kept: usize,
    /// Its length in letters.
    length: usize,
}

impl Overlap {
    pub(super) fn new(suffix: &str) -> Self {
        let pattern = normal(suffix);
        Self {
            borders: borders(&pattern),
            first_line: letters(suffix, 1),
            over: match letters(suffix, OVER.0) {
                length if length <= LONGEST => length.max(OVER.1),
                _ => usize::MAX,
            },
            pattern,
            matched: 0,
            places: VecDeque::new(),
            owes_space: None,
            solid_end: 0,
        }
    }

    /// Follows another answer from its beginning.
    pub(super) fn restart(&mut self) {
        self.matched = 0;
        self.places.clear();
        self.owes_space = None;
        self.solid_end = 0;
    }

    /// The next letter of the answer, and where it begins.
    pub(super) fn push(&mut self, letter: char, at: usize) {
        if self.pattern.is_empty() {
            return;
        }
        if letter.is_whitespace() {
            // Counts only between two words.
            if self.solid_end > 0 {
                self.owes_space.get_or_insert(at);
            }
            return;
        }
        if let Some(space) = self.owes_space.take() {
            self.step(' ', space);
        }
        self.step(letter, at);
        self.solid_end = at + letter.len_utf8();
    }

    fn step(&mut self, letter: char, at: usize) {
        self.places.push_back((at, self.solid_end));
        if self.places.len() > self.pattern.len() {
            self.places.pop_front();
        }
        loop {
            if self.pattern.get(self.matched) == Some(&letter) {
                self.matched += 1;
                return;
            }
            match self.matched {
                0 => return,
                matched => self.matched = self.borders[matched - 1],
            }
        }
    }

    /// Where the text ends that no repetition can take back.
    pub(super) fn held_from(&self) -> Option<usize> {
        self.matches().next().map(|found| found.kept)
    }

    /// Whether the answer only repeats what follows.
    pub(super) fn is_over(&self) -> bool {
        self.matched >= self.over
    }

    /// The repetitions that end the answer, the longest first.
    pub(super) fn matches(&self) -> impl Iterator<Item = Match> {
        let mut length = self.matched;
        std::iter::from_fn(move || {
            let place = self.places.len().checked_sub(length)?;
            let (start, kept) = *self.places.get(place)?;
            let found = Match {
                start,
                kept,
                length,
            };
            length = self.borders[length - 1];
            Some(found)
        })
    }

    /// Whether a repetition is one beyond doubt, when code is as right with it as without.
    pub(super) fn is_clear(&self, answer: &str, found: Match) -> bool {
        let removed = answer[found.start..].trim_end();
        if only_closes(removed) {
            return true;
        }
        let is_word = |letter: Option<char>| {
            letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        };
        if is_word(answer[..found.start].chars().next_back()) && is_word(removed.chars().next()) {
            return false;
        }
        let solid = removed.chars().filter(|letter| !letter.is_whitespace());
        solid.count() >= CLEAR || found.length >= self.first_line && removed.len() > 1
    }
}

/// Whether a short text only closes what was opened before.
pub(super) fn only_closes(text: &str) -> bool {
    text.len() <= LONGEST_CLOSING && text.split_whitespace().all(closes)
}

/// Whether a text may become one that only closes, as its last word goes on.
pub(super) fn may_only_close(text: &str) -> bool {
    if text.len() > LONGEST_CLOSING {
        return false;
    }
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let before = &text[..text.len() - word.len()];
    let may_close = CLOSING.iter().any(|closing| closing.starts_with(word));
    only_closes(before) && (may_close || only_closes(word))
}

fn closes(word: &str) -> bool {
    let is_mark = |letter: char| ")]}>;,:'\"`".contains(letter);
    CLOSING.contains(&word) || word.chars().all(is_mark)
}

/// Brackets that a text closes and never opened, and those that it opens and never closes.
pub(super) fn loose_brackets(text: &str) -> (usize, usize) {
    let (mut closed, mut open) = (0, 0);
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' if open > 0 => open -= 1,
            ')' | ']' | '}' => closed += 1,
            _ => {}
        }
    }
    (closed, open)
}

fn normal(suffix: &str) -> Vec<char> {
    let mut pattern = Vec::new();
    for word in suffix.split_whitespace() {
        if !pattern.is_empty() {
            pattern.push(' ');
        }
        pattern.extend(word.chars());
        if pattern.len() >= LONGEST {
            break;
        }
    }
    pattern.truncate(LONGEST);
    pattern
}

/// How many letters of the pattern the first lines are that are not blank; a suffix with fewer
/// lines has no such number.
fn letters(suffix: &str, lines: usize) -> usize {
    let mut solid = suffix.lines().filter(|line| !line.trim().is_empty());
    let lengths: Vec<usize> = solid
        .by_ref()
        .take(lines)
        .map(|line| normal(line).len())
        .collect();
    if lengths.len() < lines {
        return usize::MAX;
    }
    lengths.iter().sum::<usize>() + lines - 1
}

fn borders(pattern: &[char]) -> Vec<usize> {
    let mut borders = vec![0; pattern.len()];
    let mut length = 0;
    for index in 1..pattern.len() {
        while length > 0 && pattern[index] != pattern[length] {
            length = borders[length - 1];
        }
        if pattern[index] == pattern[length] {
            length += 1;
        }
        borders[index] = length;
    }
    borders
}
