//! What is done to code that a model wrote, piece by piece as it comes: what does not belong to the
//! file is cut off, and what the file has already is not repeated. Every cut is noted.

mod block;
mod completion;
mod echo;
mod fence;
mod front;
mod generation;
mod junk;
mod overlap;
mod reflection;
mod tree;

pub use completion::Completion;
pub use generation::Generation;

use std::fmt;

/// The longest answer that is read, in bytes; the rest is cut off.
const LONGEST_ANSWER: usize = 1 << 20;

/// What was done to an answer. Its text is a sentence for the record of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The answer ended at a control token or a stop text.
    CutAt(String),
    /// Thoughts before the answer were left out.
    ThoughtsRemoved,
    /// The answer was taken out of a Markdown fence, and words around it left out.
    Unwrapped,
    /// The beginning repeated what stands before the cursor.
    PrefixRepeated,
    /// The end repeated this many lines, or parts of them, that stand after the cursor.
    SuffixRepeated(usize),
    /// The answer went on behind the block that the cursor is in.
    CutAtBlock,
    /// The answer ended in the middle of a character.
    HalfCharacter,
    /// There was nothing but white space, or nothing was left.
    Blank,
    /// There was nothing but comments.
    OnlyComments,
    /// There was nothing but asterisks.
    OnlyAsterisks,
    /// This many lines repeated the file.
    FileRepeated(usize),
    /// The answer was longer than a megabyte.
    TooLong,
    /// Too much was going on to read the code around the answer.
    Unread,
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = |count: &usize| match count {
            1 => "1 line".to_owned(),
            count => format!("{count} lines"),
        };
        match self {
            Self::CutAt(text) => write!(formatter, "cut at {}", text.escape_debug()),
            Self::ThoughtsRemoved => formatter.write_str("thoughts removed"),
            Self::Unwrapped => formatter.write_str("unwrapped a fence"),
            Self::PrefixRepeated => {
                formatter.write_str("dropped the beginning, which stands before the cursor already")
            }
            Self::SuffixRepeated(count) => write!(
                formatter,
                "dropped {} that {} after the cursor already",
                lines(count),
                if *count == 1 { "stands" } else { "stand" }
            ),
            Self::CutAtBlock => formatter.write_str("cut at the end of the block"),
            Self::HalfCharacter => formatter.write_str("dropped half a character at the end"),
            Self::Blank => formatter.write_str("nothing but white space was left"),
            Self::OnlyComments => formatter.write_str("dropped an answer of comments alone"),
            Self::OnlyAsterisks => formatter.write_str("dropped an answer of asterisks alone"),
            Self::FileRepeated(count) => {
                write!(formatter, "dropped {} that repeated the file", lines(count))
            }
            Self::TooLong => formatter.write_str("cut at one megabyte"),
            Self::Unread => formatter.write_str(
                "polished without reading the code around it: too many answers came at once",
            ),
        }
    }
}
