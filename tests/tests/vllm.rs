//! Real vLLM behind the gateway, by hand: `cargo xtask test --vllm`. What no fake can show: that the
//! words, fields and ends are those of the server that most people serve their models with.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::gatehouse::{Gatehouse, Serving};

/// What vLLM calls its model.
const NAME: &str = "smollm2-135m-instruct";

/// The end of a turn in the model's vocabulary, and its id.
const END: (&str, u32) = ("<|im_end|>", 2);

fn server() -> String {
    std::env::var("GATEHOUSE_TEST_VLLM").expect("cargo xtask test --vllm says where vLLM is")
}

struct Fixture {
    gatehouse: Gatehouse,
    serving: Serving,
    client: reqwest::Client,
}

impl Fixture {
    /// With `m` of a family that only chats, `raw` of one with a FIM prompt and a stop id, and
    /// `gaps` of one that leaves gaps to the server.
    fn start() -> Self {
        let gatehouse = Gatehouse::new();
        let template = "{prefix}<|im_end|>{suffix}";
        for (name, route) in [("raw", "raw_fim"), ("gaps", "server_fim")] {
            gatehouse
                .run(&["family", "copy", "general", name])
                .succeeded();
            let mut record = gatehouse.run(&["family", "show", name]).succeeded().json();
            record["routes"] = json!([route]);
            record["stop_ids"] = json!([END.1]);
            if route == "raw_fim" {
                record["fim"] = json!({"template": template, "tokens": [END.0], "forbidden": [],
                    "plain_without_suffix": true});
            }
            let save = ["family", "save", "-"];
            gatehouse
                .run_with_input(&save, record.to_string().as_bytes())
                .succeeded();
        }
        let endpoint = format!("{}/v1", server());
        for (name, family) in [("m", "general"), ("raw", "raw"), ("gaps", "gaps")] {
            let mut words = vec!["model", "add", name, "--family", family];
            words.extend(["--endpoint", &endpoint, "--identifier", NAME]);
            gatehouse.run(&words).succeeded();
        }
        let serving = gatehouse.serve();
        Self {
            gatehouse,
            serving,
            client: tests::client(),
        }
    }

    async fn post(&self, path: &str, id: &str, body: Value) -> reqwest::Response {
        let request = self.client.post(self.serving.url(path));
        let sent = request.header("x-request-id", id).json(&body).send();
        sent.await.expect("the gateway answers")
    }

    fn chat(&self, more: Value) -> Value {
        let mut body = json!({"model": "m", "max_tokens": 16, "temperature": 0,
            "messages": [{"role": "user", "content": "Count to ten."}]});
        for (name, value) in more.as_object().expect("fields are an object") {
            body[name] = value.clone();
        }
        body
    }
}

/// Requests that vLLM works on, by its own metrics.
async fn running() -> f64 {
    let url = format!("{}/metrics", server());
    let answer = tests::client().get(url).send().await.expect("it answers");
    let text = answer.text().await.expect("metrics are text");
    let line = text
        .lines()
        .find(|line| line.starts_with("vllm:num_requests_running"));
    let number = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    number.expect("it counts its requests")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs vLLM: cargo xtask test --vllm"]
async fn conversations_of_every_form_are_answered() {
    let gateway = Fixture::start();
    let chat = "/v1/chat/completions";
    let answer = gateway.post(chat, "whole", gateway.chat(json!({}))).await;
    let body: Value = answer.json().await.unwrap();
    let said = body["choices"][0]["message"]["content"]
        .as_str()
        .unwrap_or_default();
    assert!(!said.is_empty(), "{body}");
    let row = gateway.gatehouse.row("whole");
    assert_eq!(
        row["completion_tokens"], body["usage"]["completion_tokens"],
        "{row}"
    );

    // vLLM refuses `stream_options` without a stream, and needs it to count one.
    let stream = gateway.chat(json!({"stream": true, "stream_options": {"include_usage": true}}));
    let text = gateway
        .post(chat, "stream", stream)
        .await
        .text()
        .await
        .unwrap();
    assert!(text.trim_end().ends_with("data: [DONE]"), "{text}");
    assert_eq!(gateway.gatehouse.row("stream")["completion_tokens"], 16);

    let responses = json!({"model": "m", "input": "Count to ten.",
        "temperature": 0, "max_output_tokens": 16});
    let answer = gateway.post("/v1/responses", "responses", responses).await;
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["usage"]["output_tokens"], 16, "{body}");

    let messages = json!({"model": "m", "max_tokens": 16, "temperature": 0,
        "messages": [{"role": "user", "content": "Count to ten."}]});
    let answer = gateway
        .post("/v1/messages", "messages", messages.clone())
        .await;
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["stop_reason"], "max_tokens", "{body}");
    let answer = gateway
        .post("/v1/messages/count_tokens", "count", messages)
        .await;
    let body: Value = answer.json().await.unwrap();
    assert!(
        body["input_tokens"]
            .as_u64()
            .is_some_and(|count| count < 40),
        "{body}"
    );
    let notes = gateway.gatehouse.row("count")["notes"].to_string();
    assert!(!notes.contains("estimated"), "vLLM counted: {notes}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs vLLM: cargo xtask test --vllm"]
