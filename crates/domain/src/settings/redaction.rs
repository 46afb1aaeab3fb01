//! What must not be written down: rules of ours, each on or off, and the admin's own patterns.
//! Replaces nothing itself.

use std::str::FromStr;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::DomainError;

/// The admin's own rules, at most.
const RULES: usize = 50;
/// Letters of a rule's name, at most.
const NAME_LETTERS: usize = 60;
/// Bytes of a pattern, at most.
const PATTERN_BYTES: usize = 1_000;
/// Bytes that a pattern may take when it is read; repetitions of repetitions take more.
const READ_BYTES: usize = 1 << 20;

/// A rule that Gatehouse brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DefaultRule {
    /// Keys of model servers, of GitLab and of other services, by their beginnings or by the name of
    /// their field.
    ApiKeys,
    /// What follows `Bearer` or `Basic`, and JSON web tokens wherever they stand.
    BearerTokens,
    /// Private keys as PEM, also inside JSON.
    PrivateKeys,
    /// Access keys of AWS: ids, secrets and session tokens.
    AwsKeys,
    /// E-mail addresses.
    Emails,
}

impl DefaultRule {
    /// Every rule, in the order in which they are shown and applied.
    pub const ALL: [Self; 5] = [
        Self::PrivateKeys,
        Self::ApiKeys,
        Self::BearerTokens,
        Self::AwsKeys,
        Self::Emails,
    ];

    /// Its name in settings, commands and counts.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApiKeys => "api_keys",
            Self::BearerTokens => "bearer_tokens",
            Self::PrivateKeys => "private_keys",
            Self::AwsKeys => "aws_keys",
            Self::Emails => "emails",
        }
    }
}

impl FromStr for DefaultRule {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let found = Self::ALL
            .into_iter()
            .find(|rule| rule.name() == text.trim());
        found.ok_or_else(|| DomainError::NoRedactionRule(text.trim().to_owned()))
    }
}

/// A regular expression that was read: bounded in size, and such that it finds something. It finds
/// in time that grows with the text alone (the `regex` crate never goes back).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretPattern(Regex);

impl SecretPattern {
    /// The expression, for texts and for bytes that are none.
    pub fn regex(&self) -> &Regex {
        &self.0
    }
}

impl PartialEq for SecretPattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl TryFrom<String> for SecretPattern {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        text.parse()
    }
}

impl From<SecretPattern> for String {
    fn from(pattern: SecretPattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}

impl FromStr for SecretPattern {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let refusal = |problem: String| DomainError::RedactionPattern {
            rule: String::new(),
            problem,
        };
        if !(1..=PATTERN_BYTES).contains(&text.len()) {
            return Err(refusal(format!("needs 1 to {PATTERN_BYTES} bytes")));
        }
        let read = RegexBuilder::new(text)
            .size_limit(READ_BYTES)
            .dfa_size_limit(READ_BYTES)
            .build();
        let regex = read.map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                refusal("is too complex: repeat less, or split it into two rules".into())
            }
            error => refusal(format!("is no regular expression: {error}")),
        })?;
        if regex.is_match(b"") {
            return Err(refusal(
                "also finds nothing at all, and so stands everywhere".into(),
            ));
        }
        Ok(Self(regex))
    }
}

/// A rule of the admin's own, as it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RedactionRuleDraft {
    /// What it is called.
    pub name: String,
    /// A regular expression; only its group named `secret` is replaced, where it has one.
    pub pattern: String,
}

/// What must not be written down, as it is typed and shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct RedactionDraft {
    /// The rules of Gatehouse that are off; all others are on.
    pub off: Vec<DefaultRule>,
    /// The admin's own, in the order in which they are applied.
    pub own: Vec<RedactionRuleDraft>,
}

/// A rule of the admin's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RedactionRule {
    /// 1 to 60 letters without control characters, and the name of no other rule.
    pub name: String,
    /// What it replaces.
    pub pattern: SecretPattern,
}

