//! Secrets are planted in every place that a request, a setting or a server's error can carry, while
//! everything is recorded; then every file, table, export, message and process argument is searched.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tests::gatehouse::{Gatehouse, files_with};
use tests::gitlab::{Gitlab, headers};
use tests::panel::Panel;
use tests::process::running;
use tests::upstream::Upstream;

use crate::fixture::{Fixture, add, golden, naming, set};

/// What must be found, or the search is none.
const KEPT: &str = "marmalade";

/// The secrets by their places. Each has a part of its own, which is searched in any case of its
/// letters: what indexes write is in small ones.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// A part that stands for this place. Its first letters are its own, because the index shares
    /// those that words have in common.
    fn part(&mut self, place: &str) -> String {
        let number = self.0.len();
        let letter =
            |shift: usize| char::from(b'a' + u8::try_from((number * 7 + shift) % 26).unwrap());
        let head: String = [3, 17, 8, 22].map(letter).iter().collect();
        let part = format!("{head}canary{number:03}");
        self.0.insert(place.to_owned(), part.clone());
        part
    }

    /// A key as OpenAI makes them.
    fn key(&mut self, place: &str) -> String {
        format!("sk-{}0123456789", self.part(place))
    }

    /// Of any form: known by where it came from alone.
    fn bare(&mut self, place: &str) -> String {
        format!("{}zz", self.part(place))
    }

    fn email(&mut self, place: &str) -> String {
        format!("{}@example.com", self.part(place))
    }

    fn pem(&mut self, place: &str) -> String {
        let part = self.part(place);
        format!("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg{part}\n-----END PRIVATE KEY-----\n")
    }

    #[track_caller]
    fn are_not_in(&self, what: &str, bytes: &[u8]) {
        let small = bytes.to_ascii_lowercase();
        for (place, part) in &self.0 {
            let found = memchr::memmem::find(&small, part.as_bytes());
            assert!(
                found.is_none(),
                "{what} holds what was in {place}: {}",
                around(&small, found)
            );
        }
    }

    #[track_caller]
    fn are_not_below(&self, folder: &Path) {
        let files = files_with(folder, b"");
        assert!(!files.is_empty());
        for file in files {
            let bytes = std::fs::read(&file).unwrap_or_default();
            self.are_not_in(&file.display().to_string(), &bytes);
        }
    }
}

fn around(bytes: &[u8], place: Option<usize>) -> String {
    let place = place.unwrap_or_default();
    let end = bytes.len().min(place + 80);
    String::from_utf8_lossy(&bytes[place.saturating_sub(80)..end]).into_owned()
}

struct Canary {
    gateway: Fixture,
    secrets: Secrets,
    logs: tempfile::TempDir,
    panel: Panel,
    ids: Vec<String>,
}

impl Canary {
    async fn start() -> Self {
        let mut secrets = Secrets::default();
        let (gitlab, upstream) = (Gitlab::start(), Upstream::start());
        let mut gatehouse = Gatehouse::new();
        for script in ["good", "repeats-key", "echoes"] {
            add(&gatehouse, script, "general", &upstream.endpoint());
            let variable = format!("GATEHOUSE_KEY_{}", script.to_uppercase().replace('-', "_"));
            gatehouse.set(&variable, &secrets.bare(&format!("the key of {script}")));
        }
        // There is no keyring: the command fails, and must not leave the key anywhere.
        let words = ["model", "edit", "good", "--api-key-stdin"];
        gatehouse.run_with_input(&words, secrets.bare("a key on standard input").as_bytes());
        set(&gatehouse, &gitlab, json!({"accept_named_models": true}));
        let extra = json!({"x-vendor": secrets.bare("an extra header")}).to_string();
        gatehouse.set("AIGW_CUSTOM_MODELS__EXTRA_HEADERS", &extra);
        let logs = tempfile::tempdir().unwrap();
        for name in ["gateway", "llm"] {
            let file = logs.path().join(name);
            let option = format!("--{name}");
            let words = ["logs", "files", &option, file.to_str().unwrap()];
            gatehouse.run(&words).succeeded();
        }
        let serving = gatehouse.serve_with(&["--admin"]);
        gatehouse.run(&["record", "start"]).succeeded();
        Self {
            panel: Panel::open(&serving).await,
            gateway: Fixture {
                gitlab,
                upstream,
                gatehouse,
                serving,
                client: tests::client(),
            },
            secrets,
            logs,
            ids: Vec::new(),
        }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) {
        let id = format!("canary-{}", self.ids.len());
        let request = request.header("x-request-id", &id);
        request.send().await.unwrap().text().await.unwrap();
        self.ids.push(id);
    }

