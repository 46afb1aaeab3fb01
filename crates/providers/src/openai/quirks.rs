//! What servers of the OpenAI API do differently, as data. Decides nothing: chat, fill and the
//! rest read their row.
//! Sources: real vLLM 0.32 and llama.cpp b11549, and the servers' own code and documents.

use domain::{Provider, ServerKind};

use crate::{Target, UpstreamError};

/// A server of the OpenAI API, and what it takes.
#[derive(Debug)]
pub(crate) struct ServerRecord {
    /// The name to show.
    pub(crate) title: &'static str,
    /// What it writes into `owned_by` of its models.
    pub(crate) owners: &'static [&'static str],
    /// How a raw prompt goes to it; none when it takes only conversations.
    pub(crate) raw: Option<Form>,
    /// How a prefix and a suffix go to it, or why they cannot.
    pub(crate) gap: Result<Form, &'static str>,
    /// Whether it takes `stop_token_ids`.
    pub(crate) takes_stop_ids: bool,
    /// The most stop texts of a request; none for no limit.
    pub(crate) most_stops: Option<usize>,
    /// Whether a field that it does not know is no error; `top_k` is one of them.
    pub(crate) takes_unknown_fields: bool,
    /// Whether it tells token counts in a stream only when asked by `stream_options`.
    pub(crate) takes_stream_options: bool,
    /// Whether it is known to do so, and in an event of their own, so that they can be asked for
    /// behind the back of a client.
    pub(crate) counts_when_asked: bool,
    /// Fields of a conversation that have another name there: ours, its own.
    pub(crate) renames: &'static [(&'static str, &'static str)],
    /// How it tells the tokens of a text.
    pub(crate) tokenize: Option<TokenizeForm>,
}

/// How a gap is asked for on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `/v1/completions`, the suffix in the field `suffix`.
    Completions,
    /// llama.cpp's `/infill`.
    Infill,
    /// Ollama's `/api/generate`.
    OllamaGenerate,
    /// Mistral's `/v1/fim/completions`.
    MistralFim,
}

/// How `/tokenize` is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenizeForm {
    /// `{"prompt", "add_special_tokens"}`: vLLM, SGLang.
    Prompt,
    /// `{"content", "add_special", "parse_special"}`: llama.cpp.
    Content,
}

/// Any server: gets only what every server takes.
const OTHER: ServerRecord = ServerRecord {
    title: "this kind of server",
    owners: &[],
    raw: Some(Form::Completions),
    gap: Err("a suffix, as far as is known; choose the kind of server in the model's settings"),
    takes_stop_ids: false,
    most_stops: None,
    takes_unknown_fields: false,
    takes_stream_options: true,
    counts_when_asked: false,
    renames: &[],
    tokenize: None,
};

/// The kinds of servers, in no order.
pub(crate) const SERVERS: &[(ServerKind, ServerRecord)] = &[
    (
        ServerKind::Vllm,
        ServerRecord {
            title: "vLLM",
            owners: &["vllm"],
            gap: Err("`suffix` for models like this one; the family's own FIM prompt works there"),
            takes_stop_ids: true,
            takes_unknown_fields: true,
            counts_when_asked: true,
            tokenize: Some(TokenizeForm::Prompt),
            ..OTHER
        },
    ),
    (
        ServerKind::Sglang,
        ServerRecord {
            title: "SGLang",
            owners: &["sglang"],
            // Needs the server's option --completion-template.
            gap: Ok(Form::Completions),
            takes_stop_ids: true,
            takes_unknown_fields: true,
            counts_when_asked: true,
            tokenize: Some(TokenizeForm::Prompt),
            ..OTHER
        },
    ),
    (
        ServerKind::Tgi,
        ServerRecord {
            title: "Text Generation Inference",
            gap: Err("`suffix`; the family's own FIM prompt works there"),
            // Its option --max-stop-sequences.
            most_stops: Some(4),
            takes_unknown_fields: true,
            counts_when_asked: true,
            ..OTHER
        },
    ),
    (
        ServerKind::LlamaCpp,
        ServerRecord {
            title: "llama.cpp",
            owners: &["llamacpp"],
            // It takes `suffix` on /v1/completions and ignores it without a word.
            gap: Ok(Form::Infill),
            // It tells them unasked in `timings`, which would move to the event of the counts.
            counts_when_asked: false,
            takes_unknown_fields: true,
            tokenize: Some(TokenizeForm::Content),
            ..OTHER
        },
    ),
    (
        ServerKind::LmStudio,
        ServerRecord {
            title: "LM Studio",
            owners: &["organization_owner"],
            gap: Err("`suffix`; the family's own FIM prompt works there"),
            takes_unknown_fields: true,
            counts_when_asked: true,
            ..OTHER
        },
    ),
    (
        ServerKind::Openai,
        ServerRecord {
            title: "OpenAI",
            // Its models are owned by `openai` too, but so are those of many a proxy.
            owners: &["system", "openai-internal", "openai-dev"],
            gap: Err("a suffix"),
            most_stops: Some(4),
            counts_when_asked: true,
            renames: &[("max_tokens", "max_completion_tokens")],
            ..OTHER
        },
    ),
    (ServerKind::Other, OTHER),
];

/// Ollama. Its `/v1` takes no `suffix` and no prompt as it stands; its own interface does.
const OLLAMA: ServerRecord = ServerRecord {
    title: "Ollama",
    raw: Some(Form::OllamaGenerate),
    gap: Ok(Form::OllamaGenerate),
    takes_unknown_fields: true,
    counts_when_asked: true,
    renames: &[("max_completion_tokens", "max_tokens")],
    ..OTHER
};

/// Mistral's own API refuses every field that it does not know.
const MISTRAL: ServerRecord = ServerRecord {
    title: "The Mistral API",
    raw: None,
    gap: Ok(Form::MistralFim),
    takes_stream_options: false,
    renames: &[
        ("max_completion_tokens", "max_tokens"),
        ("seed", "random_seed"),
    ],
    ..OTHER
};

/// Azure OpenAI.
const AZURE: ServerRecord = ServerRecord {
    title: "Azure OpenAI",
    raw: None,
    gap: Err("a suffix"),
    most_stops: Some(4),
    counts_when_asked: true,
    ..OTHER
};

/// The row of a provider; for the OpenAI-compatible one, of the kind of its server.
pub(crate) fn record(provider: Provider, kind: ServerKind) -> &'static ServerRecord {
    match provider {
        Provider::Ollama => &OLLAMA,
        Provider::Mistral => &MISTRAL,
        Provider::Azure => &AZURE,
        _ => SERVERS
            .iter()
            .find(|(found, _)| *found == kind)
            .map_or(&OTHER, |(_, record)| record),
    }
}

/// The row of a target.
pub(crate) fn record_of(target: Target<'_>) -> &'static ServerRecord {
    record(target.provider, target.kind)
}

impl ServerRecord {
    /// The form of a raw prompt, or the reason why there is none.
    pub(crate) fn raw_form(&self) -> Result<Form, UpstreamError> {
        self.raw.ok_or_else(|| self.refuses("raw prompts"))
    }

    /// The form of a gap, or the reason why there is none.
    pub(crate) fn gap_form(&self) -> Result<Form, UpstreamError> {
        self.gap.map_err(|what| self.refuses(what))
    }

    fn refuses(&self, what: &str) -> UpstreamError {
        UpstreamError::Unsupported {
            who: self.title.to_owned(),
            what: what.to_owned(),
        }
    }
}
