//! Words out of what servers say: error bodies of every shape, bodies that are something else,
//! texts too long to repeat. Nothing here trusts what it reads.

use http::StatusCode;
use serde_json::Value;

/// What is neither empty nor a web page.
const NOT_JSON: &str = "something that is not the expected JSON";

/// What a body looks like that is not the expected JSON, without a word of it: it may be a part of
/// an answer.
pub fn shape(body: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(&body[..body.len().min(400)]);
    let start = text.trim_start().to_ascii_lowercase();
    if start.is_empty() {
        "an empty body"
    } else if start.starts_with("<!doctype") || start.starts_with("<html") {
        "a web page instead of JSON"
    } else {
        NOT_JSON
    }
}

/// The same with the beginning of a body that is neither empty nor a web page.
pub fn describe(body: &[u8]) -> String {
    let shape = shape(body);
    if shape != NOT_JSON {
        return shape.to_owned();
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(400)]);
    format!("{shape}: {}", cut(text.trim(), 120))
}

/// A status as people know it: its number, and its reason where there is a registered one, or the
/// one that Anthropic documents for 529.
pub fn status_words(status: StatusCode) -> String {
    match (status.as_u16(), status.canonical_reason()) {
        (529, _) => "529 Overloaded".to_owned(),
        (number, None) => number.to_string(),
        (number, Some(reason)) => format!("{number} {reason}"),
    }
}

/// Words of a server as a record may hold them: cut short, and without what it repeats of a request
/// or an answer. A word that the cut divides may be a secret, which is not known by its beginning: it
/// is left away.
pub fn without_content(words: &str) -> String {
    let repeats = [
        "'input':",
        "\"input\":",
        "input_value=",
        &format!("{NOT_JSON}:"),
    ];
    let end = repeats.iter().filter_map(|mark| words.find(mark)).min();
    let words = end.map_or(words, |end| words[..end].trim_end());
    shorten(words, 300, is_of_secret)
}

/// The server's words in an error body, whatever its shape: OpenAI's, vLLM's, TGI's, FastAPI's,
/// Azure's, Bedrock's, Anthropic's, Mistral's, plain text or a web page.
pub fn words_of_error(body: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return describe(body);
    };
    let framed = value.get("error").filter(|error| !error.is_null());
    let words = framed
        .and_then(words_in)
        .or_else(|| words_in(&value))
        .unwrap_or_else(|| framed.unwrap_or(&value).to_string());
    cut(&words, 2_000)
}

/// The words in an error object, or in a text that stands for one.
fn words_in(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    let fields = ["message", "Message", "detail"];
    fields.iter().find_map(|name| {
        let inner = value.get(name)?;
        // Mistral puts FastAPI's list into the message.
        let list = inner.as_array().or_else(|| inner.get("detail")?.as_array());
        match list {
            Some(list) => list.first().and_then(problem),
            None => inner
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
        }
    })
}

/// One problem of FastAPI's list: where it is, and what it is.
fn problem(item: &Value) -> Option<String> {
    let what = item.get("msg")?.as_str()?;
    let place: Vec<&str> = item
        .get("loc")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if place.is_empty() {
        return Some(what.to_owned());
    }
    Some(format!("{}: {what}", place.join(".")))
}

/// What servers say when a prompt does not fit: OpenAI and vLLM, vLLM, llama.cpp, Anthropic,
/// Bedrock, Text Generation Inference, Ollama.
const TOO_LONG: [&str; 9] = [
    "maximum context length",
    "context_length_exceeded",
    "max_model_len",
    "context size",
    "exceed_context_size",
    "prompt is too long",
    "input is too long",
    "`inputs` tokens + `max_new_tokens` must be",
    "input length exceeds",
];

/// Whether a server's words say that the prompt does not fit into the context. There is no code
/// that servers have in common.
pub fn is_about_context(words: &str) -> bool {
    let lower = words.to_lowercase();
    TOO_LONG.iter().any(|part| lower.contains(part))
}

