//! Reads the messages of a chat request. Knows none of its other fields.

use providers::{Message, Part, Role};
use serde_json::Value;

use crate::FormError;
use crate::fields::{Fields, quote};
use crate::openai::read::{add_result, image};

/// Reads all messages. There is at least one.
pub(super) fn read(body: &mut Fields) -> Result<Vec<Message>, FormError> {
    let mut turns = Turns::default();
    for message in body.objects("messages")? {
        turns.add(message)?;
    }
    if turns.messages.is_empty() {
        return Err(body.malformed("messages", "there is none"));
    }
    Ok(turns.messages)
}

#[derive(Default)]
struct Turns {
    messages: Vec<Message>,
    /// How many calls came in the old form, which has no ids; each gets its number.
    old_calls: usize,
}

impl Turns {
    fn add(&mut self, mut message: Fields) -> Result<(), FormError> {
        let role = message.needed_string("role")?;
        match role.as_str() {
            "system" | "developer" => {
                let parts = words(&mut message)?;
                self.push(Role::System, parts);
            }
            "user" => {
                let parts = needed_content(&mut message)?;
                self.push(Role::User, parts);
            }
            "assistant" => {
                let parts = self.assistant(message)?;
                self.push(Role::Assistant, parts);
            }
            "tool" => {
                let id = message.needed_string("tool_call_id")?;
                add_result(&mut self.messages, id, needed_content(&mut message)?);
            }
            "function" if self.old_calls == 0 => {
                return Err(message.malformed("role", "no function_call comes before it"));
            }
            "function" => {
                let id = old_id(self.old_calls);
                add_result(&mut self.messages, id, needed_content(&mut message)?);
            }
            other => {
                return Err(message.malformed("role", &format!("{} is no role", quote(other))));
            }
        }
        Ok(())
    }

    fn push(&mut self, role: Role, parts: Vec<Part>) {
        self.messages.push(Message { role, parts });
    }

    /// Thoughts, then words, then calls, as the model made them.
    fn assistant(&mut self, mut message: Fields) -> Result<Vec<Part>, FormError> {
        let mut parts = Vec::new();
        let thoughts = message.string("reasoning_content")?;
        if let Some(text) = thoughts.or(message.string("reasoning")?) {
            parts.push(Part::Reasoning {
                text,
                signature: None,
            });
        }
        let words = content(&mut message)?;
        let refusal = message.string("refusal")?.map(Part::Text);
        let has_words = words.is_some() || refusal.is_some();
        parts.extend(words.unwrap_or_default());
        parts.extend(refusal);
        no_pictures(&message, &parts)?;
        let mut calls = calls(&mut message)?;
        if let Some(mut call) = message.object("function_call")? {
            self.old_calls += 1;
            calls.push(named_call(old_id(self.old_calls), &mut call)?);
        }
        if calls.is_empty() && !has_words {
            return Err(message.malformed("content", "is missing"));
        }
        if !calls.is_empty() {
            // Clients send "" beside calls, and servers refuse empty texts.
            parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        }
        parts.extend(calls);
        Ok(parts)
    }
}

fn old_id(number: usize) -> String {
    format!("call_{number}")
}

fn calls(message: &mut Fields) -> Result<Vec<Part>, FormError> {
    let calls = message.objects("tool_calls")?.into_iter();
    calls
        .map(|mut call| {
            if let Some(kind) = call.string("type")?
                && kind != "function"
            {
                return Err(call.not_served("type", &kind));
            }
            let id = call.needed_string("id")?;
            named_call(id, &mut call.needed_object("function")?)
        })
        .collect()
}

fn named_call(id: String, call: &mut Fields) -> Result<Part, FormError> {
    Ok(Part::ToolCall {
        id,
        name: call.needed_string("name")?,
        arguments: call.needed_string("arguments")?,
    })
}

/// The words of a system turn, which has no pictures.
fn words(message: &mut Fields) -> Result<Vec<Part>, FormError> {
    let parts = needed_content(message)?;
    no_pictures(message, &parts)?;
    Ok(parts)
}

fn no_pictures(message: &Fields, parts: &[Part]) -> Result<(), FormError> {
    if parts.iter().any(|part| matches!(part, Part::Image(_))) {
        return Err(message.malformed("content", "only users and tools may send pictures"));
    }
    Ok(())
}

fn needed_content(message: &mut Fields) -> Result<Vec<Part>, FormError> {
    content(message)?.ok_or_else(|| message.malformed("content", "is missing"))
}

fn content(message: &mut Fields) -> Result<Option<Vec<Part>>, FormError> {
    let place = message.place("content");
    match message.take("content") {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(vec![Part::Text(text)])),
        Some(list @ Value::Array(_)) => {
            let parts = Fields::list(&place, list)?.into_iter();
            parts.map(part).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(message.malformed("content", "must be a string or a list of parts")),
    }
}

fn part(mut part: Fields) -> Result<Part, FormError> {
    match part.needed_string("type")?.as_str() {
        "text" => part.needed_string("text").map(Part::Text),
        "refusal" => part.needed_string("refusal").map(Part::Text),
        "image_url" => image(&mut part.needed_object("image_url")?, "url"),
        other => Err(part.not_served("type", other)),
    }
}
