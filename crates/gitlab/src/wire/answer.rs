//! Writes answers in one piece. Streams are written next door.

use code::Language;
use providers::{FinishReason, Usage};
use serde_json::{Value, json};

/// What an answer says of the model behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeModel {
    /// Who serves it, such as `agent`.
    pub engine: String,
    /// Its name.
    pub name: String,
    /// The language of the file; see [`lang`].
    pub lang: String,
}

/// A suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The code. White space alone is no choice.
    pub text: String,
    /// Why it ended, as far as that is known.
    pub finish: Option<FinishReason>,
}

/// A place in the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// The text.
    pub content: String,
    /// Title of the page.
    pub title: String,
    /// Address of the page.
    pub source_url: String,
}

/// The language of a file as answers name it: by the end of the file's name, else the editor's id,
/// else nothing.
pub fn lang(file_name: &str, editor_language: Option<&str>) -> String {
    match Language::of_file(file_name) {
        Some(language) => language.name().to_owned(),
        None => editor_language.unwrap_or_default().trim().to_lowercase(),
    }
}

fn choices(choices: &[Choice]) -> Value {
    let filled = choices
        .iter()
        .filter(|choice| !choice.text.trim().is_empty());
    let list = filled.enumerate().map(|(index, choice)| {
        // GitLab's gateway says `length` whatever happened.
        let finish = choice
            .finish
            .as_ref()
            .map_or("length", FinishReason::as_openai);
        json!({"text": choice.text, "index": index, "finish_reason": finish})
    });
    list.collect()
}

impl CodeModel {
    fn json(&self) -> Value {
        json!({"engine": self.engine, "name": self.name, "lang": self.lang})
    }

    /// What the start of a stream says.
    pub(super) fn short_json(&self) -> Value {
        json!({"engine": self.engine, "name": self.name})
    }
}

/// An answer of `/v2/code`. Created in seconds since 1970.
pub fn code_answer(
    id: &str,
    created: i64,
    model: &CodeModel,
    usage: &Usage,
    list: &[Choice],
) -> Value {
    let mut model = model.json();
    let is_counted = usage.prompt.is_some() || usage.completion.is_some();
    model["tokens_consumption_metadata"] = is_counted.then(|| counts(usage)).into();
    json!({
        "id": id,
        "model": model,
        "experiments": [],
        "object": "text_completion",
        "created": created,
        "choices": choices(list),
    })
}

fn counts(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.prompt.unwrap_or_default(),
        "output_tokens": usage.completion.unwrap_or_default(),
        "context_tokens_sent": 0,
        "context_tokens_used": 0,
    })
}

/// An answer of `/v3/code` and `/v4/code`. Editors read either place of the model.
pub fn suggestion_answer(created: i64, model: &CodeModel, list: &[Choice]) -> Value {
    let model = model.json();
    json!({
        "choices": choices(list),
        "model": model,
        "metadata": {"model": model, "timestamp": created},
    })
}

/// An answer of `/v1/prompts`.
pub fn prompt_answer(text: &str) -> Value {
    json!(text)
}

/// An answer of `/v2/prompts`, or a line of its stream. Without counts there is no `usage`.
pub fn prompt_answer_v2(text: &str, model: &str, usage: Option<&Usage>) -> Value {
    let mut answer = json!({"content": text});
    if let Some(usage) = usage {
        answer["usage"] = json!({model: {
            "input_tokens": usage.prompt.unwrap_or_default(),
            "output_tokens": usage.completion.unwrap_or_default(),
        }});
    }
    answer
}

/// An answer of `/v1/chat`: provider and model as the request named them.
pub fn legacy_answer(text: &str, provider: &str, model: &str, created: i64) -> Value {
    let metadata = json!({"provider": provider, "model": model, "timestamp": created});
    json!({"response": text, "metadata": metadata})
}

/// An answer of `/v1/search/gitlab-docs`.
pub fn search_answer(found: &[Found], created: i64) -> Value {
    let results = found.iter().map(|place| {
        json!({
            "id": place.id,
            "content": place.content,
            "metadata": {"title": place.title, "source_url": place.source_url},
        })
    });
    let results: Vec<Value> = results.collect();
    json!({
        "response": {"results": results},
        "metadata": {"provider": "sqlite", "timestamp": created},
    })
}

/// An answer of `/v1/code/user_access_token`. It expires in seconds since 1970.
pub fn token_answer(token: &str, expires_at: i64) -> Value {
    json!({"token": token, "expires_at": expires_at})
}
