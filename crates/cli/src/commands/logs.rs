//! `gatehouse logs`

use std::time::Duration;

use control::Control;
use control::view::{RequestId, RequestQuery, RequestState, RequestView};

use crate::arguments::Logs;
use crate::output::{Output, Stop};

/// How often a follower looks for new rows.
const GLANCE: Duration = Duration::from_millis(200);

pub(super) async fn run(arguments: &Logs, control: &Control, output: Output) -> Result<(), Stop> {
    let query = RequestQuery {
        limit: arguments.limit,
        correlation_id: arguments.correlation_id.clone(),
        ..RequestQuery::default()
    };
    let page = if arguments.limit == 0 {
        Vec::new()
    } else {
        control.list_requests(query).await?.rows
    };
    for row in page.iter().rev() {
        output.show(row, line)?;
    }
    if arguments.follow {
        follow(arguments, control, output, &page).await
    } else {
        Ok(())
    }
}

/// Prints each request when it ends, until the reader has enough.
async fn follow(
    arguments: &Logs,
    control: &Control,
    output: Output,
    page: &[RequestView],
) -> Result<(), Stop> {
    let newest = control
        .list_requests(RequestQuery {
            limit: 1,
            ..RequestQuery::default()
        })
        .await?;
    let mut last = newest.rows.first().map_or(RequestId(0), |row| row.id);
    let is_running = |row: &&RequestView| row.state == RequestState::Running;
    let mut running: Vec<RequestId> = page.iter().filter(is_running).map(|row| row.id).collect();
    loop {
        tokio::select! {
            () = tokio::time::sleep(GLANCE) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
        let mut rows = control.requests_now(std::mem::take(&mut running)).await?;
        let newer = control.newer_requests(last, 1_000).await?;
        last = newer.last().map_or(last, |row| row.id);
        rows.extend(newer);
        let wanted = |row: &&RequestView| {
            arguments
                .correlation_id
                .as_ref()
                .is_none_or(|id| *id == row.correlation_id)
        };
        for row in rows.iter().filter(wanted) {
            if row.state == RequestState::Running {
                running.push(row.id);
            } else {
                output.show(row, line)?;
            }
        }
    }
}

fn line(row: &RequestView) -> String {
    let state = match (row.state, row.status) {
        (RequestState::Completed, Some(status)) => status.to_string(),
        (RequestState::Failed | RequestState::Refused, Some(status)) => {
            format!("{status} {}", row.state.as_str())
        }
        (state, _) => state.as_str().to_owned(),
    };
    let milliseconds =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0} ms"));
    let count =
        |value: Option<u32>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    let feature = row
        .feature
        .map(|feature| format!(" ({feature})"))
        .unwrap_or_default();
    let error = row
        .error
        .as_ref()
        .map(|error| format!("  {error}"))
        .unwrap_or_default();
    let notes = if row.notes.is_empty() {
        String::new()
    } else {
        format!("  [{}]", row.notes.join("; "))
    };
    format!(
        "{}  {:<12}  {} {}  {}{feature}  {}  first {} total {}  in {} out {}  {}{error}{notes}",
        row.started_at,
        state,
        row.method,
        row.path,
        if row.model.is_empty() {
            "–"
        } else {
            &row.model
        },
        row.client,
        milliseconds(row.first_token_ms),
        milliseconds(row.duration_ms),
        count(row.prompt_tokens),
        count(row.completion_tokens),
        row.correlation_id,
    )
    .replace('\n', " ")
}
