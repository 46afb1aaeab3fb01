//! Requests and answers of InvokeModel for Mistral's models: a prompt with the template written
//! out, and its text. Anthropic's models take the body of Messages there.
//! Source: AWS's "Mistral AI text completion"; the template: `providers.md` §3.3, version 1.

use domain::Parameter;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::anthropic::Written;
use crate::{
    Ask, Event, FinishReason, Format, Message, Part, Role, Target, UpstreamError, Usage, words,
};

/// The version of Messages that Bedrock speaks; it stands in the body.
const ANTHROPIC_VERSION: &str = "bedrock-2023-05-31";

/// Texts that would end a turn if they came from a client.
const MARKS: [&str; 4] = ["[INST]", "[/INST]", "<s>", "</s>"];

/// Anthropic's body.
pub(super) fn anthropic_body(target: Target<'_>, ask: &Ask) -> Result<Written, UpstreamError> {
    let (mut body, notes) = crate::anthropic::body(target, ask)?;
    body.insert("anthropic_version".into(), ANTHROPIC_VERSION.into());
    Ok((body, notes))
}

/// Mistral's body. Tools, images and JSON answers are refused by name: the form has none.
pub(super) fn mistral_body(
    target: Target<'_>,
    ask: &Ask,
) -> Result<Map<String, Value>, UpstreamError> {
    let refuses = |parameter| target.family.refuses(parameter);
    let mut body = Map::new();
    body.insert("prompt".into(), prompt(ask)?.into());
    let given = &ask.parameters;
    if let Some(most) = given.max_tokens {
        body.insert("max_tokens".into(), most.into());
    }
    let samplings = [
        (
            Parameter::Temperature,
            "temperature",
            given.temperature.map(|value| json!(value.min(1.0))),
        ),
        (
            Parameter::TopP,
            "top_p",
            given.top_p.map(|value| json!(value)),
        ),
        (
            Parameter::TopK,
            "top_k",
            given.top_k.map(|value| json!(value)),
        ),
        (
            Parameter::Stop,
            "stop",
            (!given.stop.is_empty()).then(|| json!(given.stop)),
        ),
    ];
    for (parameter, field, value) in samplings {
        if let Some(value) = value.filter(|_| !refuses(parameter)) {
            body.insert(field.into(), value);
        }
    }
    Ok(body)
}

/// The conversation in Mistral's template. The system text goes to the first turn of the user.
fn prompt(ask: &Ask) -> Result<String, UpstreamError> {
    let refuse = |what: &str| UpstreamError::Unsupported {
        who: "InvokeModel with Mistral's body".into(),
        what: format!("{what}: leave out invoke/ in the identifier"),
    };
    if !ask.tools.is_empty() {
        return Err(refuse("tools"));
    }
    if ask.format != Format::Text {
        return Err(refuse("an answer by JSON schema"));
    }
    let mut prompt = String::from("<s>");
    let mut asked = ask
        .system()
        .map(|system| unmarked(&system))
        .unwrap_or_default();
    let spoken = |message: &&Message| message.role != Role::System;
    for message in ask.messages.iter().filter(spoken) {
        let has_more = |part: &Part| !matches!(part, Part::Text(_) | Part::Reasoning { .. });
        if message.parts.iter().any(has_more) {
            return Err(refuse("images and calls of functions"));
        }
        let text = unmarked(&message.text());
        if message.role == Role::User {
            if !asked.is_empty() {
                asked.push_str("\n\n");
            }
            asked.push_str(&text);
        } else {
            let open = std::mem::take(&mut asked);
            prompt.push_str(&format!("[INST] {open} [/INST] {}</s>", text.trim()));
        }
    }
    if asked.is_empty() {
        // The last turn is the beginning of the answer: it stays open.
        let open = prompt.strip_suffix("</s>").map(str::to_owned);
        return open.ok_or_else(|| {
            UpstreamError::Invalid("the conversation has no words of the user".into())
        });
    }
    prompt.push_str(&format!("[INST] {asked} [/INST]"));
    Ok(prompt)
}

/// The text with every mark broken by a space without width.
fn unmarked(text: &str) -> String {
    MARKS.iter().fold(text.to_owned(), |text, mark| {
        let (first, rest) = mark.split_at(1);
        text.replace(mark, &format!("{first}\u{200b}{rest}"))
    })
}

/// What has been read of one stream of Mistral's.
#[derive(Debug, Default)]
pub(super) struct Reading {
    is_started: bool,
    is_complete: bool,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    outputs: Vec<Output>,
    #[serde(rename = "amazon-bedrock-invocationMetrics")]
    metrics: Option<Metrics>,
}

#[derive(Deserialize)]
struct Output {
    text: String,
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    input_token_count: Option<u32>,
    output_token_count: Option<u32>,
}

impl Reading {
    /// Takes the next piece of the stream and appends what it means.
    pub(super) fn on_data(
        &mut self,
        json: &[u8],
        events: &mut Vec<Event>,
    ) -> Result<(), UpstreamError> {
        let answer: Answer = serde_json::from_slice(json)
            .map_err(|_| UpstreamError::Damaged(format!("a chunk is {}", words::shape(json))))?;
        if !self.is_started {
            self.is_started = true;
            events.push(started());
        }
        answer.tell(events);
        self.is_complete |= matches!(events.last(), Some(Event::Finish { .. }));
        Ok(())
    }

    /// The stream has ended: an error unless a reason to stop has come.
    pub(super) fn finish(&self) -> Result<(), UpstreamError> {
        if self.is_complete {
            return Ok(());
        }
        let problem = "it ended before a reason to stop";
        Err(UpstreamError::Damaged(problem.into()))
    }
}

impl Answer {
    fn tell(self, events: &mut Vec<Event>) {
        let mut end = None;
        // One prompt has one output.
        if let Some(output) = self.outputs.into_iter().next() {
            if !output.text.is_empty() {
                events.push(Event::Text(output.text));
            }
            end = output.stop_reason.map(|reason| match reason.as_str() {
                "stop" => FinishReason::Stop,
                "length" => FinishReason::Length,
                other => FinishReason::Other(words::cut(other, 100)),
            });
        }
        events.extend(self.metrics.map(|metrics| {
            Event::Usage(Usage {
                prompt: metrics.input_token_count,
                completion: metrics.output_token_count,
                ..Usage::default()
            })
        }));
        events.extend(end.map(|reason| Event::Finish { reason, stop: None }));
    }
}

/// The events of an answer of Mistral's in one piece.
pub(super) fn events(body: &[u8], host: &str) -> Result<Vec<Event>, UpstreamError> {
    let answer: Option<Answer> = serde_json::from_slice(body).ok();
    let answer = answer.filter(|answer| !answer.outputs.is_empty());
    let answer = answer.ok_or_else(|| UpstreamError::NotTheApi {
        host: host.to_owned(),
        said: words::describe(body),
    })?;
    let mut events = vec![started()];
    answer.tell(&mut events);
    Ok(events)
}

fn started() -> Event {
    Event::Started {
        id: None,
        model: None,
    }
}
