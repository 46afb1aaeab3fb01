//! Takes code out of the Markdown fence that a model put around it, and leaves out the words before
//! and after. Knows nothing about the code.

/// How much text before a fence is waited for, in bytes, when an answer begins like prose.
const LONGEST_PROSE: usize = 2_000;
/// White space before a fence, and the line that opens it.
const LONGEST_OPENING: usize = 256;
/// Lines that are indented further are code about fences.
const INDENT: usize = 3;

/// How prose begins that models put before code. A line of code begins like none of them.
const PROSE: &[&str] = &[
    "Here",
    "Sure",
    "Certainly",
    "Of course",
    "The ",
    "To ",
    "This ",
    "These ",
    "Below",
    "I ",
    "I'",
    "I’",
    "You ",
    "Okay",
    "OK",
    "Based on",
    "Let's",
    "Let me",
    "In this",
    "In the",
    "Yes",
    "Great",
    "Absolutely",
    "It ",
    "It's",
    "We ",
    "Given",
    "Assuming",
    "Explanation",
    "Answer",
    "Output",
    "Completion",
    "Solution",
    "Code:",
    "Corrected",
    "Updated",
    "For ",
    "After ",
    "Since ",
    "As ",
    "**",
    "Note",
];

/// What is done with more than one fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fences {
    /// The first holds the answer, which ends with it.
    First,
    /// All hold parts of the answer.
    All,
}

/// Takes an answer out of its fence.
#[derive(Debug)]
pub(super) struct Unfence {
    fences: Fences,
    state: State,
    pending: String,
    /// A line end that belongs to the code only if the code goes on.
    owes_line_end: bool,
    /// Whether words of an unfinished line have been given out.
    has_words: bool,
    unwrapped: bool,
    /// Whether only a fence at the very beginning counts.
    leading_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is not known whether there is a fence.
    Start,
    /// At the start of a line of code; the letter and the length of the fence, if there is one.
    LineStart(Option<(char, usize)>),
    /// Inside a line of code.
    Line(Option<(char, usize)>),
    /// Behind a fence, where another may follow.
    Outside,
    /// The answer is over.
    Over,
    /// Fences are left as they are.
    Untouched,
}

impl Unfence {
    /// Nothing is touched where fences are what is written about.
    pub(super) fn new(fences: Fences, has_fences: bool) -> Self {
        Self {
            fences,
            state: match has_fences {
                true => State::Start,
                false => State::Untouched,
            },
            pending: String::new(),
            owes_line_end: false,
            has_words: false,
            unwrapped: false,
            leading_only: false,
        }
    }

    /// The same where only an answer that begins with a fence is taken out of it.
    pub(super) fn of_leading(has_fences: bool) -> Self {
        Self {
            leading_only: true,
            ..Self::new(Fences::First, has_fences)
        }
    }

    /// The next code.
    pub(super) fn push(&mut self, text: &str) -> String {
        let is_held = matches!(self.state, State::Line(_)) && !self.pending.is_empty();
        self.pending.push_str(text);
        // A long row of ticks is not looked at again with each of them.
        if is_held && text.chars().all(|letter| letter == '`') {
            return String::new();
        }
        self.read(false)
    }

    /// What was held back.
    pub(super) fn finish(&mut self) -> String {
        self.read(true)
    }

    /// Whether what comes is left out.
    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Whether there was a fence.
    pub(super) fn unwrapped(&self) -> bool {
        self.unwrapped
    }

    fn read(&mut self, is_end: bool) -> String {
        let mut code = String::new();
        loop {
            let goes_on = match self.state {
                State::Start => self.start(is_end),
                State::LineStart(fence) => self.line_start(fence, is_end, &mut code),
                State::Line(fence) => self.line(fence, is_end, &mut code),
                State::Outside => self.outside(is_end),
                State::Untouched => {
                    code.push_str(&std::mem::take(&mut self.pending));
                    false
                }
                State::Over => {
                    self.pending.clear();
                    false
                }
            };
            if !goes_on {
                if is_end && std::mem::take(&mut self.owes_line_end) && self.state != State::Over {
                    code.push('\n');
                }
                return code;
            }
        }
    }

    fn start(&mut self, is_end: bool) -> bool {
        let begun = self.pending.trim_start();
        let space = self.pending.len() - begun.len();
        let plain = if self.leading_only {
            State::Untouched
        } else {
            State::Line(None)
        };
        let waits = !is_end && space <= LONGEST_OPENING;
        if begun.is_empty() && waits {
            return false;
        }
        if let Some(fence) = opening(begun) {
            let end = begun.find('\n');
            let line = &begun[..end.unwrap_or(begun.len())];
            let inner = line.trim_start().trim_start_matches(fence.0);
            if end.is_none() && waits && line.len() <= LONGEST_OPENING {
                return false;
            }
            if inner.trim_end().ends_with("```") {
                // All on one line, which is taken for three.
                let code = inner.trim_end().trim_end_matches('`');
                let rest = &begun[line.len()..];
                self.pending = format!("{code}\n```{rest}");
                return self.open(0, State::LineStart(Some((fence.0, 3))));
            }
            if !inner.contains(fence.0) && line.len() <= LONGEST_OPENING {
                let code = space + end.map_or(begun.len(), |end| end + 1);
                return self.open(code, State::LineStart(Some(fence)));
            }
            return self.go(plain);
        }
        if waits && ["`", "``", "~", "~~"].contains(&begun) {
            return false;
        }
        if begun.is_empty() || self.leading_only || !may_be_prose(begun) {
            return self.go(plain);
        }
        let lines = begun.match_indices('\n').map(|(at, _)| at + 1);
        for at in lines {
            let Some(fence) = opening(&begun[at..]) else {
                continue;
            };
            match begun[at..].find('\n') {
                Some(length) => {
                    let code = space + at + length + 1;
                    return self.open(code, State::LineStart(Some(fence)));
                }
                None => break,
            }
        }
        if is_end || begun.len() > LONGEST_PROSE {
            return self.go(plain);
        }
        false
    }

