use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tests::gatehouse::{Gatehouse, Serving};
use tests::upstream::{Upstream, Vendor, anthropic, azure, signature};

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
        Self::behind(upstream, gatehouse)
    }

    /// A gateway in front of a server of this vendor, with a model for each of these scripts.
    pub fn of(vendor: Vendor, models: &[&str]) -> Self {
        let upstream = Upstream::of(vendor);
        let mut gatehouse = Gatehouse::new();
        for model in models {
            register(&mut gatehouse, &upstream, vendor, model, model);
        }
        Self::behind(upstream, gatehouse)
    }

    /// A gateway with these settings in front of this upstream.
    pub fn behind(upstream: Upstream, gatehouse: Gatehouse) -> Self {
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

/// Registers a model of this vendor under a name, with its key.
pub fn register(
    gatehouse: &mut Gatehouse,
    upstream: &Upstream,
    vendor: Vendor,
    name: &str,
    model: &str,
) {
    register_as(gatehouse, upstream, vendor, name, model, "general");
}

/// The same with a family.
pub fn register_as(
    gatehouse: &mut Gatehouse,
    upstream: &Upstream,
    vendor: Vendor,
    name: &str,
    model: &str,
    family: &str,
) {
    let (prefix, key) = match vendor {
        Vendor::Openai | Vendor::LlamaCpp => ("custom_openai/", None),
        Vendor::Vllm => ("hosted_vllm/", None),
        Vendor::Azure => ("azure/", Some(azure::KEY)),
        Vendor::Bedrock => ("bedrock/", Some(signature::SECRET)),
        Vendor::Anthropic => ("anthropic/", Some(anthropic::KEY)),
        Vendor::Ollama => ("ollama/", None),
        Vendor::Mistral => ("mistral/", Some("mistral-key")),
    };
    let (endpoint, identifier) = (upstream.endpoint(), format!("{prefix}{model}"));
    let mut words = vec!["model", "add", name, "--family", family];
    words.extend(["--endpoint", &endpoint, "--identifier", &identifier]);
    if vendor == Vendor::Bedrock {
        words.extend(["--region", "eu-central-1", "--auth", "aws-keys"]);
        words.extend(["--access-key-id", signature::KEY_ID]);
        gatehouse.set("AWS_EC2_METADATA_DISABLED", "true");
    }
    gatehouse.run(&words).succeeded();
    if let Some(key) = key {
        let name = name.to_uppercase().replace('-', "_");
        gatehouse.set(&format!("GATEHOUSE_KEY_{name}"), key);
    }
}

/// Waits until this is true, while the rest of the test goes on; panics with `what` otherwise.
pub async fn until(what: &str, is_true: impl Fn() -> bool) {
    let wait = async {
        while !is_true() {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(tests::PATIENCE, wait).await;
    assert!(waited.is_ok(), "waited in vain: {what}");
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
