//! `gatehouse redact …`

use std::path::Path;

use control::view::{PreviewRedaction, RedactionPreview};
use control::{Error, Operator};
use domain::{DefaultRule, DomainError, RedactionDraft, RedactionRuleDraft};

use super::read_file;
use crate::arguments::{OnOff, RedactCommand};
use crate::output::{Output, Stop};

pub(super) async fn run(
    command: &RedactCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    let mut rules = operator.redaction(()).await?;
    match command {
        RedactCommand::List => return output.show(&rules, lines),
        RedactCommand::Preview => {
            let text = read_file(Path::new("-"))?;
            let input = PreviewRedaction { rules: None, text };
            let preview = operator.preview_redaction(input).await?;
            return output.show(&preview, tried);
        }
        RedactCommand::Set { rule, state } => {
            let rule: DefaultRule = rule.parse().map_err(Error::from)?;
            rules.off.retain(|off| *off != rule);
            if *state == OnOff::Off {
                rules.off.push(rule);
            }
        }
        RedactCommand::Add { name, pattern } => {
            let pattern = pattern.clone();
            match rules.own.iter_mut().find(|rule| rule.name == name.trim()) {
                Some(rule) => rule.pattern = pattern,
                None => rules.own.push(RedactionRuleDraft {
                    name: name.clone(),
                    pattern,
                }),
            }
        }
        RedactCommand::Remove { name } => {
            let before = rules.own.len();
            rules.own.retain(|rule| rule.name != name.trim());
            if rules.own.len() == before {
                let error = DomainError::NoRedactionRule(name.clone());
                return Err(Error::from(error).into());
            }
        }
    }
    output.show(&operator.save_redaction(rules).await?, lines)
}

fn lines(rules: &RedactionDraft) -> String {
    let defaults = DefaultRule::ALL.iter().map(|rule| {
        let state = match rules.off.contains(rule) {
            true => "off",
            false => "on",
        };
        format!("{}: {state}", rule.name())
    });
    let own = rules.own.iter();
    let own = own.map(|rule| format!("{}: {}", rule.name, rule.pattern));
    defaults.chain(own).collect::<Vec<_>>().join("\n")
}

fn tried(preview: &RedactionPreview) -> String {
    let found = preview.counts.iter().filter(|count| count.found > 0);
    let found: Vec<_> = found
        .map(|count| format!("{} × {}", count.found, count.rule))
        .collect();
    let sum = match found.is_empty() {
        true => "nothing was replaced".to_owned(),
        false => found.join(", "),
    };
    format!("{}\n({sum})", preview.text)
}
