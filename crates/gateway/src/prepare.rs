//! Makes the call for one model out of what a client wants: the bytes as they came where client
//! and server speak the same form, else a translation.

use code::{Completion, Gap, Generation};
use domain::{CompletionRoute, Feature, Parameter, Provider, ReasoningMarks, UpstreamPath};
use forms::{Asked, Form};
use providers::{Call, Target, UpstreamError};

use crate::error::{GatewayError, Trouble};
use crate::gap;
use crate::gitlab;
use crate::record::prompt;
use crate::routes::Exchange;
use crate::voice::Voice;
use crate::wish::{Wish, WishKind};

/// A call, and what is to be done with its answer.
pub(crate) struct Prepared {
    /// The call.
    pub(crate) call: Call,
    /// Whether the server is asked for a stream.
    pub(crate) streamed: bool,
    /// What is to be done with the answer.
    pub(crate) handling: Handling,
    /// What was done to the request, for its record.
    pub(crate) notes: Vec<String>,
}

/// What is to be done with an answer.
#[derive(Debug)]
pub(crate) enum Handling {
    /// Its bytes pass; it is read on the side.
    Pass {
        /// The form of the bytes, for client and server alike.
        form: Form,
        /// The marks of thoughts to be shown apart.
        thoughts: Option<ReasoningMarks>,
        /// Whether the token counts of a stream are kept from the client, who did not ask.
        hides_counts: bool,
    },
    /// It is read and written anew.
    Translate {
        /// How the client is spoken to.
        voice: Voice,
        /// What is done to its text.
        polish: Polish,
        /// The client's stop texts that the server does not keep.
        stops: Vec<String>,
        /// Whether a stream ends with token counts.
        include_usage: bool,
        /// Fields of the request that the answer repeats.
        echo: serde_json::Map<String, serde_json::Value>,
    },
    /// Vectors, written in OpenAI's form.
    Vectors,
}

/// What is done to the text of an answer.
#[derive(Debug)]
pub(crate) enum Polish {
    /// Thoughts are shown apart.
    Thoughts(ReasoningMarks),
    /// It fills a gap.
    Completion(Box<Completion>),
    /// It is code from an instruction.
    Generation(Box<Generation>),
}

/// The call for this model.
pub(crate) async fn prepare(
    wish: &Wish,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    if wish.request.has_token_ids {
        return token_ids(wish, target);
    }
    match wish.kind {
        WishKind::Embeddings => embeddings(wish, target),
        // On the heap: they ask servers, and would make every other request as large.
        WishKind::Gap => Box::pin(gap::prepare(wish, target, exchange)).await,
        WishKind::Prompt if target.provider == Provider::OpenaiCompatible => {
            raw_prompt(wish, target)
        }
        WishKind::Prompt => Box::pin(gap::prepare_prompt(wish, target, exchange)).await,
        WishKind::Messages if target.provider == Provider::Anthropic => {
            let body = wish.body_for(target.name);
            let call = providers::pass_messages(target, body)?;
            let form = Form::Messages;
            let handling = Handling::Pass {
                form,
                thoughts: None,
                hides_counts: false,
            };
            Ok(passed(call, wish, handling))
        }
        WishKind::Chat if speaks_openai(target.provider) => {
            let is_generation = asks_for_code(wish);
            let loses_stops = wish.request.has_stop && target.family.refuses(Parameter::Stop);
            if (is_generation || loses_stops) && !wish.request.has_extras {
                return polished(wish, target);
            }
            let mut prepared = pass(wish, target)?;
            if loses_stops {
                let note = "the model takes no stop texts, and none were kept".to_owned();
                prepared.notes.push(note);
            }
            Ok(prepared)
        }
        WishKind::Chat | WishKind::Responses | WishKind::Messages => {
            translate(wish, target, exchange)
        }
        WishKind::Question => Box::pin(gitlab::prepare(wish, target, exchange)).await,
    }
}

/// Whether this provider takes OpenAI's bodies as they are.
pub(crate) fn speaks_openai(provider: Provider) -> bool {
    matches!(
        provider,
        Provider::OpenaiCompatible | Provider::Azure | Provider::Ollama | Provider::Mistral
    )
}

/// The marks around thoughts: the family's, or the ones that most models use.
pub(crate) fn marks_of(target: Target<'_>) -> ReasoningMarks {
    target
        .family
        .reasoning
        .clone()
        .unwrap_or_else(code::Thoughts::common_marks)
}

/// The polish of code that stands in no file yet.
fn generation_of(wish: &Wish, target: Target<'_>) -> Box<Generation> {
    let gap = Gap::default();
    Box::new(Generation::new(&gap, target.family, wish.request.streamed))
}

