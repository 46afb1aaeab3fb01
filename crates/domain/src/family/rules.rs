//! What follows from a family's record: the exact FIM prompt, the variant that an identifier names,
//! the control tokens to keep out, and whether an edited record can be used. Builds no request.

use std::borrow::Cow;

use super::{CompletionRoute, FAMILIES, Family, FamilyRecord, Fim, Parameter, Standing, Variant};
use crate::{DomainError, Field};

/// The longest text in a record, in bytes, and the longest list.
const LONGEST: usize = 2_000;

impl Fim {
    /// The prompt that asks for the text between these two, byte for byte as the model was trained.
    /// Neither text is changed: control tokens in them are the caller's to break.
    pub fn render(&self, prefix: &str, suffix: &str) -> String {
        // In two steps and never over the prefix, which may itself say `{suffix}`.
        let with_suffix = |part: &str| part.replace("{suffix}", suffix);
        match self.template.split_once("{prefix}") {
            Some((before, after)) => {
                format!("{}{prefix}{}", with_suffix(before), with_suffix(after))
            }
            None => with_suffix(&self.template),
        }
    }
}

impl FamilyRecord {
    /// The built-in record of this name.
    pub fn built_in(name: &str) -> Option<&'static Self> {
        FAMILIES.iter().find(|record| record.name.as_str() == name)
    }

    /// A copy to be changed under another name. It has no place in GitLab's lists, whatever the
    /// original has, and names the built-in family that it comes from.
    pub fn copy(&self, name: Family, title: String) -> Self {
        let is_built_in = Self::built_in(self.name.as_str()).is_some();
        let based_on = match is_built_in {
            true => Some(self.name.clone()),
            false => self.based_on.clone(),
        };
        Self {
            name,
            title,
            based_on,
            standing: Standing::Unlisted,
            ..self.clone()
        }
    }

    /// Whether a request must not carry this.
    pub fn refuses(&self, parameter: Parameter) -> bool {
        self.refuses.contains(&parameter)
    }

    /// Every text that the model reads as a control token, whatever the way it is asked: a file
    /// that contains one must not bring it into a prompt.
    pub fn control_texts(&self) -> impl Iterator<Item = &str> {
        let of_fim = self.fim.iter().flat_map(Fim::control_texts);
        of_fim.chain(self.control.iter().map(String::as_str))
    }

    /// The variant that an identifier names.
    pub fn variant_of(&self, identifier: &str) -> Option<&Variant> {
        let identifier = format!("/{}/", identifier.trim_matches('/').to_lowercase());
        self.variants.iter().find(|variant| {
            variant
                .matches
                .iter()
                .any(|words| words.iter().all(|word| identifier.contains(word)))
        })
    }

    /// The record as it applies to an identifier: a variant's differences are taken over, and it has
    /// no variants of its own.
    pub fn for_identifier(&self, identifier: &str) -> Cow<'_, Self> {
        let Some(variant) = self.variant_of(identifier) else {
            return Cow::Borrowed(self);
        };
        let mut record = self.clone();
        record.title = variant.title.clone();
        record.standing = variant.standing;
        record.support = variant.support;
        if let Some(fim) = &variant.fim {
            record.fim = Some(fim.clone());
        }
        if let Some(routes) = &variant.routes {
            record.routes = routes.clone();
        }
        if !record.routes.contains(&CompletionRoute::RawFim)
            && let Some(fim) = record.fim.take()
        {
            // The tokenizer has these tokens all the same.
            let known = fim.control_texts().map(str::to_owned);
            record.control.extend(known);
        }
        if let Some(stop) = &variant.stop {
            record.stop = stop.clone();
        }
        if let Some(stop_ids) = &variant.stop_ids {
            record.stop_ids = stop_ids.clone();
        }
        if let Some(refuses) = &variant.refuses {
            record.refuses = refuses.clone();
        }
        record.context = variant.context.unwrap_or(record.context);
        record.variants.clear();
        Cow::Owned(record)
    }

    /// Checks a record that an admin has edited.
    pub fn check(&self) -> Result<(), DomainError> {
        check_title(&self.title)?;
        check_routes(&self.routes, self.fim.as_ref())?;
        check_texts(Field::Control, "control tokens", &self.control)?;
        check_texts(Field::Stop, "stop texts", &self.stop)?;
        check_context(self.context)?;
        if let Some(marks) = &self.reasoning {
            let marks = [&marks.open, &marks.close];
            check_texts(Field::Reasoning, "reasoning marks", marks)?;
        }
        if self.remarks.len() > LONGEST {
            return refuse(Field::Remarks, "has remarks longer than 2,000 bytes");
        }
        if self.variants.len() > 100 {
            return refuse(Field::Variants, "has more than 100 variants");
        }
        self.variants.iter().try_for_each(|variant| {
            variant.check(self.fim.as_ref()).or_else(|error| {
                let problem = error.to_string();
                let problem = problem.trim_start_matches("the model family ");
                let title = &variant.title;
                let problem = format!("has a variant \"{title}\" that {problem}");
                refuse(Field::Variants, &problem)
            })
        })
    }
}

