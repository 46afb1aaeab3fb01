//! Knows answers that say nothing: comments alone where code was asked for, and rows of asterisks.

use crate::{Gap, Language};

/// A longer answer says something, in bytes.
const LONGEST: usize = 4_096;

/// Watches whether an answer has said anything yet.
#[derive(Debug)]
pub(super) struct Junk {
    /// The language, where comments alone are not wanted.
    language: Option<Language>,
}

/// What an answer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Comments and nothing else.
    Comments,
    /// Asterisks and nothing else.
    Asterisks,
    /// White space.
    Nothing,
    /// Something.
    Code,
}

impl Junk {
    /// For the answer at this place. Somebody who writes comments wants one; a language without
    /// known comments has none to find.
    pub(super) fn new(gap: &Gap) -> Self {
        let writes_comments = |language: &Language| {
            let last = gap
                .prefix
                .trim_end()
                .rsplit('\n')
                .next()
                .unwrap_or_default();
            !gap.line_start().trim().is_empty() || language.is_comment(last)
        };
        Self {
            language: gap.language.filter(|language| !writes_comments(language)),
        }
    }

    /// What a text is made of; the last line may be unfinished.
    pub(super) fn content(&self, text: &str, is_end: bool) -> Content {
        if text.len() > LONGEST {
            return Content::Code;
        }
        let words = text.trim();
        if words.is_empty() {
            return Content::Nothing;
        }
        if words
            .chars()
            .all(|letter| letter == '*' || letter.is_whitespace())
        {
            let stars = words.chars().filter(|letter| *letter == '*').count();
            return if stars >= 5 || !is_end && stars > 0 {
                Content::Asterisks
            } else {
                Content::Code
            };
        }
        let Some(language) = self.language else {
            return Content::Code;
        };
        let is_comment = |line: &str| {
            let begun = line.trim_start();
            let may_become = |mark: &&str| !is_end && mark.starts_with(begun);
            language.is_comment(line) && !language.is_documentation(line)
                || language.line_comments().iter().any(may_become)
        };
        match text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .all(is_comment)
        {
            true => Content::Comments,
            false => Content::Code,
        }
    }
}
