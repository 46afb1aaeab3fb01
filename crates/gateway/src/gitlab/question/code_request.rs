//! Requests for code: what stands around the cursor, an instruction, or a prompt of the client's own.

use code::Gap;
use domain::Feature;
use forms::GapRequest;
use gitlab::prompt::Prompt;
use gitlab::wire::{
    self, CodePrompt, CodeRequest, CurrentFile, Enhancer, Refusal, Snippet, SuggestionKind,
    SuggestionPrompt, SuggestionRequest,
};
use providers::{Message, Parameters, Role};
use serde_json::{Value, json};

use super::{Asked, Code, Question};
use crate::gitlab::identity::Identity;
use crate::gitlab::probe;
use crate::gitlab::speech::Speech;

/// The prompt for code from an instruction.
const GENERATIONS: &str = "code_suggestions/generations";

/// What GitLab asks for where nobody wrote an instruction.
const NO_INSTRUCTION: &str = "Continue the code at the cursor.";

pub(super) fn completion(request: CodeRequest) -> Result<Asked, Refusal> {
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

pub(super) fn generation(request: CodeRequest) -> Result<Asked, Refusal> {
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

pub(super) fn suggestion(
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
