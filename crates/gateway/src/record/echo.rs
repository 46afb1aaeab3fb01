//! Finds in the words of a server what it repeats of the request: a row holds no prompt, and a server
//! that refuses one may quote it. Changes nothing that the client is told.

use aho_corasick::AhoCorasick;
use bytes::Bytes;
use serde_json::Value;

use super::params::{FILTERED, PLAIN};

/// Words that follow each other in both, the first and the last perhaps cut: fewer are a phrase that a
/// server may have of its own.
const WORDS: usize = 3;
/// The least letters of two words that are content.
const LONG_PAIR: usize = 16;
/// The least bytes of a word that is content by itself: a name, a key, a piece of code.
const LONG_WORD: usize = 12;

/// Bytes of a body that are looked through: more would hold up other requests.
const MOST: usize = 4 * 1024 * 1024;

/// What was asked, for what a server may repeat of it.
#[derive(Debug, Default)]
pub(super) enum Asked {
    /// No body has been read.
    #[default]
    Nothing,
    Body(Bytes),
    /// One that is not looked through: it is let go of, because its answer may take minutes.
    TooLong,
}

impl Asked {
    /// This body.
    pub(super) fn new(body: &Bytes) -> Self {
        match body.len() {
            0..=MOST => Self::Body(body.clone()),
            _ => Self::TooLong,
        }
    }

    /// The words without what they repeat of the content of the body. One that cannot be read is
    /// content as it is.
    pub(super) fn without_echo(&self, words: &str) -> String {
        match self {
            Self::Nothing => words.to_owned(),
            Self::Body(body) => without_echo(words, body),
            // Any word may be of it but those that say who speaks.
            Self::TooLong => match words.split_once(": ") {
                Some((who, _)) => format!("{who}: {FILTERED}"),
                None => FILTERED.to_owned(),
            },
        }
    }
}

fn without_echo(words: &str, body: &[u8]) -> String {
    if words.is_empty() || body.is_empty() {
        return words.to_owned();
    }
    let mut texts = Vec::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => add_texts(None, value, &mut texts),
        Err(_) => texts.push(normal(&unescaped(&String::from_utf8_lossy(body)))),
    }
    let said: Vec<&str> = words.split_whitespace().collect();
    let bare: Vec<String> = said.iter().map(|word| normal(&unescaped(word))).collect();
    let mut is_echo = vec![false; said.len()];
    mark(&texts, &bare, &mut is_echo);
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

/// Marks the words that stand in these texts.
fn mark(texts: &[String], bare: &[String], is_echo: &mut [bool]) {
    // What stands between two spaces may be several words: a name, a sign, a value.
    let numbered: Vec<(usize, &str)> = bare
        .iter()
        .enumerate()
        .flat_map(|(place, words)| words.split(' ').map(move |word| (place, word)))
        .filter(|(_, word)| !word.is_empty())
        .collect();
    let mut runs: Vec<(String, &[(usize, &str)])> = Vec::new();
    for (length, least) in [(WORDS, 0), (2, LONG_PAIR), (1, LONG_WORD)] {
        for run in numbered.windows(length) {
            let words: Vec<&str> = run.iter().map(|(_, word)| *word).collect();
            let text = words.join(" ");
            if text.len() >= least {
                runs.push((text, run));
            }
        }
    }
    // All in one pass: a body may have millions of letters.
    let Ok(finder) = AhoCorasick::new(runs.iter().map(|(text, _)| text)) else {
        is_echo.fill(true);
        return;
    };
    for text in texts {
        for found in finder.find_overlapping_iter(text) {
            let (_, run) = &runs[found.pattern().as_usize()];
            run.iter().for_each(|(place, _)| is_echo[*place] = true);
        }
        // One that is shorter is known whole.
        let length = text.split(' ').count();
        for run in numbered.windows(length).filter(|_| length < WORDS) {
            let words: Vec<&str> = run.iter().map(|(_, word)| *word).collect();
            if words.join(" ") == *text {
                run.iter().for_each(|(place, _)| is_echo[*place] = true);
            }
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
            (
                r#"rejected {"input":"hunter2secretword"}"#,
                "rejected [FILTERED]",
            ),
            // Cut off by whoever said it.
            ("bad word hunter2secret…", "bad word [FILTERED]"),
            ("near: …ease \"sort\" thes", "near: [FILTERED]"),
            ("near: …2secretword!", "near: …2secretword!"),
            ("near: …r2secretword!", "near: [FILTERED]"),
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
    fn nothing_is_believed_of_a_body_that_is_too_long_to_be_looked_through() {
        let long = "word ".repeat(MOST / 5);
        let body = |end: &str| Bytes::from(format!(r#"{{"prompt": "{}{end}"}}"#, &long[400..]));
        let said = "gpu-1 answered: Cannot handle: the secret plan of tomorrow";
        let asked = Asked::new(&body("this is the secret plan of tomorrow"));
        let kept = "gpu-1 answered: Cannot handle: [FILTERED]";
        assert_eq!(asked.without_echo(said), kept);
        let asked = Asked::new(&body(&long));
        assert_eq!(asked.without_echo(said), "gpu-1 answered: [FILTERED]");
        assert_eq!(asked.without_echo("the end"), FILTERED);
        assert_eq!(Asked::default().without_echo(said), said);
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
