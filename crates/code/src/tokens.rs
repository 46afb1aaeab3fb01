//! Control tokens as text: breaks those of a file, so that no tokenizer makes tokens of them, and
//! reads an answer as it comes: it is cut at a control token, and broken ones are mended.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use domain::FamilyRecord;

use crate::Gap;

/// Breaks a control token behind its first character; no width, and no part of any token.
const BREAK: char = '\u{200b}';

/// What llama.cpp and others take for control tokens, whatever the family. Each is unlike any code.
const KNOWN: &[&str] = &[
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|fim_begin|>",
    "<|fim_hole|>",
    "<|fim_end|>",
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    "<fim_pad>",
    "<fim-prefix>",
    "<fim-suffix>",
    "<fim-middle>",
    "<fim-pad>",
    "<｜fim▁begin｜>",
    "<｜fim▁hole｜>",
    "<｜fim▁end｜>",
    "<|code_prefix|>",
    "<|code_suffix|>",
    "<|code_middle|>",
    "<|prefix|>",
    "<|suffix|>",
    "<|middle|>",
    "<|file_sep|>",
    "<|file_separator|>",
    "<file_sep>",
    "<|repo_name|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|EOT|>",
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<end_of_turn>",
    "<start_of_turn>",
];

/// Control tokens of some families that other files may well contain: broken, but cut at only by
/// the families that have them.
const BROKEN_ONLY: &[&str] = &[
    "<PRE>", "<SUF>", "<MID>", "<EOT>", "[INST]", "[/INST]", "[PREFIX]", "[SUFFIX]", "[MIDDLE]",
];

/// A text of a file, with the control tokens of a family broken by U+200B behind their first
/// character.
pub fn defuse(text: &str, family: &FamilyRecord) -> String {
    Defuser::new(family).text(text)
}

/// Breaks the control tokens of a family in many texts. It looks them up when the first text comes
/// that may have one.
#[derive(Debug)]
pub struct Defuser<'family> {
    family: &'family FamilyRecord,
    /// The bytes with which a token begins.
    firsts: [bool; 256],
    search: OnceCell<Option<AhoCorasick>>,
}

impl<'family> Defuser<'family> {
    /// One for the tokens of this family.
    pub fn new(family: &'family FamilyRecord) -> Self {
        let mut firsts = [false; 256];
        for token in tokens_of(family) {
            firsts[usize::from(token.as_bytes()[0])] = true;
        }
        Self {
            family,
            firsts,
            search: OnceCell::new(),
        }
    }

    /// The text with the tokens broken by U+200B behind their first character.
    pub fn text(&self, text: &str) -> String {
        if !text.bytes().any(|byte| self.firsts[usize::from(byte)]) {
            return text.to_owned();
        }
        let search = self.search.get_or_init(|| search(&to_break(self.family)));
        let Some(search) = search else {
            return text.to_owned();
        };
        let mut broken = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(found) = search.find(rest) {
            let first = rest[found.start()..]
                .chars()
                .next()
                .map_or(0, char::len_utf8);
            broken.push_str(&rest[..found.start() + first]);
            broken.push(BREAK);
            // One token may begin inside another.
            rest = &rest[found.start() + first..];
        }
        broken.push_str(rest);
        broken
    }
}

/// The first control token in these bytes: one of the family, or one that no code looks like. Every
/// conversation is asked, and nearly none has one.
pub fn control_token(text: &[u8], family: &FamilyRecord) -> Option<String> {
    // Every known one begins so, and so do most of those of families.
    let may_be_there = memchr::memchr(b'<', text).is_some()
        || own_tokens(family)
            .filter(|token| !token.starts_with('<'))
            .any(|token| memchr::memmem::find(text, token.as_bytes()).is_some());
    if !may_be_there {
        return None;
    }
    let tokens: Vec<&str> = own_tokens(family).chain(KNOWN.iter().copied()).collect();
    let found = search(&tokens)?.find(text)?;
    Some(tokens[found.pattern().as_usize()].to_owned())
}

/// The control tokens of a family, its stop texts that look like ones among them.
fn own_tokens(family: &FamilyRecord) -> impl Iterator<Item = &str> {
    let stops = family.stop.iter().map(String::as_str);
    family
        .control_texts()
        .chain(stops.filter(|stop| is_control(stop)))
        .filter(|token| token.chars().nth(1).is_some())
}

/// The control tokens to keep out of a prompt, without those that contain another.
fn to_break(family: &FamilyRecord) -> Vec<&str> {
    let mut tokens: Vec<&str> = tokens_of(family).collect();
    tokens.sort_unstable();
    tokens.dedup();
    let all = tokens.clone();
    tokens.retain(|token| {
        !all.iter()
            .any(|other| other != token && token.contains(other))
    });
    tokens
}

/// Every control token that a text may have, some twice; none is shorter than two characters.
fn tokens_of(family: &FamilyRecord) -> impl Iterator<Item = &str> {
    own_tokens(family)
        .chain(KNOWN.iter().copied())
        .chain(BROKEN_ONLY.iter().copied())
}

