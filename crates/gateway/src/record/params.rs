//! What a request asked for, with its content left out: its parameters in the shape in which GitLab's
//! own logs have them, a list of keys and values with `[FILTERED]` in the place of content. A text, a
//! list or an object that is not known to hold no content is content; names, numbers and truth values
//! are shown, but for numbers in lists, which may be a prompt in tokens.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

pub(super) const FILTERED: &str = "[FILTERED]";

/// Stands for members that are not shown, with how many they are.
const MORE: &str = "[MORE]";

/// Members and elements that are shown of one value.
const SHOWN: usize = 16;

/// How deep is looked.
const DEEP: usize = 6;

/// The longest text and the longest number that are shown, in bytes of JSON.
const LONG: usize = 200;

/// The most bytes of all parameters together.
const MOST: usize = 4096;

/// Members whose texts are words of a protocol, and the name of a model or a file.
pub(super) const PLAIN: [&str; 20] = [
    "choices",
    "effort",
    "encoding_format",
    "file_name",
    "format",
    "generation_type",
    "intent",
    "language_identifier",
    "model",
    "model_engine",
    "model_name",
    "model_provider",
    "prompt_version",
    "provider",
    "role",
    "service_tier",
    "source",
    "tool_choice",
    "type",
    "version",
];

/// Members that hold others, of which each is looked at.
const HOLDERS: [&str; 20] = [
    "additional_context",
    "current_file",
    "function",
    "input",
    "inputs",
    "messages",
    "metadata",
    "model_metadata",
    "options",
    "params",
    "payload",
    "prompt_components",
    "reasoning",
    "response_format",
    "stream_options",
    "telemetry",
    "text",
    "thinking",
    "tool_choice",
    "tools",
];

/// The parameters of a body as a JSON array; none of a body that is no JSON object.
pub(crate) fn filtered(body: &[u8]) -> Option<String> {
    let Members(members) = serde_json::from_slice(body).ok()?;
    let all = members.len();
    let mut params: Vec<Value> = members
        .iter()
        .take(SHOWN)
        .map(|(key, value)| json!({"key": short(key), "value": shown(key, value, DEEP)}))
        .collect();
    loop {
        let left_out = all - params.len();
        let more = (left_out > 0).then(|| json!({"key": MORE, "value": left_out}));
        let text = Value::from_iter(params.iter().cloned().chain(more)).to_string();
        if text.len() <= MOST || params.is_empty() {
            return Some(text);
        }
        params.truncate(params.len() / 2);
    }
}

/// A value without content.
fn shown(key: &str, value: &RawValue, depth: usize) -> Value {
    let text = value.get();
    let is_holder = depth > 0 && HOLDERS.contains(&key);
    let found = match text.as_bytes().first() {
        Some(b'"') if PLAIN.contains(&key) && text.len() <= LONG => serde_json::from_str(text).ok(),
        Some(b'"') => None,
        Some(b'{') => holder(text, is_holder, |text| members(text, depth)),
        Some(b'[') => holder(text, is_holder, |text| elements(key, text, depth)),
        _ if text.len() <= LONG => serde_json::from_str(text).ok(),
        _ => None,
    };
    found.unwrap_or_else(|| FILTERED.into())
}

/// What holds others, or nothing: to be empty is no content.
fn holder(text: &str, is_holder: bool, read: impl Fn(&str) -> Option<Value>) -> Option<Value> {
    let is_empty = text[1..text.len() - 1].trim().is_empty();
    (is_holder || is_empty).then(|| read(text)).flatten()
}

fn members(text: &str, depth: usize) -> Option<Value> {
    let Members(members) = serde_json::from_str(text).ok()?;
    let mut map: Map<String, Value> = members
        .iter()
        .take(SHOWN)
        .map(|(key, value)| (short(key), shown(key, value, depth - 1)))
        .collect();
    if members.len() > SHOWN {
        map.insert(MORE.into(), (members.len() - SHOWN).into());
    }
    Some(map.into())
}

/// Of a list only what holds others is looked at: a list of numbers may be a prompt in tokens.
fn elements(key: &str, text: &str, depth: usize) -> Option<Value> {
    let Elements { first, more } = serde_json::from_str(text).ok()?;
    let element = |value: &&RawValue| match value.get().as_bytes().first() {
        Some(b'{' | b'[') => shown(key, value, depth - 1),
        _ => FILTERED.into(),
    };
    let mut list: Vec<Value> = first.iter().map(element).collect();
    if more > 0 {
        list.push(json!({MORE: more}));
    }
    Some(list.into())
}