async fn a_gap_goes_raw_and_ends_at_the_stop_id() {
    let gateway = Fixture::start();
    let gap = |model: &str| {
        json!({"model": model, "prompt": "def add(a, b):\n    return ",
        "suffix": "\n", "max_tokens": 200})
    };
    let answer = gateway.post("/v1/completions", "raw", gap("raw")).await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    assert!(!text.contains(END.0), "no control token is text: {text}");
    let row = gateway.gatehouse.row("raw");
    assert!(row["notes"].to_string().contains("own FIM prompt"), "{row}");

    // A chat turn by hand: the id of the turn's end stops what a stop text would not.
    let prompt = "<|im_start|>user\nSay hi.<|im_end|>\n<|im_start|>assistant\n";
    let raw = json!({"model": "m", "prompt": prompt, "max_tokens": 200, "temperature": 0,
        "ignore_eos": true, "stop_token_ids": [END.1]});
    let answer = gateway.post("/v1/completions", "ids", raw).await;
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        body["choices"][0]["stop_reason"], END.1,
        "an unknown field survives: {body}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs vLLM: cargo xtask test --vllm"]
async fn a_suffix_that_vllm_refuses_is_not_sent_and_the_record_says_no_fim() {
    let gateway = Fixture::start();
    let told = json!({"model": NAME, "prompt": "a", "suffix": "b"});
    let url = format!("{}/v1/completions", server());
    let direct = gateway.client.post(url).json(&told).send().await.unwrap();
    assert_eq!(direct.status(), 400, "vLLM itself refuses");

    let gap = json!({"model": "gaps", "prompt": "a", "suffix": "b", "max_tokens": 4});
    let answer = gateway.post("/v1/completions", "gap", gap).await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    let row = gateway.gatehouse.row("gap");
    assert!(row["notes"].to_string().contains("no FIM"), "{row}");
}

#[test]
#[ignore = "needs vLLM: cargo xtask test --vllm"]
fn the_test_of_a_model_asks_vllms_tokenizer() {
    let gateway = Fixture::start();
    drop(gateway.serving);
    let report = gateway.gatehouse.run(&["model", "test", "raw"]);
    let said = format!("{}{}", report.stdout, report.stderr);
    assert!(said.contains("<|im_end|> is 2"), "{said}");
    let edit = ["model", "edit", "raw", "--family", "qwen"];
    gateway.gatehouse.run(&edit).succeeded();
    let report = gateway.gatehouse.run(&["model", "test", "raw"]);
    let said = format!("{}{}", report.stdout, report.stderr).to_lowercase();
    assert!(
        said.contains("will not work") || said.contains("no fim"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs vLLM: cargo xtask test --vllm"]
async fn hanging_up_frees_vllm_within_a_second() {
    let gateway = Fixture::start();
    let long = json!({"stream": true, "max_tokens": 1500, "ignore_eos": true});
    let mut answer = gateway
        .post("/v1/chat/completions", "bye", gateway.chat(long))
        .await;
    answer.chunk().await.unwrap().unwrap();
    assert_eq!(running().await, 1.0);
    drop(answer);
    let left = Instant::now();
    while running().await > 0.0 {
        // Its numbers are a little behind its work.
        assert!(
            left.elapsed() < Duration::from_secs(2),
            "it works for nobody"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(gateway.gatehouse.row("bye")["state"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs vLLM: cargo xtask test --vllm"]
async fn vllms_own_words_reach_the_client() {
    let gateway = Fixture::start();
    let long = json!({"messages": [{"role": "user", "content": "word ".repeat(4_000)}]});
    let answer = gateway
        .post("/v1/chat/completions", "long", gateway.chat(long))
        .await;
    assert_eq!(answer.status(), 400);
    let text = answer.text().await.unwrap();
    assert!(text.contains("context length"), "{text}");
}
