//! `gatehouse logs cancel`

use control::view::{Counting, RequestId, RequestQuery, RequestView};
use control::{Error, ErrorCode, Operator};
use domain::{Pattern, Query, RequestState, Test};

use super::logs::line;
use crate::output::{Output, Stop};

/// Ends the running requests that this means: all of a correlation id, or the one of a row.
pub(super) async fn run(id: &str, control: &Operator, output: Output) -> Result<(), Stop> {
    for id in meant(id.trim(), control).await? {
        output.show(&control.cancel_request(id).await?, line)?;
    }
    Ok(())
}

async fn meant(id: &str, control: &Operator) -> Result<Vec<RequestId>, Stop> {
    let of_id = Query::of(Test::Id(Pattern::Exactly(id.to_owned())));
    let mut running = of_id.clone();
    running
        .terms
        .extend(Query::of(Test::State(RequestState::Running)).terms);
    let rows = rows(&running, control).await?;
    if !rows.is_empty() {
        return Ok(rows.iter().map(|row| row.id).collect());
    }
    // The control panel says why a request that has ended cannot be cancelled.
    if let Some(row) = self::rows(&of_id, control).await?.first() {
        return Ok(vec![row.id]);
    }
    match id.parse() {
        Ok(number) => Ok(vec![RequestId(number)]),
        Err(_) => {
            let message = format!("no request has the correlation id {id}");
            let hint = "See `gatehouse logs --query state:running`.";
            Err(Error::new(ErrorCode::NotFound, message, hint).into())
        }
    }
}

async fn rows(query: &Query, control: &Operator) -> Result<Vec<RequestView>, Stop> {
    let query = RequestQuery {
        limit: 1_000,
        query: Some(query.to_string()),
        count: Counting::Skip,
        ..RequestQuery::default()
    };
    Ok(control.list_requests(query).await?.rows)
}
