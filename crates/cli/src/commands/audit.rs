//! `gatehouse audit …`

use control::Operator;
use control::view::{ChangeId, ChangeQuery, ChangeView};

use crate::arguments::{Audit, AuditCommand};
use crate::output::{Output, Stop};

pub(super) async fn run(
    arguments: &Audit,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    if let Some(AuditCommand::Undo { id }) = &arguments.command {
        let change = operator.undo_change(ChangeId(*id)).await?;
        return output.show(&change, whole);
    }
    let query = ChangeQuery {
        limit: arguments.limit,
        search: arguments.search.clone(),
        before: None,
    };
    let page = operator.list_changes(query).await?;
    for change in page.rows.iter().rev() {
        output.show(change, whole)?;
    }
    if let Some(sentence) = &page.sentence {
        output.note("The audit is not complete.", sentence);
    }
    Ok(())
}

/// A line for the change, and one for each value that went or came.
fn whole(change: &ChangeView) -> String {
    let undone = change.undone_by.map(|id| format!("  (undone by {})", id.0));
    let mut text = format!(
        "{}  {}  {}  {}{}",
        change.id.0,
        change.at,
        change.who.name(),
        change.sentence,
        undone.unwrap_or_default()
    );
    for setting in &change.settings {
        text += &format!("\n    {}", setting.path);
        for (sign, value) in [("-", &setting.before), ("+", &setting.after)] {
            let lines = value.iter().flat_map(|value| value.lines());
            lines.for_each(|line| text += &format!("\n    {sign} {line}"));
        }
    }
    text
}
