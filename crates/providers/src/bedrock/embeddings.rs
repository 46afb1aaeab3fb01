//! Vectors of texts by Amazon Titan and Cohere: their bodies, and their answers in OpenAI's form.
//! Source: AWS's "Amazon Titan Embeddings" and "Cohere Embed".

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::name::{ModelName, Vendor};
use crate::{AnswerForm, UpstreamError, words};

/// A vector, as it came: its numbers are not changed.
type Vector = Vec<serde_json::Number>;

/// The vendor's body out of one in OpenAI's form.
pub(super) fn body(
    name: ModelName<'_>,
    family: &str,
    asked: &Value,
) -> Result<(Map<String, Value>, AnswerForm), UpstreamError> {
    let refuse = |what: &str| UpstreamError::Unsupported {
        who: format!("the model \"{}\" of AWS Bedrock", name.id),
        what: what.to_owned(),
    };
    let texts: Vec<&str> = match asked.get("input") {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(inputs)) => inputs
            .iter()
            .map(Value::as_str)
            .collect::<Option<_>>()
            .ok_or_else(|| refuse("tokens instead of texts"))?,
        _ => Vec::new(),
    };
    if texts.is_empty() {
        return Err(UpstreamError::Invalid(
            "there is no text in \"input\"".into(),
        ));
    }
    let dimensions = asked.get("dimensions").filter(|value| value.is_u64());
    let mut body = Map::new();
    match name.vendor(family) {
        Vendor::Titan => {
            let [text] = texts[..] else {
                return Err(refuse("several texts in one call"));
            };
            body.insert("inputText".into(), text.into());
            body.extend(dimensions.map(|number| ("dimensions".into(), number.clone())));
            Ok((body, AnswerForm::TitanEmbeddings))
        }
        Vendor::Cohere => {
            let purpose = asked.get("input_type").and_then(Value::as_str);
            body.insert("texts".into(), json!(texts));
            body.insert(
                "input_type".into(),
                purpose.unwrap_or("search_document").into(),
            );
            body.extend(dimensions.map(|number| ("output_dimension".into(), number.clone())));
            Ok((body, AnswerForm::CohereEmbeddings))
        }
        _ => Err(refuse("embeddings")),
    }
}

/// The list in OpenAI's form out of the vendor's answer. Counts that the vendor does not say are
/// 0. Forms that are not of Bedrock are an error.
pub(crate) fn vectors(
    form: AnswerForm,
    body: &[u8],
    model: &str,
    host: &str,
) -> Result<Value, UpstreamError> {
    let (vectors, tokens) = match form {
        AnswerForm::TitanEmbeddings => titan(body),
        AnswerForm::CohereEmbeddings => cohere(body),
        _ => None,
    }
    .ok_or_else(|| UpstreamError::NotTheApi {
        host: host.to_owned(),
        said: words::describe(body),
    })?;
    let data: Vec<Value> = vectors
        .into_iter()
        .enumerate()
        .map(|(index, vector)| json!({"object": "embedding", "index": index, "embedding": vector}))
        .collect();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    Ok(json!({"object": "list", "data": data, "model": model, "usage": usage}))
}

fn titan(body: &[u8]) -> Option<(Vec<Vector>, u64)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        embedding: Vector,
        #[serde(default)]
        input_text_token_count: u64,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    Some((vec![answer.embedding], answer.input_text_token_count))
}

fn cohere(body: &[u8]) -> Option<(Vec<Vector>, u64)> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Embeddings {
        Plain(Vec<Vector>),
        /// Of version 4, and wherever types are asked for.
        Typed {
            float: Vec<Vector>,
        },
    }
    #[derive(Deserialize)]
    struct Answer {
        embeddings: Embeddings,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    match answer.embeddings {
        Embeddings::Plain(vectors) | Embeddings::Typed { float: vectors } => Some((vectors, 0)),
    }
}
