//! Shows thoughts apart that a model writes into its answer, in OpenAI's chat form: they move from
//! `content` to `reasoning_content`, and every other field stays. Nothing is touched once it is
//! clear that an answer does not begin with thoughts.

use bytes::{Bytes, BytesMut};
use code::Thoughts;
use domain::ReasoningMarks;
use providers::{Splitter, data_of};
use serde_json::{Map, Value};

/// Moves thoughts in a stream of one choice.
pub(crate) struct ThoughtsApart {
    thoughts: Thoughts,
    state: State,
    open: String,
    /// The newest chunk that was changed: what is held back goes out in one like it.
    last: Option<Value>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// No text has come.
    Undecided,
    /// The answer began with the mark, or may have.
    Inside,
    /// There are no thoughts, or they are over.
    Over,
}

impl ThoughtsApart {
    pub(crate) fn new(marks: ReasoningMarks) -> Self {
        Self {
            thoughts: Thoughts::new(&marks),
            state: State::Undecided,
            open: marks.open,
            last: None,
        }
    }

    /// Whether events still have to be looked at.
    pub(crate) fn wants_more(&self) -> bool {
        self.state != State::Over
    }

    /// Whole events, with their thoughts moved.
    pub(crate) fn rewrite(&mut self, events: Bytes) -> Bytes {
        let mut out = BytesMut::new();
        let mut changed = false;
        // The events are whole, so that none is held back.
        let _ = Splitter::default().push(events.clone(), |event| {
            let data = data_of(event);
            if data.as_deref() == Some(b"[DONE]".as_slice())
                && let Some(held) = self.flush()
            {
                changed = true;
                out.extend_from_slice(held.as_bytes());
            }
            match data.and_then(|data| self.event(&data)) {
                Some(chunk) => {
                    changed = true;
                    out.extend_from_slice(format!("data: {chunk}\n\n").as_bytes());
                }
                None => {
                    out.extend_from_slice(event);
                    out.extend_from_slice(b"\n");
                }
            }
        });
        if changed { out.freeze() } else { events }
    }

    /// An event with what was held back, when anything was.
    pub(crate) fn flush(&mut self) -> Option<String> {
        if self.state != State::Inside {
            return None;
        }
        self.state = State::Over;
        let (thought, answer) = self.thoughts.finish();
        if thought.is_empty() && answer.is_empty() {
            return None;
        }
        let mut chunk = self.last.take()?;
        chunk["choices"][0]["finish_reason"] = Value::Null;
        write(&mut chunk, thought, answer);
        Some(format!("data: {chunk}\n\n"))
    }

    /// What a chunk becomes; none when it stays as it is.
    fn event(&mut self, data: &[u8]) -> Option<Value> {
        if self.state == State::Over {
            return None;
        }
        let mut chunk: Value = serde_json::from_slice(data).ok()?;
        let choice = chunk.get("choices")?.get(0)?;
        let is_end = choice.get("finish_reason").is_some_and(Value::is_string);
        let delta = choice.get("delta");
        let filled = |name: &str| {
            let value = delta.and_then(|delta| delta.get(name));
            value.is_some_and(|value| value != "" && !value.is_null())
        };
        if self.state == State::Undecided
            && ["reasoning_content", "reasoning", "tool_calls"]
                .iter()
                .any(|name| filled(name))
        {
            // The server tells thoughts apart itself, or there will be no words.
            self.state = State::Over;
            return None;
        }
        let content = delta.and_then(|delta| delta.get("content"));
        let content = content
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if content.is_empty() && !(is_end && self.state == State::Inside) {
            return None;
        }
        if self.state == State::Undecided && !may_open(&content, &self.open) {
            self.state = State::Over;
            return None;
        }
        self.state = State::Inside;
        let (mut thought, mut answer) = self.thoughts.push(&content);
        if is_end {
            let (last_thought, last_answer) = self.thoughts.finish();
            thought.push_str(&last_thought);
            answer.push_str(&last_answer);
        }
        if self.thoughts.are_over() || is_end {
            self.state = State::Over;
        }
        write(&mut chunk, thought, answer);
        self.last = Some(chunk.clone());
        Some(chunk)
    }
}

/// Writes thoughts and words into the first choice of a chunk.
fn write(chunk: &mut Value, thought: String, answer: String) {
    let choice = &mut chunk["choices"][0];
    if !choice["delta"].is_object() {
        choice["delta"] = Value::Object(Map::new());
    }
    choice["delta"]["content"] = answer.into();
    if thought.is_empty() {
        choice["delta"]["reasoning_content"] = Value::Null;
        if let Some(delta) = choice["delta"].as_object_mut() {
            delta.shift_remove("reasoning_content");
        }
    } else {
        choice["delta"]["reasoning_content"] = thought.into();
    }
}

