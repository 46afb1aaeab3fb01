//! The gateway log and `llm.log`: a line for each request, content only of what is recorded, files
//! that are moved away, and disks that refuse.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};
use tests::eventually;
use tests::gatehouse::Gatehouse;

use crate::fixture::Fixture;

/// The two files, in a folder outside the data folder.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(&self, gatehouse: &Gatehouse) {
        let (gateway, llm) = (self.path("gateway.log"), self.path("llm.log"));
        let words = ["logs", "files", "--gateway", gateway.to_str().unwrap()];
        let words = [&words[..], &["--llm", llm.to_str().unwrap()]].concat();
        gatehouse.run(&words).succeeded();
    }

    /// The lines of a request, once there are so many.
    fn lines(&self, name: &str, id: &str, count: usize) -> Vec<Value> {
        let path = self.path(name);
        eventually("the lines are there", || {
            let lines: Vec<_> = lines_of(&path)
                .into_iter()
                .filter(|line| line["correlation_id"] == id)
                .collect();
            (lines.len() >= count).then_some(lines)
        })
    }
}

fn lines_of(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    // The last one may be half written.
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let lines = whole.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

async fn ask(gateway: &Fixture, id: &str, path: &str, body: Value) {
    let request = gateway.post(path, &body).header("x-request-id", id);
    let request = request
        .header("x-gitlab-host-name", "gitlab.example.com")
        .header("x-gitlab-saas-duo-pro-namespace-ids", "7,8")
        .header("x-gitlab-is-team-member", "false");
    request.send().await.unwrap().text().await.unwrap();
}

fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "marmalade"}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_has_one_line_and_content_stands_only_in_what_is_recorded() {
    let files = Files::new();
    let gateway = Fixture::prepared(&["good"], |gatehouse| files.set(gatehouse));
    let chats = "/v1/chat/completions";
    ask(
        &gateway,
        "plain",
        &format!("{chats}?key=s3cret"),
        chat("good"),
    )
    .await;
    ask(&gateway, "nobody", chats, chat("nobody")).await;
    let refused = gateway
        .post(chats, &chat("good"))
        .header("host", "evil.example");
    refused.header("x-request-id", "evil").send().await.unwrap();
    for (id, status, level) in [
        ("plain", 200, "info"),
        ("nobody", 404, "error"),
        ("evil", 403, "warning"),
    ] {
        let lines = files.lines("gateway.log", id, 1);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = &lines[0];
        assert_eq!(
            (&line["type"], &line["logger"]),
            (&json!("mlops"), &json!("api.access"))
        );
        assert_eq!(
            (&line["status_code"], &line["level"]),
            (&json!(status), &json!(level))
        );
        assert!(line["duration_s"].as_f64() > Some(0.0) && line["timestamp"].is_string());
        let began = line["response_start_duration_s"].as_f64();
        assert!(began > Some(0.0) && began <= line["duration_s"].as_f64());
        assert_eq!(line["content_type"], "application/json");
    }
    for (id, class) in [
        ("plain", Value::Null),
        ("nobody", json!("model_not_found")),
        ("evil", json!("host_refused")),
    ] {
        let line = &files.lines("gateway.log", id, 1)[0];
        assert_eq!(line["exception_class"], class, "{line}");
        let details = match id {
            "evil" => "auth_error_details",
            _ => "http_exception_details",
        };
        assert_eq!(line[details], line["exception_message"], "{line}");
    }
    let line = &files.lines("gateway.log", "plain", 1)[0];
    let messages = json!([{"role": "user", "content": "[FILTERED]"}]);
    assert_eq!(
        line["params"][1],
        json!({"key": "messages", "value": messages})
    );
    assert_eq!(line["path"], format!("{chats}?key=…"));
    assert_eq!(line["gitlab_host_name"], "gitlab.example.com");
    assert_eq!(line["gitlab_saas_duo_pro_namespace_ids"], "7,8");
    assert_eq!(line["is_gitlab_team_member"], "false");
    assert_eq!(
        (&line["model_name"], &line["model_engine"]),
        (&json!("good"), &json!("openai_compatible"))
    );

    gateway.gatehouse.run(&["record", "start"]).succeeded();
    ask(&gateway, "chat", chats, chat("good")).await;
    let gap = json!({"model": "good", "prompt": "def marmalade(", "suffix": "\n"});
    ask(&gateway, "gap", "/v1/completions", gap).await;
    let call = &files.lines("llm.log", "chat", 1)[0];
    assert_eq!(call["payload"]["messages"][0]["content"], "marmalade");
    assert_eq!(call["metadata"]["call_id"], "chat/1");
    assert_eq!(call["metadata"]["request_timeout"], 60);
    assert!(
        call["response"]["choices"].is_array() && call["headers"].is_object(),
        "{call}"
    );
    let gap = files.lines("gateway.log", "gap", 3);
    assert_eq!(gap[1]["message"], "code completion input:");
    assert_eq!(gap[1]["prompt"], "def marmalade(");
    assert_eq!(gap[2]["message"], "code completion suggestion:");
    gateway.gatehouse.run(&["record", "stop"]).succeeded();
    ask(&gateway, "after", chats, chat("good")).await;
    files.lines("gateway.log", "after", 1);
    assert!(
        lines_of(&files.path("llm.log"))
            .iter()
            .all(|line| line["correlation_id"] == "chat")
    );
    let with_content = lines_of(&files.path("gateway.log"));
    let with_content = with_content
        .iter()
        .filter(|line| line.to_string().contains("marmalade"));
    assert!(with_content.clone().count() > 0);
    assert!(
        with_content
            .clone()
            .all(|line| line["correlation_id"] == "gap")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_moved_away_is_opened_anew_and_a_bad_folder_stops_nobody() {
    let files = Files::new();
    let gateway = Fixture::prepared(&["good"], |gatehouse| files.set(gatehouse));
    let chats = "/v1/chat/completions";
    ask(&gateway, "one", chats, chat("good")).await;
    files.lines("gateway.log", "one", 1);
    fs::rename(files.path("gateway.log"), files.path("moved")).unwrap();
    gateway.serving.process.signal("HUP");
    // The signal is on its way: until it is there, lines go to the moved file.
    ask_until(&gateway, "the file is there again", || {
        files.path("gateway.log").exists()
    })
    .await;

    let shown = || gateway.gatehouse.run(&["logs", "files"]).succeeded().json();
    assert!(shown()["sentence"].is_null());
    fs::remove_file(files.path("gateway.log")).unwrap();
    fs::create_dir(files.path("gateway.log")).unwrap();
    gateway.serving.process.signal("HUP");
    ask_until(&gateway, "it says so", || shown()["sentence"].is_string()).await;
    assert!(shown()["lost"].as_u64() > Some(0));
    let (status, _) = gateway.ask("good", json!({})).await;
    assert_eq!(status, 200);
    fs::remove_dir(files.path("gateway.log")).unwrap();
    ask_until(&gateway, "it recovers", || shown()["sentence"].is_null()).await;
}

/// Asks again and again until this is true.
async fn ask_until(gateway: &Fixture, what: &str, is_true: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_true() {
        assert!(begun.elapsed() < tests::PATIENCE, "waited in vain: {what}");
        gateway.ask("good", json!({})).await;
    }
}

#[test]
fn a_place_that_cannot_be_is_refused() {
    let gatehouse = Gatehouse::new();
    let inside = gatehouse.data().join("logs/gateway.log");
    let nowhere = Files::new().path("absent/gateway.log");
    for (place, why) in [
        (inside.to_str().unwrap(), "inside the data folder"),
        ("/", "not the whole path of a file"),
        (nowhere.to_str().unwrap(), "its folder does not exist"),
        ("/dev/null", "it is no plain file"),
    ] {
        let complaint = gatehouse
            .run(&["logs", "files", "--gateway", place])
            .complaint();
        assert!(
            complaint.starts_with("invalid") && complaint.contains(why),
            "{complaint}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_names_no_place_is_told_before_a_line_is_lost() {
    let files = Files::new();
    let path = files.path("absent/all.log");
    let gateway = Fixture::prepared(&["good"], |gatehouse| {
        gatehouse.set("AIGW_LOGGING__TO_FILE", path.to_str().unwrap());
    });
    let shown = || gateway.gatehouse.run(&["logs", "files"]).succeeded().json();
    eventually("it says so", || {
        shown()["sentence"].is_string().then_some(())
    });
    assert_eq!(shown()["lost"], 0);
    fs::create_dir(files.path("absent")).unwrap();
    ask(&gateway, "one", "/v1/chat/completions", chat("good")).await;
    files.lines("absent/all.log", "one", 1);
    eventually("it recovers", || {
        shown()["sentence"].is_null().then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variables_of_gitlabs_gateway_hold_over_the_settings() {
    let files = Files::new();
    let path = files.path("all.log");
    let gateway = Fixture::prepared(&["good"], |gatehouse| {
        gatehouse.set("AIGW_LOGGING__TO_FILE", path.to_str().unwrap());
        gatehouse.set("AIGW_LOGGING__ENABLE_REQUEST_LOGGING", "true");
        gatehouse.set("AIGW_LOGGING__LEVEL", "INFO");
    });
    ask(&gateway, "one", "/v1/chat/completions", chat("good")).await;
    let lines = files.lines("all.log", "one", 2);
    assert_eq!(
        (&lines[0]["logger"], &lines[1]["logger"]),
        (&json!("api.access"), &json!("llm"))
    );
    assert_eq!(gateway.gatehouse.row("one")["recorded"], true);
    let stop = gateway.gatehouse.run(&["record", "stop"]);
    assert!(stop.complaint().contains("ENABLE_REQUEST_LOGGING"));
    let view = gateway.gatehouse.run(&["logs", "files"]).succeeded().json();
    let held: Vec<_> = view["overrides"].as_array().unwrap().iter().collect();
    assert_eq!(held.len(), 2, "{view}");
    assert!(
        gateway.gatehouse.settings()["settings"]["log_files"].is_null(),
        "never saved"
    );
}
