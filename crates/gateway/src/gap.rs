//! Fills a gap in code: chooses the way that the model was trained for and its server offers, cuts
//! the text to the context, and asks for a stream in any case, so that the server can be stopped
//! where the answer has to end.

use std::time::Duration;

use code::{Completion, Fitted, Gap};
use domain::{CompletionRoute, FamilyRecord, Feature, Provider};
use forms::GapRequest;
use gitlab::prompt::Rendered;
use providers::{
    Ask, Call, Fill, Message, Parameters, Role, Target, Way, can_fill, completion_route,
    count_tokens,
};
use serde_json::{Map, Value};

use crate::error::{GatewayError, Trouble};
use crate::prepare::{Handling, Polish, Prepared, marks_of};
use crate::record::prompt;
use crate::routes::Exchange;
use crate::wish::{Wish, WishKind};

/// Tokens of a completion when the client sets no limit.
const USUAL_TOKENS: u32 = 128;

/// Tokens of the instruction and of the chat template around a gap that is asked for through chat.
pub(crate) const INSTRUCTION_TOKENS: u32 = 320;

/// Stop texts of one call; servers that take fewer get the first ones. The answer is cut here at
/// all of them in any case.
const MOST_STOPS: usize = 16;

/// How long a server may take to count the tokens of a text that may be too long.
const COUNT_WITHIN: Duration = Duration::from_millis(500);

/// Writes what a model is asked that has no other way than chat, for a gap that fits its context;
/// none for the usual words.
pub(crate) type Instruct<'a> = &'a (dyn Fn(&Gap) -> Result<Option<Rendered>, GatewayError> + Sync);

/// The call that fills the gap of a request.
pub(crate) async fn prepare(
    wish: &Wish,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let (request, rest) = forms::read_gap(wish.request.body())?;
    fill_gap(wish, request, rest, &[], &usual, target, exchange).await
}

/// The usual words.
fn usual(_: &Gap) -> Result<Option<Rendered>, GatewayError> {
    Ok(None)
}

/// The call that continues a raw prompt at a provider that only chats: for code completion as a
/// gap without a suffix, else as one turn.
pub(crate) async fn prepare_prompt(
    wish: &Wish,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let (request, rest) = forms::read_prompt(wish.request.body())?;
    if wish.feature == Some(Feature::CodeCompletions) {
        return fill_gap(wish, request, rest, &[], &usual, target, exchange).await;
    }
    if let Some(tape) = exchange.record.tape() {
        tape.preprocessed(&prompt::raw(&request.prompt));
    }
    if can_fill(target.provider, target.kind, true) {
        return raw_prompt(wish, request, rest, target);
    }
    let ask = Ask {
        messages: vec![Message::of_text(Role::User, &request.prompt)],
        parameters: request.parameters,
        stream: request.stream,
        rest,
        ..Ask::default()
    };
    Ok(Prepared {
        call: providers::chat(target, &ask)?,
        streamed: request.stream,
        handling: Handling::Translate {
            voice: wish.voice.clone(),
            polish: Polish::Thoughts(marks_of(target)),
            stops: Vec::new(),
            include_usage: request.include_usage,
            echo: Map::new(),
        },
        notes: vec!["the prompt was sent as a turn: this provider only chats".into()],
    })
}

/// A raw prompt for a server that takes one in a form of its own.
fn raw_prompt(
    wish: &Wish,
    request: GapRequest,
    rest: Map<String, Value>,
    target: Target<'_>,
) -> Result<Prepared, Trouble> {
    let fill = Fill {
        way: Way::Raw {
            prompt: request.prompt,
        },
        parameters: request.parameters,
        stop_ids: Vec::new(),
        stream: request.stream,
        rest,
    };
    Ok(Prepared {
        call: providers::fill(target, &fill)?,
        streamed: request.stream,
        handling: Handling::Translate {
            voice: wish.voice.clone(),
            polish: Polish::Thoughts(marks_of(target)),
            stops: Vec::new(),
            include_usage: request.include_usage,
            echo: Map::new(),
        },
        notes: Vec::new(),
    })
}

/// The call that fills a gap; `context` is code from other places.
pub(crate) async fn prepare_gap(
    wish: &Wish,
    request: GapRequest,
    context: &[String],
    instruct: Instruct<'_>,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let rest = Map::new();
    fill_gap(wish, request, rest, context, instruct, target, exchange).await
}

