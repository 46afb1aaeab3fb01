//! Recordings on a disk that refuses.

use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_cannot_be_written_is_said_in_the_row_and_stops_nobody() {
    let gateway = Fixture::start(&["good"]);
    std::fs::create_dir(gateway.gatehouse.data().join("recordings.sqlite")).unwrap();
    gateway.record(&["start"]);
    let (status, _) = gateway.ask("good", json!({})).await;
    assert_eq!(status, 200);
    gateway.ask_as("lost", "good", json!({})).await;
    let said = tests::eventually("the row says it", || {
        let row = gateway.gatehouse.row("lost");
        row["notes"]
            .to_string()
            .contains("could not be kept")
            .then_some(row)
    });
    assert_eq!(
        (&said["recorded"], &said["state"]),
        (&json!(false), &json!("completed"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_stops_though_the_disk_refuses_to_keep_that() {
    let gateway = Fixture::start(&["good"]);
    gateway.record(&["start"]);
    gateway.ask_as("kept", "good", json!({})).await;
    assert_eq!(gateway.gatehouse.row("kept")["recorded"], true);
    // A folder in the place of the file: nothing can be saved.
    let settings = gateway.gatehouse.data().join("settings.json");
    std::fs::remove_file(&settings).unwrap();
    std::fs::create_dir(&settings).unwrap();
    let stop = gateway.gatehouse.run(&["record", "stop"]).complaint();
    assert!(stop.contains("The recording is stopped, but"), "{stop}");
    assert!(stop.contains("after a restart"), "{stop}");
    assert_eq!(gateway.record(&["status"])["is_on"], false);
    gateway.ask_as("later", "good", json!({})).await;
    assert_eq!(gateway.gatehouse.row("later")["recorded"], false);
    std::fs::remove_dir(&settings).unwrap();
    assert_eq!(gateway.record(&["stop"])["is_on"], false);
}
