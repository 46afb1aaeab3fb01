use serde_json::{Value, json};

use crate::fixture::{Fixture, golden, good_words, read, told};

const CHECK: &str = "/v1/prompts/model_configuration%2Fcheck";

#[tokio::test(flavor = "multi_thread")]
async fn every_version_of_a_prompt_is_ours() {
    let gateway = Fixture::start("alpha");
    for version in [
        Value::Null,
        json!("^1.0.0"),
        json!("2.0.0"),
        json!("1.2.0-dev"),
        json!("~1.1"),
        json!(">=0.1, <9"),
    ] {
        for (path, name) in [
            ("/v1/prompts/chat/explain_code", "prompt-17.6"),
            (CHECK, "prompt-18.9"),
        ] {
            let mut body = golden(name);
            body["stream"] = false.into();
            body["prompt_version"] = version.clone();
            let (status, answer) = gateway.ask(path, &body).await;
            assert_eq!((status, answer), (200, json!(good_words())), "{version}");
        }
    }
    let mut body = golden("suggestions-18.9");
    for version in ["^1.0.0", "2.0.0", "1.2.0-dev"] {
        let payload = &mut body["prompt_components"][0]["payload"];
        payload["prompt_version"] = version.into();
        payload["stream"] = false.into();
        let (status, answer) = gateway.ask("/v3/code/completions", &body).await;
        assert_eq!(status, 200, "{version}: {answer}");
    }
}

/// Every prompt of GitLab, with the inputs that Rails hands in.
#[tokio::test(flavor = "multi_thread")]
async fn every_prompt_of_the_contract_is_answered() {
    let gateway = Fixture::start("alpha");
    let command = json!({"input": "i", "language_info": "Ruby", "selected_text": "x = 1",
        "file_content": "x = 1", "file_content_reuse": "", "libraries": ["rails"]});
    let reader = json!({"input": "What is #12?", "suggestions": ""});
    for (id, inputs) in [
        ("chat/explain_code", &command),
        ("chat/write_tests", &command),
        ("chat/refactor_code", &command),
        ("chat/fix_code", &command),
        ("chat/issue_reader", &reader),
        ("chat/epic_reader", &reader),
        ("chat/merge_request_reader", &reader),
        ("chat/build_reader", &reader),
        ("chat/commit_reader", &reader),
        ("generate_commit_message", &json!({"diff": "+ tea"})),
        ("model_configuration/check", &json!({})),
    ] {
        let body = json!({"inputs": inputs, "prompt_version": "^1.0.0"});
        let (status, answer) = gateway.ask(&format!("/v1/prompts/{id}"), &body).await;
        assert_eq!(status, 200, "{id}: {answer}");
        assert!(
            answer.as_str().is_some_and(|text| text.contains("Kälte")),
            "{id}: {answer}"
        );
        let (status, answer) = gateway.ask(&format!("/v2/prompts/{id}"), &body).await;
        assert_eq!(status, 200, "{id}: {answer}");
        assert!(answer["content"].is_string(), "{id}: {answer}");
        assert_eq!(
            answer["usage"]["alpha"]["output_tokens"], 8,
            "{id}: {answer}"
        );
    }
}

/// Rails writes the opening of the object itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_reader_is_the_rest_of_an_object() {
    let gateway = Fixture::start("names-an-issue");
    let body = json!({"inputs": {"input": "What is #12?", "suggestions": ""}});
    let (status, answer) = gateway.ask("/v1/prompts/chat/issue_reader", &body).await;
    assert_eq!(status, 200, "{answer}");
    let rest = answer.as_str().unwrap();
    let whole = format!("```json\n{{\"ResourceIdentifierType\": \"{rest}");
    let object = whole.split("```json").nth(1).unwrap();
    let object = object.split("```").next().unwrap();
    let object: Value = serde_json::from_str(object).expect(&whole);
    assert_eq!(object["ResourceIdentifierType"], "iid");
    assert_eq!(object["ResourceIdentifier"], 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_prompt_is_404_and_a_missing_input_422() {
    let gateway = Fixture::start("alpha");
    let (status, answer) = gateway
        .ask("/v1/prompts/chat/dance", &json!({"inputs": {}}))
        .await;
    assert_eq!(
        (status, told(&answer)),
        (404, "Prompt 'chat/dance' not found")
    );
    let body = json!({"inputs": {"input": "Explain"}});
    let (status, answer) = gateway.ask("/v1/prompts/chat/explain_code", &body).await;
    assert_eq!(status, 422, "{answer}");
    assert!(told(&answer).contains("selected_text"), "{answer}");
    let body = golden("legacy-17.6");
    let (status, answer) = gateway.ask("/v1/chat/dance", &body).await;
    assert_eq!((status, told(&answer)), (404, "Not found"));
    assert!(gateway.upstream.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_of_a_model_asks_for_few_tokens() {
    let gateway = Fixture::start("alpha");
    gateway.ask(CHECK, &golden("prompt-18.9")).await;
    let body = gateway.upstream.last().body;
    let most = body["max_tokens"]
        .as_u64()
        .or(body["max_completion_tokens"].as_u64());
    assert!(most.is_some_and(|most| most <= 16), "{body}");
}

/// Rails prints a text as it is, and reads `detail[0].msg` of everything else.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_model_server_is_421_with_one_text() {
    const SAYS: [(&str, &str, &str); 5] = [
        ("error-string", "401: ", "Unauthorized"),
        ("error-fastapi", "404: ", "Not Found"),
        ("down-for-good", "503: ", "Loading model"),
        ("html", "502: ", "web page"),
        ("error-vllm", "400: ", "maximum context length"),
    ];
    let gateway = Fixture::with(&SAYS.map(|(script, ..)| script));
    for (script, begins, says) in SAYS {
        for (path, name) in [
            (CHECK, "prompt-18.9"),
            ("/v1/prompts/chat/explain_code", "prompt-17.6"),
        ] {
            let body = gateway.naming(script, golden(name));
            let (status, answer) = gateway.ask(path, &body).await;
            assert_eq!(status, 421, "{script} {path}: {answer}");
            let detail = answer["detail"].as_str().expect("one text");
            assert!(detail.starts_with(begins), "{script}: {detail}");
            assert!(detail.contains(says), "{script}: {detail}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trouble_of_ours_is_told_where_rails_reads_it() {
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, _| {
        gatehouse
            .run(&["feature", "disable", "duo_chat"])
            .succeeded();
    });
    let body = golden("prompt-17.6");
    let (status, answer) = gateway.ask("/v1/prompts/chat/explain_code", &body).await;
    assert_eq!(status, 404);
    assert!(told(&answer).contains("is disabled"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_whose_server_fails_is_503() {
    let gateway = Fixture::start("down-for-good");
    for (path, name) in [
        ("/v2/code/completions", "completions-17.6"),
        ("/v2/code/generations", "generations-17.6"),
        ("/v3/code/completions", "suggestions-17.6"),
    ] {
        let (status, answer) = gateway.ask(path, &golden(name)).await;
        assert_eq!(status, 503, "{path}: {answer}");
        assert!(told(&answer).starts_with("Inference failed"), "{answer}");
    }
    let busy = Fixture::start("busy");
    let request = busy.post("/v2/code/generations", &golden("generations-17.6"));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "60");
    let (status, _) = read(busy.post(CHECK, &golden("prompt-18.9"))).await;
    assert_eq!(status, 429);
}
