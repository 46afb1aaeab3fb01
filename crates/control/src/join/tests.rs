//! What is read of files: their lines in order, what is left out of them, and what they do not take.

use std::io::Write;
use std::path::PathBuf;

use domain::RedactionSettings;
use serde_json::json;

use super::*;
use crate::view::Hop;

const ID: &str = "01JD9ZC4V8Q2M6T0RWK3XH";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, lines: &[String]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, lines.join("\n")).unwrap();
        path
    }
}

fn rules() -> Redaction {
    Redaction::of_rules(&RedactionSettings::default())
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

#[test]
fn lines_are_read_by_what_they_are_and_hold_no_content() {
    let folder = Folder::new();
    let rails = json!({"method": "POST", "path": "/api/v4/chat?private_token=s3cret", "status": 200,
        "controller": "Chat", "duration_s": 2.5, "time": "2026-11-03T10:00:05.500Z",
        "correlation_id": ID, "params": [{"key": "q", "value": "marmalade"}]});
    let llm = json!({"severity": "INFO", "time": "2026-11-03T10:00:03.100Z", "correlation_id": ID,
        "message": "Performing request for ada@example.com", "ai_event_name": "performing_request",
        "body": "marmalade", "options": {"api_key": "sk-secret"}, "prompt": "marmalade",
        "error": "refused Bearer abcdefghijklmnop0123456789"});
    let own = json!({"type": "mlops", "logger": "llm", "request_method": "POST", "payload": "marmalade",
        "request_url": "http://gpu-1/v1?key=s3cret", "timestamp": "2026-11-03T10:00:04Z",
        "correlation_id": ID, "status_code": 200});
    let other = json!({"time": "2026-11-03T10:00:04Z", "correlation_id": "other", "message": ID});
    let lines = [rails, llm, own, other].map(|line| line.to_string());
    let path = folder.write("production_json.log", &lines);
    let (file, moments) = file::join(&path, ID, None, &rules()).unwrap();
    let moments = in_order(moments);
    assert_eq!((file.found, file.lines, file.damaged), (3, 4, 0));
    let said: Vec<_> = moments
        .iter()
        .map(|moment| (moment.hop, moment.sentence.as_str(), moment.after_ms))
        .collect();
    assert_eq!(
        said,
        [
            (Hop::Gitlab, "POST /api/v4/chat answered 200", None),
            (
                Hop::Gitlab,
                "Performing request for [REDACTED]",
                Some(100.0)
            ),
            (Hop::Upstream, "POST http://gpu-1/v1", Some(900.0)),
        ],
        "a request begins before its line is written"
    );
    assert_eq!(moments[0].took_ms, Some(2_500.0));
    let all = serde_json::to_string(&moments).unwrap();
    for secret in [
        "marmalade",
        "s3cret",
        "sk-secret",
        "abcdefghijklmnop",
        "ada@",
    ] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    assert!(all.contains("performing_request"), "{all}");
}

#[test]
fn damaged_lines_are_counted_and_the_others_found() {
    let folder = Folder::new();
    let good = json!({"time": "2026-11-03T10:00:00Z", "correlation_id": ID, "message": "here"});
    let lines = [
        "no json".to_owned(),
        format!("{{\"correlation_id\":\"{ID}\",\"cut"),
        format!(
            "{{\"correlation_id\":\"{ID}\",\"message\":\"{}\"}}",
            "x".repeat(2_000_000)
        ),
        json!({"correlation_id": ID, "message": "without a time"}).to_string(),
        String::new(),
        good.to_string(),
    ];
    let path = folder.write("llm.log", &lines);
    let (file, moments) = file::join(&path, ID, None, &rules()).unwrap();
    assert_eq!((file.found, file.lines, file.damaged), (2, 5, 3));
    assert_eq!(moments.len(), 1);
    assert_eq!(moments[0].sentence, "here");
}

#[test]
fn an_id_that_is_not_there_is_answered_with_those_near_by_time() {
    let folder = Folder::new();
    let line = |minute: u32, id: &str| {
        let time = format!("2026-11-03T10:{minute:02}:00Z");
        json!({"time": time, "correlation_id": id, "method": "GET", "path": format!("/{id}")})
    };
    let lines = [line(1, "a"), line(30, "b"), line(31, "c"), line(59, "d")];
    let path = folder.write("api_json.log", &lines.map(|line| line.to_string()));
    let ids = |near: Option<Timestamp>| {
        let (file, moments) = file::join(&path, ID, near, &rules()).unwrap();
        assert!(moments.is_empty() && file.found == 0);
        let ids = file.near.into_iter().map(|seen| seen.correlation_id);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(Some(at("2026-11-03T10:31:10Z"))), ["c", "b", "d", "a"]);
    assert_eq!(ids(None), ["d", "c", "b", "a"], "the newest first");
    let seen = file::ids(&path, &rules()).unwrap();
    assert_eq!(seen.ids[0].sentence, "GET /d");
}

#[test]
fn a_packed_file_is_read_as_it_was() {
    let folder = Folder::new();
    let line = |id: &str| {
        let line = json!({"time": "2026-11-03T10:01:00Z", "correlation_id": id, "message": "here"});
        format!("{line}\n")
    };
    let pack = |text: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    // What is packed in two goes is one file.
    let bytes = [pack(&line("another")), pack(&line(ID))].concat();
    let path = folder.0.path().join("llm.log.1.gz");
    std::fs::write(&path, bytes).unwrap();
    let (file, moments) = file::join(&path, ID, None, &rules()).unwrap();
    assert_eq!((file.found, file.lines, file.is_cut), (1, 2, false));
    assert_eq!(moments[0].sentence, "here");
}

#[test]
fn what_cannot_be_read_is_a_clear_error() {
    let folder = Folder::new();
    let packed = folder.0.path().join("llm.log.gz");
    std::fs::write(&packed, [0x1f, 0x8b, 8, 0]).unwrap();
    for (path, said) in [
        (folder.0.path().join("absent.log"), "no such file"),
        (folder.0.path().to_owned(), "it is no file"),
        (PathBuf::from("/dev/zero"), "it is no file"),
        (packed, "unexpected end of file"),
    ] {
        let error = file::join(&path, ID, None, &rules()).unwrap_err();
        assert!(error.message.contains(said), "{error:?}");
        assert!(
            error.message.contains(&path.display().to_string()),
            "{error:?}"
        );
    }
}
