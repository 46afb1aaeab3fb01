//! Reads what a model writes in the loop, as it comes. The rules are those of GitLab's gateway
//! (`ReActPlainTextParser`): the whole text is wrapped as `<message>Thought: …</message>` and
//! searched, the final answer first. Calls no tool.

use code::Thoughts;

use super::{Action, Event, Tool};

const FINAL: &str = "Final Answer:";
const ACTION: &str = "Action:";
const INPUT: &str = "Action Input:";
/// What the final answer and the input of a tool end with, if not with the text.
const END: &str = "</message>";
/// The end of thoughts whose beginning the model's template wrote.
const END_OF_THOUGHTS: &str = "</think>";
/// How far into the text that counts, in characters.
const ORPHAN: usize = 80;
/// How much of a text is read, in bytes. Answers of models end long before.
const MOST: usize = 4 * 1024 * 1024;
/// A name that models write for a tool although they were told another.
const OTHER_NAMES: [(&str, &str); 1] = [("MergeRequestReader", "merge_request_reader")];

/// Reads one turn of a model. The pieces may be cut anywhere.
#[derive(Debug)]
pub struct Parser {
    tools: Vec<&'static Tool>,
    thoughts: Thoughts,
    /// How many bytes may still come.
    room: usize,
    /// The text without thoughts, while it has no final answer.
    text: String,
    /// Whether the beginning was searched for the end of thoughts.
    is_begun: bool,
    answer: Option<Answer>,
}

/// The final answer as far as it came.
#[derive(Debug, Default)]
struct Answer {
    /// White space and what may become the end mark: not sent yet.
    held: String,
    has_text: bool,
    is_over: bool,
}

impl Parser {
    /// A parser for a model that was offered these tools.
    pub fn new(tools: Vec<&'static Tool>) -> Self {
        Self {
            tools,
            thoughts: Thoughts::new(&Thoughts::common_marks()),
            room: MOST,
            text: String::new(),
            is_begun: false,
            answer: None,
        }
    }

    /// What the next piece of the model's text adds to the final answer.
    pub fn push(&mut self, piece: &str) -> Option<Event> {
        // White space before the text is not of it, and not counted.
        let piece = if self.room == MOST {
            piece.trim_start()
        } else {
            piece
        };
        let taken = piece.floor_char_boundary(self.room);
        self.room = if taken < piece.len() {
            0
        } else {
            self.room - taken
        };
        let (_, text) = self.thoughts.push(&piece[..taken]);
        self.read(&text)
    }

    /// What the text was, when it has ended: the rest of the final answer, or the one event that
    /// stands for a turn without one. Every turn has at least one event.
    pub fn finish(mut self) -> Vec<Event> {
        let (_, text) = self.thoughts.finish();
        let mut events = Vec::from_iter(self.read(&text));
        match &self.answer {
            Some(answer) => {
                let rest = answer.rest();
                if !rest.is_empty() || !answer.has_text {
                    events.push(Event::Delta(rest.to_owned()));
                }
            }
            None => events.push(self.turn()),
        }
        events
    }

    fn read(&mut self, piece: &str) -> Option<Event> {
        if let Some(answer) = &mut self.answer {
            return answer.push(piece);
        }
        // A mark may have begun in what was read before.
        let before = self
            .text
            .floor_char_boundary(self.text.len().saturating_sub(FINAL.len()));
        self.text.push_str(piece);
        let found = self.text[before..].find(FINAL).map(|at| before + at);
        let found = self.skip_orphan(found);
        let mut answer = Answer::default();
        let event = answer.push(&self.text[found? + FINAL.len()..]);
        self.text.clear();
        self.answer = Some(answer);
        event
    }

    /// Removes thoughts without a beginning that end near the beginning of the text and before the
    /// final answer; gives the place of the final answer afterwards.
    fn skip_orphan(&mut self, found: Option<usize>) -> Option<usize> {
        if self.is_begun {
            return found;
        }
        let head = self.text.char_indices().nth(ORPHAN);
        let head = head.map_or(self.text.len(), |(at, _)| at);
        self.is_begun = head < self.text.len() || found.is_some();
        let Some(at) = self.text[..head].find(END_OF_THOUGHTS) else {
            return found;
        };
        if found.is_some_and(|found| found < at) {
            return found;
        }
        self.is_begun = true;
        self.text.drain(..at + END_OF_THOUGHTS.len());
        self.text.find(FINAL)
    }

    /// What a whole text without a final answer is.
    fn turn(&self) -> Event {
        let text = self.text.trim();
        let Some(action) = action(text) else {
            return Event::Unknown(text.to_owned());
        };
        if self.tools.iter().any(|tool| tool.name == action.tool) {
            Event::Action(action)
        } else {
            Event::tool_not_available()
        }
    }
}

impl Answer {
    fn push(&mut self, piece: &str) -> Option<Event> {
        if self.is_over {
            return None;
        }
        self.held.push_str(piece);
        if !self.has_text {
            let space = self.held.len() - self.held.trim_start().len();
            self.held.drain(..space);
        }
        let ready = match self.held.find(END) {
            Some(at) => {
                self.is_over = true;
                self.held.truncate(at);
                self.held.trim_end().len()
            }
            None => {
                let held = overlap(&self.held, END);
                self.held[..self.held.len() - held].trim_end().len()
            }
        };
        let text: String = self.held.drain(..ready).collect();
        if self.is_over {
            self.held.clear();
        }
        self.has_text |= !text.is_empty();
        (!text.is_empty()).then_some(Event::Delta(text))
    }

    /// What is held back and turns out to be answer, as nothing follows.
    fn rest(&self) -> &str {
        self.held.trim_end()
    }
}

/// The call of a tool in a whole text.
fn action(text: &str) -> Option<Action> {
    let (_, name) = text.split_once(ACTION)?;
    // The word, not the mark: the input need not follow at once.
    let (name, _) = name.trim_start().split_once("Action")?;
    let (_, input) = text.split_once(INPUT)?;
    let input = input.split_once(END).map_or(input, |(input, _)| input);
    let name = name.trim_end();
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    let thought = text.find(ACTION).map_or("", |at| &text[..at]);
    Some(Action {
        thought: thought.trim().replace("\\_", "_"),
        tool: other.map_or_else(|| name.replace("\\_", "_"), |(_, name)| (*name).to_owned()),
        tool_input: input.trim().to_owned(),
    })
}

/// The length of the longest end of a text with which a mark begins, without the whole mark.
fn overlap(text: &str, mark: &str) -> usize {
    (1..mark.len())
        .rev()
        .find(|length| text.ends_with(&mark[..*length]))
        .unwrap_or(0)
}