    fn go(&mut self, state: State) -> bool {
        self.state = state;
        true
    }

    /// The code begins here.
    fn open(&mut self, code: usize, state: State) -> bool {
        self.pending.drain(..code);
        self.unwrapped = true;
        self.go(state)
    }

    fn line_start(
        &mut self,
        fence: Option<(char, usize)>,
        is_end: bool,
        code: &mut String,
    ) -> bool {
        let end = self.pending.find('\n');
        let line = &self.pending[..end.unwrap_or(self.pending.len())];
        if line.is_empty() && end.is_none() {
            return false;
        }
        if end.is_none() && !is_end && may_become_fence(line) {
            return false;
        }
        if line.len() > LONGEST_OPENING || !ends_code(line, fence) {
            if std::mem::take(&mut self.owes_line_end) {
                code.push('\n');
            }
            return self.go(State::Line(fence));
        }
        // Without its end the line may still become another.
        if end.is_none() && !is_end {
            return false;
        }
        let length = end.map_or(self.pending.len(), |end| end + 1);
        self.pending.drain(..length);
        match (self.fences, fence) {
            (Fences::First, _) => self.go(State::Over),
            (Fences::All, Some(_)) => self.go(State::Outside),
            (Fences::All, None) => {
                // A fence that nothing opened is left out, and the code goes on.
                self.unwrapped = true;
                self.go(State::LineStart(None))
            }
        }
    }

    fn line(&mut self, fence: Option<(char, usize)>, is_end: bool, code: &mut String) -> bool {
        let end = self.pending.find('\n');
        let line = &self.pending[..end.unwrap_or(self.pending.len())];
        let words = line.trim_end().trim_end_matches('`');
        let ticks = line.trim_end().len() - words.len();
        if end.is_none() && !is_end {
            // Ticks at the end may be a fence behind the code.
            let held = if ticks > 0 {
                line.len() - words.len()
            } else {
                0
            };
            let shown = self.pending.len() - held;
            self.has_words |= !self.pending[..shown].trim().is_empty();
            code.extend(self.pending.drain(..shown));
            return false;
        }
        let has_words = std::mem::take(&mut self.has_words) || !words.trim().is_empty();
        if end.is_none() && ticks >= 3 && has_words {
            code.push_str(words);
            self.pending.clear();
            return self.go(State::Over);
        }
        code.push_str(line);
        match end {
            Some(end) => {
                self.pending.drain(..=end);
                self.owes_line_end = true;
                self.go(State::LineStart(fence))
            }
            None => {
                self.pending.clear();
                false
            }
        }
    }

    fn outside(&mut self, is_end: bool) -> bool {
        let Some(end) = self.pending.find('\n') else {
            if is_end {
                self.pending.clear();
            }
            return false;
        };
        let fence = opening(&self.pending[..end]);
        self.pending.drain(..=end);
        match fence {
            Some(fence) => {
                self.owes_line_end = true;
                self.go(State::LineStart(Some(fence)))
            }
            None => true,
        }
    }
}

/// The letter and the length of the fence that a line begins with.
fn opening(line: &str) -> Option<(char, usize)> {
    let begun = line.trim_start_matches(' ');
    if line.len() - begun.len() > INDENT {
        return None;
    }
    ['`', '~'].into_iter().find_map(|letter| {
        let length = begun.len() - begun.trim_start_matches(letter).len();
        (length >= 3).then_some((letter, length))
    })
}

/// Whether a line is a fence that ends code, which was opened by this one or by none.
fn ends_code(line: &str, fence: Option<(char, usize)>) -> bool {
    let Some((letter, length)) = opening(line) else {
        return false;
    };
    match fence {
        Some((opened_by, least)) => {
            let is_bare = line.trim().chars().all(|other| other == letter);
            letter == opened_by && length >= least && is_bare
        }
        None => letter == '`',
    }
}

/// Whether the beginning of a line may be that of a fence.
fn may_become_fence(line: &str) -> bool {
    let begun = line.trim_start_matches(' ');
    line.len() - begun.len() <= INDENT && ["", "`", "``", "~", "~~"].contains(&begun)
}

/// Whether an answer begins like prose, as far as it has come.
fn may_be_prose(text: &str) -> bool {
    PROSE
        .iter()
        .any(|words| text.starts_with(words) || words.starts_with(text))
}
