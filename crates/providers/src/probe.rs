//! Asks a server about itself: its models, its kind, how many tokens a text has.

use std::time::Duration;

use domain::{Provider, ServerKind};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::client::get;
use crate::{AnswerForm, Client, Target, UpstreamError, azure, bedrock, openai, read_whole, words};

/// The most models that are taken from a list.
const MOST_MODELS: usize = 2_000;

/// A model that a server lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedModel {
    /// Its id at the server.
    pub id: String,
    /// Its context in tokens, when the server says it.
    pub context: Option<u32>,
    /// Who the server says owns it; servers tell their kind by it.
    pub owner: Option<String>,
}

/// The models that a server lists. A 200 without a `data` list is no success. Providers that
/// have no such list for keys of this kind say so.
pub async fn list_models(
    client: &Client,
    target: Target<'_>,
    correlation_id: &str,
    within: Duration,
) -> Result<Vec<ServedModel>, UpstreamError> {
    if target.provider == Provider::Bedrock {
        return bedrock::list_models(client, target, correlation_id, within).await;
    }
    let Some(url) = models_url(target)? else {
        return Ok(Vec::new());
    };
    let host = outbound::host_of(&url);
    let mut call = get(url, AnswerForm::OpenaiChat);
    if target.provider == Provider::Anthropic {
        call.headers = crate::anthropic::headers(target);
    }
    let late = || UpstreamError::Late {
        host: host.clone(),
        after: within,
    };
    let work = async {
        let response = client.send(&call, target, correlation_id, within).await?;
        read_whole(response, &host).await
    };
    let body = tokio::time::timeout(within, work)
        .await
        .map_err(|_| late())??;
    models_in(&body).ok_or_else(|| UpstreamError::NotTheApi {
        host,
        said: words::describe(&body),
    })
}

/// Where the models are listed; none for the sample model, and for Bedrock, which has several
/// lists.
pub fn models_url(target: Target<'_>) -> Result<Option<Url>, UpstreamError> {
    match target.provider {
        Provider::OpenaiCompatible | Provider::Ollama | Provider::Mistral => {
            openai::models_url(target).map(Some)
        }
        Provider::Azure => azure::models_url(target).map(Some),
        Provider::Anthropic => crate::anthropic::models_url(target).map(Some),
        Provider::Bedrock | Provider::Sample => Ok(None),
    }
}

/// The models of a list; none when it is no such list.
fn models_in(body: &[u8]) -> Option<Vec<ServedModel>> {
    let list: ModelList = serde_json::from_slice(body).ok()?;
    let models = list.data.into_iter().take(MOST_MODELS);
    Some(models.map(Listed::into_served).collect())
}

/// The kind of server behind the OpenAI API, by what it says of its models. Text Generation
/// Inference owns its model by the model's own name (`router/src/server.rs` there).
pub fn detect(models: &[ServedModel]) -> ServerKind {
    let owners = || models.iter().filter_map(|model| model.owner.as_deref());
    if let Some(kind) = owners().find_map(openai::kind_of_owner) {
        return kind;
    }
    match models {
        [model] if model.owner.as_deref() == Some(model.id.as_str()) => ServerKind::Tgi,
        _ => ServerKind::Other,
    }
}

/// The tokens of a text, asked of the server, without those that it would put around it. None
/// where the server cannot say.
pub async fn count_tokens(
    client: &Client,
    target: Target<'_>,
    text: &str,
    correlation_id: &str,
    within: Duration,
) -> Option<Vec<u32>> {
    openai::tokenize(client, target, text, correlation_id, within).await
}

/// The tokens of the prompt in the body of a call, as the server would read it. None where it cannot
/// say.
pub async fn measure_body(
    client: &Client,
    target: Target<'_>,
    body: &[u8],
    correlation_id: &str,
    within: Duration,
) -> Option<u32> {
    match target.provider {
        Provider::OpenaiCompatible => {
            openai::measure(client, target, body, correlation_id, within).await
        }
        Provider::Anthropic => {
            let call = crate::anthropic::count_of_body(target, body).ok()??;
            let host = outbound::host_of(&call.url);
            let work = async {
                let sent = client.send(&call, target, correlation_id, within).await;
                read_whole(sent.ok()?, &host).await.ok()
            };
            let answer = tokio::time::timeout(within, work).await.ok()??;
            crate::counted_messages(&answer)
        }
        _ => None,
    }
}

/// How many tokens the server reads and writes for one request, where it says so beside its list of
/// models.
pub async fn context_of_server(
    client: &Client,
    target: Target<'_>,
    correlation_id: &str,
    within: Duration,
) -> Option<u32> {
    match target.provider {
        Provider::OpenaiCompatible => openai::context(client, target, correlation_id, within).await,
        _ => None,
    }
}

#[derive(Deserialize)]
struct ModelList {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    #[serde(default)]
    owned_by: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Where the context stands: vLLM and SGLang, Anthropic, Mistral, LiteLLM and many others.
const CONTEXTS: [&str; 4] = [
    "max_model_len",
    "max_input_tokens",
    "max_context_length",
    "context_length",
];

impl Listed {
    fn into_served(self) -> ServedModel {
        // llama.cpp has it one level deeper.
        let in_meta = self.rest.get("meta").and_then(|meta| meta.get("n_ctx"));
        let context = CONTEXTS
            .iter()
            .filter_map(|name| self.rest.get(*name))
            .chain(in_meta)
            .find_map(|value| u32::try_from(value.as_u64()?).ok());
        ServedModel {
            id: words::cut(&self.id, 1_000),
            context,
            owner: self.owned_by.map(|owner| words::cut(&owner, 100)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_is_found_wherever_a_server_says_it() {
        for (fields, context) in [
            (r#""owned_by":"vllm","max_model_len":2048"#, Some(2048)),
            (
                r#""owned_by":null,"max_model_len":null,"meta":{"n_ctx":4096}"#,
                Some(4096),
            ),
            (
                r#""max_context_length":32768,"capabilities":{}"#,
                Some(32768),
            ),
            (r#""max_model_len":-1"#, None),
            (r#""meta":"none""#, None),
        ] {
            let body = format!(r#"{{"object":"list","data":[{{"id":"m",{fields}}}]}}"#);
            let models = models_in(body.as_bytes()).unwrap();
            assert_eq!(
                (models[0].id.as_str(), models[0].context),
                ("m", context),
                "{fields}"
            );
        }
    }

    #[test]
    fn a_list_of_models_is_bounded_and_nothing_else_is_one() {
        let endless = format!(
            r#"{{"data":[{}{{"id":"z"}}]}}"#,
            r#"{"id":"m"},"#.repeat(5_000)
        );
        assert_eq!(models_in(endless.as_bytes()).unwrap().len(), MOST_MODELS);
        for body in [
            "",
            "{}",
            "[]",
            r#"{"data":null}"#,
            r#"{"data":[{"name":"m"}]}"#,
        ] {
            assert_eq!(models_in(body.as_bytes()), None, "{body}");
        }
    }
}
