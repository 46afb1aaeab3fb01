//! What becomes of logged requests and of what was tried: trials that repeat them, cases for suites.

use serde_json::Value;

use super::playground::{completion, raw};
use super::*;
use crate::view::{RequestId, SaveCase, SentAs, StartRecording, TrialMode};

#[tokio::test]
async fn nothing_is_recorded_over_what_a_newer_program_kept_until_a_purge() {
    let fixture = Fixture::open().await;
    let folder = fixture.control.folder();
    let newer = crate::recordings::RECORDINGS.open(folder).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let start = || fixture.control.start_recording(StartRecording::default());
    let error = start().await.unwrap_err();
    assert!(error.message.contains("version 99"), "{}", error.message);
    fixture.control.purge_recordings(()).await.unwrap();
    assert!(start().await.unwrap().is_on);
}

#[tokio::test]
async fn a_recorded_request_becomes_a_trial_and_another_says_how_to_record() {
    let fixture = Fixture::open().await;
    fixture.add("Sample", "sample").await;
    fixture.run(&hello("Sample")).await.1.unwrap();
    let error = fixture
        .control
        .trial_of_request(RequestId(1))
        .await
        .unwrap_err();
    assert!(error.hint.contains("recording"), "{}", error.hint);
    fixture
        .control
        .start_recording(StartRecording::default())
        .await
        .unwrap();
    fixture.run(&hello("Sample")).await.1.unwrap();
    let page = fixture
        .control
        .list_requests(RequestQuery::default())
        .await
        .unwrap();
    let trial = fixture
        .control
        .trial_of_request(page.rows[0].id)
        .await
        .unwrap();
    assert_eq!(trial.mode, TrialMode::Chat);
    assert_eq!(
        trial.columns[0].turns[0].ask,
        [Message::text(Role::User, "hello")]
    );
    assert_eq!(trial.columns[0].parameters.max_tokens, Some(3));
}

#[tokio::test]
async fn a_case_is_one_more_line_that_evaluation_reads() {
    let fixture = Fixture::open().await;
    let save = |suite: &str, ask| SaveCase {
        suite: suite.into(),
        ask,
        reference: Some("return 1\n".into()),
        correlation_id: Some("abc".into()),
    };
    let ask = completion("m", SentAs::Openai).ask;
    fixture
        .control
        .save_case(save("My suite", ask.clone()))
        .await
        .unwrap();
    let path = fixture.folder.path().join("suites/My suite.jsonl");
    // As if the program had died in the middle of a line.
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend_from_slice(b"{\"id\":");
    std::fs::write(&path, torn).unwrap();
    let view = fixture
        .control
        .save_case(save("My suite", ask))
        .await
        .unwrap();
    assert_eq!(view.cases, 3, "the torn line stands alone");
    let text = std::fs::read_to_string(&path).unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["feature"], "completion");
    assert_eq!(last["prefix"], "def one():\n    ");
    assert_eq!(last["reference"], "return 1\n");
    assert_eq!(last["metadata"]["correlation_id"], "abc");
    assert_eq!(
        fixture.control.list_suites(()).await.unwrap()[0].name,
        "My suite"
    );
    for name in ["", "../x", "a/b", "nul", "x.y"] {
        let ask = hello("m").ask;
        let error = fixture
            .control
            .save_case(save(name, ask))
            .await
            .unwrap_err();
        assert_eq!(error.place.as_deref(), Some("suite"), "{name}");
    }
    let error = fixture
        .control
        .save_case(save("x", raw("/v1/messages", "{}").ask))
        .await;
    assert!(error.is_err());
}
