//! What GitLab or an editor asks, read from its body: what is to be answered, in which form, and
//! what it says of the model. Asks no model.

use code::Gap;
use domain::Feature;
use forms::GapRequest;
use gitlab::prompt::{Prompt, ReactInputs};
use gitlab::react::Version;
use gitlab::wire::{self, Endpoint, ModelHint, Refusal};
use providers::{Message, Parameters};
use serde_json::{Map, Value};

use super::identity::Identity;
use super::speech::Speech;

mod chat;
mod code_request;

use chat::{by_id, legacy, turn};
use code_request::{completion, generation, suggestion};

/// A request of GitLab or of an editor.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What is to be answered.
    pub(crate) question: Question,
    /// In which form.
    pub(crate) speech: Speech,
    /// The feature whose route says who answers, unless the request names a model.
    pub(crate) feature: Feature,
    /// What it says of the model.
    pub(crate) model: ModelHint,
    /// Whether the answer is to come as a stream.
    pub(crate) streamed: bool,
    /// Whether it only asks whether the model answers.
    pub(crate) is_probe: bool,
}

/// What is to be answered. A prompt is written when it is known which family reads it.
#[derive(Debug)]
pub(crate) enum Question {
    /// The code between two texts.
    Gap(Box<GapRequest>, Vec<String>),
    /// A conversation as it came.
    Conversation(Vec<Message>, Box<Parameters>, Option<Code>),
    /// A prompt of ours with its inputs.
    Prompt(&'static Prompt, Map<String, Value>, Option<Code>),
    /// A turn of Duo Chat.
    Turn(Box<ReactInputs>),
}

/// Code that is asked for in words, with the place where it will stand.
#[derive(Debug)]
pub(crate) enum Code {
    /// The next words at the cursor.
    Completion(Box<Gap>),
    /// A block.
    Generation(Box<Gap>),
}

/// Reads a body. The caller is known; whether it may ask is checked here as far as the body decides
/// it. `today` is told to chat.
pub(crate) fn read(
    endpoint: &Endpoint,
    body: &[u8],
    identity: &Identity,
    version: Option<Version>,
    today: &str,
) -> Result<Asked, Refusal> {
    // A body that is no request is told so before anybody's scopes are looked at.
    let allowed = || {
        endpoint
            .scope()
            .map_or(Ok(()), |scope| identity.check(scope))
    };
    match endpoint {
        Endpoint::Completions => {
            let request = wire::read_completion(body)?;
            allowed().and_then(|()| completion(request))
        }
        Endpoint::Generations => {
            let request = wire::read_generation(body)?;
            allowed().and_then(|()| generation(request))
        }
        Endpoint::SuggestionsV3 => suggestion(wire::read_suggestion(body)?, false, identity),
        Endpoint::SuggestionsV4 => suggestion(wire::read_suggestion(body)?, true, identity),
        Endpoint::ChatAgent => {
            let request = wire::read_chat(body)?;
            allowed().and_then(|()| turn(request, identity, version, today))
        }
        Endpoint::Prompt(api, prompt) => {
            let request = wire::read_prompt(body)?;
            allowed().and_then(|()| by_id(*api, prompt, request))
        }
        Endpoint::LegacyChat(invokable) => {
            let request = wire::read_legacy_chat(body)?;
            allowed().map(|()| legacy(request, invokable.feature))
        }
        _ => Err(Refusal::NotFound),
    }
}
