//! By how much a prompt does not fit, read from the words of the server that refused it. Knows the
//! wordings that were seen; of others it says nothing.

use std::sync::LazyLock;

use regex::Regex;

/// A prompt that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow {
    /// The tokens that were wanted: the prompt, and the answer where the server counts it.
    pub wanted: u32,
    /// The tokens that the model reads and writes.
    pub context: u32,
}

/// How the wanted tokens and the context stand in a server's words: each group `w` adds to what was
/// wanted. From servers as measured (vLLM, llama.cpp) and from the vendors' references.
const WORDINGS: [&str; 11] = [
    // llama.cpp: `request (6001 tokens) exceeds the available context size (2048 tokens)`.
    r"\((?P<w>\d+) tokens\) exceeds the available context size \((?P<c>\d+) tokens\)",
    // vLLM: `'max_tokens' … is too large: 5000. This model's maximum context length is 2048 tokens
    // and your request has 22 input tokens`.
    r"too large: (?P<w>\d+)\..*maximum context length is (?P<c>\d+) tokens and your request has (?P<w2>\d+) input tokens",
    // vLLM: `maximum context length is 2048 tokens. However, you requested 3010 tokens`.
    r"maximum context length is (?P<c>\d+) tokens\. However, you requested (?P<w>\d+)",
    // vLLM: `… However, your request has 3000 input tokens`; `you requested 10 output tokens and your
    // prompt contains at least 2039 input tokens`.
    r"maximum context length is (?P<c>\d+) tokens.*requested (?P<w>\d+) output tokens and your prompt contains (?:at least )?(?P<w2>\d+)",
    r"maximum context length is (?P<c>\d+) tokens.*(?:request has|prompt contains)(?: at least)? (?P<w>\d+)",
    // OpenAI: `maximum context length is 128000 tokens. However, your messages resulted in 130000`.
    r"maximum context length is (?P<c>\d+) tokens.*resulted in (?P<w>\d+) tokens",
    // vLLM: `max_tokens=5000 cannot be greater than max_model_len=2048`.
    r"max_tokens=(?P<w>\d+) cannot be greater than max_model_len=(?P<c>\d+)",
    // Anthropic: `prompt is too long: 210000 tokens > 200000 maximum`.
    r"prompt is too long: (?P<w>\d+) tokens > (?P<c>\d+) maximum",
    // Anthropic: `exceed context limit: 190000 + 20000 > 200000`.
    r"exceed context limit: (?P<w>\d+) \+ (?P<w2>\d+) > (?P<c>\d+)",
    // Mistral: `Prompt contains 40000 tokens …, too large for model with 32768 maximum context`.
    r"(?i)prompt contains (?P<w>\d+) tokens.*too large for model with (?P<c>\d+) maximum context length",
    // Text Generation Inference: `` `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000
    // `inputs` tokens and 100 `max_new_tokens` ``.
    r"must be <= (?P<c>\d+)\. Given: (?P<w>\d+) `inputs` tokens and (?P<w2>\d+) `max_new_tokens`",
];

/// By how much a prompt does not fit; none where the words do not say it.
pub fn overflow(words: &str) -> Option<Overflow> {
    static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        let patterns = WORDINGS.iter().map(|wording| Regex::new(wording));
        let patterns = patterns.collect::<Result<_, _>>();
        patterns.expect("the wordings are patterns, as the test shows")
    });
    PATTERNS.iter().find_map(|pattern| {
        let found = pattern.captures(words)?;
        let number = |name| found.name(name)?.as_str().parse::<u32>().ok();
        let more = number("w2").unwrap_or(0);
        let (wanted, context) = (number("w")?.checked_add(more)?, number("c")?);
        (wanted > context).then_some(Overflow { wanted, context })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_found_in_every_known_wording() {
        for (words, wanted, context) in [
            (
                "request (6001 tokens) exceeds the available context size (2048 tokens), try increasing it",
                6_001,
                2_048,
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 2048 tokens and your request has 22 input tokens (5000 > 2048 - 22).",
                5_022,
                2_048,
            ),
            (
                "This model's maximum context length is 2048 tokens. However, you requested 3010 tokens (3000 in the messages, 10 in the completion).",
                3_010,
                2_048,
            ),
            (
                "This model's maximum context length is 2048 tokens. However, your request has 3000 input tokens. Please reduce the length.",
                3_000,
                2_048,
            ),
            (
                "This model's maximum context length is 2048 tokens. However, you requested 10 output tokens and your prompt contains at least 2039 input tokens, for a total of at least 2049 tokens.",
                2_049,
                2_048,
            ),
            (
                "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
                130_000,
                128_000,
            ),
            (
                "max_tokens=5000 cannot be greater than max_model_len=2048",
                5_000,
                2_048,
            ),
            (
                "prompt is too long: 210000 tokens > 200000 maximum",
                210_000,
                200_000,
            ),
            (
                "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
                210_000,
                200_000,
            ),
            (
                "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
                40_000,
                32_768,
            ),
            (
                "`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000 `inputs` tokens and 100 `max_new_tokens`",
                2_100,
                2_048,
            ),
        ] {
            assert_eq!(
                overflow(words),
                Some(Overflow { wanted, context }),
                "{words}"
            );
        }
    }

    #[test]
    fn words_without_numbers_or_with_absurd_ones_say_nothing() {
        for words in [
            "",
            "the request exceeds the available context size",
            "prompt is too long: 10 tokens > 200000 maximum",
            "prompt is too long: 99999999999999999999 tokens > 200000 maximum",
            "input length and `max_tokens` exceed context limit: 4294967295 + 4294967295 > 1",
        ] {
            assert_eq!(overflow(words), None, "{words}");
        }
    }
}
