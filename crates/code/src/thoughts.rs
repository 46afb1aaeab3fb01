//! Sets the thoughts apart that a model writes at the beginning of its answer. What an answer says
//! of thoughts later on is left alone.

use domain::ReasoningMarks;

/// How far into an answer the end of thoughts counts whose beginning was never seen, in characters:
/// templates of some models write the opening mark themselves.
const ORPHAN: usize = 80;
/// White space before the opening mark, in bytes.
const MOST_SPACE: usize = 1_024;

/// Splits an answer into thoughts and words as it comes.
#[derive(Debug)]
pub struct Thoughts {
    /// The marks that may be used; once thoughts have begun, only those that they began with.
    marks: Vec<ReasoningMarks>,
    state: State,
    pending: String,
    takes_orphans: bool,
    were_found: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is decided.
    Start,
    /// Inside thoughts.
    Thinking,
    /// Behind thoughts: white space before the answer is dropped.
    Between,
    /// The rest is the answer.
    Over,
}

impl Thoughts {
    /// A splitter by these marks.
    pub fn new(marks: &ReasoningMarks) -> Self {
        Self {
            marks: vec![marks.clone()],
            state: State::Start,
            pending: String::new(),
            takes_orphans: false,
            were_found: false,
        }
    }

    /// The marks of most models.
    pub fn common_marks() -> ReasoningMarks {
        ReasoningMarks {
            open: "<think>".to_owned(),
            close: "</think>".to_owned(),
        }
    }

    /// Also takes the marks of most models.
    pub(crate) fn with_common_marks(mut self) -> Self {
        if !self.marks.contains(&Self::common_marks()) {
            self.marks.push(Self::common_marks());
        }
        self
    }

    /// Also takes a beginning for thoughts that ends with the closing mark within 80 characters.
    /// That much of an answer is then held back.
    pub(crate) fn with_orphans(mut self) -> Self {
        self.takes_orphans = true;
        self
    }

    /// Thoughts and words out of the next piece.
    pub fn push(&mut self, text: &str) -> (String, String) {
        if self.state == State::Over {
            return (String::new(), text.to_owned());
        }
        self.pending.push_str(text);
        self.read(false)
    }

    /// What was held back. Thoughts without an end are thoughts.
    pub fn finish(&mut self) -> (String, String) {
        self.read(true)
    }

    /// Whether everything that comes is answer.
    pub fn are_over(&self) -> bool {
        self.state == State::Over
    }

    /// Whether there were any, be they empty.
    pub(crate) fn were_found(&self) -> bool {
        self.were_found
    }

    fn read(&mut self, is_end: bool) -> (String, String) {
        let (mut thought, mut answer) = (String::new(), String::new());
        loop {
            let before = self.state;
            match self.state {
                State::Start => self.open(is_end, &mut thought),
                State::Thinking => self.think(is_end, &mut thought),
                State::Between => self.skip_space(),
                State::Over => answer.push_str(&std::mem::take(&mut self.pending)),
            }
            if self.state == before {
                return (thought, answer);
            }
        }
    }

    fn open(&mut self, is_end: bool, thought: &mut String) {
        let begun = self.pending.trim_start();
        let opened =
            |marks: &&ReasoningMarks| !marks.open.is_empty() && begun.starts_with(&marks.open);
        if let Some(marks) = self.marks.iter().find(opened).cloned() {
            self.pending = begun[marks.open.len()..].to_owned();
            self.marks = vec![marks];
            self.were_found = true;
            self.state = State::Thinking;
            return;
        }
        if self.takes_orphans {
            if let Some((at, end)) = self.orphan() {
                thought.push_str(&self.pending[..at]);
                self.pending.drain(..end);
                self.were_found = true;
                self.state = State::Between;
                return;
            }
            if end_of(&self.pending, ORPHAN) == self.pending.len() && !is_end {
                return;
            }
        }
        // White space alone is held, as the mark may follow; but not without end.
        let may_open = self.marks.iter().any(|marks| marks.open.starts_with(begun));
        if is_end || !may_open || self.pending.len() > MOST_SPACE {
            self.state = State::Over;
        }
    }

    /// Where a closing mark without an opening one begins and ends.
    fn orphan(&self) -> Option<(usize, usize)> {
        let head = end_of(&self.pending, ORPHAN);
        let ends = self.marks.iter().filter(|marks| !marks.close.is_empty());
        ends.filter_map(|marks| {
            let at = self.pending[..head].find(&marks.close)?;
            Some((at, at + marks.close.len()))
        })
        .min()
    }

    fn think(&mut self, is_end: bool, thought: &mut String) {
        let close = &self.marks[0].close;
        if let Some(at) = self.pending.find(close.as_str()) {
            thought.push_str(&self.pending[..at]);
            self.pending.drain(..at + close.len());
            self.state = State::Between;
            return;
        }
        let held = if is_end {
            0
        } else {
            overlap(&self.pending, close)
        };
        thought.extend(self.pending.drain(..self.pending.len() - held));
    }

    fn skip_space(&mut self) {
        let begun = self.pending.trim_start_matches('\n');
        if begun.len() < self.pending.len() {
            self.pending = begun.to_owned();
        }
        if !self.pending.is_empty() {
            self.state = State::Over;
        }
    }
}

/// The end of the first characters of a text, in bytes.
fn end_of(text: &str, characters: usize) -> usize {
    text.char_indices()
        .nth(characters)
        .map_or(text.len(), |(at, _)| at)
}

/// The length of the longest end of a text with which a mark begins, without the whole mark.
fn overlap(text: &str, mark: &str) -> usize {
    (1..mark.len())
        .rev()
        .find(|length| mark.is_char_boundary(*length) && text.ends_with(&mark[..*length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
