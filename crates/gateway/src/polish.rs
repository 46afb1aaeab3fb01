//! Polishes the events of an answer on their way to the client: thoughts apart or away, code cut
//! where it has to end. What is done to the text itself is decided in `code`.

use code::{Completion, Generation, Thoughts};
use providers::{Event, FinishReason, Reply};

use crate::prepare::Polish;
use crate::stops::Stops;

/// The polish of one answer.
pub(crate) struct Polisher {
    kind: Kind,
    stops: Stops,
}

/// Events that are polished in one go.
pub(crate) struct Batch {
    /// The events.
    pub(crate) events: Vec<Event>,
    /// Whether the answer ends with them.
    pub(crate) is_last: bool,
}

/// What became of them.
#[derive(Default)]
pub(crate) struct Polished {
    /// The events for the client.
    pub(crate) events: Vec<Event>,
    /// What was done to the answer, in words, once it has ended.
    pub(crate) notes: Vec<String>,
}

enum Kind {
    /// Thoughts are shown apart.
    Apart(Thoughts),
    /// The text fills a gap.
    Completion(Box<Completion>),
    /// The text is code from an instruction.
    Generation(Box<Generation>),
}

impl Polisher {
    /// The polish that was chosen with the call.
    pub(crate) fn new(polish: Polish, stops: Vec<String>) -> Self {
        let kind = match polish {
            Polish::Thoughts(marks) => Kind::Apart(Thoughts::new(&marks)),
            Polish::Completion(completion) => Kind::Completion(completion),
            Polish::Generation(generation) => Kind::Generation(generation),
        };
        let stops = Stops::new(stops);
        Self { kind, stops }
    }

    /// Whether code may have to be read for these events, which takes up to a second.
    pub(crate) fn reads_code(&self, batch: &Batch) -> bool {
        match &self.kind {
            Kind::Apart(_) => false,
            Kind::Completion(completion) => {
                let reads = |event: &Event| match event {
                    Event::Text(text) => completion.reads_code(text),
                    Event::ToolCall { .. } => completion.reads_code_at_end(),
                    _ => false,
                };
                batch.is_last && completion.reads_code_at_end() || batch.events.iter().any(reads)
            }
            Kind::Generation(generation) => batch.is_last && generation.reads_code_at_end(),
        }
    }

    /// Reads no more code: the answer is polished without.
    pub(crate) fn read_no_more(&mut self) {
        if let Kind::Completion(completion) = &mut self.kind {
            completion.read_no_more();
        }
    }

    /// Polishes events.
    pub(crate) fn polish(&mut self, batch: Batch) -> Polished {
        let mut polished = Polished::default();
        for event in batch.events {
            polished.events.extend(self.event(event));
        }
        if batch.is_last {
            let (rest, notes) = self.finish();
            polished.events.extend(rest);
            polished.notes = notes;
        }
        polished
    }

    /// What an event becomes. Thoughts have no place in code.
    fn event(&mut self, event: Event) -> Vec<Event> {
        let text = match event {
            Event::Text(text) => text,
            Event::Reasoning { .. } if !matches!(self.kind, Kind::Apart(_)) => return Vec::new(),
            Event::ToolCall { .. } => {
                // Words that were held back come before the call.
                let mut events = self.finish().0;
                events.push(event);
                return events;
            }
            event => return vec![event],
        };
        let Kind::Apart(thoughts) = &mut self.kind else {
            let code = self.code(&text);
            return texts(self.stops.push(code));
        };
        let (thought, answer) = thoughts.push(&text);
        events_of((thought, self.stops.push(answer)))
    }

    /// How the answer ends: as the server said, or at a stop text that was met here.
    pub(crate) fn ending(&self, given: Option<Event>) -> Event {
        let at_stop = Event::Finish {
            reason: FinishReason::Stop,
            stop: self.stops.met().map(str::to_owned),
        };
        match given {
            Some(given) if self.stops.met().is_none() => given,
            _ => at_stop,
        }
    }

    fn code(&mut self, text: &str) -> String {
        match &mut self.kind {
            Kind::Completion(completion) => completion.push(text),
            Kind::Generation(generation) => generation.push(text),
            Kind::Apart(_) => text.to_owned(),
        }
    }

    /// Whether the rest of the answer would be cut.
    pub(crate) fn is_over(&self) -> bool {
        let is_over = match &self.kind {
            Kind::Completion(completion) => completion.is_over(),
            Kind::Generation(generation) => generation.is_over(),
            Kind::Apart(_) => false,
        };
        is_over || self.stops.met().is_some()
    }

    /// What was held back, and what was done to the answer, in words.
    fn finish(&mut self) -> (Vec<Event>, Vec<String>) {
        if let Kind::Apart(thoughts) = &mut self.kind {
            let (thought, answer) = thoughts.finish();
            let answer = self.stops.push(answer) + &self.stops.finish();
            return (events_of((thought, answer)), Vec::new());
        }
        let (rest, notes) = match &mut self.kind {
            Kind::Completion(completion) => completion.finish(),
            Kind::Generation(generation) => generation.finish(),
            Kind::Apart(_) => Default::default(),
        };
        let rest = self.stops.push(rest) + &self.stops.finish();
        (texts(rest), words(&notes))
    }

    /// What was held back, for a client whose stream ends with an error. At once.
    pub(crate) fn flush(&mut self) -> Vec<Event> {
        self.read_no_more();
        self.finish().0
    }

    /// A whole answer, polished.
    pub(crate) fn whole(&mut self, reply: Reply) -> (Reply, Vec<String>) {
        let mut polished = Reply {
            text: String::new(),
            reasoning: String::new(),
            ..reply
        };
        let mut events = Vec::new();
        if !reply.reasoning.is_empty() {
            events.extend(self.event(Event::Reasoning {
                text: reply.reasoning,
                signature: None,
            }));
        }
        events.extend(self.event(Event::Text(reply.text)));
        let (rest, notes) = self.finish();
        for event in events.into_iter().chain(rest) {
            polished.add(event);
        }
        if self.stops.met().is_some() {
            polished.add(self.ending(None));
        }
        (polished, notes)
    }
}

fn words(notes: &[code::Note]) -> Vec<String> {
    notes.iter().map(ToString::to_string).collect()
}

fn texts(text: String) -> Vec<Event> {
    if text.is_empty() {
        Vec::new()
    } else {
        vec![Event::Text(text)]
    }
}

fn events_of((thought, answer): (String, String)) -> Vec<Event> {
    let thought = (!thought.is_empty()).then_some(Event::Reasoning {
        text: thought,
        signature: None,
    });
    thought.into_iter().chain(texts(answer)).collect()
}
