use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tests::gatehouse::{Gatehouse, Serving};
use tests::upstream::Upstream;

/// A gateway in front of a scripted upstream.
pub struct Fixture {
    pub upstream: Upstream,
    pub gatehouse: Gatehouse,
    pub serving: Serving,
    pub client: Client,
}

impl Fixture {
    /// With these models, each of which asks for the script of its name.
    pub fn start(models: &[&str]) -> Self {
        Self::prepared(models, |_| ())
    }

    /// The same after more settings.
    pub fn prepared(models: &[&str], prepare: impl FnOnce(&mut Gatehouse)) -> Self {
        let upstream = Upstream::start();
        let mut gatehouse = Gatehouse::new();
        for model in models {
            gatehouse.add_model(model, &upstream.endpoint(), model);
        }
        prepare(&mut gatehouse);
        let serving = gatehouse.serve();
        let client = tests::client();
        Self {
            upstream,
            gatehouse,
            serving,
            client,
        }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.serving.url(path))
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.serving.url(path)).json(body)
    }

    /// A chat request to this model, with more fields.
    pub fn chat(&self, model: &str, more: Value) -> RequestBuilder {
        let mut body = json!({"model": model, "messages": [{"role": "user", "content": "hello"}]});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post("/v1/chat/completions", &body)
    }

    /// The answer to a chat request, with its status.
    pub async fn ask(&self, model: &str, more: Value) -> (u16, Value) {
        read(self.chat(model, more).send().await.unwrap()).await
    }

    /// A whole stream as text.
    pub async fn stream(&self, model: &str) -> String {
        let answer = self
            .chat(model, json!({"stream": true}))
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    }
}

/// Status and JSON of an answer.
pub async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text);
    (
        status,
        body.unwrap_or_else(|_| panic!("{status} without JSON: {text}")),
    )
}

/// Checks that an answer is an error in OpenAI's shape and returns its message.
#[track_caller]
pub fn message(body: &Value) -> String {
    let error = &body["error"];
    for field in ["message", "type"] {
        assert!(error[field].is_string(), "no {field}: {body}");
    }
    assert!(
        error.get("code").is_some() && error.get("param").is_some(),
        "not OpenAI's shape: {body}"
    );
    error["message"].as_str().unwrap().to_owned()
}
