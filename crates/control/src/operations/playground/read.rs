//! Reads the answers of every form that a prompt is sent in, piece by piece: OpenAI's events, the
//! lines of GitLab's chat, its documents, bare text. Measures no time.

use std::borrow::Cow;

use bytes::Bytes;
use providers::{Splitter, data_of};
use serde::Deserialize;
use serde_json::Value;

use crate::view::ToolCallPiece;

/// In which form an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Events of OpenAI's chat or completions.
    Events,
    /// The lines of GitLab's chat.
    Lines,
    /// One JSON document of GitLab with choices.
    Document,
    /// Bare text.
    Text,
    /// Whatever it is: it is shown as it comes, errors too.
    Bytes,
}

/// What a piece of an answer brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) reasoning: String,
    pub(super) tool_calls: Vec<ToolCallPiece>,
    /// In how many chunks it came; of bare text that is not known.
    pub(super) chunks: u32,
    pub(super) prompt_tokens: Option<u32>,
    pub(super) completion_tokens: Option<u32>,
    pub(super) finish_reason: Option<String>,
    /// The body of an error that came instead of the end.
    pub(super) error: Option<Vec<u8>>,
}

impl Heard {
    /// Whether there is nothing to show.
    pub(super) fn is_silent(&self) -> bool {
        self.length() == 0
    }

    /// How much there is to show.
    fn length(&self) -> usize {
        self.text.len() + self.reasoning.len() + self.tool_calls.len()
    }
}

/// Reads one answer.
pub(super) struct Reader {
    form: Form,
    splitter: Splitter,
    /// What is not whole yet: a line, a document, a letter.
    rest: Vec<u8>,
    /// The calls of tools of GitLab's chat so far.
    calls: u32,
}

/// The fields of an event that are shown; the gateway has checked the rest.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    /// llama.cpp, DeepSeek and older vLLM.
    #[serde(default)]
    reasoning_content: Option<String>,
    /// vLLM.
    #[serde(default)]
    reasoning: Option<String>,
    #[serde(default)]
    tool_calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Default, Deserialize)]
struct Function {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Option<u32>,
    #[serde(default)]
    completion_tokens: Option<u32>,
}

impl Reader {
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            splitter: Splitter::default(),
            rest: Vec::new(),
            calls: 0,
        }
    }

    /// Takes more of the body.
    pub(super) fn push(&mut self, piece: Bytes) -> Heard {
        let mut heard = Heard::default();
        match self.form {
            Form::Events => {
                let mut events: Vec<Vec<u8>> = Vec::new();
                let each = |event: &[u8]| events.extend(data_of(event).map(Cow::into_owned));
                // The relay passes whole events only, none larger than the splitter takes.
                let _ = self.splitter.push(piece, each);
                for event in events {
                    let length = heard.length();
                    read_event(&event, &mut heard);
                    heard.chunks += u32::from(heard.length() > length);
                }
            }
            Form::Lines => {
                self.rest.extend_from_slice(&piece);
                while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = self.rest.drain(..=end).collect();
                    self.read_line(&line, &mut heard);
                }
            }
            Form::Document => self.rest.extend_from_slice(&piece),
            Form::Text | Form::Bytes => {
                self.rest.extend_from_slice(&piece);
                heard.text = self.whole_letters();
            }
        }
        heard
    }

    /// What is left at the end of the body.
    pub(super) fn end(&mut self) -> Heard {
        let mut heard = Heard::default();
        let rest = std::mem::take(&mut self.rest);
        match self.form {
            Form::Events => {}
            Form::Lines => self.read_line(&rest, &mut heard),
            Form::Document => read_event(&rest, &mut heard),
            Form::Text | Form::Bytes => heard.text = String::from_utf8_lossy(&rest).into_owned(),
        }
        heard
    }

    /// The text so far but for a letter that has not come whole.
    fn whole_letters(&mut self) -> String {
        let is_begun = |chunk: &std::str::Utf8Chunk<'_>| {
            let invalid = chunk.invalid();
            std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none())
        };
        let last = self.rest.utf8_chunks().last();
        // Only the last bytes can be the beginning of a letter.
        let kept = last
            .filter(is_begun)
            .map_or(0, |chunk| chunk.invalid().len());
        let tail = self.rest.split_off(self.rest.len() - kept);
        let text = String::from_utf8_lossy(&self.rest).into_owned();
        self.rest = tail;
        text
    }

    /// A line of GitLab's chat (gateway.md §1.8).
    fn read_line(&mut self, line: &[u8], heard: &mut Heard) {
        let Ok(line) = serde_json::from_slice::<Value>(line) else {
            return;
        };
        let data = &line["data"];
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        match line["type"].as_str() {
            Some("final_answer_delta" | "unknown") => {
                heard.text += &text("text");
                heard.chunks += 1;
            }
            Some("action") => {
                heard.reasoning += &text("thought");
                heard.tool_calls.push(ToolCallPiece {
                    index: self.calls,
                    id: String::new(),
                    name: text("tool"),
                    arguments: text("tool_input"),
                });
                self.calls += 1;
            }
            Some("error") => {
                let error = serde_json::json!({"error": {"message": data["message"]}});
                heard.error = Some(error.to_string().into_bytes());
            }
            _ => {}
        }
    }
}

