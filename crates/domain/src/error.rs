//! Everything that the rules of the domain can refuse, in words for people.

use crate::Field;

/// A refusal by a rule of the domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// The deployment name is empty, too long or has control characters.
    #[error("the deployment name {0}")]
    Name(&'static str),
    /// Another model has this deployment name.
    #[error("a model named \"{0}\" exists already")]
    NameTaken(String),
    /// A price that nobody pays.
    #[error("the price is not two numbers from 0 to 1,000,000")]
    Price,
    /// Features are model ids for clients, so no model may bear such a name.
    #[error("\"{0}\" is the name of a feature, and clients use it as a model")]
    NameReserved(String),
    /// No family of this name.
    #[error("\"{0}\" is not a model family")]
    Family(String),
    /// No provider of this name.
    #[error("\"{0}\" is not a provider")]
    Provider(String),
    /// The record of a family cannot be used, and why.
    #[error("the model family {problem}")]
    FamilyRecord {
        /// Where the record is wrong.
        field: Field,
        /// What is wrong there.
        problem: String,
    },
    /// A family is in use.
    #[error("the family is used by {0}")]
    FamilyInUse(String),
    /// A setting of a model cannot be used, and why.
    #[error("{problem}")]
    Connection {
        /// The setting.
        field: Field,
        /// What is wrong with its value.
        problem: String,
    },
    /// A model does not suit a feature, and why.
    #[error("{0}")]
    Unfit(String),
    /// A fallback that is no other model.
    #[error("the fallback of {0} is the model itself")]
    FallbackIsItself(String),
    /// No feature of this name.
    #[error("\"{0}\" is not a feature")]
    Feature(String),
    /// The endpoint cannot be used, and why.
    #[error("the endpoint {0}")]
    Endpoint(String),
    /// The model identifier is too long or has control characters.
    #[error("the model identifier {0}")]
    Identifier(String),
    /// No model of this name or id.
    #[error("no model is named \"{0}\"")]
    NoSuchModel(String),
    /// A client key cannot be made or found, and why.
    #[error("the client key {0}")]
    ClientKey(String),
    /// A setting of the gateway is outside its range.
    #[error("{name} {problem}")]
    Setting {
        /// The setting, in the words of the Gateway screen.
        name: &'static str,
        /// What is wrong with the value.
        problem: String,
    },
    /// A term of a query of the request log cannot be read, and what may stand there.
    #[error("the query cannot be read at {term}: {problem}")]
    Query {
        /// The term as it was written, shortened.
        term: String,
        /// What is wrong, or what may stand there.
        problem: String,
    },
    /// A saved view of the request log cannot be kept or found, and why.
    #[error("the saved view {0}")]
    SavedView(String),
    /// No redaction rule of this name.
    #[error("\"{0}\" is not a redaction rule")]
    NoRedactionRule(String),
    /// A redaction rule cannot have this name, and why.
    #[error("the redaction rule \"{rule}\" {problem}")]
    RedactionName {
        /// The rule, as far as it has a name.
        rule: String,
        /// What is wrong.
        problem: String,
    },
    /// The pattern of a redaction rule cannot be used, and why.
    #[error("the pattern of the redaction rule \"{rule}\" {problem}")]
    RedactionPattern {
        /// The rule.
        rule: String,
        /// What is wrong.
        problem: String,
    },
    /// The settings document was written by a newer program.
    #[error("these settings have version {found}, and this Gatehouse knows up to {known}")]
    NewerSettings {
        /// The version in the document.
        found: u64,
        /// The newest version that this program reads.
        known: u64,
    },
    /// The settings document is not one of ours.
    #[error("the settings cannot be read: {0}")]
    Settings(String),
}

impl DomainError {
    /// The field of a form that it is about; none when there is no such field.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Name(_) | Self::NameTaken(_) | Self::NameReserved(_) => Some(Field::Name),
            Self::Family(_) => Some(Field::Family),
            Self::Provider(_) => Some(Field::Provider),
            Self::Endpoint(_) => Some(Field::Endpoint),
            Self::Identifier(_) => Some(Field::Identifier),
            Self::FamilyRecord { field, .. } | Self::Connection { field, .. } => Some(*field),
            Self::Query { .. } => Some(Field::Query),
            Self::Price => Some(Field::Price),
            Self::RedactionName { .. } => Some(Field::Name),
            Self::RedactionPattern { .. } => Some(Field::Pattern),
            Self::FamilyInUse(_)
            | Self::Unfit(_)
            | Self::FallbackIsItself(_)
            | Self::Feature(_)
            | Self::NoSuchModel(_)
            | Self::ClientKey(_)
            | Self::Setting { .. }
            | Self::SavedView(_)
            | Self::NoRedactionRule(_)
            | Self::NewerSettings { .. }
            | Self::Settings(_) => None,
        }
    }

    /// What the reader can do about it, as one or two sentences.
    pub fn hint(&self) -> String {
        match self {
            Self::Name(_) => "Use 1 to 255 characters.".into(),
            Self::NameTaken(_) => "Choose another name, or edit the model that has it.".into(),
            Self::NameReserved(_) => "Choose another name.".into(),
            Self::Price => {
                "Enter US dollars for a million tokens of prompts and of answers, or neither."
                    .into()
            }
            Self::Family(_) => {
                let names: Vec<_> = crate::FAMILIES
                    .iter()
                    .map(|record| record.name.as_str())
                    .collect();
                format!(
                    "Use one of {}, or one of your own: lower-case letters, digits, _ - and dot, at \
                     most 64.",
                    names.join(", ")
                )
            }
            Self::Provider(_) => {
                let names: Vec<_> = crate::PROVIDERS.iter().map(|record| record.name).collect();
                format!("Use one of {}.", names.join(", "))
            }
            Self::FamilyRecord { .. } => "Change the record and save again.".into(),
            Self::FamilyInUse(_) => "Give these models another family first.".into(),
            Self::Connection { .. } => "Change it and save again.".into(),
            Self::Unfit(_) => "Choose another model, or confirm that you want this one.".into(),
            Self::FallbackIsItself(_) => "Choose another model, or none.".into(),
            Self::Feature(_) => {
                let names: Vec<_> = crate::FEATURES.iter().map(|record| record.name).collect();
                format!("Use one of {}.", names.join(", "))
            }
            Self::Endpoint(_) => {
                "Give the base URL of the server, such as http://gpu-1:8000/v1, and the provider \
                 that it belongs to."
                    .into()
            }
            Self::Identifier(_) => "Use the name that the server or the vendor lists, such as \
                 custom_openai/Mixtral-8x7B."
                .into(),
            Self::NoSuchModel(_) => "See the names with `gatehouse model list`.".into(),
            Self::ClientKey(_) => "See the keys with `gatehouse key list`.".into(),
            Self::Setting { .. } => "Change the value and save again.".into(),
            Self::Query { .. } => crate::query::help(),
            Self::SavedView(_) => "See the views with `gatehouse logs views`.".into(),
            Self::NoRedactionRule(_) => "See the rules with `gatehouse redact list`.".into(),
            Self::RedactionName { .. } => "Give each rule a name of its own.".into(),
            Self::RedactionPattern { .. } => {
                "Write it as Rust's regex crate reads it: without look-around and back-references; \
                 a group (?P<secret>…) is replaced alone."
                    .into()
            }
            Self::NewerSettings { .. } => {
                "Nothing was changed. Install the newer Gatehouse, or use another data folder."
                    .into()
            }
            Self::Settings(_) => "The file is set aside and the last good copy restored.".into(),
        }
    }
}
