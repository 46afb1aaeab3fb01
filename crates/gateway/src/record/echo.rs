//! Finds in the words of a server what it repeats of the request: a row holds no prompt, and a server
//! that refuses one may quote it. Changes nothing that the client is told.

use bytes::Bytes;
use serde_json::Value;

use super::params::{FILTERED, PLAIN};

/// Words that follow each other in both: fewer are a phrase that a server may have of its own.
const WORDS: usize = 3;
/// The least bytes of a word that is content by itself: a name, a key, a piece of code.
const LONG_WORD: usize = 12;

/// Bytes of a body that are looked through: more would hold up other requests.
const MOST: usize = 256 * 1024;

/// What is looked through of a body. A longer one is let go of: its answer may take minutes.
pub(super) fn looked_through(body: &Bytes) -> Bytes {
    match body.get(..MOST) {
        Some(beginning) => Bytes::copy_from_slice(beginning),
        None => body.clone(),
    }
}

/// The words without what they repeat of the content of this body. One that cannot be read is content
/// as it is.
pub(super) fn without_echo(words: &str, body: &[u8]) -> String {
    let mut texts = Vec::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => add_texts(None, value, &mut texts),
        Err(_) => texts.push(normal(&unescaped(&String::from_utf8_lossy(body)))),
    }
    let said: Vec<&str> = words.split_whitespace().collect();
    let bare: Vec<String> = said.iter().map(|word| normal(&unescaped(word))).collect();
    let mut is_echo = vec![false; said.len()];
    for text in &texts {
        mark(text, &bare, &mut is_echo);
    }
    if !is_echo.contains(&true) {
        return words.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    for (word, is_echo) in said.into_iter().zip(is_echo) {
        match is_echo {
            true if kept.last() == Some(&FILTERED) => {}
            true => kept.push(FILTERED),
            false => kept.push(word),
        }
    }
    kept.join(" ")
}

/// Marks the words that stand in this text.
fn mark(text: &str, bare: &[String], is_echo: &mut [bool]) {
    let padded = format!(" {text} ");
    let stands = |words: &str| !words.is_empty() && padded.contains(&format!(" {words} "));
    let count = text.split(' ').count().min(WORDS);
    let numbered: Vec<(usize, &str)> = bare
        .iter()
        .enumerate()
        .filter(|(_, word)| !word.is_empty())
        .map(|(place, word)| (place, word.as_str()))
        .collect();
    for run in numbered.windows(count) {
        let words: Vec<&str> = run.iter().map(|(_, word)| *word).collect();
        if stands(&words.join(" ")) {
            run.iter().for_each(|(place, _)| is_echo[*place] = true);
        }
    }
    for (place, words) in numbered {
        let mut long = words.split(' ').filter(|word| word.len() >= LONG_WORD);
        // The end of a word may have been cut off.
        if long.any(|word| padded.contains(&format!(" {word}"))) {
            is_echo[place] = true;
        }
    }
}

/// The texts of a value that are content, as [`normal`] words.
fn add_texts(key: Option<&str>, value: Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if !key.is_some_and(|key| PLAIN.contains(&key)) => {
            texts.push(normal(&text));
        }
        Value::Array(values) => {
            for value in values {
                add_texts(key, value, texts);
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                add_texts(Some(&key), value, texts);
            }
        }
        _ => {}
    }
}

/// Without the letters of escapes that part words.
fn unescaped(word: &str) -> String {
    ["\\n", "\\r", "\\t"]
        .iter()
        .fold(word.to_owned(), |word, escape| word.replace(escape, " "))
}

/// Letters and digits in small letters, in words with one space between: quoting and escapes make no
/// difference.
fn normal(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{
        "model": "marmalade-model-7b", "stream": true,
        "messages": [{"role": "user", "content": "Please \"sort\" these\nthree lines: hunter2secretword"}]
    }"#;

    #[test]
    fn what_a_server_quotes_of_a_prompt_is_left_away() {
        for (said, kept) in [
            (
                r#"cannot parse: Please \"sort\" these\nthree lines"#,
                "cannot parse: [FILTERED]",
            ),
            (
                "bad word hunter2secretword, sorry",
                "bad word [FILTERED] sorry",
            ),
            // Cut off by whoever said it.
            ("bad word hunter2secret…", "bad word [FILTERED]"),
        ] {
            assert_eq!(without_echo(said, BODY.as_bytes()), kept);
        }
    }

    #[test]
    fn words_of_the_server_stay() {
        for said in [
            "the model `marmalade-model-7b` does not exist",
            "these  are not the lines",
            "three lines",
            "",
        ] {
            assert_eq!(without_echo(said, BODY.as_bytes()), said);
        }
    }

    #[test]
    fn a_short_prompt_is_known_whole_and_a_body_that_is_no_json_by_its_words() {
        let body = br#"{"prompt": "canary bird"}"#;
        assert_eq!(
            without_echo("no Canary bird here", body),
            "no [FILTERED] here"
        );
        assert_eq!(without_echo("a bird", body), "a bird");
        let torn = br#"{"prompt": "one two three four"#;
        assert_eq!(without_echo("got two three four", torn), "got [FILTERED]");
    }
}
