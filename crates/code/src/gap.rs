//! A place in a file that is to be filled: the text before and after the cursor. Line ends are
//! `\n` inside; the file's own are remembered for the answer.

use crate::Language;

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gap {
    /// The text before the cursor, with `\n` as its line ends.
    pub prefix: String,
    /// The text after the cursor, with `\n` as its line ends.
    pub suffix: String,
    /// Text of other files that a prompt has before the prefix; mostly empty. It belongs to no
    /// line of this file.
    pub context: String,
    /// The file, as the editor names it.
    pub file_name: Option<String>,
    /// The language, if it is one that Gatehouse knows.
    pub language: Option<Language>,
    /// The line ends of the file.
    pub line_ends: LineEnds,
}

/// The line ends of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LineEnds {
    /// `\n`.
    #[default]
    Lf,
    /// `\r\n`.
    CrLf,
}

/// What becomes of white space at the end of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It stays, as the file goes on with something else.
    Kept,
    /// It says nothing, as the file goes on with some.
    Dropped,
    /// The file ends here: one line end stays.
    OneLine,
}

impl Ending {
    /// Where a text ends without the white space that does not stay.
    pub(crate) fn of(self, text: &str) -> usize {
        let solid = text.trim_end().len();
        match self {
            Self::Kept => text.len(),
            Self::Dropped => solid,
            Self::OneLine => text[solid..].find('\n').map_or(solid, |at| solid + at + 1),
        }
    }
}

impl Gap {
    /// The place between two texts of a file.
    pub fn new(prefix: &str, suffix: &str) -> Self {
        let line_ends = if uses_crlf(prefix, suffix) {
            LineEnds::CrLf
        } else {
            LineEnds::Lf
        };
        let mut prefix = prefix.replace("\r\n", "\n");
        // A cursor inside a line end stands before it.
        if suffix.starts_with('\n') && prefix.ends_with('\r') {
            prefix.pop();
        }
        Self {
            prefix,
            suffix: suffix.replace("\r\n", "\n"),
            line_ends,
            ..Self::default()
        }
    }

    /// The same place in a file of this name; `editor_id` is how an editor calls the language.
    pub fn in_file(mut self, name: &str, editor_id: Option<&str>) -> Self {
        self.language = Language::of(name, editor_id);
        self.file_name = (!name.trim().is_empty()).then(|| name.to_owned());
        self
    }

    /// The same place, with texts of other files before it, joined by line ends.
    pub fn with_context<'a>(mut self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let texts: Vec<String> = texts
            .into_iter()
            .map(|text| text.replace("\r\n", "\n"))
            .collect();
        self.context = texts.join("\n");
        self
    }

    /// The text of the cursor's line that stands before the cursor.
    pub(crate) fn line_start(&self) -> &str {
        let start = self.prefix.rfind('\n').map_or(0, |at| at + 1);
        &self.prefix[start..]
    }

    /// What becomes of white space at the end of an answer.
    pub(crate) fn ending(&self) -> Ending {
        match self.suffix.chars().next() {
            None => Ending::OneLine,
            Some(letter) if letter.is_whitespace() => Ending::Dropped,
            Some(_) => Ending::Kept,
        }
    }

    /// The context and the prefix, as a prompt has them.
    pub(crate) fn before(&self) -> String {
        if self.context.is_empty() {
            self.prefix.clone()
        } else {
            format!("{}\n{}", self.context, self.prefix)
        }
    }

    /// Whether the file is Markdown, where fences are content.
    pub(crate) fn is_markdown(&self) -> bool {
        self.file_name.as_deref().is_some_and(|name| {
            let end = name.rsplit('.').next().unwrap_or_default().to_lowercase();
            ["md", "markdown", "mdx", "qmd", "rmd"].contains(&end.as_str())
        })
    }
}

impl LineEnds {
    /// A text with `\n`, with the line ends of the file.
    pub(crate) fn restore(self, text: &str) -> String {
        match self {
            Self::Lf => text.to_owned(),
            Self::CrLf => text.replace('\n', "\r\n"),
        }
    }
}

/// Whether most lines end with `\r\n`.
fn uses_crlf(prefix: &str, suffix: &str) -> bool {
    let count = |pattern: &str| prefix.matches(pattern).count() + suffix.matches(pattern).count();
    let crlf = count("\r\n");
    crlf > 0 && crlf * 2 > count("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_one_inside_and_the_files_own_outside() {
        for (prefix, suffix, inside, line_ends) in [
            ("a\r\nb", "\r\nc", ("a\nb", "\nc"), LineEnds::CrLf),
            ("a\r", "\nc", ("a", "\nc"), LineEnds::Lf),
            ("a\nb\nc\r\n", "", ("a\nb\nc\n", ""), LineEnds::Lf),
            ("", "", ("", ""), LineEnds::Lf),
        ] {
            let gap = Gap::new(prefix, suffix);
            assert_eq!((gap.prefix.as_str(), gap.suffix.as_str()), inside);
            assert_eq!(gap.line_ends, line_ends, "{prefix:?}");
        }
        assert_eq!(LineEnds::CrLf.restore("x\ny\n"), "x\r\ny\r\n");
    }
}
