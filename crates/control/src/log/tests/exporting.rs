//! Exports: every row, once, in a file of the owner's.

use super::*;

async fn export(fixture: &Fixture, query: &str, format: ExportFormat) -> (Exported, String) {
    let path = fixture.folder.path().join("rows");
    let exported = fixture.log.export(query, format, path.clone(), zoned());
    let exported = exported.await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    std::fs::remove_file(path).unwrap();
    (exported, text)
}

#[tokio::test]
async fn an_export_has_every_row_that_matches_once() {
    let mut fixture = Fixture::new();
    for place in 0..2_500 {
        let model = if place % 5 == 0 {
            "codestral"
        } else {
            "mixtral"
        };
        fixture.request(0, model, RequestState::Completed, None);
    }
    fixture.log.flush().await;
    for (query, expected) in [("", 2_500), ("mixtral", 2_000), ("model:codestral", 500)] {
        let (exported, text) = export(&fixture, query, ExportFormat::Jsonl).await;
        assert_eq!(exported.rows, expected, "{query}");
        let mut found: Vec<i64> = text
            .lines()
            .map(|line| serde_json::from_str::<RequestView>(line).unwrap().id.0)
            .collect();
        assert!(found.is_sorted_by(|a, b| a > b), "newest first");
        found.dedup();
        assert_eq!(found.len() as u64, expected, "{query}");
    }
}

#[tokio::test]
async fn a_table_has_a_head_and_cells_that_are_no_formulas() {
    let mut fixture = Fixture::new();
    let id = "=HYPERLINK(\"http://x\", \"y\")";
    fixture.start(now(), id);
    fixture.log.flush().await;
    let (exported, text) = export(&fixture, "", ExportFormat::Csv).await;
    assert_eq!(exported.rows, 1);
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let head = table.headers().unwrap().clone();
    let row = table.records().next().unwrap().unwrap();
    let cell = |name: &str| {
        let place = head.iter().position(|head| head == name).unwrap();
        row[place].to_owned()
    };
    assert_eq!(cell("correlation_id"), format!("'{id}"));
    assert_eq!(
        (cell("state"), cell("status")),
        ("running".into(), "".into())
    );
    let page = fixture.list(RequestQuery::default()).await;
    let row = serde_json::to_value(&page.rows[0]).unwrap();
    assert_eq!(
        head.len(),
        row.as_object().unwrap().len(),
        "every value has a column"
    );
}

#[tokio::test]
async fn a_file_that_exists_is_left_alone() {
    let fixture = Fixture::new();
    let path = fixture.folder.path().join("rows");
    std::fs::write(&path, "mine").unwrap();
    let exported = fixture
        .log
        .export("", ExportFormat::Csv, path.clone(), zoned());
    let error = exported.await.unwrap_err();
    assert!(error.message.contains("exists already"), "{error:?}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "mine");
    assert_eq!(
        std::fs::read_dir(fixture.folder.path())
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .ends_with(".tmp")
            })
            .count(),
        0
    );
}