/// Whether a text begins with the mark, or with the beginning of it.
fn may_open(text: &str, open: &str) -> bool {
    let text = text.trim_start();
    text.starts_with(open) || open.starts_with(text)
}

/// A whole answer in OpenAI's chat form, with the thoughts of each choice apart.
pub(crate) fn apart(body: Bytes, marks: &ReasoningMarks) -> Bytes {
    // Nearly no answer has the mark at all.
    let may_have = |text: &str| memchr::memmem::find(&body, text.as_bytes()).is_some();
    // Some servers write `<` by its number.
    if !may_have(&marks.open) && !may_have("\\u003c") && !may_have("\\u003C") {
        return body;
    }
    let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    let choices = answer.get_mut("choices").and_then(Value::as_array_mut);
    let mut changed = false;
    for choice in choices.into_iter().flatten() {
        let Some(message) = choice.get_mut("message").and_then(Value::as_object_mut) else {
            continue;
        };
        let Some(content) = message.get("content").and_then(Value::as_str) else {
            continue;
        };
        let mut thoughts = Thoughts::new(marks);
        let (mut thought, mut words) = thoughts.push(content);
        let (last_thought, last_words) = thoughts.finish();
        thought.push_str(&last_thought);
        words.push_str(&last_words);
        if !thought.is_empty() {
            message.insert("content".into(), words.into());
            message.insert("reasoning_content".into(), thought.into());
            changed = true;
        }
    }
    if changed {
        answer.to_string().into()
    } else {
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn marks() -> ReasoningMarks {
        ReasoningMarks {
            open: "<think>".into(),
            close: "</think>".into(),
        }
    }

    fn chunk(content: &str, finish: Value) -> String {
        format!(
            "data: {}\n\n",
            json!({"id": "x", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}], "extra": 7})
        )
    }

    fn rewritten(pieces: &[&str]) -> (String, String, String) {
        let mut apart = ThoughtsApart::new(marks());
        let (mut thought, mut answer, mut bytes) = (String::new(), String::new(), String::new());
        for piece in pieces {
            let events = if piece.is_empty() {
                chunk("", "stop".into())
            } else {
                chunk(piece, Value::Null)
            };
            let out = apart.rewrite(Bytes::from(events));
            bytes.push_str(std::str::from_utf8(&out).unwrap());
        }
        for line in bytes.lines().filter_map(|line| line.strip_prefix("data: ")) {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["extra"], 7, "other fields stay");
            let delta = &value["choices"][0]["delta"];
            thought.push_str(delta["reasoning_content"].as_str().unwrap_or_default());
            answer.push_str(delta["content"].as_str().unwrap_or_default());
        }
        (thought, answer, bytes)
    }

    #[test]
    fn thoughts_move_wherever_the_marks_are_cut() {
        for pieces in [
            vec!["<think>a b</think>\n\nyes", ""],
            vec!["<", "think", ">a ", "b<", "/think>\n", "\nyes", ""],
        ] {
            let (thought, answer, _) = rewritten(&pieces);
            assert_eq!(
                (thought.trim(), answer.trim()),
                ("a b", "yes"),
                "{pieces:?}"
            );
        }
    }

    #[test]
    fn an_answer_without_thoughts_keeps_its_bytes() {
        let (_, answer, bytes) = rewritten(&["1 < 2", " <think>no</think>", ""]);
        assert_eq!(answer, "1 < 2 <think>no</think>");
        let expected = chunk("1 < 2", Value::Null)
            + &chunk(" <think>no</think>", Value::Null)
            + &chunk("", "stop".into());
        assert_eq!(bytes, expected);
    }

    #[test]
    fn what_was_held_back_goes_out_before_the_end_mark() {
        let mut apart = ThoughtsApart::new(marks());
        let first = apart.rewrite(Bytes::from(chunk("<", Value::Null)));
        let last = apart.rewrite(Bytes::from_static(b"data: [DONE]\n\n"));
        let text = String::from_utf8([first, last].concat()).unwrap();
        let kept = text.find("\"content\":\"<\"").unwrap();
        assert!(kept < text.find("[DONE]").unwrap(), "{text}");
    }

    #[test]
    fn a_whole_answer_shows_them_apart_in_each_choice() {
        let body = json!({"choices": [
            {"message": {"role": "assistant", "content": "<think>hm</think>one"}},
            {"message": {"role": "assistant", "content": "two"}},
        ], "usage": {"total_tokens": 3}});
        let out = apart(Bytes::from(body.to_string()), &marks());
        let value: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["choices"][0]["message"]["reasoning_content"], "hm");
        assert_eq!(value["choices"][0]["message"]["content"], "one");
        assert_eq!(value["choices"][1], body["choices"][1]);
        assert_eq!(value["usage"], body["usage"]);
    }
}
