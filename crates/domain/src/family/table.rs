//! The built-in families: the strings and rules of the vendors' model cards as `providers.md`
//! records them, and the levels of GitLab's lists of self-hosted models. An admin can overrule
//! every value in a copy.
//!
//! Levels: the newest list that grades a model counts (18.9, then 17.9 to 18.0), where *fully*,
//! *largely* and *not* became *full*, *partial* and *limited*. A plain *yes* of the older lists is
//! full where the model was trained for it and partial where it is not; a *no* to conversation is
//! none for families of code and limited for others. What no list names is our own estimate.

use std::sync::LazyLock;

use super::{
    Bos, CompletionRoute, FamilyRecord, Fim, Parameter, ReasoningMarks, Standing, Support,
    SupportLevels, Variant,
};
// GitLab's own letters keep a row of the table on one line.
use Support::{Full as F, Limited as L, None as N, Partial as P};

mod chat;
mod code;
mod gitlab_code;
mod hosted;
mod mistral;

/// The built-in families, in the order of GitLab's form, then those of today.
pub static FAMILIES: LazyLock<Vec<FamilyRecord>> = LazyLock::new(|| {
    vec![
        mistral::mistral(),
        mistral::mixtral(),
        mistral::codestral(),
        gitlab_code::codellama(),
        gitlab_code::codegemma(),
        gitlab_code::deepseekcoder(),
        hosted::claude(),
        hosted::gpt(),
        chat::llama3(),
        chat::general(),
        code::qwen(),
        code::starcoder2(),
        code::deepseek(),
        mistral::devstral(),
        chat::gpt_oss(),
        chat::gemma(),
        code::granite(),
    ]
});

/// Completion, generation, chat.
type Levels = [Support; 3];

/// For a model that was trained to fill in the middle and to follow instructions.
const FIM: &[CompletionRoute] = &[
    CompletionRoute::RawFim,
    CompletionRoute::ServerFim,
    CompletionRoute::Chat,
];
/// For a base model that was trained to fill in the middle; it has no chat template.
const FIM_BASE: &[CompletionRoute] = &[
    CompletionRoute::RawFim,
    CompletionRoute::ServerFim,
    CompletionRoute::RawPrefix,
];
const PREFIX: &[CompletionRoute] = &[CompletionRoute::RawPrefix];
const CHAT: &[CompletionRoute] = &[CompletionRoute::Chat];

const K: u32 = 1_024;

/// A family without FIM, without stops, with thoughts outside the answer.
fn family(
    name: &str,
    title: &str,
    standing: Standing,
    levels: Levels,
    routes: &[CompletionRoute],
    context: u32,
) -> FamilyRecord {
    FamilyRecord {
        name: name.parse().expect("the names of the table are valid"),
        title: title.to_owned(),
        based_on: None,
        standing,
        support: support(levels),
        fim: None,
        routes: routes.to_vec(),
        bos: Bos::Template,
        stop: Vec::new(),
        stop_ids: Vec::new(),
        control: Vec::new(),
        context,
        refuses: Vec::new(),
        reasoning: None,
        variants: Vec::new(),
        remarks: String::new(),
    }
}

/// A variant that differs from its family in nothing but standing and levels.
fn variant(title: &str, standing: Standing, levels: Levels, matches: &[&[&str]]) -> Variant {
    Variant {
        title: title.to_owned(),
        matches: matches.iter().map(|words| texts(words)).collect(),
        standing,
        support: support(levels),
        fim: None,
        routes: None,
        stop: None,
        stop_ids: None,
        context: None,
        refuses: None,
    }
}

fn fim(template: &str, tokens: &[&str], forbidden: &[&str]) -> Fim {
    Fim {
        template: template.to_owned(),
        tokens: texts(tokens),
        forbidden: texts(forbidden),
        plain_without_suffix: false,
    }
}

fn support([completion, generation, chat]: Levels) -> SupportLevels {
    SupportLevels {
        completion,
        generation,
        chat,
    }
}

fn think() -> Option<ReasoningMarks> {
    Some(ReasoningMarks {
        open: "<think>".to_owned(),
        close: "</think>".to_owned(),
    })
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[cfg(test)]
mod tests;
