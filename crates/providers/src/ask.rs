//! A request to a model, in no vendor's form. Routes fill it from what a client sent; providers
//! write it in the form of their server.

use serde_json::{Map, Value};

/// A conversation to continue.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ask {
    /// The turns, in order; system turns are among them.
    pub messages: Vec<Message>,
    /// Functions that the model may call.
    pub tools: Vec<FunctionTool>,
    /// Whether it has to call one.
    pub tool_choice: ToolChoice,
    /// Whether it may call several at once; none for the server's default.
    pub parallel_tool_calls: Option<bool>,
    /// The form of the answer.
    pub format: Format,
    /// How to sample, and how much.
    pub parameters: Parameters,
    /// Whether the answer is to come as a stream.
    pub stream: bool,
    /// Fields that no form here knows. They go to servers that take unknown fields.
    pub rest: Map<String, Value>,
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The rules of the conversation; OpenAI's *system* and *developer*.
    System,
    /// The person, and the results of tools.
    User,
    /// The model.
    Assistant,
}

/// A part of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Words.
    Text(String),
    /// A picture.
    Image(Image),
    /// Thoughts of the model, with what proves them to its vendor.
    Reasoning {
        /// The thoughts.
        text: String,
        /// Anthropic's signature; the thoughts come back to that vendor only with it.
        signature: Option<String>,
    },
    /// A call of a function by the model.
    ToolCall {
        /// Ties the result to the call.
        id: String,
        /// The function.
        name: String,
        /// Its arguments, as JSON text.
        arguments: String,
    },
    /// What a function gave back; in a turn of the user.
    ToolResult {
        /// The call.
        id: String,
        /// Text and pictures.
        parts: Vec<Part>,
        /// Whether the function failed.
        is_error: bool,
    },
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Where its bytes are.
    pub source: ImageSource,
    /// OpenAI's `detail`, where a client sent it.
    pub detail: Option<String>,
}

/// Where the bytes of a picture are.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageSource {
    /// In the request, as base64.
    Data {
        /// Such as `image/png`.
        media_type: String,
        /// The bytes, as base64.
        base64: String,
    },
    /// At an address that the server fetches.
    Url(String),
}

/// A function that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionTool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// The JSON schema of its arguments.
    pub parameters: Value,
    /// Whether the arguments have to match the schema exactly.
    pub strict: Option<bool>,
}

/// Whether the model has to call a function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Function(String),
}

/// The form of the answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Format {
    /// Text.
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON by a schema.
    JsonSchema {
        /// The name of the schema.
        name: String,
        /// The schema.
        schema: Value,
        /// Whether the answer has to match it exactly.
        strict: Option<bool>,
    },
}

/// How to sample, and how much. None leaves it to the server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters {
    /// The most tokens of the answer.
    pub max_tokens: Option<u32>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// The most candidates for a token.
    pub top_k: Option<u32>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Makes sampling repeatable, where the server can.
    pub seed: Option<i64>,
    /// −2 to 2.
    pub frequency_penalty: Option<f64>,
    /// −2 to 2.
    pub presence_penalty: Option<f64>,
    /// `minimal`, `low`, `medium`, `high`.
    pub reasoning_effort: Option<String>,
}

/// A gap in a text to fill.
#[derive(Debug, Clone, PartialEq)]
pub struct Fill {
    /// How it is asked for.
    pub way: Way,
    /// How to sample, and how much.
    pub parameters: Parameters,
    /// Tokens that end the answer; sent to servers that stop by id.
    pub stop_ids: Vec<u32>,
    /// Whether the answer is to come as a stream.
    pub stream: bool,
    /// Fields that no form here knows. They go to servers that take unknown fields.
    pub rest: Map<String, Value>,
}

/// How a gap is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// By a prompt that has everything, sent as it stands.
    Raw {
        /// The prompt.
        prompt: String,
    },
    /// By prefix and suffix; the server makes the prompt.
    Server {
        /// The text before the gap.
        prefix: String,
        /// The text after it.
        suffix: String,
    },
}

impl Ask {
    /// All system turns as one text; none when there is none.
    pub fn system(&self) -> Option<String> {
        let texts: Vec<String> = self
            .messages
            .iter()
            .filter(|message| message.role == Role::System)
            .map(Message::text)
            .collect();
        (!texts.is_empty()).then(|| texts.join("\n\n"))
    }
}

impl Message {
    /// A turn of words alone.
    pub fn of_text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![Part::Text(text.into())],
        }
    }

    /// The words of the turn.
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}
