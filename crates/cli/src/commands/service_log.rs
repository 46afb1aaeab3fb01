//! `gatehouse logs service`

use control::Operator;
use control::view::{ServiceLogLine, ServiceLogQuery};

use crate::arguments::ServiceLog;
use crate::output::{Output, Stop};

/// The most lines of one page.
const PAGE: u32 = 500;

pub(super) async fn run(
    arguments: &ServiceLog,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    let mut lines: Vec<ServiceLogLine> = Vec::new();
    let mut before = None;
    loop {
        let missing = arguments.limit as usize - lines.len();
        if missing == 0 {
            break;
        }
        let query = ServiceLogQuery {
            limit: u32::try_from(missing).unwrap_or(PAGE).min(PAGE),
            before,
            level: arguments.level,
            search: arguments.search.clone(),
        };
        let page = operator.service_log(query).await?;
        lines.extend(page.rows.into_iter().take(missing));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    for line in lines.iter().rev() {
        output.show(line, text)?;
    }
    Ok(())
}

fn text(line: &ServiceLogLine) -> String {
    let id = line
        .correlation_id
        .iter()
        .map(|id| format!(" correlation_id={id}"));
    let fields = line.fields.iter();
    let fields = fields.map(|field| format!(" {}={}", field.name, field.value));
    let more: String = id.chain(fields).collect();
    let level = line.level.name();
    format!(
        "{}  {level:<7}  {}  {}{more}",
        line.at, line.target, line.message
    )
    .replace('\n', " ")
}