/// At most this many characters of an untrusted text, without control characters.
pub fn cut(text: &str, most: usize) -> String {
    shorten(text, most, |_| false)
}

/// Whether a key or a token may have this in it.
fn is_of_secret(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_.+/=~%@-".contains(letter)
}

/// The same; what the cut divides of these letters goes.
fn shorten(text: &str, most: usize, is_of_word: impl Fn(char) -> bool) -> String {
    // Nearly every text is short and plain.
    if text.len() <= most && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let clean = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut short: String = clean.take(most).collect();
    if let Some(next) = text.chars().nth(most) {
        if is_of_word(next) {
            short.truncate(short.trim_end_matches(is_of_word).len());
        }
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_its_number_and_the_reason_that_is_known() {
        for (status, words) in [
            (404, "404 Not Found"),
            (529, "529 Overloaded"),
            (599, "599"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(status_words(status), words);
        }
    }

    #[test]
    fn a_word_that_a_cut_divides_is_left_away() {
        let long = format!("{} sk-abc/def+0123456789 more", "p".repeat(285));
        let kept = format!("{} …", "p".repeat(285));
        assert_eq!(without_content(&long), kept);
    }

    #[test]
    fn an_error_of_every_shape_gives_its_words() {
        for (body, words) in [
            (
                r#"{"error":{"message":"no such model","type":"x","param":null,"code":"y"}}"#,
                "no such model",
            ),
            (
                r#"{"error":{"message":"'messages' is required","type":"x","code":400}}"#,
                "'messages' is required",
            ),
            (r#"{"error":"Unauthorized"}"#, "Unauthorized"),
            (
                r#"{"error":"`inputs` must not be empty","error_type":"validation"}"#,
                "`inputs` must not be empty",
            ),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (
                r#"{"detail":[{"loc":["body","n"],"msg":"not a number","type":"x"}]}"#,
                "body.n: not a number",
            ),
            (
                r#"{"error":{"code":"DeploymentNotFound","message":"It does not exist."}}"#,
                "It does not exist.",
            ),
            (
                r#"{"error":{"code":"DeploymentNotFound"}}"#,
                r#"{"code":"DeploymentNotFound"}"#,
            ),
            (r#"{"message":"Too many tokens"}"#, "Too many tokens"),
            (r#"{"Message":"no identity"}"#, "no identity"),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                "Overloaded",
            ),
            (
                r#"{"object":"error","message":{"detail":[{"loc":["body","seed"],"msg":"extra"}]}}"#,
                "body.seed: extra",
            ),
            (
                r#"{"object":"error","error":null,"message":"older vLLM"}"#,
                "older vLLM",
            ),
            (
                "<html><body>502</body></html>",
                "a web page instead of JSON",
            ),
            (
                "upstream gone",
                "something that is not the expected JSON: upstream gone",
            ),
            ("", "an empty body"),
            ("[1]", "[1]"),
        ] {
            assert_eq!(words_of_error(body.as_bytes()), words, "{body}");
        }
    }

    #[test]
    fn an_endless_or_bottomless_error_is_short() {
        let long = format!(r#"{{"error":"{}\u0007"}}"#, "é".repeat(3_000));
        assert_eq!(words_of_error(long.as_bytes()).chars().count(), 2_001);
        let deep = "[".repeat(100_000);
        assert!(words_of_error(deep.as_bytes()).len() < 300);
    }

    #[test]
    fn a_prompt_that_does_not_fit_is_known_by_the_words() {
        for words in [
            "This model's maximum context length is 2048 tokens.",
            "max_tokens=5000 cannot be greater than max_model_len=2048",
            "request (6001 tokens) exceeds the available context size (2048 tokens), try increasing it",
            "prompt is too long: 210000 tokens > 200000 maximum",
        ] {
            assert!(is_about_context(words), "{words}");
        }
        assert!(!is_about_context("the context of this question is unclear"));
    }
}
