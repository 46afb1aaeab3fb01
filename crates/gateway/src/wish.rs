//! What a client wants, before it is known who answers: the body as it came, and what has to be
//! read of it to find the model.

use bytes::Bytes;
use domain::{FamilyRecord, Feature, Provider, UpstreamPath};
use forms::{Asked, Form};

use crate::error::GatewayError;
use crate::gitlab::Question;
use crate::incoming::ModelRequest;
use crate::voice::Voice;

/// A request for a model.
#[derive(Debug)]
pub(crate) struct Wish {
    /// What kind of request it is.
    pub(crate) kind: WishKind,
    /// The request.
    pub(crate) request: ModelRequest,
    /// The feature that the client named.
    pub(crate) feature: Option<Feature>,
    /// How the client is spoken to.
    pub(crate) voice: Voice,
    /// What GitLab or an editor asks, where the kind is `Question`.
    pub(crate) question: Option<Question>,
}

/// The kinds of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WishKind {
    /// A conversation in OpenAI's form.
    Chat,
    /// A raw prompt in OpenAI's form.
    Prompt,
    /// A gap between a prompt and a suffix, in OpenAI's form.
    Gap,
    /// Vectors, in OpenAI's form.
    Embeddings,
    /// A conversation in the form of OpenAI's Responses.
    Responses,
    /// A conversation in Anthropic's form.
    Messages,
    /// What GitLab or an editor asks.
    Question,
}

impl WishKind {
    /// The form of the answer and of errors.
    pub(crate) fn form(self) -> Form {
        match self {
            Self::Chat | Self::Embeddings | Self::Question => Form::Chat,
            Self::Prompt | Self::Gap => Form::Completions,
            Self::Responses => Form::Responses,
            Self::Messages => Form::Messages,
        }
    }

    /// The call of the OpenAI API that takes the body as it came; none when there is none.
    pub(crate) fn path(self) -> Option<UpstreamPath> {
        match self {
            Self::Chat => Some(UpstreamPath::ChatCompletions),
            Self::Prompt => Some(UpstreamPath::Completions),
            Self::Embeddings => Some(UpstreamPath::Embeddings),
            Self::Gap | Self::Responses | Self::Messages | Self::Question => None,
        }
    }
}

/// How JSON may write the letters of control tokens: Go escapes the first two, Python the others.
const ESCAPES: [(&str, &str); 7] = [
    ("\\u003c", "<"),
    ("\\u003C", "<"),
    ("\\u003e", ">"),
    ("\\u003E", ">"),
    ("\\uff5c", "\u{ff5c}"),
    ("\\uFF5C", "\u{ff5c}"),
    ("\\u2581", "\u{2581}"),
];

impl Wish {
    /// The conversation that the body holds.
    pub(crate) fn read(&self) -> Result<Asked, GatewayError> {
        Ok(self.kind.form().read(self.request.body())?)
    }

    /// The body with the name that the server knows the model by.
    pub(crate) fn body_for(&self, name: &str) -> Bytes {
        self.request.with_model(name)
    }

    /// The first control token of a family that a conversation holds. Its bytes pass all the same:
    /// some clients write such tokens on purpose.
    pub(crate) fn control_token(&self, family: &FamilyRecord) -> Option<String> {
        use WishKind::{Chat, Messages, Responses};
        if !matches!(self.kind, Chat | Messages | Responses) {
            return None;
        }
        let body = self.request.body();
        if memchr::memmem::find(body, b"\\u").is_none() {
            return code::control_token(body, family);
        }
        let text = String::from_utf8_lossy(body).into_owned();
        let plain = ESCAPES
            .iter()
            .fold(text, |text, (escape, letter)| text.replace(escape, letter));
        code::control_token(plain.as_bytes(), family)
    }

    /// Whether the kind of server decides how this is asked for, or which fields it is sent.
    pub(crate) fn needs_kind(&self, provider: Provider) -> bool {
        use WishKind::{Chat, Embeddings, Gap, Messages, Prompt, Question, Responses};
        provider == Provider::OpenaiCompatible
            && match self.kind {
                Gap | Responses | Messages | Question => true,
                Chat | Prompt => self.lacks_counts(),
                Embeddings => false,
            }
    }

    /// Whether it is for a stream without token counts, which its record has to have all the same.
    pub(crate) fn lacks_counts(&self) -> bool {
        self.request.streamed && !self.request.wants_counts
    }

    /// Whether a late answer is worth nothing.
    pub(crate) fn is_completion(&self) -> bool {
        self.kind == WishKind::Gap || self.feature == Some(Feature::CodeCompletions)
    }
}
