use std::path::Path;

use gateway::RequestState;

use super::*;
use crate::log::database::REQUESTS as DATABASE;
use crate::log::testing::{accepted, outcome, routed};

/// A table with a row that ended and one that runs, by a process with this base.
fn table(folder: &Path) -> (Connection, i64) {
    let connection = DATABASE.open(folder).unwrap();
    let base = next_base(&connection).unwrap();
    let mut statements = Statements::new(&connection).unwrap();
    let end = outcome(RequestState::Completed);
    let mut add = |id, end, number| statements.insert(&accepted(id), None, end, number);
    add("ended", Some(&end), Some(base + 1)).unwrap();
    add("ran", None, Some(base + 2)).unwrap();
    add("of another process", None, None).unwrap();
    drop(statements);
    (connection, base)
}

fn left(base: i64) -> Left {
    let (failed, completed) = (RequestState::Failed, RequestState::Completed);
    let entries = vec![
        Entry::Started(1, accepted("ended")),
        Entry::Finished(1, outcome(failed)),
        // Its start went with an older file.
        Entry::Routed(2, routed("mixtral")),
        Entry::Finished(2, outcome(completed)),
        Entry::Started(4, accepted("unfinished")),
        Entry::Started(3, accepted("completed")),
        Entry::Routed(3, routed("mixtral")),
        Entry::Finished(3, outcome(completed)),
        Entry::Finished(5, outcome(completed)),
    ];
    Left { base, entries }
}

fn rows(connection: &Connection) -> Vec<(String, String, Option<String>)> {
    let sql = "SELECT correlation_id, state, model FROM requests ORDER BY id";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_a_killed_process_had_taken_down_comes_into_the_table_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut connection, base) = table(folder.path());
    for changed in [3, 0] {
        assert_eq!(replay(&mut connection, left(base)).unwrap(), changed);
        let row = |id: &str, state: &str, model: Option<&str>| {
            (id.to_owned(), state.to_owned(), model.map(str::to_owned))
        };
        assert_eq!(
            rows(&connection),
            [
                row("ended", "completed", None),
                row("ran", "completed", Some("mixtral")),
                row("of another process", "running", None),
                row("completed", "completed", Some("mixtral")),
                row("unfinished", "interrupted", None),
            ]
        );
        let counted = "SELECT requests, completion_tokens FROM spans";
        let counted: (i64, i64) = connection
            .query_row(counted, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(counted, (2, 40));
    }
}

#[test]
fn no_two_processes_number_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (mut connection, base) = table(folder.path());
    let next = next_base(&connection).unwrap();
    assert!(next >= base + REQUESTS);
    let changed = replay(&mut connection, left(next)).unwrap();
    assert_eq!((changed, rows(&connection).len()), (3, 6));
    assert_eq!(rows(&connection)[1].1, "running");
}
