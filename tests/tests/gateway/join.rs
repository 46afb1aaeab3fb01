//! A correlation id on one timeline: lines of GitLab's files, our row, the call to the model server.

use std::fs;

use serde_json::{Value, json};

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn gitlabs_lines_our_row_and_the_call_stand_in_order_on_one_timeline() {
    let gateway = Fixture::start(&["good"]);
    let ask = async |id: &str| {
        let request = gateway.chat("good", json!({"stream": true}));
        let answer = request.header("x-request-id", id).send().await.unwrap();
        answer.text().await.unwrap();
        gateway.gatehouse.row(id)
    };
    let plain = ask("plain").await;
    gateway.gatehouse.run(&["record", "start"]).succeeded();
    let kept = ask("kept").await;
    assert_eq!(kept["recorded"], true);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("llm.log");
    let line = |id: &str, time: &str, message: &str| {
        let line = json!({"severity": "INFO", "time": time, "correlation_id": id,
            "message": message, "ai_event_name": "performing_request",
            "options": {"api_key": "sk-never"}, "url": "http://gatehouse"});
        line.to_string() + "\n"
    };
    let before = "2020-01-01T00:00:00.000Z";
    let text = line("plain", before, "Performing request")
        + &line("kept", before, "Performing request to ada@example.com")
        + &line("kept", "2099-01-01T00:00:00Z", "Received response");
    fs::write(&file, text).unwrap();
    let join = |id: &str| {
        let words = ["logs", "join", id, "--file", file.to_str().unwrap()];
        gateway.gatehouse.run(&words)
    };
    for (row, source, url) in [
        (&plain, "request log", "asked good".to_owned()),
        (
            &kept,
            "recording",
            format!("{}/chat/completions", gateway.upstream.endpoint()),
        ),
    ] {
        let id = row["correlation_id"].as_str().unwrap();
        let joined = join(id).succeeded().json();
        let moments = joined["moments"].as_array().unwrap();
        let hops: Vec<_> = moments
            .iter()
            .map(|moment| moment["hop"].as_str().unwrap())
            .collect();
        let expected = ["gitlab", "gatehouse", "upstream", "gatehouse", "gitlab"];
        assert_eq!(hops[..4], expected[..4], "{joined}");
        let call = &moments[2];
        assert_eq!(call["source"], source);
        assert!(call["sentence"].as_str().unwrap().contains(&url), "{call}");
        assert!(call["took_ms"].as_f64() > Some(0.0), "{call}");
        assert!(
            moments[1..]
                .iter()
                .all(|moment| moment["after_ms"].as_f64() >= Some(0.0))
        );
        assert_eq!(moments[1]["row"], row["id"]);
        let all = joined.to_string();
        assert!(!all.contains("sk-never") && !all.contains("ada@"), "{all}");
    }
    assert_eq!(join("kept").json()["files"][0]["found"], 2);

    let stranger = join("stranger").succeeded().json();
    assert_eq!(stranger["moments"], json!([]));
    let near = stranger["files"][0]["near"].as_array().unwrap();
    assert_eq!(
        near[0]["correlation_id"], "kept",
        "the newest first: {near:?}"
    );
    let listed = ["logs", "join", "--file", file.to_str().unwrap()];
    let listed = gateway.gatehouse.run(&listed).succeeded().json();
    let ids: Vec<&Value> = listed["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seen| &seen["correlation_id"])
        .collect();
    assert_eq!(ids, ["kept", "plain"]);
    for (words, found) in [
        (&["logs", "join", "kept"][..], "/files/0/found"),
        (&["logs", "join"], "/ids/1/correlation_id"),
    ] {
        let files = ["--file", "absent.log", "--file", file.to_str().unwrap()];
        let both = gateway.gatehouse.run(&[words, &files].concat());
        let complaint = both.complaint();
        assert!(
            complaint.contains("absent.log: no such file"),
            "{complaint}"
        );
        let rest = both.json();
        assert!(rest.pointer(found).is_some(), "{rest}");
    }
    let text = gateway
        .gatehouse
        .run_plain(&["logs", "join", "kept"])
        .succeeded()
        .stdout;
    assert!(
        text.contains("upstream") && text.contains("(recording)"),
        "{text}"
    );
}