/// An event of OpenAI's, or a document that has the same fields.
fn read_event(event: &[u8], heard: &mut Heard) {
    let Ok(chunk) = serde_json::from_slice::<Chunk>(event) else {
        return;
    };
    if chunk.error.is_some_and(|error| !error.is_null()) {
        heard.error = Some(event.to_vec());
        return;
    }
    if let Some(usage) = chunk.usage {
        heard.prompt_tokens = usage.prompt_tokens;
        heard.completion_tokens = usage.completion_tokens;
    }
    for choice in chunk.choices {
        let delta = choice.delta;
        heard.text += &delta.content.or(choice.text).unwrap_or_default();
        let thought = delta.reasoning_content.or(delta.reasoning);
        heard.reasoning += &thought.unwrap_or_default();
        heard
            .tool_calls
            .extend(delta.tool_calls.into_iter().map(piece));
        heard.finish_reason = choice.finish_reason.or(heard.finish_reason.take());
    }
}

fn piece(call: Call) -> ToolCallPiece {
    let function = call.function.unwrap_or_default();
    ToolCallPiece {
        index: call.index,
        id: call.id.unwrap_or_default(),
        name: function.name.unwrap_or_default(),
        arguments: function.arguments.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_is_cut_in_two_wherever_the_pieces_end() {
        let whole = "a – 😀 \u{fffd} é".as_bytes();
        let broken = [whole, b"\xff!", &whole[..5], b"\xf0\x9f"].concat();
        let expected = String::from_utf8_lossy(&broken).into_owned();
        for size in 1..broken.len() {
            let mut reader = Reader::new(Form::Bytes);
            let mut text = String::new();
            for piece in broken.chunks(size) {
                text += &reader.push(Bytes::copy_from_slice(piece)).text;
            }
            text += &reader.end().text;
            assert_eq!(text, expected, "pieces of {size}");
        }
    }

    #[test]
    fn chunks_are_counted_that_bring_something_to_show() {
        let said = |delta: &str| format!("data: {{\"choices\":[{{\"delta\":{delta}}}]}}\n\n");
        let events = [
            r#"{"role":"assistant"}"#,
            r#"{"content":"a"}"#,
            r#"{"reasoning":"b"}"#,
        ];
        let events: String = events.map(said).concat();
        let heard = Reader::new(Form::Events).push(events.into());
        assert_eq!((heard.chunks, heard.text.as_str()), (2, "a"));
    }

    #[test]
    fn a_line_of_gitlabs_chat_is_read_wherever_its_pieces_end() {
        let lines = concat!(
            r#"{"type":"action","data":{"thought":"Look.","tool":"issue_reader","tool_input":"12"}}"#,
            "\n",
            r#"{"type":"final_answer_delta","data":{"text":"Hi"}}"#,
        );
        for size in 1..lines.len() {
            let mut reader = Reader::new(Form::Lines);
            let pieces = lines.as_bytes().chunks(size);
            let mut heard: Vec<_> = pieces
                .map(|piece| reader.push(Bytes::copy_from_slice(piece)))
                .collect();
            heard.push(reader.end());
            let text: String = heard.iter().map(|heard| heard.text.as_str()).collect();
            let calls: Vec<_> = heard.iter().flat_map(|heard| &heard.tool_calls).collect();
            assert_eq!((text.as_str(), calls.len()), ("Hi", 1), "pieces of {size}");
            assert_eq!(
                (calls[0].name.as_str(), calls[0].arguments.as_str()),
                ("issue_reader", "12")
            );
        }
    }
}
