use std::fmt::Write as _;

use domain::LogLevel;
use tempfile::TempDir;

use super::*;

/// Lines of one day; each says its number.
fn day(folder: &TempDir, day: u32, lines: std::ops::Range<u32>) {
    let mut text = String::new();
    for number in lines {
        let level = ["INFO", "WARN", "ERROR", "DEBUG"][number as usize % 4];
        let (hour, minute, second) = (number / 3_600, number / 60 % 60, number % 60);
        writeln!(
            text,
            r#"{{"timestamp":"2026-11-{day:02}T{hour:02}:{minute:02}:{second:02}.5Z","level":"{level}","fields":{{"message":"line {number}","correlation_id":"id-{number}","model":"gpu-3"}},"target":"gateway::server"}}"#
        )
        .unwrap();
    }
    let logs = telemetry::folder(folder.path());
    fs::create_dir_all(&logs).unwrap();
    fs::write(logs.join(format!("gatehouse.2026-11-{day:02}.log")), text).unwrap();
}

/// Every page of a query: its messages, and how many pages there were.
fn all(folder: &TempDir, mut query: ServiceLogQuery) -> (Vec<String>, u32) {
    let (mut messages, mut pages) = (Vec::new(), 0);
    loop {
        let page = page(folder.path(), &query).unwrap();
        messages.extend(page.rows.into_iter().map(|line| line.message));
        (query.before, pages) = (page.next, pages + 1);
        if query.before.is_none() {
            return (messages, pages);
        }
    }
}

#[test]
fn pages_go_through_every_line_of_every_day_once_newest_first() {
    let folder = TempDir::new().unwrap();
    day(&folder, 1, 0..700);
    day(&folder, 2, 700..1_000);
    let mut expected: Vec<_> = (0..1_000).map(|number| format!("line {number}")).collect();
    expected.reverse();
    for limit in [7, 100, 500] {
        let query = ServiceLogQuery {
            limit,
            ..ServiceLogQuery::default()
        };
        assert_eq!(all(&folder, query).0, expected, "{limit} at once");
    }
}

#[test]
fn a_search_sees_the_lines_of_all_days() {
    let folder = TempDir::new().unwrap();
    day(&folder, 1, 0..700);
    day(&folder, 2, 700..1_000);
    for (search, level, expected) in [
        ("ID-3 line", LogLevel::Debug, 111),
        ("\"id-3\"", LogLevel::Debug, 0),
        ("gpu-3", LogLevel::Error, 250),
        ("", LogLevel::Warning, 500),
        ("error line", LogLevel::Debug, 250),
        ("wombat", LogLevel::Debug, 0),
    ] {
        let query = ServiceLogQuery {
            search: search.into(),
            level,
            limit: 60,
            ..ServiceLogQuery::default()
        };
        assert_eq!(all(&folder, query).0.len(), expected, "{search} {level:?}");
    }
}

#[test]
fn a_line_says_what_else_it_knows_and_its_request() {
    let folder = TempDir::new().unwrap();
    day(&folder, 1, 5..6);
    let page = page(folder.path(), &ServiceLogQuery::default()).unwrap();
    let line = &page.rows[0];
    assert_eq!(line.correlation_id.as_deref(), Some("id-5"));
    assert_eq!(
        (line.level, line.target.as_str()),
        (LogLevel::Warning, "gateway::server")
    );
    assert_eq!(line.fields.len(), 1);
    assert_eq!(
        (&*line.fields[0].name, &*line.fields[0].value),
        ("model", "gpu-3")
    );
}

#[test]
fn panics_stand_at_their_time_on_one_page_alone() {
    let folder = TempDir::new().unwrap();
    day(&folder, 1, 0..10);
    let panic = r#"{"at":"2026-11-01T00:00:04.7Z","message":"on purpose","location":"a.rs:1","thread":"t","version":"0"}"#;
    let path = telemetry::crashes(&telemetry::folder(folder.path()));
    fs::write(path, format!("{panic}\n")).unwrap();
    for limit in [1, 3, 5, 6, 100] {
        let query = ServiceLogQuery {
            limit,
            ..ServiceLogQuery::default()
        };
        let (messages, _) = all(&folder, query);
        assert_eq!(messages.len(), 11, "{limit} at once");
        assert_eq!(messages[5], "on purpose", "{limit} at once");
    }
}

#[test]
fn what_is_no_line_of_ours_is_passed_over() {
    let folder = TempDir::new().unwrap();
    assert_eq!(
        page(folder.path(), &ServiceLogQuery::default())
            .unwrap()
            .rows,
        []
    );
    day(&folder, 1, 0..3);
    let path = telemetry::folder(folder.path()).join("gatehouse.2026-11-01.log");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"\xff\xfe\n\n{\"half\":");
    bytes.extend(vec![b'x'; 3 * 1024 * 1024]);
    fs::write(&path, bytes).unwrap();
    assert_eq!(all(&folder, ServiceLogQuery::default()).0.len(), 3);
    for before in [
        "",
        "x",
        "../../settings.json:9:9",
        "gatehouse.2026-11-01.log:1:x",
    ] {
        let query = ServiceLogQuery {
            before: Some(before.into()),
            ..ServiceLogQuery::default()
        };
        let rows = page(folder.path(), &query).map(|page| page.rows.len());
        assert!(rows.is_err() || rows == Ok(0), "{before}");
    }
}

#[test]
fn one_call_reads_so_much_and_no_more() {
    let folder = TempDir::new().unwrap();
    day(&folder, 1, 0..1);
    let path = telemetry::folder(folder.path()).join("gatehouse.2026-11-02.log");
    let line = format!("{}\n", "x".repeat(999));
    fs::write(path, line.repeat(BYTES_MOST as usize / 1_000 + 1_000)).unwrap();
    let (messages, pages) = all(&folder, ServiceLogQuery::default());
    assert_eq!((messages.len(), pages), (1, 2));
}