/// Whether a stop text looks like a token and not like a piece of code or a line end.
fn is_control(stop: &str) -> bool {
    stop.len() > 2 && stop.starts_with(['<', '[', '\u{2581}']) && stop.ends_with(['>', ']'])
}

/// Searches that were made, by their texts: those of a family are the same for most requests, and
/// to make one takes longer than to use it.
static MADE: LazyLock<Mutex<HashMap<Vec<String>, AhoCorasick>>> = LazyLock::new(Mutex::default);

/// How many searches are kept: more than families are in use. Some depend on the file.
const MOST_MADE: usize = 64;

/// A search for these texts, made anew only if there is none.
fn search(texts: &[impl AsRef<str>]) -> Option<AhoCorasick> {
    let made = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let texts: Vec<String> = texts.iter().map(|text| text.as_ref().to_owned()).collect();
    // A copy is one more reference.
    if let Some(search) = made().get(&texts).cloned() {
        return Some(search);
    }
    let search = AhoCorasick::builder()
        // The kind that is made fastest.
        .kind(Some(AhoCorasickKind::NoncontiguousNFA))
        .match_kind(MatchKind::LeftmostLongest)
        .build(&texts)
        .ok()?;
    let mut made = made();
    if made.len() >= MOST_MADE {
        made.clear();
    }
    made.insert(texts, search.clone());
    Some(search)
}

/// Reads an answer as it comes: cuts it at the first control token or stop text and mends the
/// tokens that were broken in the prompt.
#[derive(Debug)]
pub(crate) struct TokenReader {
    texts: Vec<String>,
    /// How many of the texts end the answer; the others are broken tokens.
    ends: usize,
    longest: usize,
    search: Option<AhoCorasick>,
    /// What may become one of the texts.
    pending: String,
    cut_at: Option<usize>,
}

impl TokenReader {
    /// A reader of a family's answers about this place; `marks` are texts of the prompt that end
    /// an answer too.
    pub(crate) fn new(family: &FamilyRecord, gap: &Gap, marks: &[String]) -> Self {
        let family_tokens = family.control_texts().map(str::to_owned);
        let mut texts: Vec<String> = family_tokens
            .chain(family.stop.iter().cloned())
            .chain(marks.iter().cloned())
            .chain(KNOWN.iter().map(|token| (*token).to_owned()))
            .filter(|text| !text.is_empty())
            .collect();
        texts.sort_unstable();
        texts.dedup();
        let ends = texts.len();
        let is_in_file = |token: &&str| {
            [&gap.prefix, &gap.suffix, &gap.context]
                .iter()
                .any(|text| text.contains(token))
        };
        texts.extend(to_break(family).into_iter().filter(is_in_file).map(broken));
        Self {
            search: search(&texts),
            longest: texts.iter().map(String::len).max().unwrap_or(0),
            texts,
            ends,
            pending: String::new(),
            cut_at: None,
        }
    }

    /// The text that stopped the answer.
    pub(crate) fn cut_at(&self) -> Option<&str> {
        self.cut_at.map(|index| self.texts[index].as_str())
    }

    /// Text that holds none of the texts for sure.
    pub(crate) fn push(&mut self, text: &str) -> String {
        if self.cut_at.is_some() {
            return String::new();
        }
        self.pending.push_str(text);
        self.read(false)
    }

    /// The rest.
    pub(crate) fn finish(&mut self) -> String {
        if self.cut_at.is_some() {
            return String::new();
        }
        self.read(true)
    }

    fn read(&mut self, is_end: bool) -> String {
        let mut out = String::new();
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_str();
        loop {
            let held = if is_end {
                rest.len()
            } else {
                self.held_from(rest)
            };
            let found = self.search.as_ref().and_then(|search| search.find(rest));
            // A text that may still become a longer one, earlier, comes first.
            let Some(found) = found.filter(|found| found.start() <= held) else {
                out.push_str(&rest[..held]);
                self.pending = rest[held..].to_owned();
                return out;
            };
            // The same text may be the beginning of a longer one.
            if found.start() == held && !is_end {
                out.push_str(&rest[..held]);
                self.pending = rest[held..].to_owned();
                return out;
            }
            out.push_str(&rest[..found.start()]);
            let index = found.pattern().as_usize();
            if index < self.ends {
                self.cut_at = Some(index);
                return out;
            }
            out.extend(self.texts[index].chars().filter(|letter| *letter != BREAK));
            rest = &rest[found.end()..];
        }
    }

    /// Where the longest end of a text begins that may become one of the texts.
    fn held_from(&self, text: &str) -> usize {
        let from = text.floor_char_boundary(text.len().saturating_sub(self.longest));
        text[from..]
            .char_indices()
            .map(|(at, _)| from + at)
            .find(|at| {
                let tail = &text[*at..];
                self.texts
                    .iter()
                    .any(|token| token.len() > tail.len() && token.starts_with(tail))
            })
            .unwrap_or(text.len())
    }
}

/// A token as a prompt has it.
fn broken(token: &str) -> String {
    let mut letters = token.chars();
    let first = letters.next();
    first.into_iter().chain([BREAK]).chain(letters).collect()
}

#[cfg(test)]
mod tests;
