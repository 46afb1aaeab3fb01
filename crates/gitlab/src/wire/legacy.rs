//! Reads the body of `/v1/chat/{invokable}`, where GitLab sends the whole prompt. Writes none.

use providers::{Message, Parameters, Part, Role};

use super::code::{TextOrMessages, text_or_messages};
use super::fields::{self, Object, Text};
use super::model::ModelHint;
use crate::GitlabError;

/// A request that carries its prompt.
#[derive(Debug, Clone)]
pub struct LegacyRequest {
    /// The conversation; a prompt of one text is one message of the user.
    pub messages: Vec<Message>,
    /// How to sample, and how much, as far as it was said.
    pub parameters: Parameters,
    /// The model that it names.
    pub model: ModelHint,
    /// Whether the answer is to come as a stream.
    pub stream: bool,
}

/// Reads a request.
pub fn read_legacy_chat(body: &[u8]) -> Result<LegacyRequest, GitlabError> {
    fields::read(body, |body| {
        let mut components = body.objects("prompt_components", 1..=1, component);
        let request = components.pop().flatten().unwrap_or(LegacyRequest {
            messages: Vec::new(),
            parameters: Parameters::default(),
            model: ModelHint::default(),
            stream: false,
        });
        let stream = body.flag("stream");
        LegacyRequest { stream, ..request }
    })
}

/// `type` and `metadata` of a component: checked, and not needed.
pub(super) fn head(item: &mut Object<'_>) {
    item.needed_text("type", Text::of(100));
    if let Some(mut metadata) = item.object("metadata") {
        metadata.needed_text("source", Text::of(100));
        metadata.needed_text("version", Text::of(100));
    }
}

fn component(item: &mut Object<'_>) -> Option<LegacyRequest> {
    head(item);
    let mut payload = item.needed_object("payload")?;
    let payload = &mut payload;
    let content = if payload.peek("content").is_some() {
        text_or_messages(payload, "content", Text::of(400_000), 1..=100)
    } else {
        payload.needed_text("content", Text::ANY);
        None
    };
    let messages = match content {
        Some(TextOrMessages::Messages(messages)) => messages,
        Some(TextOrMessages::Text(text)) => vec![Message {
            role: Role::User,
            parts: vec![Part::Text(text)],
        }],
        None => Vec::new(),
    };
    let parameters = payload
        .object("params")
        .map(|mut params| parameters(&mut params));
    Some(LegacyRequest {
        messages,
        parameters: parameters.unwrap_or_default(),
        model: ModelHint::legacy(payload),
        stream: false,
    })
}

fn parameters(params: &mut Object<'_>) -> Parameters {
    let most = params.integer_in("max_tokens_to_sample", 1..=i64::from(u32::MAX));
    Parameters {
        temperature: params.fraction("temperature"),
        max_tokens: most.and_then(|most| most.try_into().ok()),
        stop: params.texts("stop_sequences"),
        ..Parameters::default()
    }
}
