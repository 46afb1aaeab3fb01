use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tests::gatehouse::{Gatehouse, Serving};
use tests::gitlab::{Gitlab, headers};
use tests::upstream::{Received, Upstream};

/// The features that others follow, or that stand alone.
const ROUTED: [&str; 4] = [
    "code_completions",
    "code_generations",
    "duo_chat",
    "generate_commit_message",
];

/// A GitLab, a gateway that accepts its tokens, and one model behind it.
pub struct Fixture {
    pub gitlab: Gitlab,
    pub upstream: Upstream,
    pub gatehouse: Gatehouse,
    pub serving: Serving,
    pub client: Client,
}

impl Fixture {
    /// All features are answered by a model that follows this script.
    pub fn start(script: &str) -> Self {
        Self::of_family(script, "general")
    }

    /// The same with a model of this family.
    pub fn of_family(script: &str, family: &str) -> Self {
        Self::prepared(script, family, |_, _| ())
    }

    /// Models that follow these scripts, which a request may name; the first answers all features.
    pub fn with(scripts: &[&str]) -> Self {
        let (gitlab, upstream) = (Gitlab::start(), Upstream::start());
        let gatehouse = Gatehouse::new();
        for script in scripts {
            add(&gatehouse, script, "general", &upstream.endpoint());
        }
        set(&gatehouse, &gitlab, json!({}));
        Self::behind(gitlab, upstream, gatehouse)
    }

    /// The same as `of_family` after more settings.
    pub fn prepared(
        script: &str,
        family: &str,
        prepare: impl FnOnce(&mut Gatehouse, &Gitlab),
    ) -> Self {
        let (gitlab, upstream) = (Gitlab::start(), Upstream::start());
        let mut gatehouse = Gatehouse::new();
        add(&gatehouse, script, family, &upstream.endpoint());
        set(&gatehouse, &gitlab, json!({}));
        prepare(&mut gatehouse, &gitlab);
        Self::behind(gitlab, upstream, gatehouse)
    }

    /// A gateway with these settings.
    pub fn behind(gitlab: Gitlab, upstream: Upstream, gatehouse: Gatehouse) -> Self {
        Self {
            serving: gatehouse.serve(),
            client: tests::client(),
            gitlab,
            upstream,
            gatehouse,
        }
    }

    /// The same body naming the model that follows this script, as GitLab names a model.
    pub fn naming(&self, script: &str, body: Value) -> Value {
        naming(
            body,
            &self.upstream.endpoint(),
            &format!("custom_openai/{script}"),
            "k",
        )
    }

    /// What models were asked, without what they were asked of themselves.
    pub fn asked(&self) -> Vec<Received> {
        let mut asked = self.upstream.received();
        asked.retain(|request| request.method == "POST");
        asked
    }

    /// The same after the gateway was stopped and started.
    pub fn restarted(self) -> Self {
        assert!(self.serving.stop().success());
        Self {
            serving: self.gatehouse.serve(),
            gitlab: self.gitlab,
            upstream: self.upstream,
            gatehouse: self.gatehouse,
            client: self.client,
        }
    }

    /// A request of GitLab 18.9 with a good token.
    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.post_as(&self.gitlab.token(), path, body)
    }

    /// The same with this token.
    pub fn post_as(&self, token: &str, path: &str, body: &Value) -> RequestBuilder {
        self.bare(path, body).headers(headers(token, "18.9.0"))
    }

    /// A request without a token.
    pub fn bare(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.serving.url(path)).json(body)
    }

    /// Status and JSON of the answer to a request with a good token.
    pub async fn ask(&self, path: &str, body: &Value) -> (u16, Value) {
        read(self.post(path, body)).await
    }

    /// The same of a request with this token.
    pub async fn ask_as(&self, token: &str, path: &str, body: &Value) -> (u16, Value) {
        read(self.post_as(token, path, body)).await
    }

    /// A stream that came to its end.
    pub async fn stream(&self, path: &str, body: &Value) -> (Response, String) {
        let mut answer = self.post(path, body).send().await.unwrap();
        let mut text = Vec::new();
        while let Some(piece) = answer.chunk().await.unwrap() {
            text.extend_from_slice(&piece);
        }
        (answer, String::from_utf8(text).unwrap())
    }
}

/// Routes all features to the first model, accepts the tokens of this instance, and sets more.
#[track_caller]
pub fn set(gatehouse: &Gatehouse, gitlab: &Gitlab, more: Value) {
    let mut document = gatehouse.settings();
    let settings = &mut document["settings"];
    let model = settings["models"][0]["id"].clone();
    for feature in ROUTED {
        settings["routes"][feature] = json!({"kind": "model", "model": model});
    }
    settings["gitlab"]["url"] = gitlab.url().into();
    for (name, value) in more.as_object().unwrap() {
        settings["gitlab"][name] = value.clone();
    }
    std::fs::write(gatehouse.settings_file(), document.to_string()).unwrap();
}

/// Registers a model under the name of its script.
#[track_caller]
pub fn add(gatehouse: &Gatehouse, script: &str, family: &str, endpoint: &str) {
    let identifier = format!("custom_openai/{script}");
    let words = ["model", "add", script, "--family", family];
    let place = ["--endpoint", endpoint, "--identifier", &identifier];
    gatehouse.run(&[&words[..], &place].concat()).succeeded();
}

/// Status and JSON of an answer.
pub async fn read(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text);
    (
        status,
        body.unwrap_or_else(|_| panic!("{status} without JSON: {text}")),
    )
}

/// A body as a GitLab sends it.
pub fn golden(name: &str) -> Value {
    let path = tests::root().join(format!("crates/gitlab/tests/golden/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The same body naming a model at this endpoint, in whichever place it names one.
pub fn naming(mut body: Value, endpoint: &str, identifier: &str, key: &str) -> Value {
    let flat = |part: &mut Value| {
        part["model_endpoint"] = endpoint.into();
        part["model_identifier"] = identifier.into();
        part["model_api_key"] = key.into();
    };
    if body["model_metadata"].is_object() {
        let metadata = &mut body["model_metadata"];
        metadata["endpoint"] = endpoint.into();
        metadata["identifier"] = identifier.into();
        metadata["api_key"] = key.into();
    } else if let Some(payload) = body.pointer_mut("/prompt_components/0/payload") {
        flat(payload);
    } else {
        flat(&mut body);
    }
    body
}

/// The answer's words where Rails looks for them, beside the whole `error`.
#[track_caller]
pub fn told(body: &Value) -> &str {
    let told = body["detail"][0]["msg"].as_str();
    assert!(body["error"].is_string(), "{body}");
    told.unwrap_or_else(|| panic!("no detail[0].msg: {body}"))
}

/// The words of a good answer, as one text.
pub fn good_words() -> String {
    tests::upstream::said::words(8).concat()
}

/// The row of a request that was just answered.
pub fn row(gateway: &Fixture, correlation_id: &str) -> Value {
    gateway.gatehouse.row(correlation_id)
}

/// A completion as an editor asks for it.
pub fn completion() -> Value {
    json!({"current_file": {"file_name": "app.py", "content_above_cursor": "def add(a, b):\n    return ",
        "content_below_cursor": "\n"}})
}
