//! Finds lines of an answer that only repeat the file: five or more in a row, or a comment.

use std::collections::HashSet;

use crate::Gap;

/// So many lines in a row are no accident.
const LINES: usize = 5;
/// So many letters and digits in them are.
const LETTERS: usize = 20;

/// An answer without the lines that repeat the file, and how many these were.
pub(super) fn without_repetition(answer: &str, gap: &Gap) -> (String, usize) {
    let lines: Vec<&str> = answer.split('\n').collect();
    let solid: Vec<usize> = (0..lines.len())
        .filter(|index| !lines[*index].trim().is_empty())
        .collect();
    let file = File::new(gap);
    let mut is_repeated = vec![false; lines.len()];
    for window in solid.windows(LINES) {
        let words: Vec<&str> = window.iter().map(|index| lines[*index].trim()).collect();
        if file.has(&words) {
            window.iter().for_each(|index| is_repeated[*index] = true);
        }
    }
    for index in &solid {
        is_repeated[*index] |= file.comments.contains(lines[*index].trim());
    }
    let count = is_repeated.iter().filter(|repeated| **repeated).count();
    let kept: Vec<&str> = lines
        .iter()
        .zip(&is_repeated)
        .filter(|(_, repeated)| !**repeated)
        .map(|(line, _)| *line)
        .collect();
    (kept.join("\n"), count)
}

/// The lines of a file.
struct File<'a> {
    blocks: HashSet<Vec<&'a str>>,
    comments: HashSet<&'a str>,
}

impl<'a> File<'a> {
    fn new(gap: &'a Gap) -> Self {
        let mut blocks = HashSet::new();
        let mut comments = HashSet::new();
        for text in [&gap.prefix, &gap.suffix] {
            let lines = text.lines().map(str::trim);
            let solid: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
            let many = |lines: &&[&str]| letters(lines) >= LETTERS;
            blocks.extend(solid.windows(LINES).filter(many).map(<[&str]>::to_vec));
            let is_comment = |line: &&&str| {
                letters(&[line]) > 0
                    && gap
                        .language
                        .is_some_and(|language| language.is_comment(line))
            };
            comments.extend(solid.iter().filter(is_comment));
        }
        Self { blocks, comments }
    }

    fn has(&self, lines: &[&str]) -> bool {
        self.blocks.contains(lines)
    }
}

fn letters(lines: &[&str]) -> usize {
    let all = lines.iter().flat_map(|line| line.chars());
    all.filter(|letter| letter.is_alphanumeric()).count()
}
