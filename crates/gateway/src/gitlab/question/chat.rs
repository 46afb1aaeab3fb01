//! Requests of chat and of the features that have a prompt by its name.

use domain::Feature;
use gitlab::prompt::{self, ContextText, Prompt, ReactInputs, StepText, ToolText, Turn};
use gitlab::react::{Step, Version, tools_for};
use gitlab::wire::{self, ChatMessage, ChatRequest, LegacyRequest, PromptApi, Refusal, Speaker};

use super::{Asked, Question};
use crate::gitlab::identity::Identity;
use crate::gitlab::speech::Speech;

/// How `/v1/chat` is sampled where the request does not say it: as GitLab's own gateway does.
const LEGACY_TEMPERATURE: f64 = 0.2;
const LEGACY_TOKENS: u32 = 2_048;

pub(super) fn turn(
    request: ChatRequest,
    identity: &Identity,
    version: Option<Version>,
    today: &str,
) -> Result<Asked, Refusal> {
    if let Some(category) = request.denied_context(|scope| identity.has(scope)) {
        return Err(Refusal::NoContextScope(category));
    }
    let tools = tools_for(|scope| identity.has(scope), version);
    let inputs = ReactInputs {
        tools: tools
            .iter()
            .map(|tool| ToolText {
                name: tool.name.to_owned(),
                description: tool.description.to_owned(),
                example: tool.example.to_owned(),
            })
            .collect(),
        turns: request.messages.into_iter().map(turn_text).collect(),
        steps: request.steps.into_iter().map(step_text).collect(),
        unavailable_resources: request.unavailable_resources,
        current_date: today.to_owned(),
    };
    Ok(Asked {
        question: Question::Turn(Box::new(inputs)),
        speech: Speech::Turn(tools),
        feature: Feature::DuoChat,
        model: request.model,
        streamed: true,
        is_probe: false,
    })
}

fn turn_text(message: ChatMessage) -> Turn {
    let mut contexts = Vec::new();
    if let Some(page) = message.context {
        contexts.push(ContextText {
            tag: page.kind,
            name: String::new(),
            content: page.content,
        });
    }
    if let Some(file) = message.current_file {
        let tag = match file.selected_code {
            true => "selected_code",
            false => "current_file",
        };
        contexts.push(ContextText {
            tag,
            name: file.path,
            content: file.data,
        });
    }
    for context in message.additional_context {
        let name = ["title", "file_name", "name"]
            .iter()
            .find_map(|key| context.metadata.get(*key)?.as_str());
        contexts.push(ContextText {
            tag: context.category.name,
            name: name.map(str::to_owned).or(context.id).unwrap_or_default(),
            content: context.content.unwrap_or_default(),
        });
    }
    Turn {
        speaker: match message.speaker {
            Speaker::User => prompt::Speaker::User,
            Speaker::Assistant => prompt::Speaker::Assistant,
        },
        text: message.content,
        contexts,
    }
}

fn step_text(step: Step) -> StepText {
    StepText {
        thought: step.thought,
        tool: step.tool,
        input: step.tool_input,
        observation: step.observation,
    }
}

pub(super) fn by_id(
    api: PromptApi,
    prompt: &'static Prompt,
    request: wire::PromptRequest,
) -> Result<Asked, Refusal> {
    let absent = prompt
        .inputs
        .iter()
        .find(|input| input.is_required && !request.inputs.contains_key(input.name));
    if let Some(input) = absent {
        return Err(Refusal::NoInput(input.name.to_owned()));
    }
    Ok(Asked {
        question: Question::Prompt(prompt, request.inputs, None),
        speech: Speech::Prompt(api, prompt),
        feature: prompt.feature,
        model: request.model,
        streamed: request.stream,
        is_probe: prompt.id == "model_configuration/check" && !request.stream,
    })
}

pub(super) fn legacy(request: LegacyRequest, feature: Feature) -> Asked {
    let mut parameters = request.parameters;
    parameters.temperature.get_or_insert(LEGACY_TEMPERATURE);
    parameters.max_tokens.get_or_insert(LEGACY_TOKENS);
    Asked {
        speech: Speech::Legacy {
            provider: request.model.provider.clone().unwrap_or_default(),
            model: request.model.family.clone().unwrap_or_default(),
        },
        question: Question::Conversation(request.messages, Box::new(parameters), None),
        feature,
        model: request.model,
        streamed: request.stream,
        is_probe: false,
    }
}
