//! Makes calls: which provider writes a request, and in which form its answer comes.

use bytes::Bytes;
use domain::{CompletionRoute, Connection, FamilyRecord, Provider, ServerEndpoint, ServerKind};
use http::{HeaderMap, Method};
use secrecy::SecretSlice;
use serde::Deserialize;
use url::Url;

use crate::{Ask, Decode, Event, Fill, UpstreamError, anthropic, azure, bedrock, openai, words};

/// Whom a call is for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// How to speak to it.
    pub provider: Provider,
    /// Its server; none for the vendor's own address.
    pub server: Option<&'a ServerEndpoint>,
    /// The name that the server knows the model by.
    pub name: &'a str,
    /// How to reach it.
    pub connection: &'a Connection,
    /// The model's family, as it applies to this model.
    pub family: &'a FamilyRecord,
    /// The key, when there is one.
    pub key: Option<&'a SecretSlice<u8>>,
    /// The kind of server behind the OpenAI API, as far as it is known.
    pub kind: ServerKind,
}

/// A call, ready but for its authorization.
#[derive(Debug, Clone)]
pub struct Call {
    /// POST, or GET without a body.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Headers of the form, without authorization.
    pub headers: HeaderMap,
    /// The body, in JSON.
    pub body: Option<Bytes>,
    /// The form of the answer.
    pub form: AnswerForm,
    /// What was left out or written otherwise for this model or server, each in a few words.
    pub notes: Vec<String>,
}

/// The form in which an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// `chat.completion` and its chunks; Mistral's FIM answers so too.
    OpenaiChat,
    /// `text_completion` and its chunks.
    OpenaiText,
    /// llama.cpp's `/infill`.
    Infill,
    /// Ollama's `/api/generate`, NDJSON.
    OllamaGenerate,
    /// Anthropic Messages.
    Anthropic,
    /// Bedrock Converse; its stream is an AWS event stream.
    Converse,
    /// Bedrock InvokeModel with Mistral's body; its stream is an AWS event stream.
    InvokeMistral,
    /// Bedrock InvokeModel with Anthropic's body; its stream is an AWS event stream.
    InvokeAnthropic,
    /// Vectors, in OpenAI's form.
    OpenaiEmbeddings,
    /// Vectors of Amazon Titan on Bedrock.
    TitanEmbeddings,
    /// Vectors of Cohere on Bedrock.
    CohereEmbeddings,
}

impl AnswerForm {
    /// A decoder for a stream of this form; none where there are no streams.
    pub fn decoder(self) -> Option<Box<dyn Decode>> {
        match self {
            Self::OpenaiChat | Self::OpenaiText | Self::Infill => Some(openai::decoder(self)),
            Self::OllamaGenerate => Some(openai::ollama::decoder()),
            Self::Anthropic => Some(anthropic::decoder()),
            Self::Converse | Self::InvokeMistral | Self::InvokeAnthropic => {
                Some(bedrock::decoder(self))
            }
            Self::OpenaiEmbeddings | Self::TitanEmbeddings | Self::CohereEmbeddings => None,
        }
    }

    /// The events of an answer in one piece. `host` names the server in errors.
    pub fn events(self, body: &[u8], host: &str) -> Result<Vec<Event>, UpstreamError> {
        match self {
            Self::OpenaiChat | Self::OpenaiText | Self::Infill => openai::events(self, body, host),
            Self::OllamaGenerate => openai::ollama::events(body, host),
            Self::Anthropic => anthropic::events(body, host),
            Self::Converse | Self::InvokeMistral | Self::InvokeAnthropic => {
                bedrock::events(self, body, host)
            }
            Self::OpenaiEmbeddings | Self::TitanEmbeddings | Self::CohereEmbeddings => {
                Err(UpstreamError::NotTheApi {
                    host: host.to_owned(),
                    said: "vectors instead of words".into(),
                })
            }
        }
    }
}

/// The call that continues a conversation.
pub fn chat(target: Target<'_>, ask: &Ask) -> Result<Call, UpstreamError> {
    match target.provider {
        Provider::OpenaiCompatible | Provider::Ollama | Provider::Mistral => {
            openai::chat(target, ask)
        }
        Provider::Azure => azure::chat(target, ask),
        Provider::Bedrock => bedrock::chat(target, ask),
        Provider::Anthropic => anthropic::chat(target, ask),
        Provider::Sample => Err(no_server()),
    }
}

/// The call that fills a gap: a raw prompt, or the server's own way. Providers that only chat
/// refuse.
pub fn fill(target: Target<'_>, gap: &Fill) -> Result<Call, UpstreamError> {
    match target.provider {
        Provider::OpenaiCompatible | Provider::Ollama | Provider::Mistral => {
            openai::fill(target, gap)
        }
        provider => Err(UpstreamError::Unsupported {
            who: provider.record().title.to_owned(),
            what: "raw prompts".into(),
        }),
    }
}

