//! What an answer brings, in no vendor's form. An answer in one piece is the same events at once.

/// One step of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The server's own id and model name, when it says them.
    Started {
        /// The id of the answer.
        id: Option<String>,
        /// The model as the server names it.
        model: Option<String>,
    },
    /// Words of the answer.
    Text(String),
    /// Thoughts, apart from the answer.
    Reasoning {
        /// Words of the thoughts.
        text: String,
        /// Anthropic's signature, when it comes.
        signature: Option<String>,
    },
    /// A part of a call of a function. The first part of a call has its id and name.
    ToolCall {
        /// Which of the answer's calls this is, from 0.
        index: u32,
        /// Ties the result to the call.
        id: Option<String>,
        /// The function.
        name: Option<String>,
        /// The next piece of its arguments' JSON text.
        arguments: String,
    },
    /// Token counts; later ones replace earlier ones, field by field.
    Usage(Usage),
    /// Why the answer ended.
    Finish {
        /// The reason.
        reason: FinishReason,
        /// The stop text that ended it, when the server says it.
        stop: Option<String>,
    },
}

/// Token counts of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the prompt, those read from a cache among them.
    pub prompt: Option<u32>,
    /// Tokens of the answer, thoughts among them.
    pub completion: Option<u32>,
    /// Tokens of the prompt that were read from a cache.
    pub cached: Option<u32>,
    /// Tokens of the answer that were thoughts.
    pub reasoning: Option<u32>,
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishReason {
    /// It was complete, or met a stop text.
    Stop,
    /// It reached the most tokens, or the end of the context.
    Length,
    /// It waits for the results of functions.
    ToolCalls,
    /// A filter cut it, or the model refused.
    ContentFilter,
    /// Another reason, in the server's word.
    Other(String),
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    /// The server's id of the answer.
    pub id: Option<String>,
    /// The model as the server names it.
    pub model: Option<String>,
    /// The words.
    pub text: String,
    /// The thoughts.
    pub reasoning: String,
    /// Anthropic's signature of the thoughts.
    pub signature: Option<String>,
    /// The calls of functions: id, name, arguments as JSON text.
    pub tool_calls: Vec<(String, String, String)>,
    /// The server's number of each call; some servers leave numbers out.
    pub call_numbers: Vec<u32>,
    /// Token counts.
    pub usage: Usage,
    /// Why it ended.
    pub finish: Option<FinishReason>,
    /// The stop text that ended it.
    pub stop: Option<String>,
}

impl Event {
    /// The bytes that it adds to an answer, at least one for each event that adds any.
    pub fn size(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        match self {
            Self::Text(text) => text.len(),
            Self::Reasoning { text, signature } => text.len() + length(signature),
            Self::ToolCall {
                id,
                name,
                arguments,
                ..
            } => size_of::<Self>() + length(id) + length(name) + arguments.len(),
            // These replace what came before.
            Self::Started { .. } | Self::Usage(_) | Self::Finish { .. } => 0,
        }
    }
}

impl Usage {
    /// Takes over every count that the other has.
    pub fn update(&mut self, other: Self) {
        self.prompt = other.prompt.or(self.prompt);
        self.completion = other.completion.or(self.completion);
        self.cached = other.cached.or(self.cached);
        self.reasoning = other.reasoning.or(self.reasoning);
    }
}

impl FinishReason {
    /// OpenAI's word for it.
    pub fn as_openai(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Other(word) => word,
        }
    }
}

impl Reply {
    /// The answer that these events make.
    pub fn from_events(events: impl IntoIterator<Item = Event>) -> Self {
        let mut reply = Self::default();
        for event in events {
            reply.add(event);
        }
        reply
    }

    /// Adds the next event.
    pub fn add(&mut self, event: Event) {
        match event {
            Event::Started { id, model } => {
                self.id = id.or(self.id.take());
                self.model = model.or(self.model.take());
            }
            Event::Text(text) => self.text.push_str(&text),
            Event::Reasoning { text, signature } => {
                self.reasoning.push_str(&text);
                self.signature = signature.or(self.signature.take());
            }
            Event::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                let known = self.call_numbers.iter().position(|number| *number == index);
                let place = known.unwrap_or(self.tool_calls.len());
                if known.is_none() {
                    self.call_numbers.push(index);
                    self.tool_calls.push(Default::default());
                }
                let call = &mut self.tool_calls[place];
                call.0.push_str(&id.unwrap_or_default());
                call.1.push_str(&name.unwrap_or_default());
                call.2.push_str(&arguments);
            }
            Event::Usage(usage) => self.usage.update(usage),
            Event::Finish { reason, stop } => {
                self.finish = Some(reason);
                self.stop = stop;
            }
        }
    }
}