/// The same with the fields that no form here knows.
async fn fill_gap(
    wish: &Wish,
    mut request: GapRequest,
    rest: Map<String, Value>,
    context: &[String],
    instruct: Instruct<'_>,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Result<Prepared, Trouble> {
    let file_name = request.file_name.as_deref().unwrap_or_default();
    let gap = Gap::new(&request.prompt, &request.suffix)
        .in_file(file_name, request.language.as_deref())
        .with_context(context.iter().map(String::as_str));
    let answer_tokens = request.parameters.max_tokens.unwrap_or(USUAL_TOKENS);
    request.parameters.max_tokens = Some(answer_tokens);
    let route = completion_route(target.provider, target.kind, target.family);
    let reserved = match route {
        CompletionRoute::Chat => answer_tokens.saturating_add(INSTRUCTION_TOKENS),
        _ => answer_tokens,
    };
    let fitted = fit(&gap, reserved, target, exchange).await;
    let mut messages = None;
    if let Some(tape) = exchange.record.tape() {
        tape.preprocessed(&prompt::gap(&fitted.gap));
    }
    let mut notes = vec![route.words().to_owned()];
    if fitted.dropped.any() {
        notes.push(fitted.dropped.to_string());
    }
    let Gap {
        prefix,
        suffix,
        context,
        ..
    } = &fitted.gap;
    let found = [prefix, suffix, context]
        .into_iter()
        .find_map(|text| code::control_token(text.as_bytes(), target.family));
    if let Some(token) = found {
        notes.push(format!(
            "the file holds the control token {token}, broken up to stay text"
        ));
    }
    let is_gitlabs = wish.kind == WishKind::Question;
    // A stream can be ended where the answer has to end, so there is one in any other case.
    let stream = !(is_gitlabs && exchange.snapshot.gitlab.calls.no_streams);
    if route == CompletionRoute::Chat
        && let Some(written) = instruct(&fitted.gap)?
    {
        request.parameters.stop.extend(written.parameters.stop);
        messages = Some(written.messages);
    }
    let (call, completion) =
        call_for(route, &fitted.gap, &request, messages, rest, stream, target)?;
    Ok(Prepared {
        call,
        streamed: stream,
        handling: Handling::Translate {
            voice: wish.voice.clone(),
            polish: Polish::Completion(Box::new(completion)),
            // Control tokens of the family are seen to by the polish.
            stops: request.parameters.stop,
            include_usage: request.include_usage,
            echo: Map::new(),
        },
        notes,
    })
}

/// Cuts the text to the context. Where text would be lost, the server is asked how many tokens it
/// really has, if it can count.
pub(crate) async fn fit(
    gap: &Gap,
    answer_tokens: u32,
    target: Target<'_>,
    exchange: &Exchange<'_>,
) -> Fitted {
    let context = target.connection.context;
    let context = context.or_else(|| exchange.known.context(target));
    let context = context.unwrap_or(target.family.context);
    let fitted = code::fit(gap, context, answer_tokens);
    if !fitted.dropped.any() || target.provider != Provider::OpenaiCompatible {
        return fitted;
    }
    let text = [fitted.gap.prefix.as_str(), &fitted.gap.suffix].concat();
    let (client, id) = (exchange.client, exchange.correlation_id);
    let counted = Box::pin(count_tokens(client, target, &text, id, COUNT_WITHIN)).await;
    counted
        .and_then(|ids| fitted.refit(gap, u32::try_from(ids.len()).unwrap_or(u32::MAX)))
        .unwrap_or(fitted)
}

/// The call by this route, and the polish of its answer.
fn call_for(
    route: CompletionRoute,
    gap: &Gap,
    request: &GapRequest,
    messages: Option<Vec<Message>>,
    rest: Map<String, Value>,
    stream: bool,
    target: Target<'_>,
) -> Result<(Call, Completion), Trouble> {
    let family = target.family;
    let mut parameters = Parameters {
        // The same code gets the same completion, unless the client wants otherwise.
        temperature: request.parameters.temperature.or(Some(0.0)),
        ..request.parameters.clone()
    };
    let way = match route {
        CompletionRoute::Chat => {
            let ask = Ask {
                messages: messages.unwrap_or_else(|| usual_messages(family, gap)),
                parameters,
                stream,
                rest,
                ..Ask::default()
            };
            let call = providers::chat(target, &ask)?;
            return Ok((call, Completion::new(gap, family, route)));
        }
        CompletionRoute::ServerFim => Way::Server {
            // The server writes the prompt, and most of them read tokens in it.
            prefix: code::defuse(&gap.prefix, family),
            suffix: code::defuse(&gap.suffix, family),
        },
        CompletionRoute::RawFim => Way::Raw {
            prompt: code::fim_prompt(family, gap).text,
        },
        CompletionRoute::RawPrefix => Way::Raw {
            prompt: code::prefix_prompt(family, gap).text,
        },
    };
    if matches!(way, Way::Raw { .. }) {
        let room = MOST_STOPS.saturating_sub(parameters.stop.len());
        parameters.stop.extend(code::stops(family, room));
    }
    let fill = Fill {
        way,
        parameters,
        stop_ids: family.stop_ids.clone(),
        stream,
        rest,
    };
    let call = providers::fill(target, &fill)?;
    Ok((call, Completion::new(gap, family, route)))
}

fn usual_messages(family: &FamilyRecord, gap: &Gap) -> Vec<Message> {
    let prompt = code::chat_prompt(family, gap);
    vec![
        Message::of_text(Role::System, prompt.system),
        Message::of_text(Role::User, prompt.user),
    ]
}
