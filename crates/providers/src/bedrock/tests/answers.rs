use std::time::Duration;

use domain::Auth;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Model;
use crate::bedrock::environment::Environment;
use crate::bedrock::{embed_in, models};
use crate::{AnswerForm, Client, FinishReason, Reply, UpstreamError};

#[test]
fn a_whole_answer_of_converse_is_read() {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
            {"text": "Hello"},
            {"unknown": {"x": 1}},
            {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Köln"}}},
        ]}},
        "stopReason": "stop_sequence",
        "additionalModelResponseFields": {"stop_sequence": "END"},
        "usage": {"inputTokens": 7, "outputTokens": 9, "totalTokens": 16},
        "metrics": {"latencyMs": 5},
    });
    let events = AnswerForm::Converse
        .events(body.to_string().as_bytes(), "h")
        .unwrap();
    let reply = Reply::from_events(events);
    assert_eq!(
        (reply.text.as_str(), reply.reasoning.as_str()),
        ("Hello", "Hm")
    );
    assert_eq!(reply.tool_calls[0].2, "{\"city\":\"Köln\"}");
    assert_eq!(
        (reply.usage.prompt, reply.usage.completion),
        (Some(7), Some(9))
    );
    assert_eq!(reply.finish, Some(FinishReason::Stop));
    assert_eq!(reply.stop.as_deref(), Some("END"));
}

#[test]
fn every_reason_to_stop_has_its_meaning() {
    for (word, meaning) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("tool_use", FinishReason::ToolCalls),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("content_filtered", FinishReason::ContentFilter),
        ("guardrail_intervened", FinishReason::ContentFilter),
        (
            "malformed_tool_use",
            FinishReason::Other("malformed_tool_use".into()),
        ),
    ] {
        let body = json!({"output": {"message": {"content": []}}, "stopReason": word});
        let events = AnswerForm::Converse
            .events(body.to_string().as_bytes(), "h")
            .unwrap();
        assert_eq!(Reply::from_events(events).finish, Some(meaning));
    }
}

#[test]
fn a_page_is_no_answer() {
    for form in [
        AnswerForm::Converse,
        AnswerForm::InvokeMistral,
        AnswerForm::InvokeAnthropic,
    ] {
        for body in ["<html></html>", "{}", "", "null"] {
            let outcome = form.events(body.as_bytes(), "h");
            assert!(
                matches!(outcome, Err(UpstreamError::NotTheApi { .. })),
                "{form:?}: {body}"
            );
        }
    }
}

fn embed(name: &str, body: Value) -> Result<(Value, AnswerForm), UpstreamError> {
    let model = Model::of(name);
    let call = embed_in(&Environment::of(&[]), model.target(), &body)?;
    assert!(call.url.path().ends_with("/invoke"));
    Ok((
        serde_json::from_slice(&call.body.unwrap()).unwrap(),
        call.form,
    ))
}

#[test]
fn texts_go_in_the_form_of_the_vendor() {
    let (titan, cohere) = (
        "amazon.titan-embed-text-v2:0",
        "cohere.embed-multilingual-v3",
    );
    assert_eq!(
        embed(titan, json!({"input": ["one"], "dimensions": 256})).unwrap(),
        (
            json!({"inputText": "one", "dimensions": 256}),
            AnswerForm::TitanEmbeddings
        )
    );
    assert_eq!(
        embed(cohere, json!({"input": ["one", "two"]})).unwrap(),
        (
            json!({"texts": ["one", "two"], "input_type": "search_document"}),
            AnswerForm::CohereEmbeddings
        )
    );
    for (name, input, words) in [
        (titan, json!(["one", "two"]), "several texts"),
        (cohere, json!([[1, 2]]), "tokens"),
        (titan, json!([]), "no text"),
        ("anthropic.claude", json!("one"), "embeddings"),
    ] {
        let error = embed(name, json!({"input": input}))
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn vectors_come_in_the_form_of_openai() {
    let list = |tokens: u32, vectors: &[[f64; 2]]| {
        let vector = |(index, vector): (usize, &[f64; 2])| json!({"object": "embedding", "index": index, "embedding": vector});
        let data: Vec<Value> = vectors.iter().enumerate().map(vector).collect();
        let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
        json!({"object": "list", "data": data, "model": "m", "usage": usage})
    };
    let two = [[0.5, 1.0], [2.0, 3.5]];
    for (form, body, expected) in [
        (
            AnswerForm::TitanEmbeddings,
            json!({"embedding": [0.5, 1.0], "inputTextTokenCount": 4}),
            list(4, &two[..1]),
        ),
        (
            AnswerForm::CohereEmbeddings,
            json!({"embeddings": two}),
            list(0, &two),
        ),
        (
            AnswerForm::CohereEmbeddings,
            json!({"embeddings": {"float": two}}),
            list(0, &two),
        ),
        (AnswerForm::OpenaiEmbeddings, list(0, &two), list(0, &two)),
    ] {
        let found = form.vectors(body.to_string().as_bytes(), "m", "h").unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&found).unwrap(),
            expected,
            "{form:?}"
        );
        let outcome = form.vectors(b"{\"error\":\"x\"}", "m", "h");
        assert!(
            matches!(outcome, Err(UpstreamError::NotTheApi { .. })),
            "{form:?}"
        );
    }
}

/// Answers each request by its path, until the test ends.
async fn serve(listener: TcpListener) {
    loop {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 8192];
        let length = connection.read(&mut request).await.unwrap();
        let request = String::from_utf8_lossy(&request[..length]);
        assert!(request.contains("authorization: Bearer ABSK"), "{request}");
        let body = if request.starts_with("GET /foundation-models ") {
            json!({"modelSummaries": [
                {"modelId": "a", "providerName": "A", "inferenceTypesSupported": ["ON_DEMAND"]},
                {"modelId": "b", "inferenceTypesSupported": ["INFERENCE_PROFILE"]},
            ]})
        } else {
            assert!(
                request.starts_with("GET /inference-profiles?maxResults=1000 "),
                "{request}"
            );
            json!({"inferenceProfileSummaries": [{"inferenceProfileId": "eu.b"}]})
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}",
            body.len()
        );
        let answer = format!("{head}\r\n\r\n{body}");
        connection.write_all(answer.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn models_on_demand_and_profiles_are_listed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let model = Model::of("eu.b").with(Auth::Key, Some("ABSK"));
    let (client, within) = (Client::new().unwrap(), Duration::from_secs(10));
    let listed = models::list_at(Some(base), &client, model.target(), "id", within);
    let listed = tokio::select! {
        listed = listed => listed.unwrap(),
        () = serve(listener) => unreachable!(),
    };
    let ids: Vec<&str> = listed.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["a", "eu.b"]);
    let none = models::list_at(None, &client, model.target(), "id", within).await;
    assert!(matches!(none, Err(UpstreamError::Unsupported { .. })));
}