fn pass(wish: &Wish, target: Target<'_>) -> Result<Prepared, Trouble> {
    let Some(path) = wish.kind.path() else {
        return Err(GatewayError::Panicked.into());
    };
    let body = wish.body_for(target.name);
    let counted = wish
        .lacks_counts()
        .then(|| providers::with_counts(target, &body))
        .flatten();
    let hides_counts = counted.is_some();
    let call = providers::pass(target, path, counted.unwrap_or(body))?;
    // With several choices at once no text can be moved safely.
    let is_plain = wish.kind == WishKind::Chat && !wish.request.has_choices;
    let thoughts = is_plain.then(|| marks_of(target));
    let form = wish.kind.form();
    let mut prepared = passed(
        call,
        wish,
        Handling::Pass {
            form,
            thoughts,
            hides_counts,
        },
    );
    if hides_counts {
        let note = "asked for token counts, which the client did not".to_owned();
        prepared.notes.push(note);
    }
    Ok(prepared)
}

fn passed(call: Call, wish: &Wish, handling: Handling) -> Prepared {
    Prepared {
        call,
        streamed: wish.request.streamed,
        handling,
        notes: Vec::new(),
    }
}

/// The request passes, the answer is polished: code by the name of the feature, or an answer that
/// is to be cut where the server does not stop.
fn polished(wish: &Wish, target: Target<'_>) -> Result<Prepared, Trouble> {
    let asked = wish.read()?;
    let mut prepared = pass(wish, target)?;
    prepared.handling = handling(wish, target, asked);
    Ok(prepared)
}

fn translate(
    wish: &Wish,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let asked = wish.read()?;
    if let Some(tape) = exchange.record.tape() {
        tape.preprocessed(&prompt::conversation(&asked.ask.messages));
    }
    let note = format!("translated for {}", target.provider.record().title);
    Ok(Prepared {
        call: providers::chat(target, &asked.ask)?,
        streamed: asked.ask.stream,
        handling: handling(wish, target, asked),
        notes: vec![note],
    })
}

/// Whether the client named a feature whose answer is code.
fn asks_for_code(wish: &Wish) -> bool {
    matches!(
        wish.feature,
        Some(Feature::CodeGenerations | Feature::CodeCompletions)
    )
}

/// How the answer to a conversation is written anew.
fn handling(wish: &Wish, target: Target<'_>, asked: Asked) -> Handling {
    let polish = if asks_for_code(wish) && asked.ask.tools.is_empty() {
        Polish::Generation(generation_of(wish, target))
    } else {
        Polish::Thoughts(marks_of(target))
    };
    let stops = if target.family.refuses(Parameter::Stop) {
        asked.ask.parameters.stop
    } else {
        Vec::new()
    };
    Handling::Translate {
        voice: wish.voice.clone(),
        polish,
        stops,
        include_usage: asked.include_usage,
        echo: asked.echo,
    }
}

/// A prompt in token ids passes to the servers that may take one. It cannot be read as text, so
/// its answer is not polished either.
fn token_ids(wish: &Wish, target: Target<'_>) -> Result<Prepared, Trouble> {
    match (wish.kind, target.provider) {
        (WishKind::Prompt, Provider::OpenaiCompatible) => pass(wish, target),
        (WishKind::Gap, Provider::OpenaiCompatible) => {
            Err(GatewayError::NotServed("a prompt of token ids with a suffix".into()).into())
        }
        (_, provider) => Err(UpstreamError::Unsupported {
            who: provider.record().title.to_owned(),
            what: "a prompt of token ids".into(),
        }
        .into()),
    }
}

/// A raw prompt passes. Asked for by the name of a feature, its answer is polished.
fn raw_prompt(wish: &Wish, target: Target<'_>) -> Result<Prepared, Trouble> {
    let mut prepared = pass(wish, target)?;
    let polish = match wish.feature {
        Some(Feature::CodeCompletions) => {
            let route = CompletionRoute::RawPrefix;
            let completion = Completion::new(&Gap::default(), target.family, route);
            Polish::Completion(Box::new(completion))
        }
        Some(Feature::CodeGenerations) => Polish::Generation(generation_of(wish, target)),
        _ => return Ok(prepared),
    };
    if !wish.request.has_extras {
        prepared.handling = Handling::Translate {
            voice: wish.voice.clone(),
            polish,
            stops: Vec::new(),
            include_usage: forms::read_prompt(wish.request.body())?.0.include_usage,
            echo: serde_json::Map::new(),
        };
    }
    Ok(prepared)
}

fn embeddings(wish: &Wish, target: Target<'_>) -> Result<Prepared, Trouble> {
    let body = wish.body_for(target.name);
    let call = if speaks_openai(target.provider) {
        providers::pass(target, UpstreamPath::Embeddings, body)?
    } else {
        let body = serde_json::from_slice(&body)
            .map_err(|error| GatewayError::Malformed(error.to_string()))?;
        providers::embed(target, &body)?
    };
    Ok(Prepared {
        call,
        streamed: false,
        handling: Handling::Vectors,
        notes: Vec::new(),
    })
}
