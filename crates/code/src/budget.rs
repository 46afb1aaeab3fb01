//! Fits a place in a file into the context of a model: the suffix is cut on its right, the prefix
//! on its left, the context before it first of all. Counts characters; a caller that can ask a
//! server for tokens hands in what it measured.

use crate::Gap;

/// Characters in a token while nothing has been measured; llama.cpp reckons with the same.
const CHARACTERS_PER_TOKEN: f64 = 3.0;
/// The share of the input that the suffix has at least, as GitLab's gateway has it.
const SUFFIX_SHARE: f64 = 0.07;
/// Less than this says too little of what follows, in tokens.
const LEAST_SUFFIX: f64 = 128.0;
/// Tokens of the prompt that are neither prefix nor suffix.
const TEMPLATE: u32 = 16;
/// How much of the input a second cut aims at, as text has not the same density everywhere.
const AIM: f64 = 0.97;
/// Below this share a cut text can be longer than the first guess.
const SLACK: f64 = 0.85;

/// A place in a file that fits, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The place with what is left around it.
    pub gap: Gap,
    /// The characters that were cut off.
    pub dropped: Dropped,
    /// The tokens that context, prefix and suffix may have together.
    pub input_tokens: u32,
}

/// How many characters were cut off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Of the texts of other files, on their left.
    pub context: usize,
    /// Of the prefix, on its left.
    pub prefix: usize,
    /// Of the suffix, on its right.
    pub suffix: usize,
}

/// Cuts a place to a model's context in tokens, with room for an answer of `answer_tokens`.
/// A quarter of the context is always left for the input, however long the answer may be.
pub fn fit(gap: &Gap, context_tokens: u32, answer_tokens: u32) -> Fitted {
    let room = context_tokens.saturating_sub(answer_tokens.saturating_add(TEMPLATE));
    fit_at(gap, room.max(context_tokens / 4), CHARACTERS_PER_TOKEN)
}

impl Fitted {
    /// A better fit, once a server has counted the tokens of the prompt: a shorter one if these are
    /// too many, a longer one if text was cut off and there is room. None if it is right as it is.
    /// `gap` is the place before any cut. A second measurement may ask for a third fit.
    pub fn refit(&self, gap: &Gap, measured_tokens: u32) -> Option<Self> {
        let (measured, wanted) = (f64::from(measured_tokens), f64::from(self.input_tokens));
        let is_cut = self.dropped != Dropped::default();
        if measured_tokens == 0 || measured <= wanted && !(is_cut && measured < wanted * SLACK) {
            return None;
        }
        let rate = characters(&self.gap) as f64 / measured * AIM;
        // A server that counts nonsense must not make the text shorter by more than it said.
        let rate = rate.clamp(0.2, 12.0);
        Some(fit_at(gap, self.input_tokens, rate))
    }
}

impl Dropped {
    /// Whether anything was cut off.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        for (count, place) in [
            (self.context, "of other files"),
            (self.prefix, "before the cursor"),
            (self.suffix, "after the cursor"),
        ] {
            if count > 0 {
                parts.push(format!("{count} characters {place}"));
            }
        }
        write!(
            formatter,
            "left out {} for lack of context",
            parts.join(" and ")
        )
    }
}

fn fit_at(gap: &Gap, input_tokens: u32, characters_per_token: f64) -> Fitted {
    let tokens = f64::from(input_tokens);
    let total = (tokens * characters_per_token) as usize;
    let share = (tokens * SUFFIX_SHARE).max(LEAST_SUFFIX.min(tokens / 2.0));
    let reserved = (share * characters_per_token) as usize;
    let [prefix, suffix, context] =
        [&gap.prefix, &gap.suffix, &gap.context].map(|text| text.chars().count());
    // The suffix has its share, and what the prefix leaves.
    let for_prefix = prefix.min(total - reserved.min(suffix).min(total));
    let for_suffix = suffix.min(total - for_prefix);
    let for_context = context.min(total - for_prefix - for_suffix);
    let mut fitted = gap.clone();
    fitted.prefix = last(&gap.prefix, for_prefix).to_owned();
    fitted.suffix = first(&gap.suffix, for_suffix).to_owned();
    fitted.context = last(&gap.context, for_context).to_owned();
    Fitted {
        gap: fitted,
        dropped: Dropped {
            context: context - for_context,
            prefix: prefix - for_prefix,
            suffix: suffix - for_suffix,
        },
        input_tokens,
    }
}

