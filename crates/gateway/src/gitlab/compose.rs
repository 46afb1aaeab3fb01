//! Makes the call for what GitLab asks: writes the prompt for the family that answers, and says
//! what is to be done with the answer.

use code::{Completion, Gap, Generation, Language};
use domain::{CompletionRoute, Parameter};
use forms::GapRequest;
use gitlab::prompt::{
    COMPLETIONS, Prompt, PromptError, Rendered, applied_to, render, render_react,
};
use gitlab::wire::Refusal;
use providers::{Ask, Message, Parameters, Role, Target};
use serde_json::{Map, Value, json};

use super::question::{Code, Question};
use crate::error::{GatewayError, Trouble};
use crate::gap::{INSTRUCTION_TOKENS, fit, prepare_gap};
use crate::prepare::{Handling, Polish, Prepared, marks_of};
use crate::record::prompt;
use crate::routes::Exchange;
use crate::wish::Wish;

/// The inputs of a prompt for code that hold the file around the cursor.
const PREFIX: &str = "prefix";
const ABOVE: &str = "trimmed_content_above_cursor";
const BELOW: &str = "trimmed_content_below_cursor";

/// Characters in a token, for inputs that are not cut.
const CHARACTERS_PER_TOKEN: usize = 3;

/// The call for this model.
pub(crate) async fn prepare(
    wish: &Wish,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let edits = &exchange.snapshot.settings.prompts;
    match &wish.question {
        Some(Question::Gap(request, context)) => {
            completion(wish, (**request).clone(), context, target, exchange).await
        }
        Some(Question::Conversation(messages, parameters, code)) => {
            let parameters = Parameters::clone(parameters);
            let messages = messages.clone();
            chat(wish, target, messages, parameters, code.as_ref(), exchange)
        }
        Some(Question::Prompt(prompt, inputs, Some(code @ Code::Generation(_)))) => {
            generation(wish, prompt, inputs, code, target, exchange).await
        }
        Some(Question::Prompt(prompt, inputs, code)) => {
            let written = render(prompt, edits, inputs, target.family);
            rendered(wish, target, written, code.as_ref(), exchange)
        }
        Some(Question::Turn(inputs)) => {
            let written = render_react(edits, inputs, target.family);
            rendered(wish, target, written, None, exchange)
        }
        None => Err(GatewayError::Malformed("nothing is asked".into()).into()),
    }
}

/// A gap, by the numbers of its prompt; by the texts of it, too, where a family that is asked
/// through chat has other texts than the usual ones.
async fn completion(
    wish: &Wish,
    mut request: GapRequest,
    context: &[String],
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let edits = &exchange.snapshot.settings.prompts;
    let family = target.family;
    let prompt = Prompt::find(COMPLETIONS).map_err(|error| GatewayError::from(refusal(&error)))?;
    let applied = applied_to(prompt, edits, family);
    let is_usual = applied.has_usual_texts(prompt);
    let numbers = &mut request.parameters;
    numbers.max_tokens.get_or_insert(applied.max_tokens);
    numbers.temperature.get_or_insert(applied.temperature);
    let instruct = |gap: &Gap| {
        if is_usual {
            return Ok(None);
        }
        let inputs = json!({
            "prefix": gap.prefix,
            "suffix": gap.suffix,
            "file_name": gap.file_name,
            "language": gap.language.map(Language::name),
            "context": gap.context,
        });
        let inputs = inputs.as_object().cloned().unwrap_or_default();
        let written = render(prompt, edits, &inputs, family);
        written
            .map(Some)
            .map_err(|error| GatewayError::from(refusal(&error)))
    };
    prepare_gap(wish, request, context, &instruct, target, exchange).await
}