/// What must not be written down.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RedactionSettings {
    /// The rules of Gatehouse that are off; all others are on.
    pub off: Vec<DefaultRule>,
    /// The admin's own, in the order in which they are applied.
    pub own: Vec<RedactionRule>,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl RedactionSettings {
    /// Reads what was typed. The refusal names the rule that it is about.
    pub fn read(draft: &RedactionDraft) -> Result<Self, DomainError> {
        if draft.own.len() > RULES {
            let problem = format!("is one more than {RULES}");
            return Err(refusal(&draft.own[RULES].name, problem));
        }
        let mut settings = Self::default();
        for rule in DefaultRule::ALL {
            if draft.off.contains(&rule) {
                settings.off.push(rule);
            }
        }
        for rule in &draft.own {
            let name = rule.name.trim();
            let letters = name.chars().count();
            if !(1..=NAME_LETTERS).contains(&letters) || name.contains(char::is_control) {
                let problem = format!("needs a name of 1 to {NAME_LETTERS} letters");
                return Err(refusal(name, problem));
            }
            let is_taken = name.parse::<DefaultRule>().is_ok()
                || settings.own.iter().any(|other| other.name == name);
            if is_taken {
                return Err(refusal(name, "is there twice".into()));
            }
            let pattern = rule.pattern.parse().map_err(|error| match error {
                DomainError::RedactionPattern { problem, .. } => refusal_of_pattern(name, problem),
                other => other,
            })?;
            settings.own.push(RedactionRule {
                name: name.to_owned(),
                pattern,
            });
        }
        Ok(settings)
    }

    /// The same, to be shown and changed.
    pub fn draft(&self) -> RedactionDraft {
        let own = self.own.iter().map(|rule| RedactionRuleDraft {
            name: rule.name.clone(),
            pattern: rule.pattern.clone().into(),
        });
        RedactionDraft {
            off: self.off.clone(),
            own: own.collect(),
        }
    }

    /// The rules of Gatehouse that are on.
    pub fn defaults(&self) -> impl Iterator<Item = DefaultRule> {
        let is_on = |rule: &DefaultRule| !self.off.contains(rule);
        DefaultRule::ALL.into_iter().filter(is_on)
    }

    /// Whether the admin changed nothing.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn refusal(rule: &str, problem: String) -> DomainError {
    DomainError::RedactionName {
        rule: rule.chars().take(NAME_LETTERS).collect(),
        problem,
    }
}

fn refusal_of_pattern(rule: &str, problem: String) -> DomainError {
    DomainError::RedactionPattern {
        rule: rule.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Field;

    fn draft(rules: &[(&str, &str)]) -> RedactionDraft {
        let own = rules.iter().map(|(name, pattern)| RedactionRuleDraft {
            name: (*name).into(),
            pattern: (*pattern).into(),
        });
        RedactionDraft {
            off: vec![DefaultRule::Emails],
            own: own.collect(),
        }
    }

    #[test]
    fn rules_are_read_and_shown_as_they_were_typed() {
        let typed = draft(&[("badge", r"B-\d{6}"), ("room", "R[0-9]+")]);
        let settings = RedactionSettings::read(&typed).unwrap();
        assert_eq!(settings.draft(), typed);
        let kept = serde_json::to_string(&settings).unwrap();
        let again: RedactionSettings = serde_json::from_str(&kept).unwrap();
        assert_eq!(again, settings);
        assert!(again.defaults().all(|rule| rule != DefaultRule::Emails));
        assert_eq!(again.defaults().count(), DefaultRule::ALL.len() - 1);
        let none: RedactionSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(none.defaults().count(), DefaultRule::ALL.len());
    }

    #[test]
    fn a_rule_that_cannot_be_used_is_refused_at_its_place() {
        let many: Vec<_> = (0..=RULES).map(|place| (place.to_string(), "x")).collect();
        let many: Vec<_> = many.iter().map(|(name, text)| (&**name, *text)).collect();
        let long = "x".repeat(PATTERN_BYTES + 1);
        for (rules, field, word) in [
            (&[("ok", "a"), ("bad", "a(")][..], Field::Pattern, "\"bad\""),
            (&[("big", r"(\w{100}){100}")], Field::Pattern, "too complex"),
            (&[("all", "a*")], Field::Pattern, "everywhere"),
            (&[("none", "")], Field::Pattern, "1 to 1000"),
            (&[("long", &long)], Field::Pattern, "1 to 1000"),
            (&[("", "a")], Field::Name, "needs a name"),
            (&[("emails", "a")], Field::Name, "twice"),
            (&[("x", "a"), ("x", "b")], Field::Name, "twice"),
            (&many, Field::Name, "one more"),
        ] {
            let error = RedactionSettings::read(&draft(rules)).unwrap_err();
            assert_eq!(error.field(), Some(field), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
