//! `gatehouse prompt …`: one prompt, in any of the playground's modes, to one model or several at
//! once.

use control::view::{PromptAsk, PromptEvent, PromptRequest, PromptSummary};
use control::{Control, Error, ErrorCode};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;

use super::prompt_request::requests;
use crate::arguments::Prompt;
use crate::output::{Output, Stop};

pub(super) async fn run(arguments: &Prompt, control: &Control, output: Output) -> Result<(), Stop> {
    let requests = requests(arguments)?;
    for request in &requests {
        control.read_key_of(&request.model).await;
    }
    let ended = tokio::select! {
        ended = ask_all(&requests, control, output) => ended,
        _ = tokio::signal::ctrl_c() => {
            let hint = "What arrived before stays valid.";
            let message = "stopped before the end of the answer";
            Err(Error::new(ErrorCode::Failed, message, hint).into())
        }
    };
    control.close().await;
    ended
}

/// What a model answered.
#[derive(Debug, Serialize)]
struct Answer {
    model: String,
    /// Where a raw body went.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    answer: String,
    reasoning: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call>,
    summary: PromptSummary,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

/// A call of a tool that a model wants made.
#[derive(Debug, Default, Serialize)]
struct Call {
    id: String,
    name: String,
    arguments: String,
}

async fn ask_all(
    requests: &[PromptRequest],
    control: &Control,
    output: Output,
) -> Result<(), Stop> {
    if let [request] = requests {
        let answer = ask(request, control, output, !output.json).await?;
        if let Some(error) = answer.error {
            if !output.json && !answer.answer.is_empty() {
                output.piece("\n")?;
            }
            return Err(error.into());
        }
        return output.show(&answer, |answer| {
            let calls = calls_of(answer);
            match answer.answer.is_empty() || answer.answer.ends_with('\n') {
                true => calls,
                false => format!("\n{calls}"),
            }
        });
    }
    let asked = requests.iter().enumerate();
    let asked = asked.map(|(number, request)| async move {
        (number, ask(request, control, output, false).await)
    });
    let mut asked: FuturesUnordered<_> = asked.collect();
    let mut answers = Vec::new();
    let mut failed = 0;
    // Each is shown when it is there: a slow or dead one holds up no other.
    while let Some((number, answer)) = asked.next().await {
        let answer = answer?;
        failed += usize::from(answer.error.is_some());
        if output.json {
            answers.push((number, answer));
        } else {
            output.piece(&in_words(&answer))?;
        }
    }
    if output.json {
        answers.sort_by_key(|(number, _)| *number);
        let answers: Vec<_> = answers.into_iter().map(|(_, answer)| answer).collect();
        output.show(&answers, |_| String::new())?;
    }
    if failed > 0 {
        let message = format!("{failed} of {} models failed", requests.len());
        let hint = "Their errors stand with their answers.";
        return Err(Error::new(ErrorCode::Upstream, message, hint).into());
    }
    Ok(())
}

async fn ask(
    request: &PromptRequest,
    control: &Control,
    output: Output,
    prints: bool,
) -> Result<Answer, Stop> {
    let (model, path) = match &request.ask {
        PromptAsk::Raw { path, body } => (model_in(body), Some(path.clone())),
        _ => (request.model.clone(), None),
    };
    let mut answer = Answer {
        model,
        path,
        answer: String::new(),
        reasoning: String::new(),
        tool_calls: Vec::new(),
        summary: PromptSummary::default(),
        error: None,
    };
    let mut events = control.prompt(request);
    while let Some(event) = events.next().await {
        match event {
            PromptEvent::Started { .. } => {}
            PromptEvent::Delta {
                text,
                reasoning,
                tool_calls,
                ..
            } => {
                if prints {
                    output.piece(&text)?;
                }
                answer.answer += &text;
                answer.reasoning += &reasoning;
                for piece in tool_calls.into_iter().filter(|piece| piece.index < 128) {
                    let place = piece.index as usize;
                    let most = answer.tool_calls.len().max(place + 1);
                    answer.tool_calls.resize_with(most, Call::default);
                    let call = &mut answer.tool_calls[place];
                    call.id += &piece.id;
                    call.name += &piece.name;
                    call.arguments += &piece.arguments;
                }
            }
            PromptEvent::Finished { summary } => {
                answer.summary = summary;
                return Ok(answer);
            }
            PromptEvent::Failed { error, summary } => {
                (answer.summary, answer.error) = (summary, Some(error));
                return Ok(answer);
            }
        }
    }
    let message = "the answer ended without a word";
    Err(Error::new(ErrorCode::Failed, message, "Try again.").into())
}

/// The model that a body names; empty when it names none.
fn model_in(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    body["model"].as_str().unwrap_or_default().to_owned()
}

fn calls_of(answer: &Answer) -> String {
    let call = |call: &Call| format!("calls {}: {}\n", call.name, call.arguments);
    answer.tool_calls.iter().map(call).collect()
}

fn in_words(answer: &Answer) -> String {
    let summary = &answer.summary;
    let first = summary
        .first_token_ms
        .map(|first| format!(", first token after {first} ms"))
        .unwrap_or_default();
    let tokens = summary
        .completion_tokens
        .map(|tokens| format!(", {tokens} tokens"))
        .unwrap_or_default();
    let mut text = format!(
        "== {} ({} ms{first}{tokens}) ==\n{}\n{}",
        answer.model,
        summary.duration_ms,
        answer.answer.trim_end(),
        calls_of(answer)
    );
    if let Some(error) = &answer.error {
        text += &format!("failed: {} {}\n", error.message, error.hint);
    }
    text + "\n"
}
