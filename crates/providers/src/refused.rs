//! Finds out from a server's words which parameter a model does not take. Decides nothing: an
//! admin notes it in the model's settings or its family.

use domain::Parameter;

use crate::is_about_context;

/// What says that something is not taken at all, in small letters.
const REFUSED: [&str; 9] = [
    "not supported",
    "unsupported",
    "not support",
    "n't support",
    "not permitted",
    "not allowed",
    "deprecated",
    "unrecognized",
    "unknown",
];

/// Fields of a request that can be left out or written otherwise.
const FIELDS: [(&str, Parameter); 5] = [
    ("temperature", Parameter::Temperature),
    ("top_p", Parameter::TopP),
    ("top_k", Parameter::TopK),
    ("max_tokens", Parameter::MaxTokens),
    ("stop", Parameter::Stop),
];

/// Whole phrases, in small letters: chat templates of Gemma and Mistral, Bedrock, Google and
/// OpenAI of system turns; Anthropic of a turn to continue.
const PHRASES: [(&str, Parameter); 7] = [
    ("system role not supported", Parameter::SystemRole),
    (
        "only user and assistant roles are supported",
        Parameter::SystemRole,
    ),
    ("support system messages", Parameter::SystemRole),
    (
        "developer instruction is not enabled",
        Parameter::SystemRole,
    ),
    ("does not support 'system'", Parameter::SystemRole),
    ("support assistant message prefill", Parameter::Prefill),
    (
        "prefilling assistant messages is not supported",
        Parameter::Prefill,
    ),
];

/// The parameter that a server says its model does not take; none when the words are about
/// something else. Only parameters are found that can be left out or written otherwise.
pub fn refused_parameter(words: &str) -> Option<Parameter> {
    let said = words.to_lowercase();
    let phrase = PHRASES.iter().find(|(phrase, _)| said.contains(phrase));
    if let Some((_, parameter)) = phrase {
        return Some(*parameter);
    }
    if is_about_context(&said) || !REFUSED.iter().any(|part| said.contains(part)) {
        return None;
    }
    // The one that is named first is meant: what to use instead is named behind it.
    let places = FIELDS
        .iter()
        .filter_map(|(name, parameter)| Some((place_of(name, &said)?, *parameter)));
    places
        .min_by_key(|(place, _)| *place)
        .map(|(_, parameter)| parameter)
}

/// Where a field is named: at the start, in quotes, or behind a dot, and to its end.
fn place_of(name: &str, said: &str) -> Option<usize> {
    let is_named = |place: &usize| {
        let before = said[..*place].chars().next_back();
        let after = said[place + name.len()..].chars().next();
        before.is_none_or(|letter| "'\"`.".contains(letter))
            && after.is_none_or(|letter| "'\"`:".contains(letter))
    };
    let mut places = said.match_indices(name).map(|(place, _)| place);
    places.find(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_does_not_take_is_known_by_the_words_of_its_server() {
        use Parameter::{MaxTokens, Prefill, Stop, SystemRole, Temperature, TopK, TopP};
        for (words, parameter) in [
            ("System role not supported", SystemRole),
            ("Only user and assistant roles are supported!", SystemRole),
            (
                "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
                SystemRole,
            ),
            (
                "This model doesn't support system messages. Try again without a system message.",
                SystemRole,
            ),
            (
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
                MaxTokens,
            ),
            (
                "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
                Temperature,
            ),
            ("`temperature` is deprecated for this model.", Temperature),
            ("body.top_k: Extra inputs are not permitted", TopK),
            ("top_p: Extra inputs are not permitted", TopP),
            (
                "Unsupported parameter: 'stop' is not supported with this model.",
                Stop,
            ),
            (
                "This model does not support assistant message prefill. The conversation must end with a user message.",
                Prefill,
            ),
        ] {
            assert_eq!(refused_parameter(words), Some(parameter), "{words}");
        }
        for words in [
            "max_tokens=5000 cannot be greater than max_model_len=2048",
            "'temperature' must be between 0 and 2",
            "Unsupported parameter: 'max_completion_tokens' is not supported",
            "Audio is not supported. Stop sending it.",
            "the model does not support images",
            "",
        ] {
            assert_eq!(refused_parameter(words), None, "{words}");
        }
    }
}
