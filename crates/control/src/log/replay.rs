//! Brings into the table what a process that was killed had only taken down in its journal.

use std::collections::{BTreeMap, HashMap};

use gateway::{Accepted, Outcome, Routed};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::journal::{Entry, Left};
use super::rows::{Statements, timestamp};
use super::spans::Additions;

/// Requests of one process, at most: the distance of two bases.
const REQUESTS: i64 = 1 << 40;

/// A row of that process.
struct Known {
    row: i64,
    at: Timestamp,
    has_ended: bool,
}

/// What the journal says of one request.
#[derive(Default)]
struct Said {
    accepted: Option<Accepted>,
    routed: Option<Routed>,
    outcome: Option<Outcome>,
}

/// Gives the process that holds the folder numbers for its rows that no other ever had.
pub(super) fn next_base(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "UPDATE totals SET runs = runs + 1 RETURNING runs";
    let run: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(run * REQUESTS)
}

/// Adds and ends the rows that the journal knows more of; those without an end are interrupted.
/// Returns how many rows changed. To do it twice changes nothing.
pub(super) fn replay(connection: &mut Connection, left: Left) -> rusqlite::Result<usize> {
    let base = left.base;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let known = rows_since(&transaction, base)?;
    let mut statements = Statements::new(&transaction)?;
    let mut additions = Additions::default();
    let mut changed = 0;
    for (sequence, said) in by_request(left.entries) {
        let sequence = base + sequence;
        let (row, at) = match (known.get(&sequence), &said.accepted) {
            (Some(Known { has_ended, .. }), _) if *has_ended => continue,
            (Some(known), _) => {
                if let Some(routed) = &said.routed {
                    statements.route(known.row, routed)?;
                }
                if let Some(outcome) = &said.outcome {
                    statements.end(known.row, outcome)?;
                }
                (known.row, known.at)
            }
            (None, Some(accepted)) => {
                let (routed, outcome) = (said.routed.as_ref(), said.outcome.as_ref());
                let row = statements.insert(accepted, routed, outcome, Some(sequence))?;
                additions.began(accepted.at, row);
                statements.used(&accepted.client, accepted.at)?;
                (row, accepted.at)
            }
            (None, None) => continue,
        };
        if let Some(outcome) = &said.outcome {
            additions.ended(at, row, outcome);
        }
        changed += 1;
    }
    additions.write(&transaction)?;
    let unfinished = "UPDATE requests SET state = 'interrupted' \
         WHERE state = 'running' AND sequence >= ? AND sequence < ?";
    transaction.execute(unfinished, [base, base + REQUESTS])?;
    drop(statements);
    transaction.commit()?;
    Ok(changed)
}

fn rows_since(connection: &Connection, base: i64) -> rusqlite::Result<HashMap<i64, Known>> {
    let sql = "SELECT sequence, id, started_at, state <> 'running' FROM requests \
         WHERE sequence >= ? AND sequence < ?";
    connection
        .prepare(sql)?
        .query_map([base, base + REQUESTS], |row| {
            let known = Known {
                row: row.get(1)?,
                at: timestamp(row.get(2)?),
                has_ended: row.get(3)?,
            };
            Ok((row.get(0)?, known))
        })?
        .collect()
}

/// In the order in which they were accepted.
fn by_request(entries: Vec<Entry>) -> BTreeMap<i64, Said> {
    let mut requests: BTreeMap<i64, Said> = BTreeMap::new();
    for entry in entries {
        let said = requests.entry(entry.sequence() as i64).or_default();
        match entry {
            Entry::Started(_, accepted) => said.accepted = Some(accepted),
            Entry::Routed(_, routed) => said.routed = Some(routed),
            Entry::Finished(_, outcome) => said.outcome = Some(outcome),
        }
    }
    requests
}

#[cfg(test)]
mod tests;
