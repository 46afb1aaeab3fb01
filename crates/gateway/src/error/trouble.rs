//! Why one model did not answer, while another still may. Knows no client.

use domain::{FamilyRecord, Model};
use forms::FormError;
use providers::UpstreamError;
use url::Url;

use super::{GatewayError, advice};

/// Why one model did not answer: by our rules, or by what its server did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// By our rules.
    Ours(GatewayError),
    /// By what its server did.
    Theirs(UpstreamError),
}

impl From<GatewayError> for Trouble {
    fn from(error: GatewayError) -> Self {
        Self::Ours(error)
    }
}

impl From<UpstreamError> for Trouble {
    fn from(error: UpstreamError) -> Self {
        Self::Theirs(error)
    }
}

impl From<FormError> for Trouble {
    fn from(error: FormError) -> Self {
        Self::Ours(error.into())
    }
}

impl Trouble {
    /// Whether another model may do better.
    pub(crate) fn is_of_the_model(&self) -> bool {
        match self {
            Self::Ours(error) => matches!(
                error,
                GatewayError::KeyUnavailable { .. }
                    | GatewayError::Ambiguous { .. }
                    | GatewayError::Crowded { .. }
            ),
            Self::Theirs(error) => error.is_of_the_server(),
        }
    }

    /// What to tell the client. `called` is where the call went, when one was made.
    pub(crate) fn in_words(
        self,
        model: &Model,
        family: &FamilyRecord,
        called: Option<&Url>,
    ) -> GatewayError {
        match self {
            Self::Ours(error) => error,
            Self::Theirs(error) => {
                let advice = advice(&error, model, family, called);
                GatewayError::of_upstream(error, model.name.as_str()).advised(advice)
            }
        }
    }
}
