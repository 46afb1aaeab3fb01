//! Model families: what each can do, in one table. The names, and which family GitLab lets do
//! what, are those of GitLab's self-hosted models (`ee/lib/gitlab/ai/feature_settings`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::DomainError;

/// A family of models, by GitLab's internal name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Family {
    /// Mistral 7B and its successors.
    Mistral,
    /// Mixtral 8x7B and 8x22B.
    Mixtral,
    /// Mistral Codestral.
    Codestral,
    /// Code Llama.
    Codellama,
    /// CodeGemma.
    Codegemma,
    /// DeepSeek Coder.
    Deepseekcoder,
    /// Claude, named after its third generation.
    #[serde(rename = "claude_3")]
    Claude3,
    /// GPT.
    Gpt,
    /// Llama 3.
    Llama3,
    /// Any other model.
    General,
}

/// What is known of a family.
#[derive(Debug, Clone, Copy)]
pub struct FamilyRecord {
    /// The family.
    pub family: Family,
    /// GitLab's internal name.
    pub name: &'static str,
    /// The name to show.
    pub title: &'static str,
    /// Whether the family is made for conversation; all ten complete and generate code.
    pub chats: bool,
}

const fn record(
    family: Family,
    name: &'static str,
    title: &'static str,
    chats: bool,
) -> FamilyRecord {
    FamilyRecord {
        family,
        name,
        title,
        chats,
    }
}

/// All families, in the order of GitLab's form.
pub const FAMILIES: &[FamilyRecord] = &[
    record(Family::Mistral, "mistral", "Mistral", true),
    record(Family::Mixtral, "mixtral", "Mixtral", true),
    record(Family::Codestral, "codestral", "Mistral Codestral", true),
    record(Family::Codellama, "codellama", "Code Llama", false),
    record(Family::Codegemma, "codegemma", "CodeGemma", false),
    record(
        Family::Deepseekcoder,
        "deepseekcoder",
        "DeepSeek Coder",
        false,
    ),
    record(Family::Claude3, "claude_3", "Claude", true),
    record(Family::Gpt, "gpt", "GPT", true),
    record(Family::Llama3, "llama3", "Llama 3", true),
    record(Family::General, "general", "General", true),
];

impl Family {
    /// The family's row of the table.
    pub fn record(self) -> &'static FamilyRecord {
        FAMILIES
            .iter()
            .find(|record| record.family == self)
            .expect("FAMILIES has a row for each family; a test checks it")
    }
}

impl FromStr for Family {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let wanted = text.trim();
        FAMILIES
            .iter()
            .find(|record| record.name.eq_ignore_ascii_case(wanted))
            .map(|record| record.family)
            .ok_or_else(|| DomainError::Family(wanted.to_owned()))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.record().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_document_use_the_same_ten_names() {
        assert_eq!(FAMILIES.len(), 10);
        for record in FAMILIES {
            let written = serde_json::to_value(record.family).unwrap();
            assert_eq!(written, record.name);
            assert_eq!(record.name.parse::<Family>(), Ok(record.family));
            assert_eq!(record.family.record().name, record.name);
        }
    }

    #[test]
    fn an_unknown_family_is_refused_with_the_list() {
        let refusal = "gpt-9".parse::<Family>().unwrap_err();
        assert!(refusal.to_string().contains("gpt-9"));
        assert!(refusal.hint().contains("deepseekcoder"));
    }
}
