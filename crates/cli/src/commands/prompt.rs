//! `gatehouse prompt MODEL TEXT`

use std::io::{Read, stdin};

use control::view::{Message, PromptEvent, PromptRequest, Role};
use control::{Control, Error, ErrorCode};
use futures_util::StreamExt;
use serde_json::json;

use crate::arguments::Prompt;
use crate::output::{Output, Stop, system_error};

pub(super) async fn run(arguments: &Prompt, control: &Control, output: Output) -> Result<(), Stop> {
    let request = request(arguments)?;
    control.read_key_of(&request.model).await;
    let ended = ask(&request, control, output).await;
    control.close().await;
    ended
}

async fn ask(request: &PromptRequest, control: &Control, output: Output) -> Result<(), Stop> {
    let mut events = control.prompt(request);
    let (mut answer, mut thoughts) = (String::new(), String::new());
    loop {
        let next = tokio::select! {
            next = events.next() => next,
            _ = tokio::signal::ctrl_c() => {
                let hint = "What arrived before stays valid.";
                return Err(Error::new(ErrorCode::Failed, "stopped before the end of the answer", hint).into());
            }
        };
        match next {
            Some(PromptEvent::Delta {
                text, reasoning, ..
            }) => {
                if !output.json {
                    output.piece(&text)?;
                }
                answer += &text;
                thoughts += &reasoning;
            }
            Some(PromptEvent::Finished { summary }) => {
                let value = json!({"model": request.model, "answer": answer, "reasoning": thoughts, "summary": summary});
                return output.show(&value, |_| {
                    if answer.ends_with('\n') {
                        String::new()
                    } else {
                        "\n".into()
                    }
                });
            }
            Some(PromptEvent::Failed { error, .. }) => {
                if !output.json && !answer.is_empty() {
                    output.piece("\n")?;
                }
                return Err(error.into());
            }
            Some(PromptEvent::Started { .. }) => {}
            None => {
                let error = Error::new(
                    ErrorCode::Failed,
                    "the answer ended without a word",
                    "Try again.",
                );
                return Err(error.into());
            }
        }
    }
}

fn request(arguments: &Prompt) -> Result<PromptRequest, Error> {
    let text = match arguments.text.as_deref() {
        None | Some("-") => {
            let mut text = String::new();
            stdin().read_to_string(&mut text).map_err(system_error)?;
            text
        }
        Some(text) => text.to_owned(),
    };
    let system = arguments.system.as_deref();
    let system = system.map(|text| Message::text(Role::System, text));
    let messages = system
        .into_iter()
        .chain([Message::text(Role::User, text)])
        .collect();
    let mut request = PromptRequest::chat(&arguments.model, messages);
    request.parameters.max_tokens = arguments.max_tokens;
    request.parameters.temperature = arguments.temperature.map(f64::from);
    Ok(request)
}