fn characters(gap: &Gap) -> usize {
    [&gap.prefix, &gap.suffix, &gap.context]
        .iter()
        .map(|text| text.chars().count())
        .sum()
}

/// The first characters of a text.
fn first(text: &str, count: usize) -> &str {
    let end = text
        .char_indices()
        .nth(count)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The last characters of a text.
fn last(text: &str, count: usize) -> &str {
    let mut starts = text.char_indices().rev().map(|(at, _)| at);
    let start = match count {
        0 => text.len(),
        count => starts.nth(count - 1).unwrap_or(0),
    };
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(prefix: usize, suffix: usize) -> Gap {
        Gap::new(&"é".repeat(prefix), &"🦀".repeat(suffix))
    }

    #[test]
    fn the_suffix_has_its_share_and_what_the_prefix_leaves() {
        // 10,000 tokens of input are 30,000 characters, of which the suffix has 2,100.
        for (prefix, suffix, kept) in [
            (100, 200, (100, 200)),
            (50_000, 50_000, (27_900, 2_100)),
            (50_000, 100, (29_900, 100)),
            (100, 50_000, (100, 29_900)),
        ] {
            let fitted = fit(&gap(prefix, suffix), 10_116, 100);
            let left = |text: &str| text.chars().count();
            assert_eq!((left(&fitted.gap.prefix), left(&fitted.gap.suffix)), kept);
            let dropped = (fitted.dropped.prefix, fitted.dropped.suffix);
            assert_eq!(dropped, (prefix - kept.0, suffix - kept.1));
        }
    }

    #[test]
    fn the_ends_at_the_cursor_stay() {
        let text: String = (0..5_000).map(|number| format!("{number}\n")).collect();
        let fitted = fit(&Gap::new(&text, &text), 1_000, 100);
        assert!(fitted.gap.prefix.ends_with("4998\n4999\n"));
        assert!(fitted.gap.suffix.starts_with("0\n1\n"));
    }

    #[test]
    fn context_goes_before_the_prefix_does() {
        let whole = gap(200, 0).with_context(["x".repeat(5_000).as_str()]);
        let fitted = fit(&whole, 500, 84);
        assert_eq!(fitted.gap.prefix, whole.prefix);
        assert_eq!(fitted.gap.context.len(), 400 * 3 - 200);
        assert_eq!(
            fitted.dropped.to_string(),
            "left out 4000 characters of other files for lack of context"
        );
    }

    #[test]
    fn a_measured_prompt_is_cut_again_until_it_fits_and_grows_where_there_is_room() {
        for per_token in [1, 2, 3, 5] {
            let whole = gap(100_000, 3_000);
            let mut fitted = fit(&whole, 4_112, 100);
            let count = |fitted: &Fitted| (characters(&fitted.gap) / per_token) as u32;
            for _ in 0..3 {
                fitted = fitted.refit(&whole, count(&fitted)).unwrap_or(fitted);
            }
            let used = count(&fitted);
            assert!(used <= 3_996 && used > 3_300, "{per_token}: {used}");
        }
    }

    #[test]
    fn no_context_is_too_small_and_no_answer_too_long() {
        for (context, answer) in [(0, 0), (1, u32::MAX), (256, 100_000)] {
            let fitted = fit(&gap(1_000, 1_000), context, answer);
            assert!(characters(&fitted.gap) <= context as usize);
        }
    }
}