impl Fim {
    fn control_texts(&self) -> impl Iterator<Item = &str> {
        self.tokens
            .iter()
            .chain(&self.forbidden)
            .map(String::as_str)
    }

    fn check(&self) -> Result<(), DomainError> {
        let is_once = |place: &str| self.template.matches(place).count() == 1;
        if self.template.len() > LONGEST || !is_once("{prefix}") || !is_once("{suffix}") {
            let problem = "needs {prefix} and {suffix} once each in its FIM prompt";
            return refuse(Field::Template, problem);
        }
        check_texts(Field::Tokens, "FIM tokens", &self.tokens)?;
        check_texts(Field::Control, "forbidden tokens", &self.forbidden)?;
        match self
            .tokens
            .iter()
            .find(|token| !self.template.contains(token.as_str()))
        {
            Some(token) => refuse(
                Field::Tokens,
                &format!("names the token \"{token}\", which is not in its FIM prompt"),
            ),
            None => Ok(()),
        }
    }
}

impl Variant {
    fn check(&self, of_family: Option<&Fim>) -> Result<(), DomainError> {
        check_title(&self.title)?;
        self.context.map_or(Ok(()), check_context)?;
        let fim = self.fim.as_ref().or(of_family);
        match &self.routes {
            Some(routes) => check_routes(routes, fim)?,
            None => self.fim.as_ref().map_or(Ok(()), Fim::check)?,
        }
        check_texts(Field::Stop, "stop texts", self.stop.iter().flatten())?;
        let words = || self.matches.iter().flatten();
        check_texts(Field::Variants, "words", words())?;
        if self.matches.is_empty() || self.matches.iter().any(Vec::is_empty) {
            return refuse(Field::Variants, "has no words to be told by");
        }
        match words().find(|word| **word != word.to_lowercase()) {
            Some(word) => refuse(
                Field::Variants,
                &format!("is told by \"{word}\": write it in lower case"),
            ),
            None => Ok(()),
        }
    }
}

fn refuse(field: Field, problem: &str) -> Result<(), DomainError> {
    let problem = problem.to_owned();
    Err(DomainError::FamilyRecord { field, problem })
}

fn check_title(title: &str) -> Result<(), DomainError> {
    if title.trim().is_empty() || title.chars().count() > 100 {
        return refuse(Field::Title, "needs a title of 1 to 100 characters");
    }
    Ok(())
}

fn check_context(tokens: u32) -> Result<(), DomainError> {
    if !(256..=20_000_000).contains(&tokens) {
        return refuse(
            Field::Context,
            "has a context outside 256 to 20,000,000 tokens",
        );
    }
    Ok(())
}

fn check_routes(routes: &[CompletionRoute], fim: Option<&Fim>) -> Result<(), DomainError> {
    if routes.is_empty() {
        return refuse(Field::Routes, "has no way to complete code");
    }
    match fim {
        Some(fim) => fim.check(),
        None if routes.contains(&CompletionRoute::RawFim) => refuse(
            Field::Routes,
            "completes by fill-in-the-middle but has no template for it",
        ),
        None => Ok(()),
    }
}

/// An empty text would stop every answer and break every file.
fn check_texts<'a>(
    field: Field,
    kind: &str,
    texts: impl IntoIterator<Item = &'a String>,
) -> Result<(), DomainError> {
    let mut count = 0;
    for text in texts {
        count += 1;
        if text.is_empty() || text.len() > LONGEST || count > LONGEST {
            let problem = format!("has an empty or endless text among its {kind}");
            return refuse(field, &problem);
        }
    }
    Ok(())
}