/// Code from an instruction: the file around the cursor is cut to the context, as it is for a gap.
async fn generation(
    wish: &Wish,
    prompt: &Prompt,
    inputs: &Map<String, Value>,
    code: &Code,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let edits = &exchange.snapshot.settings.prompts;
    let text = |name: &str| inputs.get(name).and_then(Value::as_str).unwrap_or_default();
    let above = Some(text(ABOVE)).filter(|text| !text.is_empty());
    let around = Gap::new(above.unwrap_or(text(PREFIX)), text(BELOW));
    let others = inputs
        .iter()
        .filter(|(name, _)| ![PREFIX, ABOVE, BELOW].contains(&name.as_str()))
        .map(|(_, value)| value.to_string().chars().count());
    let others = others.sum::<usize>().div_ceil(CHARACTERS_PER_TOKEN);
    let answer = applied_to(prompt, edits, target.family).max_tokens;
    let reserved = answer
        .saturating_add(INSTRUCTION_TOKENS)
        .saturating_add(u32::try_from(others).unwrap_or(u32::MAX));
    let fitted = fit(&around, reserved, target, exchange).await;
    if !fitted.dropped.any() {
        let written = render(prompt, edits, inputs, target.family);
        return rendered(wish, target, written, Some(code), exchange);
    }
    let mut inputs = inputs.clone();
    for (name, text) in [
        (PREFIX, &fitted.gap.prefix),
        (ABOVE, &fitted.gap.prefix),
        (BELOW, &fitted.gap.suffix),
    ] {
        inputs.insert(name.to_owned(), text.as_str().into());
    }
    let written = render(prompt, edits, &inputs, target.family);
    let mut prepared = rendered(wish, target, written, Some(code), exchange)?;
    prepared.notes.push(fitted.dropped.to_string());
    Ok(prepared)
}

fn rendered(
    wish: &Wish,
    target: Target<'_>,
    written: Result<Rendered, PromptError>,
    code: Option<&Code>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let mut written = written.map_err(|error| GatewayError::from(refusal(&error)))?;
    let chat_tokens = exchange.snapshot.gitlab.calls.chat_tokens;
    if let Some(most) = chat_tokens.filter(|_| wish.voice.is_gitlabs_chat()) {
        written.parameters.max_tokens = Some(most);
    }
    let has_prefill = written.prefill.is_some();
    let mut prepared = chat(
        wish,
        target,
        written.messages,
        written.parameters,
        code,
        exchange,
    )?;
    if has_prefill {
        let note = "the prompt ends with the beginning of the answer";
        prepared.notes.push(note.to_owned());
    }
    Ok(prepared)
}

/// What GitLab is told of a prompt that cannot be written.
fn refusal(error: &PromptError) -> Refusal {
    match error {
        PromptError::NotFound(id) => Refusal::NoPrompt(id.clone()),
        PromptError::MissingInput { input, .. } => Refusal::NoInput((*input).to_owned()),
        PromptError::NotByName(_) | PromptError::NoQuestion => {
            Refusal::Other(422, error.to_string())
        }
        // The admin's own text is at fault, and the admin has to know.
        _ => Refusal::Other(500, format!("the prompt cannot be written: {error}")),
    }
}

fn chat(
    wish: &Wish,
    target: Target<'_>,
    messages: Vec<Message>,
    parameters: Parameters,
    code: Option<&Code>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    if let Some(tape) = exchange.record.tape() {
        tape.preprocessed(&prompt::conversation(&messages));
    }
    let streamed = wish.request.streamed && !exchange.snapshot.gitlab.calls.no_streams;
    let stops = match target.family.refuses(Parameter::Stop) {
        true => parameters.stop.clone(),
        false => Vec::new(),
    };
    let family = target.family;
    let polish = match code {
        Some(Code::Completion(gap)) => Polish::Completion(Box::new(Completion::new(
            gap,
            family,
            CompletionRoute::Chat,
        ))),
        Some(Code::Generation(gap)) => {
            Polish::Generation(Box::new(Generation::new(gap, family, streamed)))
        }
        None => Polish::Thoughts(marks_of(target)),
    };
    let ask = Ask {
        messages,
        parameters,
        stream: streamed,
        ..Ask::default()
    };
    Ok(Prepared {
        call: providers::chat(target, &ask)?,
        streamed,
        handling: Handling::Translate {
            voice: wish.voice.clone(),
            polish,
            stops,
            include_usage: true,
            echo: Map::new(),
        },
        notes: Vec::new(),
    })
}

/// What was asked last, for the sample model, which reads nothing else.
pub(crate) fn heard(question: &Question) -> String {
    match question {
        Question::Gap(request, _) => request.prompt.clone(),
        Question::Conversation(messages, ..) => {
            let user = |message: &&Message| message.role == Role::User;
            let last = messages.iter().rev().find(user);
            last.map(Message::text).unwrap_or_default()
        }
        Question::Prompt(prompt, ..) => prompt.title.to_owned(),
        Question::Turn(inputs) => inputs
            .turns
            .last()
            .map(|turn| turn.text.clone())
            .unwrap_or_default(),
    }
}