fn short(key: &str) -> String {
    key.chars().take(60).collect()
}

/// The members of an object, in order, unread.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, words: &mut fmt::Formatter<'_>) -> fmt::Result {
                words.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }
        input.deserialize_map(Read)
    }
}

/// A name, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The first elements of a list, unread, and how many more there are.
struct Elements<'a> {
    first: Vec<&'a RawValue>,
    more: usize,
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Elements<'de>;

            fn expecting(&self, words: &mut fmt::Formatter<'_>) -> fmt::Result {
                words.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut first = Vec::new();
                while first.len() < SHOWN {
                    match list.next_element()? {
                        Some(value) => first.push(value),
                        None => break,
                    }
                }
                let mut more = 0;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    more += 1;
                }
                Ok(Elements { first, more })
            }
        }
        input.deserialize_seq(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: Value) -> Value {
        serde_json::from_str(&filtered(body.to_string().as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_code_suggestion_has_the_shape_of_gitlabs_own_logs() {
        let body = json!({
            "prompt_version": 1,
            "current_file": {
                "file_name": "/test.rb",
                "language_identifier": "ruby",
                "content_above_cursor": "def secret",
                "content_below_cursor": "end",
            },
            "telemetry": [],
        });
        assert_eq!(
            of(body),
            json!([
                {"key": "prompt_version", "value": 1},
                {"key": "current_file", "value": {
                    "file_name": "/test.rb",
                    "language_identifier": "ruby",
                    "content_above_cursor": "[FILTERED]",
                    "content_below_cursor": "[FILTERED]",
                }},
                {"key": "telemetry", "value": []},
            ])
        );
    }

    #[test]
    fn what_is_not_known_to_be_no_content_is_content() {
        let part = json!([{"type": "text", "text": "marmalade"}]);
        let body = json!({
            "model": "demo",
            "messages": [
                {"role": "system", "content": "marmalade", "name": "marmalade"},
                {"role": "user", "content": part},
            ],
            "input": [[1, 2], "marmalade", 3],
            "prompt": [1, 2, 3],
            "temperature": 0.2,
            "stop": ["marmalade"],
            "api_key": "sk-marmalade",
            "tools": [{"type": "function", "function": {"name": "marmalade", "parameters": {"a": 1}}}],
            "metadata": {"user": "marmalade", "n": 1},
            "response_format": {"type": "json_schema", "json_schema": {"marmalade": 1}},
            "user": {"marmalade": 1},
        });
        let params = of(body);
        assert!(!params.to_string().contains("marmalade"), "{params}");
        let value = |key: &str| {
            let mut all = params.as_array().unwrap().iter();
            all.find(|one| one["key"] == key).unwrap()["value"].clone()
        };
        assert_eq!(value("model"), "demo");
        assert_eq!(value("temperature"), 0.2);
        assert_eq!(
            value("messages")[1],
            json!({"role": "user", "content": "[FILTERED]"})
        );
        assert_eq!(
            value("input"),
            json!([["[FILTERED]", "[FILTERED]"], "[FILTERED]", "[FILTERED]"])
        );
        assert_eq!(value("prompt"), "[FILTERED]");
        assert_eq!(value("tools")[0]["function"]["name"], "[FILTERED]");
        assert_eq!(value("response_format")["type"], "json_schema");
    }

    #[test]
    fn it_is_short_whatever_the_body_is() {
        let turns = vec![json!({"role": "user", "content": "x"}); 500];
        let params = of(json!({"messages": turns, "model": "m".repeat(300)}));
        assert_eq!(params[0]["value"][16], json!({"[MORE]": 484}));
        assert_eq!(params[1]["value"], "[FILTERED]");

        let wide: Map<String, Value> = (0..90)
            .map(|n| (format!("{n}{}", "k".repeat(500)), json!({})))
            .collect();
        let deep = (0..90).fold(
            json!({}),
            |inner, _| json!({"metadata": wide, "input": [inner]}),
        );
        for body in [Value::from(wide.clone()), deep] {
            let text = filtered(body.to_string().as_bytes()).unwrap();
            assert!(text.len() <= MOST, "{}", text.len());
            assert!(serde_json::from_str::<Value>(&text).is_ok());
        }
        assert_eq!(filtered(b"no json"), None);
        assert_eq!(filtered(b"[1]"), None);
    }
}
