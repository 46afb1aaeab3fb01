//! The answer of a model, in the form in which GitLab reads it. Says nothing of its content.

use std::borrow::Cow;

use super::Prompt;

/// The form in which GitLab reads an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// As it comes; it may be streamed.
    Text,
    /// A JSON object and nothing else.
    Json,
    /// The rest of a JSON object whose opening GitLab writes itself, up to the first value.
    RestOfIdentifier,
    /// Commands in fences without the name of a language.
    Commands,
}

/// The key whose value a reader's answer begins with.
const OPENING: &str = "\"ResourceIdentifierType\"";

/// The answer as GitLab reads it. An answer that does not have the form is left as it is: GitLab
/// asks again or says so. Any form but text is for a whole answer.
pub fn fit_answer<'answer>(prompt: &Prompt, answer: &'answer str) -> Cow<'answer, str> {
    match prompt.answer {
        AnswerForm::Text => Cow::Borrowed(answer),
        AnswerForm::Json => Cow::Borrowed(object_in(answer)),
        AnswerForm::RestOfIdentifier => Cow::Borrowed(rest_of(answer)),
        AnswerForm::Commands => without_languages(answer),
    }
}

fn object_in(answer: &str) -> &str {
    match (answer.find('{'), answer.rfind('}')) {
        (Some(start), Some(end)) if start < end => &answer[start..=end],
        _ => answer,
    }
}

/// GitLab 17 always writes the opening before the answer, GitLab 18 only where it is not there.
fn rest_of(answer: &str) -> &str {
    let rest = || {
        let rest = answer.split_once(OPENING)?.1.trim_start();
        rest.strip_prefix(':')?.trim_start().strip_prefix('"')
    };
    rest().unwrap_or(answer)
}

fn without_languages(answer: &str) -> Cow<'_, str> {
    let is_opening = |line: &str| line.starts_with("```") && line.trim_end().len() > 3;
    if !answer.lines().any(is_opening) {
        return Cow::Borrowed(answer);
    }
    let lines = answer.split_inclusive('\n').map(|line| {
        // A command on the line of the fences is no language.
        match is_opening(line) && !line[3..].contains(['`', ' ']) {
            true => "```\n",
            false => line,
        }
    });
    Cow::Owned(lines.collect())
}
