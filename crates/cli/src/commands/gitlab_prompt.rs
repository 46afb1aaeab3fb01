//! `gatehouse gitlab prompt …`

use std::path::Path;

use control::view::{CopyPrompt, PromptKey, PromptRow, PromptTexts, PromptView, SavePrompt};
use control::{Error, ErrorCode, Operator};
use serde::Deserialize;

use super::read_file;
use crate::arguments::{PromptCommand, PromptName};
use crate::output::{Output, Stop, table};

/// What `edit` reads of what `show` prints.
#[derive(Deserialize)]
struct Edited {
    texts: PromptTexts,
}

pub(super) async fn run(
    command: &PromptCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    let view = match command {
        PromptCommand::List => {
            let rows = operator.list_prompts(()).await?;
            return output.show(&rows, |rows| list(rows));
        }
        PromptCommand::Show { prompt } => operator.show_prompt(key(prompt)).await?,
        PromptCommand::Copy { id, family, from } => {
            let from = PromptKey {
                id: id.clone(),
                family: from.as_ref().unwrap_or(family).clone(),
            };
            let family = family.clone();
            operator.copy_prompt(CopyPrompt { from, family }).await?
        }
        PromptCommand::Edit { prompt, file } => {
            let key = key(prompt);
            let texts = read(file)?.texts;
            operator.save_prompt(SavePrompt { key, texts }).await?
        }
        PromptCommand::Reset { prompt } => operator.reset_prompt(key(prompt)).await?,
    };
    output.show(&view, facts)
}

fn key(prompt: &PromptName) -> PromptKey {
    PromptKey {
        id: prompt.id.clone(),
        family: prompt.family.clone(),
    }
}

fn read(file: &Path) -> Result<Edited, Error> {
    serde_json::from_str(&read_file(file)?).map_err(|error| {
        Error::new(
            ErrorCode::Invalid,
            format!("the file does not hold a prompt: {error}"),
            "See a whole one with `gatehouse gitlab prompt show chat/explain_code --json`.",
        )
    })
}

fn list(rows: &[PromptRow]) -> String {
    let row = |row: &PromptRow| {
        let state = match (row.is_built_in, row.is_edited) {
            (false, _) => "your own",
            (true, true) => "edited",
            (true, false) => "",
        };
        vec![
            row.key.id.clone(),
            row.key.family.clone(),
            row.title.clone(),
            state.to_owned(),
        ]
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    table(&["PROMPT", "FAMILY", "TITLE", "STATE"], &rows)
}

fn facts(view: &PromptView) -> String {
    let texts = &view.texts;
    let inputs = view.inputs.iter().map(|input| match input.is_required {
        true => input.name.clone(),
        false => format!("{} (not always there)", input.name),
    });
    let inputs: Vec<_> = inputs.collect();
    let rows = [
        ("Prompt", view.key.id.clone()),
        ("Family", view.key.family.clone()),
        ("Edited", if view.is_edited { "yes" } else { "no" }.into()),
        ("Temperature", texts.temperature.to_string()),
        ("Most tokens", texts.max_tokens.to_string()),
        ("May use", inputs.join(", ")),
    ];
    let mut lines: Vec<_> = rows
        .iter()
        .map(|(name, value)| format!("{name:<20} {value}"))
        .collect();
    for (name, text) in [
        ("System", &texts.system),
        ("User", &texts.user),
        ("Beginning of the answer", &texts.prefill),
    ] {
        if !text.is_empty() {
            lines.push(format!("\n--- {name} ---\n{text}"));
        }
    }
    lines.join("\n")
}