    async fn panel(&self, operation: &str, input: &Value) -> String {
        let (status, answer) = self.panel.call(operation, input).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer.to_string()
    }

    /// Requests that carry secrets in their heads and bodies.
    async fn ask(&mut self) {
        let chat = "/v1/chat/completions";
        let client_key = self.gateway.gatehouse.run(&["key", "create", "ide"]);
        let client_key = client_key.succeeded().json();
        let client_key = client_key["key"].as_str().unwrap().to_owned();
        self.secrets
            .0
            .insert("a client key".into(), client_key[3..40].to_owned());
        let secrets = &mut self.secrets;
        let pem = secrets.pem("a text");
        let words = format!(
            "{KEPT} {} {} {pem}\nAKIA{}ZZZ",
            secrets.key("a message"),
            secrets.email("a message, an address"),
            secrets.part("an AWS key").to_uppercase(),
        );
        let body = json!({"model": "echoes", "stream": true,
            "messages": [{"role": "user", "content": words}],
            "api_key": secrets.bare("a field"),
            "metadata": {"deep": [{"api_key": secrets.bare("a nested field")}],
                "note": secrets.key("a nested text"), secrets.key("the name of a field"): 1}});
        let path = format!(
            "{chat}?key={}&api-version={}",
            secrets.bare("a query"),
            secrets.key("a version")
        );
        let agent = format!("editor/{}", secrets.key("the user agent"));
        let (custom, user) = (
            secrets.bare("a header"),
            secrets.email("a header that is kept"),
        );
        let cookie = secrets.bare("a cookie");
        let request = self.gateway.bare(&path, &body).bearer_auth(&client_key);
        let request = request
            .header("user-agent", agent)
            .header("x-custom", custom)
            .header("cookie", format!("session={cookie}"))
            .header("x-gitlab-global-user-id", user);
        self.send(request).await;

        let named = json!({"model": self.secrets.key("the name of a model"), "messages": []});
        let request = self.gateway.bare(chat, &named).bearer_auth(&client_key);
        self.send(request).await;
        let escaped = self.secrets.email("escapes in a path").replace('@', "%40");
        let path = format!("/v1/{}/{escaped}", self.secrets.key("a path"));
        let request = self
            .gateway
            .bare(&path, &json!({}))
            .bearer_auth(&client_key);
        self.send(request).await;
        let wrong = self.secrets.bare("a wrong client key");
        let request = self.gateway.bare(chat, &json!({})).bearer_auth(wrong);
        self.send(request).await;
        let broken = format!(
            "{{\"model\": \"good\", \"x\": \"{}",
            self.secrets.key("a broken body")
        );
        let request = self
            .gateway
            .client
            .post(self.gateway.serving.url(chat))
            .body(broken);
        self.send(request.bearer_auth(&client_key)).await;
        // Answers have ids that are made of it.
        for path in ["/v1/responses", "/v1/messages"] {
            let id = self.secrets.key(&format!("a correlation id of {path}"));
            let message = json!([{"role": "user", "content": KEPT}]);
            let body =
                json!({"model": "good", "max_tokens": 9, "messages": message, "input": KEPT});
            let request = self.gateway.bare(path, &body).bearer_auth(&client_key);
            let answer = request.header("x-request-id", id).send().await.unwrap();
            let answer = answer.text().await.unwrap();
            assert!(answer.contains("canary"), "{answer}");
        }
        let method = format!("AKIA{}ZZZ", self.secrets.part("a method").to_uppercase());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let address = self.gateway.serving.url(chat);
        self.send(
            self.gateway
                .client
                .request(method, address)
                .bearer_auth(&client_key),
        )
        .await;
        // The server's error repeats the model's key.
        let body = json!({"model": "repeats-key", "messages": [{"role": "user", "content": "x"}]});
        let request = self.gateway.bare(chat, &body).bearer_auth(&client_key);
        self.send(request).await;
    }

