//! `gatehouse family …`

use std::path::Path;

use control::view::{FamilyDraft, FamilyView, SaveFamily};
use control::{Error, ErrorCode, Operator};
use domain::{Family, Standing, Support};
use serde_json::{Value, json};

use super::read_file;
use crate::arguments::FamilyCommand;
use crate::output::{Output, Stop, table};

pub(super) async fn run(
    command: &FamilyCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    match command {
        FamilyCommand::List => {
            let families = operator.list_families(()).await?;
            output.show(&families, |families| list(families))
        }
        FamilyCommand::Show { name } => {
            let family = find(operator.list_families(()).await?, name)?;
            output.show(&family.record, |_| facts(&family))
        }
        FamilyCommand::Copy { name, new, title } => {
            let original = find(operator.list_families(()).await?, name)?.record;
            let title = title.clone();
            let title = title.unwrap_or_else(|| format!("{} (copy)", original.title));
            let record = json!(original.copy(new.parse()?, title));
            save(operator, record, true, output).await
        }
        FamilyCommand::Save { file } => {
            let record = read(file)?;
            save(operator, record, false, output).await
        }
        FamilyCommand::Remove { name } => {
            let name: Family = name.parse()?;
            operator.remove_family(name.clone()).await?;
            output.show(&json!({"removed": name}), |_| format!("Removed {name}."))
        }
    }
}

async fn save(
    operator: &Operator,
    record: Value,
    is_new: bool,
    output: Output,
) -> Result<(), Stop> {
    let name = record["name"].as_str().unwrap_or_default().to_owned();
    let input = SaveFamily {
        record: FamilyDraft(record),
        is_new,
    };
    let family = find(operator.save_family(input).await?, &name)?;
    output.show(&family.record, |_| {
        format!("Saved {}.\n{}", family.record.name, facts(&family))
    })
}

fn find(families: Vec<FamilyView>, name: &str) -> Result<FamilyView, Error> {
    let name: Family = name.parse()?;
    let found = families
        .into_iter()
        .find(|family| family.record.name == name);
    found.ok_or_else(|| {
        Error::new(
            ErrorCode::NotFound,
            format!("there is no model family \"{name}\""),
            "See the names with `gatehouse family list`.",
        )
    })
}

fn read(file: &Path) -> Result<Value, Error> {
    serde_json::from_str(&read_file(file)?).map_err(|error| {
        Error::new(
            ErrorCode::Invalid,
            format!("the record of the model family is not JSON: {error}"),
            "See a whole record with `gatehouse family show codestral --json`.",
        )
    })
}

fn list(families: &[FamilyView]) -> String {
    let row = |family: &FamilyView| {
        let record = &family.record;
        vec![
            record.name.to_string(),
            record.title.clone(),
            if family.is_own {
                "your own"
            } else {
                standing(record.standing)
            }
            .to_owned(),
            support(record.support.completion).to_owned(),
            support(record.support.generation).to_owned(),
            support(record.support.chat).to_owned(),
            family.lead.words().to_owned(),
            family.models.join(", "),
        ]
    };
    let rows: Vec<_> = families.iter().map(row).collect();
    let head = [
        "NAME",
        "TITLE",
        "GITLAB",
        "COMPLETION",
        "GENERATION",
        "CHAT",
        "COMPLETES BY",
        "MODELS",
    ];
    table(&head, &rows)
}

fn facts(family: &FamilyView) -> String {
    let record = &family.record;
    let or_dash = |text: String| if text.is_empty() { "–".into() } else { text };
    let ways: Vec<_> = record.routes.iter().map(|route| route.words()).collect();
    let variants: Vec<_> = record
        .variants
        .iter()
        .map(|variant| variant.title.as_str())
        .collect();
    let refuses: Vec<_> = record.refuses.iter().map(|one| json!(one)).collect();
    let refuses: Vec<_> = refuses.iter().filter_map(Value::as_str).collect();
    let example = family
        .prompt_example
        .as_ref()
        .map(|prompt| format!("{prompt:?}"));
    let based_on = record.based_on.as_ref().map(ToString::to_string);
    let rows = [
        ("Name", record.name.to_string()),
        ("Title", record.title.clone()),
        ("Copied from", or_dash(based_on.unwrap_or_default())),
        ("In GitLab's lists", standing(record.standing).into()),
        ("Completion", support(record.support.completion).into()),
        ("Generation", support(record.support.generation).into()),
        ("Chat", support(record.support.chat).into()),
        ("Completes by", ways.join(", then ")),
        ("FIM prompt", or_dash(example.unwrap_or_default())),
        ("Stops at", or_dash(record.stop.join(" "))),
        ("Context", format!("{} tokens", record.context)),
        ("Refuses", or_dash(refuses.join(", "))),
        ("Variants", or_dash(variants.join(", "))),
        ("Remarks", or_dash(record.remarks.clone())),
        ("Models", or_dash(family.models.join(", "))),
    ];
    rows.iter()
        .map(|(name, value)| format!("{name:<20} {value}\n"))
        .collect()
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Approved => "approved",
        Standing::UnderEvaluation => "under evaluation",
        Standing::Unlisted => "not listed",
    }
}

/// How well a family serves a kind of feature, in a word.
pub(super) fn support(level: Support) -> &'static str {
    match level {
        Support::None => "no",
        Support::Limited => "limited",
        Support::Partial => "partial",
        Support::Full => "full",
    }
}
