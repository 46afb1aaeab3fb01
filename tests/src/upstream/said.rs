//! What was asked of a fake and what its model says, apart from any vendor's form. The model calls
//! the first function that it is offered, repeats what a function gave back, and else says a few
//! words of which some are longer than one byte a letter. It keeps to limits and stop texts.

use serde_json::Value;
use std::time::Duration;

/// What the fakes report as tokens of a prompt.
pub const PROMPT_TOKENS: usize = 7;

/// What a model with `thinks` in its name thinks.
pub const THOUGHTS: [&str; 2] = ["Cold", " north"];

/// What the model `writes-code` writes, in one piece: the rest of a function in C++. Its lines are
/// not indented, so that each may be behind the function and is read with the code around it.
pub fn code() -> String {
    format!("int b = a;\n{}return b;", "b = g(b + a);\n".repeat(40))
}

/// The arguments of every call, in the pieces of a stream.
pub const ARGUMENTS: [&str; 3] = ["{\"city\":", " \"Kö", "ln\"}"];

/// A request, as a vendor's form has been read.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The model.
    pub model: String,
    /// Whether a stream is wanted.
    pub stream: bool,
    /// The first function that may be called.
    pub tool: Option<String>,
    /// What a function gave back, when that is the last that was said.
    pub tool_result: Option<String>,
    /// What was said last, by whomever.
    pub last: String,
    /// The most words of the answer.
    pub max_tokens: Option<u64>,
    /// Texts that end it.
    pub stops: Vec<String>,
    /// The length of the answer, for models that are asked to be long.
    pub chunks: Option<u64>,
    /// The time between two words.
    pub pace: Duration,
}

/// What the model says.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its thoughts.
    pub thoughts: Vec<String>,
    /// Its words; each is a token.
    pub words: Vec<String>,
    /// The function that it calls.
    pub call: Option<String>,
    /// Whether the limit ended it.
    pub is_cut: bool,
    /// The stop text that ended it.
    pub stop: Option<String>,
}

impl Said {
    /// OpenAI's word for the end.
    pub fn finish(&self) -> &'static str {
        match (&self.call, self.is_cut) {
            (Some(_), _) => "tool_calls",
            (None, true) => "length",
            (None, false) => "stop",
        }
    }

    /// The words as one text.
    pub fn text(&self) -> String {
        self.words.concat()
    }

    /// Tokens of the answer.
    pub fn tokens(&self) -> usize {
        self.words.len() + self.thoughts.len() + usize::from(self.call.is_some())
    }
}

/// What the model says to this.
pub fn say(heard: &Heard) -> Said {
    let mut said = Said {
        thoughts: Vec::new(),
        words: Vec::new(),
        call: None,
        is_cut: false,
        stop: None,
    };
    if heard.model.contains("thinks") {
        said.thoughts = THOUGHTS.map(String::from).to_vec();
    }
    if let Some(result) = &heard.tool_result {
        said.words = vec!["The function said:".into(), format!(" {result}")];
        return said;
    }
    if let Some(tool) = &heard.tool {
        said.call = Some(tool.clone());
        return said;
    }
    said.words = match heard.model.as_str() {
        "echoes" => heard
            .last
            .as_bytes()
            .chunks(3)
            .map(|part| String::from_utf8_lossy(part).into())
            .collect(),
        "reacts" => react(&heard.last),
        "reacts-wrongly" => vec!["Action: issue_closer\nAction Input: #12".into()],
        "says-nothing" => Vec::new(),
        "fences" => ["```python\n", "return", " a + b\n", "```"]
            .map(String::from)
            .into(),
        "writes-its-thoughts" => ["<think>", "hm", "</think>\n\n", "a + b"]
            .map(String::from)
            .into(),
        "names-an-issue" => vec![ISSUE.into()],
        "writes-and-falls-silent" => LINES.map(String::from).to_vec(),
        "writes-code" => vec![code() + "\n}\n"],
        _ => words(heard.chunks.unwrap_or(8) as usize),
    };
    for stop in &heard.stops {
        let text = said.text();
        if let Some(place) = text.find(stop.as_str()).filter(|_| !stop.is_empty()) {
            said.words = vec![text[..place].to_owned()];
            said.stop = Some(stop.clone());
        }
    }
    if let Some(most) = heard.max_tokens
        && (most as usize) < said.words.len()
    {
        said.words.truncate(most as usize);
        said.is_cut = true;
    }
    said
}

/// What the model `writes-and-falls-silent` writes, of which half is sent.
const LINES: [&str; 4] = [
    "    the_first_line_is_long_enough_that_it_cannot_be_the_end_of_thoughts_without_a_beginning = 1\n",
    "    second = 2\n",
    "    third = 3\n",
    "    fourth",
];

/// What the tool says that the model `reacts` calls.
pub const OBSERVATION: &str = "Issue #12 is about tea.";

/// What the model `names-an-issue` answers.
const ISSUE: &str =
    "```json\n{\n  \"ResourceIdentifierType\": \"iid\",\n  \"ResourceIdentifier\": 12\n}\n```\n";

/// A turn of Duo Chat: calls a tool, and answers with what it observed. The pieces end in the
/// middle of the words at which the text is taken apart.
fn react(last: &str) -> Vec<String> {
    let words: &[&str] = match last.contains(&format!("Observation: {OBSERVATION}")) {
        true => &[
            " I know",
            " it now.\nFinal",
            " Answer:",
            " It is",
            " about",
            " tea 🍵.",
        ],
        false => &[
            " I must",
            " read it.\nAct",
            "ion: issue",
            "_reader\nAction Input",
            ": #12",
        ],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The words of a good answer; some are longer than one byte a letter.
pub fn words(count: usize) -> Vec<String> {
    const WORDS: [&str; 8] = [
        "Grüße", " aus", " der", " Kälte", " 🚀", " 日本", " and", " back",
    ];
    (0..count)
        .map(|place| WORDS[place % WORDS.len()].to_owned())
        .collect()
}

/// The texts of a list, or the one text.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list
            .iter()
            .filter_map(|text| text.as_str().map(String::from))
            .collect(),
        _ => Vec::new(),
    }
}

/// The words of a content: a text, or a list of parts with `text`.
pub fn words_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}