/// Whether a gap can be asked for, by a raw prompt or in the server's own way. `fill` refuses what
/// this says no to.
pub fn can_fill(provider: Provider, kind: ServerKind, way_is_raw: bool) -> bool {
    match provider {
        Provider::OpenaiCompatible | Provider::Ollama | Provider::Mistral => {
            openai::can_fill(provider, kind, way_is_raw)
        }
        Provider::Azure | Provider::Bedrock | Provider::Anthropic | Provider::Sample => false,
    }
}

/// The way that a code completion goes: the first of the family's ways that the provider and its
/// kind of server have, and chat when there is none.
pub fn completion_route(
    provider: Provider,
    kind: ServerKind,
    family: &FamilyRecord,
) -> CompletionRoute {
    let has = |route: &CompletionRoute| match route {
        CompletionRoute::RawFim => family.fim.is_some() && can_fill(provider, kind, true),
        CompletionRoute::RawPrefix => can_fill(provider, kind, true),
        CompletionRoute::ServerFim => can_fill(provider, kind, false),
        CompletionRoute::Chat => true,
    };
    let found = family.routes.iter().copied().find(has);
    found.unwrap_or(CompletionRoute::Chat)
}

/// The call that turns texts into vectors, from a body in OpenAI's form.
pub fn embed(target: Target<'_>, body: &serde_json::Value) -> Result<Call, UpstreamError> {
    match target.provider {
        Provider::OpenaiCompatible | Provider::Ollama | Provider::Mistral => {
            openai::embed(target, body)
        }
        Provider::Azure => azure::embed(target, body),
        Provider::Bedrock => bedrock::embed(target, body),
        Provider::Anthropic => Err(UpstreamError::Unsupported {
            who: "Anthropic".into(),
            what: "embeddings".into(),
        }),
        Provider::Sample => Err(no_server()),
    }
}

fn no_server() -> UpstreamError {
    UpstreamError::Invalid("the sample model has no server".into())
}

/// The call that passes a body in OpenAI's form on as it is, to a provider of that form.
pub fn pass(
    target: Target<'_>,
    path: domain::UpstreamPath,
    body: Bytes,
) -> Result<Call, UpstreamError> {
    match target.provider {
        Provider::OpenaiCompatible | Provider::Ollama | Provider::Mistral => {
            openai::pass(target, path, body)
        }
        Provider::Azure => azure::pass(target, path, body),
        provider => Err(UpstreamError::Unsupported {
            who: provider.record().title.to_owned(),
            what: "requests in OpenAI's form".into(),
        }),
    }
}

/// A body in OpenAI's form for a stream, with the question for token counts that its client did not
/// ask; none where the client asked, or where the server is not known to answer it.
pub fn with_counts(target: Target<'_>, body: &Bytes) -> Option<Bytes> {
    match target.provider {
        Provider::OpenaiCompatible | Provider::Ollama | Provider::Mistral => {
            openai::with_counts(target, body)
        }
        Provider::Azure => azure::with_counts(target, body),
        Provider::Bedrock | Provider::Anthropic | Provider::Sample => None,
    }
}

/// The call that passes a body in Anthropic's form on, to a provider of that form. It goes as it
/// is, but for what the model's family refuses.
pub fn pass_messages(target: Target<'_>, body: Bytes) -> Result<Call, UpstreamError> {
    match target.provider {
        Provider::Anthropic => anthropic::pass(target, body),
        provider => Err(no_messages(provider)),
    }
}

/// The same call, from the body of a client in Anthropic's form.
pub fn pass_count_messages(target: Target<'_>, body: Bytes) -> Result<Call, UpstreamError> {
    match target.provider {
        Provider::Anthropic => anthropic::pass_count(target, body),
        provider => Err(no_messages(provider)),
    }
}

/// The number of tokens in the answer to such a call; none when it is not of the form.
pub fn counted_messages(body: &[u8]) -> Option<u32> {
    anthropic::counted(body)
}

fn no_messages(provider: Provider) -> UpstreamError {
    UpstreamError::Unsupported {
        who: provider.record().title.to_owned(),
        what: "requests in Anthropic's form".into(),
    }
}

impl AnswerForm {
    /// Vectors in OpenAI's form, whatever the form of the answer. `model` is the name for the
    /// client, `host` names the server in errors.
    pub fn vectors(self, body: &[u8], model: &str, host: &str) -> Result<Vec<u8>, UpstreamError> {
        if self != Self::OpenaiEmbeddings {
            let list = bedrock::vectors(self, body, model, host)?;
            return Ok(list.to_string().into_bytes());
        }
        match serde_json::from_slice::<VectorList<'_>>(body) {
            Ok(_) => Ok(body.to_vec()),
            Err(_) => Err(UpstreamError::NotTheApi {
                host: host.to_owned(),
                said: words::describe(body),
            }),
        }
    }
}

/// As much of a list of vectors as shows that it is one.
#[derive(Deserialize)]
struct VectorList<'a> {
    #[serde(borrow, rename = "data")]
    _data: Vec<&'a serde_json::value::RawValue>,
}
