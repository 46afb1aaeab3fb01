//! What a body says of the model that is to answer. Finds no model.

use secrecy::{ExposeSecret, SecretString};

use super::fields::{Object, Text};

/// What GitLab sends for a key that is not set (18.0).
const DUMMY_KEY: &str = "dummy_key";

/// The providers that GitLab's code endpoints know.
const PROVIDERS: [(&str, &str); 7] = [
    ("anthropic", "anthropic"),
    ("vertex-ai", "vertex-ai"),
    ("litellm", "litellm"),
    ("codestral", "codestral"),
    ("fireworks_ai", "fireworks_ai"),
    ("amazon_q", "amazon_q"),
    ("gitlab", "gitlab"),
];

/// The model as a body names it. What is blank there is none here; a name outside our list is no
/// error.
#[derive(Debug, Clone, Default)]
pub struct ModelHint {
    /// Who serves it, in GitLab's word; says next to nothing.
    pub provider: Option<String>,
    /// The family.
    pub family: Option<String>,
    /// The base URL, as typed in GitLab.
    pub endpoint: Option<String>,
    /// The key, for this one call.
    pub api_key: Option<SecretString>,
    /// The identifier, such as `custom_openai/mixtral`.
    pub identifier: Option<String>,
}

impl ModelHint {
    /// Whether the body says nothing of a model, as direct calls of editors do not.
    pub fn is_empty(&self) -> bool {
        let Self {
            provider: _,
            family,
            endpoint,
            api_key: _,
            identifier,
        } = self;
        family.is_none() && endpoint.is_none() && identifier.is_none()
    }

    /// From the flat keys of `/v2/code`.
    pub(super) fn flat(body: &mut Object<'_>) -> Self {
        Self {
            provider: body.word("model_provider", &PROVIDERS).map(str::to_owned),
            family: filled(body.text("model_name", Text::trimmed(50))),
            ..Self::flat_rest(body)
        }
    }

    /// From the flat keys of `/v1/chat`.
    pub(super) fn legacy(payload: &mut Object<'_>) -> Self {
        Self {
            provider: filled(payload.text("provider", Text::of(255))),
            family: filled(payload.text("model", Text::trimmed(255))),
            ..Self::flat_rest(payload)
        }
    }

    /// The keys that both have.
    fn flat_rest(body: &mut Object<'_>) -> Self {
        Self {
            provider: None,
            family: None,
            endpoint: filled(body.text("model_endpoint", Text::ANY)),
            api_key: key(body.text("model_api_key", Text::ANY)),
            identifier: filled(body.text("model_identifier", Text::ANY)),
        }
    }

    /// From the keys of a payload of v3, which name a vendor's model at most.
    pub(super) fn vendor(payload: &mut Object<'_>) -> Self {
        Self {
            provider: payload
                .word("model_provider", &PROVIDERS)
                .map(str::to_owned),
            family: filled(payload.text("model_name", Text::ANY)),
            ..Self::default()
        }
    }

    /// From `model_metadata`, where the body has it.
    pub(super) fn metadata(body: &mut Object<'_>) -> Option<Self> {
        let mut metadata = body.object("model_metadata")?;
        let endpoint = filled(metadata.text("endpoint", Text::ANY));
        let is_url = |text: &String| url::Url::parse(text.trim()).is_ok();
        if endpoint.as_ref().is_some_and(|text| !is_url(text)) {
            metadata.flaw("endpoint", "url_parsing", "Input should be a valid URL");
        }
        Some(Self {
            provider: filled(metadata.text("provider", Text::of(255))),
            family: filled(metadata.text("name", Text::of(255))),
            endpoint,
            api_key: key(metadata.text("api_key", Text::of(2_000))),
            identifier: filled(metadata.text("identifier", Text::of(1_000))),
        })
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn key(text: Option<String>) -> Option<SecretString> {
    let key = filled(text).map(SecretString::from)?;
    (key.expose_secret() != DUMMY_KEY).then_some(key)
}
