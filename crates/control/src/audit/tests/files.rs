use super::*;

#[tokio::test]
async fn a_damaged_audit_is_set_aside() {
    let folder = TempDir::new().unwrap();
    fs::write(AUDIT.path(folder.path()), "x".repeat(4_096)).unwrap();
    let journal = folder.path().join("audit.sqlite-journal");
    fs::write(&journal, "of the damaged one").unwrap();
    let fixture = Fixture::over(folder);
    assert!(!journal.exists());
    let notices = fixture.control.notices();
    assert!(notices[0].what.contains("audit"), "{notices:?}");
    fixture.add("gpu-3").await;
    assert_eq!(fixture.page("").await.total, 1);
    let names = fs::read_dir(fixture.folder.path()).unwrap();
    let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.any(|name| name.starts_with("audit.damaged-")));
}

#[tokio::test]
async fn a_newer_audit_is_left_alone_and_changes_go_on() {
    let fixture = Fixture::new();
    fixture.add("gpu-3").await;
    let connection = AUDIT.open(fixture.folder.path()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fixture.file();
    fixture.add("gpu-4").await;
    assert_eq!(fixture.file(), before);
    let page = fixture.page("").await;
    assert!(page.sentence.unwrap().contains("newer Gatehouse"));
}

#[tokio::test]
async fn a_disk_that_refuses_fails_no_change_and_is_said() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(AUDIT.path(folder.path())).unwrap();
    let fixture = Fixture::over(folder);
    let id = fixture.add("gpu-3").await;
    assert_eq!(fixture.endpoint(id), "http://one.example/v1");
    let status = fixture.control.status(()).await.unwrap();
    let said = status
        .notices
        .iter()
        .any(|notice| notice.what.contains("audit"));
    assert!(said, "{:?}", status.notices);
    fs::remove_dir(AUDIT.path(fixture.folder.path())).unwrap();
    fixture.add("gpu-4").await;
    let status = fixture.control.status(()).await.unwrap();
    assert!(status.notices.is_empty(), "{:?}", status.notices);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_private_and_bounded() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    fixture.add("gpu-3").await;
    let path = AUDIT.path(fixture.folder.path());
    assert_eq!(
        fs::metadata(path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let connection = AUDIT.open(fixture.folder.path()).unwrap();
    connection
        .execute("UPDATE sqlite_sequence SET seq = 10000", [])
        .unwrap();
    drop(connection);
    fixture.add("gpu-4").await;
    let rows = fixture.page("").await.rows;
    assert_eq!(
        rows.iter().map(|row| row.id.0).collect::<Vec<_>>(),
        [10_001]
    );
}
