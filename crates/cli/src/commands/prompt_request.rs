//! The requests that the arguments of `gatehouse prompt` describe: one for each model.

use std::fs;
use std::io::{Read, stdin};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use control::view::{self, Message, PromptAsk, PromptParameters, PromptRequest, Role};
use control::{Error, ErrorCode};
use domain::Feature;
use serde::de::DeserializeOwned;

use super::{read_file, read_file_within};
use crate::arguments::{Parameters, Prompt, SentAs};
use crate::output::system_error;

/// The largest body that is sent as it is.
const BODY: u64 = 64 * 1024 * 1024;

/// The largest image.
const IMAGE: u64 = 20 * 1024 * 1024;

/// The requests, one for each model.
pub(super) fn requests(arguments: &Prompt) -> Result<Vec<PromptRequest>, Error> {
    for feature in &arguments.feature {
        feature.parse::<Feature>()?;
    }
    let mut models: Vec<String> = [&arguments.model[..], &arguments.feature[..]].concat();
    let mut words = arguments.words.iter();
    if models.is_empty() && arguments.raw.is_none() {
        let usage = || {
            usage(
                "no model is named",
                "Name one, or use --model or --feature.",
            )
        };
        models.push(words.next().cloned().ok_or_else(usage)?);
    }
    let text = words.next().map(String::as_str);
    if words.next().is_some() {
        let hint = "With --model or --feature, give the prompt alone; quote it if it has spaces.";
        return Err(usage("there are too many words", hint));
    }
    let ask = ask(arguments, text)?;
    if matches!(ask, PromptAsk::Raw { .. }) {
        if !models.is_empty() || text.is_some() {
            let hint = "Leave models and prompt out: the body names its own.";
            return Err(usage("--raw sends a body as it is", hint));
        }
        models.push(String::new());
    }
    let request = PromptRequest {
        model: String::new(),
        ask,
        sent_as: match arguments.sent_as {
            SentAs::Openai => view::SentAs::Openai,
            SentAs::Gitlab => view::SentAs::Gitlab,
        },
        parameters: parameters(&arguments.parameters)?,
    };
    let of_model = |model| PromptRequest {
        model,
        ..request.clone()
    };
    Ok(models.into_iter().map(of_model).collect())
}

fn ask(arguments: &Prompt, text: Option<&str>) -> Result<PromptAsk, Error> {
    if let (Some(file), Some(path)) = (&arguments.raw, &arguments.path) {
        return Ok(PromptAsk::Raw {
            path: path.clone(),
            body: read_file_within(file, BODY)?,
        });
    }
    let Some(prefix_file) = &arguments.prefix_file else {
        return chat(arguments, text);
    };
    if text.is_some() || arguments.system.is_some() || !arguments.parameters.image.is_empty() {
        let hint = "Leave the prompt, --system and --image out, or leave --prefix-file out.";
        return Err(usage(
            "code is asked for by files, not by a conversation",
            hint,
        ));
    }
    let prefix = read_file(prefix_file)?;
    let suffix = arguments.suffix_file.as_deref().map(read_file);
    let suffix = suffix.transpose()?.unwrap_or_default();
    let name = prefix_file.file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    let file_name = arguments.file.clone().unwrap_or(name);
    Ok(match arguments.instruction.clone() {
        None => PromptAsk::Completion {
            file_name,
            prefix,
            suffix,
        },
        Some(instruction) => PromptAsk::Generation {
            file_name,
            prefix,
            suffix,
            instruction,
        },
    })
}

fn chat(arguments: &Prompt, text: Option<&str>) -> Result<PromptAsk, Error> {
    let text = match text {
        None | Some("-") => {
            let mut text = String::new();
            stdin().read_to_string(&mut text).map_err(system_error)?;
            text
        }
        Some(text) => text.to_owned(),
    };
    if text.trim().is_empty() && arguments.parameters.image.is_empty() {
        let hint = "Give it as the last word, or on standard input.";
        return Err(usage("the prompt is empty", hint));
    }
    let system = arguments.system.as_deref();
    let system = system.map(|text| Message::text(Role::System, text));
    let mut asked = Message::text(Role::User, text);
    for file in &arguments.parameters.image {
        asked.images.push(image(file)?);
    }
    Ok(PromptAsk::Chat {
        messages: system.into_iter().chain([asked]).collect(),
    })
}

/// An image as a data URL, by its first bytes.
fn image(path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(IMAGE + 1).read_to_end(&mut bytes))
        .map_err(|error| {
            let message = format!("{} cannot be read: {error}", path.display());
            usage(&message, "Name another file.")
        })?;
    let kind = match bytes.as_slice() {
        _ if bytes.len() as u64 > IMAGE => None,
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("webp"),
        _ => None,
    };
    let Some(kind) = kind else {
        let message = format!("{} is no image that models take", path.display());
        return Err(usage(
            &message,
            "Use PNG, JPEG, GIF or WebP of at most 20 MB.",
        ));
    };
    Ok(format!(
        "data:image/{kind};base64,{}",
        STANDARD.encode(bytes)
    ))
}

fn parameters(given: &Parameters) -> Result<PromptParameters, Error> {
    Ok(PromptParameters {
        temperature: given.temperature,
        top_p: given.top_p,
        max_tokens: given.max_tokens,
        stop: given.stop.clone(),
        seed: given.seed,
        frequency_penalty: given.frequency_penalty,
        presence_penalty: given.presence_penalty,
        schema: given.schema.as_deref().map(json).transpose()?,
        tools: given
            .tools
            .as_deref()
            .map(json)
            .transpose()?
            .unwrap_or_default(),
    })
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_str(&read_file(path)?).map_err(|error| {
        let message = format!("{} cannot be used: {error}", path.display());
        usage(&message, "Correct it there; nothing was sent.")
    })
}

fn usage(message: &str, hint: &str) -> Error {
    Error::new(ErrorCode::Invalid, message, hint)
}
