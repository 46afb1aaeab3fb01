//! What retention removes, what it leaves, and that nothing of it is found afterwards.

use rusqlite::params;

use super::*;

/// Steps until there is no more to do.
fn remove(folder: &Path, keep_days: u32, keep_megabytes: u32) {
    let keep = LogSettings {
        keep_days,
        keep_megabytes,
        ..LogSettings::default()
    };
    let mut connection = connect(folder);
    while retention::step(&mut connection, &keep, now()).unwrap() {}
}

/// A log whose writer neither indexes nor removes by itself.
fn still() -> Fixture {
    Fixture::in_folder(tempfile::tempdir().unwrap(), false).0
}

fn days(days: i64) -> i64 {
    days * 24 * 60
}

/// The ids that are left, when rows of these ages in days, in the order they came, are kept 30.
async fn left(ages: &[i64]) -> Vec<i64> {
    let mut fixture = still();
    for age in ages {
        fixture.request(days(*age), "mixtral", RequestState::Completed, None);
    }
    fixture.log.flush().await;
    remove(fixture.folder.path(), 30, 1_000);
    let page = fixture.list(RequestQuery::default()).await;
    assert_eq!(page.total, page.rows.len() as u64);
    ids(&page.rows)
}

#[tokio::test]
async fn rows_that_are_too_old_are_removed_and_no_others() {
    assert_eq!(left(&[40, 31, 29, 0]).await, [4, 3]);
    assert_eq!(left(&[40, 40]).await, [2], "the newest row stays");
    assert_eq!(
        left(&[29, 400, 31, 0]).await,
        [4, 3, 2, 1],
        "a clock that jumped back"
    );
    assert_eq!(
        left(&[-4_000, 40, 31, 29, -3_000, 0]).await,
        [6, 5, 4],
        "a clock that ran ahead"
    );
}

#[tokio::test]
async fn nothing_of_a_removed_row_is_found_and_parts_of_the_index_go_with_theirs() {
    let fixture = still();
    let connection = connect(fixture.folder.path());
    // Around the end of the first part.
    for id in (1 << 18) - 3..(1 << 18) + 3 {
        let age = if id < (1 << 18) + 1 { days(40) } else { 0 };
        let at = now() - SignedDuration::from_mins(age);
        let sql = "INSERT INTO requests (id, started_at, correlation_id, state, method, path, \
             client, streamed) VALUES (?, ?, 'word', 'completed', 'POST', '/', 'gitlab', 0)";
        connection
            .execute(sql, params![id, at.as_millisecond()])
            .unwrap();
    }
    connection
        .execute("UPDATE totals SET rows = 6, indexed = (1 << 18) - 4", [])
        .unwrap();
    let mut connection = connection;
    while index::step(&mut connection).unwrap() {}
    let word = || RequestQuery {
        query: Some("word".into()),
        ..RequestQuery::default()
    };
    let page = fixture.list(word()).await;
    assert_eq!((page.rows.len(), page.matching, page.total), (6, 6, 6));
    let parts = |connection: &rusqlite::Connection| {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'texts_?'";
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(parts(&connection), 2);
    remove(fixture.folder.path(), 30, 1_000);
    assert_eq!(parts(&connection), 1);
    let page = fixture.list(word()).await;
    assert_eq!((page.rows.len(), page.matching, page.total), (2, 2, 2));
}

#[tokio::test]
async fn a_log_that_is_too_large_loses_its_oldest_rows_and_gives_their_space_back() {
    let mut fixture = still();
    fixture.request(days(3), "mixtral", RequestState::Completed, None);
    fixture.log.flush().await;
    let many = "INSERT INTO requests (started_at, correlation_id, state, method, path, client, \
         streamed, error) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 20000) \
         SELECT started_at, n, 'completed', 'POST', '/', 'gitlab', 0, hex(randomblob(400)) \
         FROM n, requests WHERE id = 1";
    let connection = connect(fixture.folder.path());
    connection.execute(many, []).unwrap();
    connection
        .execute("UPDATE totals SET rows = 20001", [])
        .unwrap();
    let before = fixture.log.space().await.unwrap().unwrap();
    assert!(before.bytes > 16_000_000, "{before:?}");
    assert_eq!(before.oldest, Some(now() - SignedDuration::from_hours(72)));
    remove(fixture.folder.path(), 30, 10);
    let after = fixture.log.space().await.unwrap().unwrap();
    assert!((8_000_000..10_000_000).contains(&after.bytes), "{after:?}");
    let pages: i64 = connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    assert!(pages * 4_096 < 20_000_000, "{pages} pages");
    let page = fixture.list(RequestQuery::default()).await;
    assert_eq!((page.rows[0].id.0, page.total), (20_001, after.rows));
}

#[tokio::test]
async fn the_writer_removes_old_rows_by_itself_once_it_knows_how_long_they_are_kept() {
    let mut fixture = Fixture::new();
    fixture.request(days(4_000), "mixtral", RequestState::Completed, None);
    fixture.request(0, "mixtral", RequestState::Completed, None);
    fixture.log.flush().await;
    assert_eq!(fixture.list(RequestQuery::default()).await.total, 2);
    let mut changes = fixture.log.changes();
    fixture.log.keep_for(LogSettings::default());
    let removed = async {
        while fixture.list(RequestQuery::default()).await.total > 1 {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), removed)
        .await
        .expect("the old row is removed");
}
