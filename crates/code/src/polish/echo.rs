//! Drops the beginning of an answer that repeats the last lines before the cursor, as models do
//! that were asked by an instruction.

use crate::Gap;

/// How many lines before the cursor an answer may begin with.
const LINES: usize = 20;
/// How many bytes before the cursor.
const LONGEST: usize = 2_000;
/// A shorter repetition, in characters, is more likely the beginning of a word.
const SHORTEST: usize = 3;

/// Reads the beginning of an answer.
#[derive(Debug)]
pub(super) struct Echo {
    /// The texts to drop, the longest first; none once the beginning is over.
    echoes: Vec<String>,
    pending: String,
    dropped: bool,
}

impl Echo {
    /// For the answer at this place.
    pub(super) fn new(gap: &Gap) -> Self {
        let prefix = &gap.prefix;
        let from = prefix.floor_char_boundary(prefix.len().saturating_sub(LONGEST));
        let ends = prefix[from..]
            .match_indices('\n')
            .map(|(at, _)| from + at + 1);
        let begin = (from == 0).then_some(0);
        let mut starts: Vec<usize> = begin.into_iter().chain(ends).collect();
        let mut echoes: Vec<String> = Vec::new();
        for start in starts.drain(starts.len().saturating_sub(LINES)..) {
            let lines = &prefix[start..];
            let words = lines.trim_start();
            if words.chars().count() >= SHORTEST {
                echoes.push(words.to_owned());
            }
            // White space is no accident.
            if lines.len() > words.len() && !lines.starts_with('\n') {
                echoes.push(lines.to_owned());
            }
        }
        echoes.sort_by_key(|echo| std::cmp::Reverse(echo.len()));
        echoes.dedup();
        Self {
            echoes,
            pending: String::new(),
            dropped: false,
        }
    }

    /// Text that repeats nothing.
    pub(super) fn push(&mut self, text: &str) -> String {
        if self.echoes.is_empty() {
            return text.to_owned();
        }
        self.pending.push_str(text);
        let pending = &self.pending;
        // A longer one may still come.
        match self
            .echoes
            .iter()
            .find(|echo| pending.starts_with(echo.as_str()) || echo.starts_with(pending.as_str()))
        {
            Some(echo) if echo.len() > pending.len() => String::new(),
            _ => self.finish(),
        }
    }

    /// What was held back.
    pub(super) fn finish(&mut self) -> String {
        let mut pending = std::mem::take(&mut self.pending);
        let echoes = std::mem::take(&mut self.echoes);
        if let Some(echo) = echoes
            .iter()
            .find(|echo| pending.starts_with(echo.as_str()))
        {
            pending.drain(..echo.len());
            self.dropped = true;
        }
        pending
    }

    /// Whether something was dropped.
    pub(super) fn dropped(&self) -> bool {
        self.dropped
    }
}
