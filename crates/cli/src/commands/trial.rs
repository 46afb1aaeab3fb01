//! `gatehouse trial …`

use control::Operator;
use control::view::{Message, TrialId, TrialPage, TrialQuery, TrialRow};
use serde_json::json;

use super::read_file_within;
use crate::arguments::TrialCommand;
use crate::output::{Output, Stop, table};

/// The largest file of trials, as much as is imported.
const LARGEST: u64 = 64 * 1024 * 1024;

pub(super) async fn run(
    command: &TrialCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    match command {
        TrialCommand::List { search, limit } => {
            let query = TrialQuery {
                limit: *limit,
                skip: 0,
                search: search.clone(),
            };
            output.show(&operator.list_trials(query).await?, list)
        }
        TrialCommand::Show { id } => {
            let kept = operator.get_trial(TrialId(id.clone())).await?;
            output.show(&kept, |kept| {
                let mut text = format!("{}\n", kept.row.title);
                for column in &kept.trial.columns {
                    text += &format!("\n== {} ==\n", column.model);
                    for turn in &column.turns {
                        let said = |message: &Message| format!("> {}\n", message.content);
                        text.extend(turn.ask.iter().map(said));
                        if let Some(answer) = &turn.answer {
                            text += &format!("{}\n", answer.text);
                        }
                    }
                }
                text
            })
        }
        TrialCommand::Export { ids } => {
            let ids = ids.iter().cloned().map(TrialId).collect();
            output.show(&operator.export_trials(ids).await?, |exported| {
                format!("Wrote {} trials to {}.", exported.rows, exported.path)
            })
        }
        TrialCommand::Import { file } => {
            let imported = operator
                .import_trials(read_file_within(file, LARGEST)?)
                .await?;
            output.show(&imported, |imported| {
                format!(
                    "Added {} trials; {} were there already.",
                    imported.added, imported.known
                )
            })
        }
        TrialCommand::Remove { id } => {
            operator.remove_trial(TrialId(id.clone())).await?;
            output.show(&json!({"removed": id}), |_| format!("Removed {id}."))
        }
    }
}

fn list(page: &TrialPage) -> String {
    let row = |row: &TrialRow| {
        vec![
            row.id.0.clone(),
            row.updated_at.to_string().chars().take(16).collect(),
            if row.is_pinned { "pinned" } else { "" }.to_owned(),
            row.models.join(", "),
            row.title.clone(),
        ]
    };
    let rows: Vec<_> = page.rows.iter().map(row).collect();
    table(&["ID", "CHANGED", "", "MODELS", "TITLE"], &rows)
}
