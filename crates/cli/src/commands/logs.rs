//! `gatehouse logs`

use std::path::Path;
use std::time::Duration;

use control::Control;
use control::view::{
    Counting, ExportFormat, ExportRequest, RequestId, RequestPage, RequestQuery, RequestState,
    RequestView,
};
use domain::{Pattern, Query, Test};
use serde::Serialize;

use crate::arguments::{Format, Logs};
use crate::output::{Output, Stop};

/// How often a follower looks for new rows.
const GLANCE: Duration = Duration::from_millis(200);

pub(super) async fn run(arguments: &Logs, control: &Control, output: Output) -> Result<(), Stop> {
    let query = RequestQuery {
        limit: arguments.limit,
        query: Some(written(arguments, control).await?),
        count: Counting::Skip,
        ..RequestQuery::default()
    };
    if let Some(path) = &arguments.export {
        return export(path, arguments.format, query, control, output).await;
    }
    if arguments.count {
        return count(&query, control, output).await;
    }
    let page = if arguments.limit == 0 {
        Vec::new()
    } else {
        control.list_requests(query.clone()).await?.rows
    };
    for row in page.iter().rev() {
        output.show(row, line)?;
    }
    if arguments.follow {
        follow(query, control, output, &page).await
    } else {
        Ok(())
    }
}

/// The query of all arguments together.
async fn written(arguments: &Logs, control: &Control) -> Result<String, Stop> {
    let mut query: Query = arguments.query.as_deref().unwrap_or_default().parse()?;
    if let Some(name) = &arguments.view {
        let view: Query = control.saved_view(name)?.query.parse()?;
        query.terms.extend(view.terms);
    }
    if let Some(id) = arguments.correlation_id.as_deref().map(str::trim) {
        let id = Query::of(Test::Id(Pattern::Exactly(id.to_owned())));
        query.terms.extend(id.terms);
    }
    Ok(query.to_string())
}

/// How many rows match, and how many there are.
#[derive(Serialize)]
struct Counts {
    matching: u64,
    total: u64,
}

async fn count(query: &RequestQuery, control: &Control, output: Output) -> Result<(), Stop> {
    let query = RequestQuery {
        limit: 1,
        count: Counting::Whole,
        ..query.clone()
    };
    let RequestPage {
        matching, total, ..
    } = control.list_requests(query).await?;
    output.show(&Counts { matching, total }, |counts| {
        format!("{} of {} rows match", counts.matching, counts.total)
    })
}

async fn export(
    path: &Path,
    format: Format,
    query: RequestQuery,
    control: &Control,
    output: Output,
) -> Result<(), Stop> {
    let request = ExportRequest {
        query: query.query.unwrap_or_default(),
        format: match format {
            Format::Jsonl => ExportFormat::Jsonl,
            Format::Csv => ExportFormat::Csv,
        },
    };
    let exported = control.export_requests_to(path, request).await?;
    output.show(&exported, |exported| {
        format!("{} rows are in {}", exported.rows, exported.path)
    })
}

/// Prints each request that the query wants when it ends, until the reader has enough.
async fn follow(
    query: RequestQuery,
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
        let everything = RequestQuery::default();
        let rows = control.requests_now(std::mem::take(&mut running), everything);
        let mut rows = rows.await?;
        let newer = control.newer_requests(last, 1_000).await?;
        last = newer.last().map_or(last, |row| row.id);
        rows.extend(newer);
        let (still, ended): (Vec<_>, Vec<_>) = rows
            .iter()
            .partition(|row| row.state == RequestState::Running);
        running.extend(still.iter().map(|row| row.id));
        // What a request is to be judged by is whole when it has ended.
        let ended = ended.iter().map(|row| row.id).collect();
        for row in control.requests_now(ended, query.clone()).await? {
            output.show(&row, line)?;
        }
    }
}

pub(super) fn line(row: &RequestView) -> String {
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
    let queued = row
        .queued_ms
        .map(|queued| format!("queued {queued:.0} ms "))
        .unwrap_or_default();
    let connect = row
        .connect_ms
        .map(|connect| format!("connect {connect:.0} ms "))
        .unwrap_or_default();
    let gap = row
        .gap_ms
        .map(|gap| format!(" gap {gap:.1} ms"))
        .unwrap_or_default();
    let address = row
        .address
        .as_ref()
        .map(|address| format!(" ({address})"))
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
        "{}  {:<12}  {} {}  {}{feature}  {}{address}  {queued}{connect}first {}{gap} total {}  in {} out {}  {}{error}{notes}",
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
