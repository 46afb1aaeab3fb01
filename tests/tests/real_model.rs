//! A real model behind the gateway: llama.cpp's server with a small model, as `cargo xtask model`
//! starts it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::gatehouse::{Gatehouse, Serving};
use tests::gitlab::{Gitlab, headers};
use tests::model;

struct Fixture {
    gatehouse: Gatehouse,
    serving: Serving,
    client: reqwest::Client,
}

impl Fixture {
    fn start() -> Self {
        let gatehouse = Gatehouse::new();
        gatehouse.add_model("smollm", &model::endpoint(), model::NAME);
        gatehouse
            .run(&["feature", "set", "duo_chat", "smollm"])
            .succeeded();
        let serving = gatehouse.serve();
        let client = tests::client();
        Self {
            gatehouse,
            serving,
            client,
        }
    }

    fn chat(&self, id: &str, more: Value) -> reqwest::RequestBuilder {
        let mut body =
            json!({"model": "smollm", "messages": [{"role": "user", "content": "Count to ten."}]});
        for (name, value) in more.as_object().expect("fields are an object") {
            body[name] = value.clone();
        }
        self.client
            .post(self.serving.url("/v1/chat/completions"))
            .header("x-request-id", id)
            .json(&body)
    }

    /// Slots of the model server that are at work.
    async fn busy_slots(&self) -> usize {
        let slots = self
            .client
            .get(format!("{}/slots", model::server()))
            .send()
            .await
            .expect("the model server answers");
        let slots: Value = slots.json().await.expect("slots are JSON");
        slots
            .as_array()
            .expect("slots are a list")
            .iter()
            .filter(|slot| slot["is_processing"] == true)
            .count()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the model server: cargo xtask test"]
async fn a_real_model_answers_and_its_row_says_how() {
    let gateway = Fixture::start();
    let answer = gateway
        .chat("whole", json!({"max_tokens": 12}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert!(
        !answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .is_empty(),
        "{answer}"
    );
    assert!(
        answer["timings"].is_object(),
        "what only llama.cpp says is passed on: {answer}"
    );
    let row = gateway.gatehouse.row("whole");
    assert_eq!(
        (&row["state"], &row["completion_tokens"]),
        (&json!("completed"), &answer["usage"]["completion_tokens"])
    );
    assert_eq!(row["prompt_tokens"], answer["usage"]["prompt_tokens"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the model server: cargo xtask test"]
async fn a_real_stream_arrives_token_by_token() {
    let gateway = Fixture::start();
    let more = json!({"model": "duo_chat", "stream": true, "max_tokens": 24});
    let mut answer = gateway.chat("stream", more).send().await.unwrap();
    let mut pieces = Vec::new();
    let started = Instant::now();
    while let Some(piece) = answer.chunk().await.unwrap() {
        pieces.push((started.elapsed(), piece));
    }
    // How many chunks a read takes is up to the machine; a gateway that waits for the end has one read.
    assert!(pieces.len() >= 2, "{} pieces", pieces.len());
    assert!(
        pieces[0].0 < pieces[pieces.len() - 1].0 / 2,
        "the first token does not wait for the last"
    );
    let text: Vec<u8> = pieces
        .iter()
        .flat_map(|(_, piece)| piece.to_vec())
        .collect();
    let text = String::from_utf8(text).unwrap();
    assert!(text.matches("data: {").count() >= 5, "{text}");
    assert!(text.trim_end().ends_with("data: [DONE]"));
    let row = gateway.gatehouse.row("stream");
    assert_eq!(
        (&row["state"], &row["feature"]),
        (&json!("completed"), &json!("duo_chat"))
    );
    let (first, whole) = (
        row["first_token_ms"].as_f64().unwrap(),
        row["duration_ms"].as_f64().unwrap(),
    );
    assert!(first < whole, "{row}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the model server: cargo xtask test"]
async fn hanging_up_frees_the_slot_of_the_model() {
    let gateway = Fixture::start();
    let mut answer = gateway
        .chat(
            "hang-up",
            json!({"stream": true, "max_tokens": 1500, "ignore_eos": true}),
        )
        .send()
        .await
        .unwrap();
    answer.chunk().await.unwrap().unwrap();
    assert_eq!(gateway.busy_slots().await, 1);
    drop(answer);
    let dropped = Instant::now();
    while gateway.busy_slots().await > 0 {
        assert!(
            dropped.elapsed() < Duration::from_secs(5),
            "the model still works for nobody"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(gateway.gatehouse.row("hang-up")["state"], "cancelled");
}

#[test]
#[ignore = "needs the model server: cargo xtask test"]
fn the_command_line_prompts_a_real_model() {
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("smollm", &model::endpoint(), model::NAME);
    let answer = gatehouse
        .run_plain(&["prompt", "smollm", "--max-tokens", "8", "Say hello."])
        .succeeded();
    assert!(!answer.stdout.trim().is_empty());
    let row = &gatehouse.rows()[0];
    assert_eq!(
        (&row["model"], &row["state"]),
        (&json!("smollm"), &json!("completed"))
    );
    assert!(
        row["completion_tokens"]
            .as_u64()
            .is_some_and(|tokens| tokens > 0),
        "{row}"
    );
}

#[test]
#[ignore = "needs the model server: cargo xtask test"]
fn words_of_the_real_server_reach_the_person() {
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("smollm", &model::endpoint(), model::NAME);
    let long = "word ".repeat(4_000);
    let complaint = gatehouse
        .run_with_input(&["prompt", "smollm", "-"], long.as_bytes())
        .complaint();
    assert!(complaint.contains("context"), "{complaint}");
}

/// A gateway that accepts the tokens of a GitLab, which sends one request and reads the answer.
async fn asked_by_gitlab(id: &str, path: &str, body: &Value) -> (Value, String) {
    let gitlab = Gitlab::start();
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("smollm", &model::endpoint(), model::NAME);
    for feature in ["duo_chat", "code_completions"] {
        gatehouse
            .run(&["feature", "set", feature, "smollm", "--anyway"])
            .succeeded();
    }
    gatehouse.run(&["gitlab", "set", &gitlab.url()]).succeeded();
    // So small a model finds no end by itself.
    let mut document = gatehouse.settings();
    document["settings"]["prompts"] = json!({"chat/react/base": {"max_tokens": 24}});
    std::fs::write(gatehouse.settings_file(), document.to_string())
        .expect("the folder is the test's own");
    let serving = gatehouse.serve();
    // Without the scopes of tools, whose descriptions would fill its context.
    let token = gitlab.token_for(&["duo_chat", "complete_code"]);
    let request = tests::client().post(serving.url(path)).json(body);
    let request = request.headers(headers(&token, "18.9.0"));
    let answer = request.header("x-request-id", id).send().await;
    let answer = answer.expect("the gateway answers");
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.expect("the answer ends well");
    (gatehouse.row(id), text)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the model server: cargo xtask test"]
async fn gitlab_chats_with_a_real_model() {
    let payload = json!({"content": [{"role": "user", "content": "Say hello."}],
        "provider": "litellm", "model": "general", "params": {"max_tokens_to_sample": 24}});
    let component = json!({"type": "prompt", "payload": payload,
        "metadata": {"source": "GitLab EE", "version": "17.6.0"}});
    let body = json!({"prompt_components": [component], "stream": true});
    let (row, text) = asked_by_gitlab("chat", "/v1/chat/agent", &body).await;
    assert!(!text.trim().is_empty() && !text.contains("data:"), "{text}");
    assert_eq!(
        (&row["state"], &row["feature"]),
        (&json!("completed"), &json!("duo_chat"))
    );
    assert!(
        row["completion_tokens"]
            .as_u64()
            .is_some_and(|tokens| tokens > 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the model server: cargo xtask test"]
async fn an_editor_is_completed_for_by_a_real_model() {
    let body = json!({"current_file": {"file_name": "add.py", "content_below_cursor": "\n",
        "content_above_cursor": "def add(a, b):\n    return "}});
    let (row, text) = asked_by_gitlab("completion", "/v2/completions", &body).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert!(answer["choices"].is_array(), "{answer}");
    assert_eq!(row["state"], "completed", "{row}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the model server: cargo xtask test"]
async fn a_turn_that_a_real_model_cannot_hold_is_a_line_that_rails_knows() {
    let message = json!({"role": "user", "content": "word ".repeat(40_000), "context": null,
        "current_file": null, "additional_context": []});
    let body = json!({"messages": [message], "unavailable_resources": []});
    let (row, text) = asked_by_gitlab("long", "/v2/chat/agent", &body).await;
    let event: Value = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!(event["type"], "error", "{event}");
    let message = event["data"]["message"].as_str().unwrap();
    assert!(message.contains("prompt is too long"), "{message}");
    assert_eq!(row["state"], "failed", "{row}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the model server: cargo xtask test"]
async fn a_turn_of_duo_chat_with_a_real_model_is_lines_of_events() {
    let message = json!({"role": "user", "content": "Say hello.", "context": null,
        "current_file": null, "additional_context": []});
    let body = json!({"messages": [message], "unavailable_resources": []});
    let (row, text) = asked_by_gitlab("turn", "/v2/chat/agent", &body).await;
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // It rarely keeps to the form, and may call a tool that there is not.
    let kinds = ["final_answer_delta", "unknown", "error"];
    let is_told = |event: &Value| {
        event["type"]
            .as_str()
            .is_some_and(|kind| kinds.contains(&kind))
    };
    assert!(
        !events.is_empty() && events.iter().all(is_told),
        "{events:?}"
    );
    assert!(
        row["completion_tokens"]
            .as_u64()
            .is_some_and(|tokens| tokens > 0),
        "{row}"
    );
}