    /// Requests of GitLab: keys in bodies, tokens in headers.
    async fn ask_as_gitlab(&mut self) {
        let token = self.gateway.gitlab.token();
        let signature = token.rsplit('.').next().unwrap().to_ascii_lowercase();
        self.secrets.0.insert("GitLab's token".into(), signature);
        let mut strange = headers("no token", "18.9.0");
        strange.remove("x-request-id");
        for name in ["instance-id", "global-user-id", "host-name", "version"] {
            let name = format!("x-gitlab-{name}");
            let key = self.secrets.key(&name).parse().unwrap();
            strange.insert(name.parse::<reqwest::header::HeaderName>().unwrap(), key);
        }
        let request = self
            .gateway
            .bare("/v2/code/completions", &golden("completions-17.6"));
        self.send(request.headers(strange)).await;
        let server = self.gateway.upstream.endpoint();
        for (path, name) in [
            ("/v2/code/completions", "completions-17.6"),
            ("/v4/code/suggestions", "suggestions-18.9"),
            ("/v2/chat/agent", "hand-test-chat-v2"),
            ("/v1/prompts/chat/explain_code", "prompt-17.6"),
        ] {
            for script in ["good", "repeats-key"] {
                let key = self
                    .secrets
                    .bare(&format!("the key in {name} for {script}"));
                let body = naming(
                    golden(name),
                    &server,
                    &format!("custom_openai/{script}"),
                    &key,
                );
                let mut headers = headers(&token, "18.9.0");
                headers.remove("x-request-id");
                let request = self.gateway.bare(path, &body).headers(headers);
                self.send(request).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_reaches_a_file_a_table_an_export_a_message_or_an_argument() {
    let mut canary = Canary::start().await;
    canary.ask().await;
    canary.ask_as_gitlab().await;
    let secrets = &canary.secrets;
    let gatehouse = &canary.gateway.gatehouse;

    // What the panel, the commands and the processes show.
    let mut recorded = 0;
    for id in &canary.ids {
        let row = gatehouse.row(id);
        secrets.are_not_in("a row", row.to_string().as_bytes());
        let number = row["id"].clone();
        if row["recorded"] == true {
            recorded += 1;
            let kept = canary.panel("recorded_request", &number).await;
            secrets.are_not_in("a recorded request", kept.as_bytes());
        }
    }
    assert!(recorded >= 10, "{recorded} were recorded");
    for (operation, input) in [
        ("status", Value::Null),
        ("gitlab", Value::Null),
        ("list_models", Value::Null),
        ("list_client_keys", Value::Null),
        ("list_requests", json!({"limit": 100})),
        ("log_files", Value::Null),
        ("redaction", Value::Null),
        ("recording", Value::Null),
    ] {
        let text = canary.panel(operation, &input).await;
        secrets.are_not_in(operation, text.as_bytes());
    }
    for process in running(&tests::process::binary("gatehouse")) {
        let arguments = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        secrets.are_not_in("the arguments of a process", &arguments);
    }
    for format in ["jsonl", "csv"] {
        let file = canary.logs.path().join(format!("export.{format}"));
        let words = [
            "logs",
            "--export",
            file.to_str().unwrap(),
            "--format",
            format,
        ];
        gatehouse.run(&words).succeeded();
    }
    let last = canary.ids.last().unwrap();
    tests::eventually("the last line is written", || {
        let log = std::fs::read_to_string(canary.logs.path().join("gateway")).unwrap();
        log.contains(last.as_str()).then_some(())
    });

    // Every byte on the disk, while it runs and afterwards.
    let data = gatehouse.data();
    for folder in [data.as_path(), canary.logs.path()] {
        assert!(
            !files_with(folder, KEPT.as_bytes()).is_empty(),
            "nothing was recorded"
        );
        secrets.are_not_below(folder);
    }
    let Canary {
        gateway,
        secrets,
        logs,
        ..
    } = canary;
    assert!(gateway.serving.stop().success());
    secrets.are_not_below(&gateway.gatehouse.data());
    secrets.are_not_below(logs.path());
}
