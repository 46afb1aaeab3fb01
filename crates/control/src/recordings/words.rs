//! The words of recorded bodies, for the search: what a person reads in them, without the marks of
//! JSON and of event streams.

use serde_json::Value;

/// The fields of stream events that carry the words of an answer.
const SPOKEN: &[&str] = &[
    "text",
    "content",
    "delta",
    "reasoning_content",
    "reasoning",
    "thinking",
    "partial_json",
    "arguments",
    "response",
    "completion",
];

/// The words of these bodies.
pub(super) fn words_of(bodies: &[&[u8]]) -> String {
    let mut words = String::new();
    for body in bodies {
        add(body, &mut words);
        words.push('\n');
    }
    words
}

fn add(body: &[u8], words: &mut String) {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return texts(&value, words);
    }
    let text = String::from_utf8_lossy(body);
    let mut had_events = false;
    for line in text.lines() {
        let data = line.strip_prefix("data:").unwrap_or(line).trim();
        if let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(data) {
            // The words of one answer come in parts of words.
            spoken(&value, words);
            had_events = true;
        }
    }
    // Plain text, or JSON that was cut.
    if !had_events {
        words.push_str(&unescaped(&text));
    }
}

/// Every text and every number of a document.
fn texts(value: &Value, words: &mut String) {
    match value {
        Value::String(text) => {
            words.push_str(text);
            words.push('\n');
        }
        Value::Number(number) => words.push_str(&format!("{number}\n")),
        Value::Array(values) => values.iter().for_each(|value| texts(value, words)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, words)),
        _ => {}
    }
}

/// The words that one event adds to the answer.
fn spoken(value: &Value, words: &mut String) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| spoken(value, words)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if SPOKEN.contains(&name.as_str()) => words.push_str(text),
                    Value::String(_) => {}
                    value => spoken(value, words),
                }
            }
        }
        _ => {}
    }
}

/// A text without the escapes of JSON, which would stick to the words behind them.
fn unescaped(text: &str) -> String {
    let mut out = text.to_owned();
    for (escape, letter) in [("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\\"", "\"")] {
        out = out.replace(escape, letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_in_documents_streams_and_broken_json() {
        for (body, words) in [
            (r#"{"a":"one\ntwo"}"#, "one\ntwo"),
            (
                "data: {\"choices\":[{\"delta\":{\"content\":\"hel\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\ndata: [DONE]\n\n",
                "hello",
            ),
            ("{\"response\":\"wor\"}\n{\"response\":\"ld\"}\n", "world"),
            (r#"{"cut":"one\ntwo"#, "one\ntwo"),
            ("plain words", "plain words"),
        ] {
            let found = words_of(&[body.as_bytes()]);
            assert!(found.contains(words), "{body}: {found}");
        }
    }
}
