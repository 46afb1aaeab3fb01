//! What GitLab or an editor asks, read from its body: what is to be answered, in which form, and
//! what it says of the model. Asks no model.

use code::Gap;
use domain::Feature;
use forms::GapRequest;
use gitlab::prompt::{ContextText, Prompt, ReactInputs, StepText, ToolText, Turn};
use gitlab::react::{Step, Version, tools_for};
use gitlab::wire::{
    self, ChatMessage, ChatRequest, CodePrompt, CodeRequest, CurrentFile, Endpoint, Enhancer,
    LegacyRequest, ModelHint, PromptApi, Refusal, Snippet, Speaker, SuggestionKind,
    SuggestionPrompt, SuggestionRequest,
};
use providers::{Message, Parameters, Role};
use serde_json::{Map, Value, json};

use super::identity::Identity;
use super::probe;
use super::speech::Speech;

/// The prompt for code from an instruction.
const GENERATIONS: &str = "code_suggestions/generations";

/// What GitLab asks for where nobody wrote an instruction.
const NO_INSTRUCTION: &str = "Continue the code at the cursor.";

/// How `/v1/chat` is sampled where the request does not say it: as GitLab's own gateway does.
const LEGACY_TEMPERATURE: f64 = 0.2;
const LEGACY_TOKENS: u32 = 2_048;

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

fn completion(request: CodeRequest) -> Result<Asked, Refusal> {
    let lang = lang_of(&request.file);
    // GitLab's health check; editors send more than a line of their own.
    let is_probe = !request.stream
        && request.file.name == "test.rb"
        && request.file.above.starts_with("def hello_world")
        && request.file.below.is_empty();
    let question = match request.prompt {
        CodePrompt::Messages(Some(messages)) if !messages.is_empty() => {
            let gap = gap_of(&request.file, &request.context);
            Question::Conversation(messages, Box::default(), Some(Code::Completion(gap)))
        }
        _ => {
            let most = is_probe.then_some(probe::TOKENS);
            gap(&request.file, request.context, request.stream, most)
        }
    };
    Ok(Asked {
        question,
        speech: Speech::Code { lang },
        feature: Feature::CodeCompletions,
        model: request.model,
        streamed: request.stream,
        is_probe,
    })
}

fn generation(request: CodeRequest) -> Result<Asked, Refusal> {
    let gap = gap_of(&request.file, &request.context);
    let question = match request.prompt {
        CodePrompt::Messages(Some(messages)) if !messages.is_empty() => {
            Question::Conversation(messages, Box::default(), Some(Code::Generation(gap)))
        }
        CodePrompt::Text(Some(text)) if !text.trim().is_empty() && request.prompt_id.is_none() => {
            let messages = vec![Message::of_text(Role::User, text)];
            Question::Conversation(messages, Box::default(), Some(Code::Generation(gap)))
        }
        CodePrompt::Text(Some(text)) => generate(&request.file, &text, Enhancer::default(), gap)?,
        _ => generate(&request.file, "", Enhancer::default(), gap)?,
    };
    Ok(Asked {
        question,
        speech: Speech::Code {
            lang: lang_of(&request.file),
        },
        feature: Feature::CodeGenerations,
        model: request.model,
        streamed: request.stream,
        is_probe: false,
    })
}

fn suggestion(
    request: SuggestionRequest,
    events: bool,
    identity: &Identity,
) -> Result<Asked, Refusal> {
    let feature = request.kind.feature();
    identity.check(request.kind.scope())?;
    let gap = gap_of(&request.file, &request.context);
    let question = match (request.kind, request.prompt) {
        (kind, Some(SuggestionPrompt::Messages(messages))) if !messages.is_empty() => {
            let code = match kind {
                SuggestionKind::Completion { .. } => Code::Completion(gap),
                SuggestionKind::Generation => Code::Generation(gap),
            };
            Question::Conversation(messages, Box::default(), Some(code))
        }
        (SuggestionKind::Completion { .. }, _) => {
            self::gap(&request.file, request.context, request.stream, None)
        }
        (SuggestionKind::Generation, Some(SuggestionPrompt::Text(text)))
            if request.prompt_id.is_none() && !text.trim().is_empty() =>
        {
            let messages = vec![Message::of_text(Role::User, text)];
            Question::Conversation(messages, Box::default(), Some(Code::Generation(gap)))
        }
        (SuggestionKind::Generation, prompt) => {
            let instruction = match prompt {
                Some(SuggestionPrompt::Text(text)) => text,
                _ => String::new(),
            };
            generate(&request.file, &instruction, request.enhancer, gap)?
        }
    };
    Ok(Asked {
        question,
        speech: Speech::Suggestion {
            lang: lang_of(&request.file),
            events,
        },
        feature,
        model: request.model,
        streamed: request.stream,
        is_probe: false,
    })
}

fn lang_of(file: &CurrentFile) -> String {
    wire::lang(&file.name, file.language.as_deref())
}

fn gap_of(file: &CurrentFile, context: &[Snippet]) -> Box<Gap> {
    let gap = Gap::new(&file.above, &file.below).in_file(&file.name, file.language.as_deref());
    Box::new(gap.with_context(context.iter().map(|snippet| snippet.content.as_str())))
}

fn gap(file: &CurrentFile, context: Vec<Snippet>, stream: bool, most: Option<u32>) -> Question {
    let request = GapRequest {
        model: String::new(),
        prompt: file.above.clone(),
        suffix: file.below.clone(),
        parameters: Parameters {
            max_tokens: most,
            ..Parameters::default()
        },
        stream,
        include_usage: true,
        file_name: Some(file.name.clone()),
        language: file.language.clone(),
    };
    let context = context.into_iter().map(|snippet| snippet.content);
    Question::Gap(Box::new(request), context.collect())
}

/// Code from an instruction, by our prompt.
fn generate(
    file: &CurrentFile,
    instruction: &str,
    enhancer: Enhancer,
    gap: Box<Gap>,
) -> Result<Question, Refusal> {
    let written = enhancer.user_instruction.as_deref().unwrap_or(instruction);
    let instruction = match written.trim() {
        "" => NO_INSTRUCTION,
        _ => written,
    };
    let examples = enhancer.examples.iter().map(|example| {
        json!({
            "example": example.example,
            "response": example.response,
            "trigger_type": example.trigger_type,
        })
    });
    let inputs = json!({
        "prefix": file.above,
        "instruction": instruction,
        "user_instruction": instruction,
        "file_name": file.name,
        "language": lang_of(file),
        "examples_array": examples.collect::<Vec<_>>(),
        "trimmed_content_above_cursor": enhancer.above.as_deref().unwrap_or(&file.above),
        "trimmed_content_below_cursor": enhancer.below.as_deref().unwrap_or(&file.below),
        "related_files": enhancer.related_files,
        "related_snippets": enhancer.related_snippets,
        "libraries": enhancer.libraries,
    });
    let Value::Object(inputs) = inputs else {
        return Err(Refusal::NotFound);
    };
    let prompt = Prompt::find(GENERATIONS).map_err(|_| Refusal::NoPrompt(GENERATIONS.into()))?;
    Ok(Question::Prompt(
        prompt,
        inputs,
        Some(Code::Generation(gap)),
    ))
}

fn turn(
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
            Speaker::User => gitlab::prompt::Speaker::User,
            Speaker::Assistant => gitlab::prompt::Speaker::Assistant,
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

fn by_id(
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

fn legacy(request: LegacyRequest, feature: Feature) -> Asked {
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
