//! Writes an answer as the events of a stream, or in one piece. Keeps all that was said, as the
//! last event repeats it.

use providers::{Event, FinishReason, Reply, Usage};
use serde_json::{Value, json};

use super::item::{Item, Kind, State, Status, ending, items, response};
use crate::openai::write::{Calls, call_id};
use crate::{Head, Problem, Write};

/// A writer for a stream.
pub(crate) fn writer(head: Head) -> Box<dyn Write> {
    Box::new(Writer {
        head,
        bytes: Vec::new(),
        number: 0,
        items: Vec::new(),
        calls: Calls::default(),
        usage: Usage::default(),
        finish: None,
    })
}

/// An answer in one piece.
pub(crate) fn whole(head: Head, reply: &Reply) -> Value {
    let mut items = items(&head, reply);
    let (status, reason) = ending(reply.finish.as_ref());
    if let Some(last) = items.last_mut() {
        last.status = status;
    }
    let state = State {
        reason,
        usage: reply.usage,
        problem: None,
    };
    response(&head, status, &items, &state)
}

struct Writer {
    head: Head,
    /// What is written and not taken yet.
    bytes: Vec<u8>,
    /// The number of the next event.
    number: u64,
    /// A message or reasoning is in progress only while it is the last item. Calls are until the
    /// end, as servers may send several by turns.
    items: Vec<Item>,
    /// The place of each call among the items.
    calls: Calls,
    usage: Usage,
    finish: Option<FinishReason>,
}

impl Write for Writer {
    fn event(&mut self, event: Event) -> Vec<u8> {
        self.start();
        match event {
            Event::Started { .. } => {}
            Event::Text(text) => self.words(&text),
            Event::Reasoning { text, signature } => self.thoughts(&text, signature),
            Event::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                let place = self.call(index, id, name);
                if !arguments.is_empty() {
                    self.delta(place, &arguments);
                }
            }
            Event::Usage(counts) => self.usage.update(counts),
            Event::Finish { reason, .. } => self.finish = Some(reason),
        }
        std::mem::take(&mut self.bytes)
    }

    fn end(&mut self) -> Vec<u8> {
        self.start();
        let (status, reason) = ending(self.finish.as_ref());
        for place in 0..self.items.len() {
            let is_last = place + 1 == self.items.len();
            self.close(place, if is_last { status } else { Status::Completed });
        }
        let state = State {
            reason,
            usage: self.usage,
            problem: None,
        };
        self.whole(status, &state);
        std::mem::take(&mut self.bytes)
    }

    fn fail(&mut self, problem: &Problem) -> Vec<u8> {
        self.start();
        let state = State {
            usage: self.usage,
            problem: Some(problem),
            ..State::default()
        };
        for item in &mut self.items {
            if item.status == Status::InProgress {
                item.status = Status::Incomplete;
            }
        }
        self.whole(Status::Failed, &state);
        std::mem::take(&mut self.bytes)
    }
}

impl Writer {
    fn start(&mut self) {
        if self.number == 0 {
            let response = response(&self.head, Status::InProgress, &[], &State::default());
            self.put("created", json!({"response": response}));
            self.put("in_progress", json!({"response": response}));
        }
    }

    /// The message or reasoning that is in progress.
    fn open_text(&self) -> Option<&Kind> {
        let item = self.items.last()?;
        let is_call = matches!(item.kind, Kind::Call { .. });
        (item.status == Status::InProgress && !is_call).then_some(&item.kind)
    }

    fn words(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.open_text(), Some(Kind::Message)) {
            self.open(Kind::Message);
        }
        self.delta(self.items.len() - 1, text);
    }

    /// Thoughts that have been signed are whole; what comes after begins others.
    fn thoughts(&mut self, text: &str, signed: Option<String>) {
        if text.is_empty() && signed.is_none() {
            return;
        }
        if !matches!(self.open_text(), Some(Kind::Reasoning { signature: None })) {
            self.open(Kind::Reasoning { signature: None });
        }
        if !text.is_empty() {
            self.delta(self.items.len() - 1, text);
        }
        if let Some(Kind::Reasoning { signature }) =
            self.items.last_mut().map(|item| &mut item.kind)
        {
            *signature = signed;
        }
    }

    fn call(&mut self, index: u32, id: Option<String>, name: Option<String>) -> usize {
        let number = self.calls.len();
        let (place, is_new) = self.calls.place(index, self.items.len());
        if is_new {
            let call_id = call_id(id.as_deref(), &self.head.id, number);
            let name = name.unwrap_or_default();
            self.open(Kind::Call { call_id, name });
        }
        place
    }

    /// Begins an item. Words and thoughts before it are whole then.
    fn open(&mut self, kind: Kind) {
        if self.open_text().is_some() {
            self.close(self.items.len() - 1, Status::Completed);
        }
        let place = self.items.len();
        let item = Item::new(&self.head, place, kind);
        let (id, part) = (item.id.clone(), item.part());
        let added = json!({"output_index": place, "item": item.json()});
        self.put("output_item.added", added);
        if let Some(part) = part {
            let added = json!({
                "item_id": id, "output_index": place, "content_index": 0, "part": part,
            });
            self.put("content_part.added", added);
        }
        self.items.push(item);
    }

    fn delta(&mut self, place: usize, text: &str) {
        let item = &mut self.items[place];
        item.text.push_str(text);
        let mut delta = json!({"item_id": item.id, "output_index": place, "delta": text});
        let kind = match item.kind {
            Kind::Message => "output_text.delta",
            Kind::Reasoning { .. } => "reasoning_text.delta",
            Kind::Call { .. } => "function_call_arguments.delta",
        };
        if !matches!(item.kind, Kind::Call { .. }) {
            delta["content_index"] = json!(0);
        }
        if matches!(item.kind, Kind::Message) {
            delta["logprobs"] = json!([]);
        }
        self.put(kind, delta);
    }

    fn close(&mut self, place: usize, status: Status) {
        let item = &mut self.items[place];
        if item.status != Status::InProgress {
            return;
        }
        item.status = status;
        let (id, whole, part) = (item.id.clone(), item.json(), item.part());
        let text = &item.text;
        let (kind, mut done) = match &item.kind {
            Kind::Message => ("output_text.done", json!({"text": text, "logprobs": []})),
            Kind::Reasoning { .. } => ("reasoning_text.done", json!({"text": text})),
            Kind::Call { name, .. } => (
                "function_call_arguments.done",
                json!({"name": name, "arguments": text}),
            ),
        };
        done["item_id"] = json!(id);
        done["output_index"] = json!(place);
        if part.is_some() {
            done["content_index"] = json!(0);
        }
        self.put(kind, done);
        if let Some(part) = part {
            let done = json!({
                "item_id": id, "output_index": place, "content_index": 0, "part": part,
            });
            self.put("content_part.done", done);
        }
        self.put(
            "output_item.done",
            json!({"output_index": place, "item": whole}),
        );
    }

    fn whole(&mut self, status: Status, state: &State<'_>) {
        let response = response(&self.head, status, &self.items, state);
        self.put(status.word(), json!({"response": response}));
    }

    /// Writes an event, with its type and number.
    fn put(&mut self, kind: &str, mut event: Value) {
        let kind = format!("response.{kind}");
        event["type"] = json!(kind);
        event["sequence_number"] = json!(self.number);
        self.number += 1;
        let lines = format!("event: {kind}\ndata: {event}\n\n");
        self.bytes.extend_from_slice(lines.as_bytes());
    }
}
