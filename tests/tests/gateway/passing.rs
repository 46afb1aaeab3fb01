use serde_json::{Value, json};
use tests::eventually;
use tests::gatehouse::{Gatehouse, files_with};

use crate::client::{FORMS, Question};
use crate::fixture::{Fixture, read};

#[tokio::test(flavor = "multi_thread")]
async fn models_are_listed_by_deployment_name() {
    let gateway = Fixture::start(&["alpha", "beta"]);
    let (status, list) = read(gateway.get("/v1/models").send().await.unwrap()).await;
    assert_eq!((status, &list["object"]), (200, &json!("list")));
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].clone())
        .collect();
    assert!(
        ids.contains(&json!("alpha")) && ids.contains(&json!("beta")),
        "{list}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_as_the_server_gave_it() {
    let gateway = Fixture::start(&["alpha"]);
    let (status, answer) = gateway
        .ask("alpha", json!({"x_new_field": {"deep": [1, 2]}, "seed": 7}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(answer["x_unknown_to_all"], json!({"kept": true}));
    assert_eq!(answer["usage"]["total_tokens"], 15);
    let asked = gateway.upstream.last();
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.body["x_new_field"], json!({"deep": [1, 2]}));
    assert_eq!(asked.body["messages"][0]["content"], "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_asked_for_its_own_name_of_the_model() {
    let gateway = Fixture::prepared(&[], |gatehouse| {
        // An upstream that is only registered, to see what would be sent.
        gatehouse.add_model("placeholder", "http://127.0.0.1:9/v1", "x");
    });
    let (status, _) = gateway.ask("placeholder", json!({})).await;
    assert_eq!(status, 502, "nobody listens on the discard port");

    let upstream = tests::upstream::Upstream::start();
    let gatehouse = Gatehouse::new();
    gatehouse.add_model(
        "nice-name",
        &upstream.endpoint(),
        "custom_openai/org/real-name",
    );
    let serving = gatehouse.serve();
    let body = json!({"model": "nice-name", "messages": []});
    let answer = gateway
        .client
        .post(serving.url("/v1/chat/completions"))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(upstream.last().body["model"], "org/real-name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_passes_piece_by_piece() {
    let gateway = Fixture::start(&["alpha"]);
    let more = json!({
        "stream": true, "chunks": 5, "pace_ms": 100, "stream_options": {"include_usage": true},
    });
    let mut answer = gateway.chat("alpha", more).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    let first = answer.chunk().await.unwrap().unwrap();
    assert!(
        !String::from_utf8_lossy(&first).contains("[DONE]"),
        "the first piece comes before the last"
    );
    assert_eq!(gateway.upstream.open(), 1, "the upstream still speaks");
    let rest = answer.text().await.unwrap();
    assert!(
        rest.contains("\"total_tokens\":12"),
        "the client asked for usage: {rest}"
    );
    assert!(rest.trim_end().ends_with("data: [DONE]"), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn characters_cut_in_the_middle_arrive_whole() {
    let gateway = Fixture::start(&["cut-character", "carriage-returns"]);
    let text = gateway.stream("cut-character").await;
    assert!(
        text.contains("Grüße") && text.contains("🚀") && text.contains("日本"),
        "{text}"
    );
    assert!(text.trim_end().ends_with("data: [DONE]"), "{text}");
    assert!(gateway.stream("carriage-returns").await.contains("Kälte"));
    let rows = eventually("both rows", || {
        let rows = gateway.gatehouse.rows();
        (rows.len() == 2 && rows.iter().all(|row| row["state"] != "running")).then_some(rows)
    });
    for row in rows {
        assert_eq!(row["state"], "completed", "{row}");
        assert!(
            row["first_token_ms"].is_number() && row["streamed"] == true,
            "{row}"
        );
        assert_eq!(row["finish_reason"], "stop", "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_work_as_chat_does() {
    let gateway = Fixture::start(&["alpha"]);
    let body = json!({"model": "alpha", "prompt": "def "});
    let (status, answer) = read(gateway.post("/v1/completions", &body).send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert!(
        answer["choices"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with("Grüße"),
        "{answer}"
    );
    assert_eq!(gateway.upstream.last().path, "/v1/completions");
    let body = json!({"model": "alpha", "prompt": "def ", "stream": true});
    let stream = gateway
        .post("/v1/completions", &body)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        stream.contains("\"text\"") && stream.trim_end().ends_with("[DONE]"),
        "{stream}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_is_answered_by_its_model() {
    let gateway = Fixture::prepared(&["alpha"], |gatehouse| {
        gatehouse
            .run(&["feature", "set", "duo_chat", "alpha"])
            .succeeded();
    });
    let answer = gateway
        .chat("duo_chat", json!({}))
        .header("x-request-id", "by-feature")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(gateway.upstream.last().body["model"], "alpha");
    let row = gateway.gatehouse.row("by-feature");
    assert_eq!(
        (&row["model"], &row["feature"]),
        (&json!("alpha"), &json!("duo_chat"))
    );
    let (status, _) = gateway.ask("code_completions", json!({})).await;
    assert!(
        (400..600).contains(&status),
        "an unrouted feature has no answer: {status}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_correlation_id_goes_through_every_hop() {
    let gateway = Fixture::start(&["alpha"]);
    let answer = gateway
        .chat("alpha", json!({}))
        .header("x-request-id", "seen-4711")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], "seen-4711");
    assert_eq!(gateway.upstream.last().header("x-request-id"), "seen-4711");
    let row = gateway.gatehouse.row("seen-4711");
    assert_eq!(
        (&row["status"], &row["state"]),
        (&json!(200), &json!("completed"))
    );
    assert_eq!(
        (&row["prompt_tokens"], &row["completion_tokens"]),
        (&json!(7), &json!(8))
    );

    let answer = gateway.chat("alpha", json!({})).send().await.unwrap();
    let made: String = answer.headers()["x-request-id"].to_str().unwrap().into();
    assert_eq!(gateway.upstream.last().header("x-request-id"), made);
    assert_eq!(gateway.gatehouse.row(&made)["path"], "/v1/chat/completions");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_client_passes_but_what_was_asked() {
    let gateway = Fixture::start(&["alpha"]);
    let request = gateway.chat("alpha", json!({}));
    let request = request
        .header("cookie", "a=b")
        .header("x-forwarded-for", "1.2.3.4")
        .bearer_auth("client-key");
    assert_eq!(
        request.send().await.unwrap().status(),
        200,
        "while no client key exists, any bearer will do"
    );
    let asked = gateway.upstream.last();
    for name in ["cookie", "x-forwarded-for", "authorization"] {
        assert_eq!(asked.header(name), "", "{name} stays here");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_from_the_environment_reaches_its_model_alone() {
    let gateway = Fixture::prepared(&["wants-key", "alpha"], |gatehouse| {
        gatehouse.set("GATEHOUSE_KEY_WANTS_KEY", "right");
    });
    let (status, _) = gateway.ask("wants-key", json!({})).await;
    assert_eq!(status, 200);
    gateway.ask("alpha", json!({})).await;
    assert_eq!(gateway.upstream.last().header("authorization"), "");
    let models = gateway.gatehouse.run(&["model", "list"]).succeeded().json();
    let model = models
        .as_array()
        .unwrap()
        .iter()
        .find(|model| model["name"] == "wants-key")
        .unwrap();
    assert_eq!(model["key"], "environment");
    assert!(files_with(&gateway.gatehouse.data(), b"Bearer right").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_prompt_nor_answer_nor_key_is_written_down() {
    let mut key = String::new();
    let gateway = Fixture::prepared(&["alpha"], |gatehouse| {
        gatehouse.set("GATEHOUSE_KEY_ALPHA", "upstream-secret-7391");
        let made = gatehouse
            .run(&["key", "create", "laptop"])
            .succeeded()
            .json();
        key = made["key"].as_str().unwrap().to_owned();
    });
    let more = json!({"messages": [{"role": "user", "content": "prompt-secret-2846"}]});
    let answer = gateway
        .chat("alpha", more)
        .bearer_auth(&key)
        .header("x-request-id", "quiet")
        .send()
        .await
        .unwrap();
    assert!(answer.text().await.unwrap().contains("Grüße"));
    gateway.gatehouse.row("quiet");
    let data = gateway.gatehouse.data();
    gateway.serving.stop();
    for secret in [
        "prompt-secret-2846",
        "Grüße",
        "upstream-secret-7391",
        key.as_str(),
    ] {
        let files = files_with(&data, secret.as_bytes());
        assert!(files.is_empty(), "{secret} stands in {files:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_model_answers_the_same_every_time() {
    let gateway = Fixture::prepared(&[], |gatehouse| {
        let add = [
            "model",
            "add",
            "demo",
            "--family",
            "general",
            "--endpoint",
            "sample",
        ];
        gatehouse.run(&add).succeeded();
    });
    let text = |answer: &Value| {
        answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (status, first) = gateway.ask("demo", json!({})).await;
    let (_, second) = gateway.ask("demo", json!({})).await;
    assert_eq!(status, 200);
    assert!(
        text(&first).to_lowercase().contains("sample"),
        "it says what it is: {first}"
    );
    assert_eq!(text(&first), text(&second));
    let request = gateway
        .chat("demo", json!({}))
        .header("x-request-id", "counted");
    read(request.send().await.unwrap()).await;
    let row = gateway.gatehouse.row("counted");
    assert_eq!(row["finish_reason"], "stop", "{row}");
    assert!(row["completion_tokens"].as_u64() > Some(10), "{row}");
    for form in FORMS {
        for streamed in [false, true] {
            let said = form.ask(&gateway, "demo", Question::Plain, streamed).await;
            assert!(
                said.text.contains("sample model"),
                "{form:?} {streamed}: {said:?}"
            );
        }
    }
    let stream = gateway.stream("demo").await;
    assert!(
        stream.matches("data: ").count() > 3 && stream.trim_end().ends_with("[DONE]"),
        "{stream}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_it_is_well() {
    let gateway = Fixture::start(&["alpha"]);
    for path in ["/monitoring/healthz", "/monitoring/ready"] {
        assert_eq!(
            gateway.get(path).send().await.unwrap().status(),
            200,
            "{path}"
        );
    }
    let wrong_method = gateway.get("/v1/chat/completions").send().await;
    assert_eq!(wrong_method.unwrap().status(), 404);
}
