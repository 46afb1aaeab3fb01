use serde_json::{Value, json};
use tests::gitlab::headers;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fixture::{Fixture, completion, good_words, read, row, told};

#[tokio::test(flavor = "multi_thread")]
async fn probes_need_no_token_and_the_root_asks_for_one() {
    let gateway = Fixture::start("alpha");
    let url = |path| gateway.serving.url(path);
    for path in ["/monitoring/healthz", "//monitoring/healthz"] {
        let asked = gateway.client.get(url(path));
        let answer = asked.header("accept", "application/json").send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["status"], "ok", "the rake task prints it");
    }
    for (path, status) in [
        ("/monitoring/healthz", 200),
        ("/monitoring/ready", 200),
        ("/", 401),
    ] {
        let answer = gateway.client.head(url(path)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    let answer = gateway.client.get(url("/")).send().await.unwrap();
    let seconds = answer.headers()["x-process-time"].to_str().unwrap();
    assert!(seconds.parse::<f64>().unwrap() < 60.0, "{seconds}");
    let (status, body) = read(gateway.client.get(url("/"))).await;
    assert_eq!(status, 401);
    assert_eq!(told(&body), "No authorization header presented");
    assert_eq!(body["error"], "No authorization header presented");
    let token = headers(&gateway.gitlab.token(), "17.6.1");
    let (status, _) = read(gateway.client.get(url("/")).headers(token)).await;
    assert_eq!(status, 404);
}

/// GitLab's own gateway authenticates before it looks at the path.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_nobodys_asks_who_is_there_first() {
    let gateway = Fixture::start("alpha");
    let old = gateway.gitlab.token_with(json!({"exp": 1_000}));
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("POST", "/chat/completions", 404),
        ("POST", "/v1/x-ray/libraries", 404),
        ("POST", "/v1/proxy/anthropic/v1/messages", 404),
        ("DELETE", "/v2/chat/agent", 405),
        ("GET", "/v2/code/completions", 405),
    ] {
        let request = || {
            let method = method.parse().unwrap();
            gateway.client.request(method, gateway.serving.url(path))
        };
        let (told_status, body) = read(request()).await;
        assert_eq!(told_status, 401, "{path}: {body}");
        assert_eq!(body["error"], "No authorization header presented");
        assert!(
            told(&body).contains(&format!("no {method} {path}")),
            "{body}"
        );
        let (told_status, body) = read(request().headers(headers(&old, "17.6.1"))).await;
        assert_eq!(
            (told_status, &body["error"]),
            (401, &json!("Forbidden by auth provider"))
        );
        let good = headers(&gateway.gitlab.token(), "17.6.1");
        let (told_status, body) = read(request().headers(good)).await;
        assert_eq!(told_status, status, "{path}: {body}");
    }
    // Other clients need no token, nor does a path of theirs with a wrong method.
    for (path, status) in [("/v1/models", 200), ("/v1/chat/completions", 404)] {
        let answer = gateway.client.get(gateway.serving.url(path)).send().await;
        assert_eq!(answer.unwrap().status(), status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slashes_and_their_code_do_not_change_a_path() {
    let gateway = Fixture::start("alpha");
    for path in [
        "//v2/code/completions",
        "/v2//code/completions/",
        "/v2/completions",
    ] {
        let (status, body) = gateway.ask(path, &completion()).await;
        assert_eq!(status, 200, "{path}: {body}");
    }
    for id in [
        "model_configuration%2Fcheck",
        "model_configuration%2fcheck",
        "model_configuration/check",
    ] {
        for path in [format!("/v1/prompts/{id}"), format!("//v1/prompts/{id}")] {
            let (status, body) = gateway.ask(&path, &json!({"inputs": {}})).await;
            assert_eq!((status, body), (200, json!(good_words())), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_read_in_any_case() {
    let gateway = Fixture::start("alpha");
    let sent = headers(&gateway.gitlab.token(), "17.6.1");
    for shout in [str::to_uppercase, str::to_owned] {
        let lines = sent.iter().map(|(name, value)| {
            let name: String = shout(name.as_str());
            format!("{name}: {}\r\n", value.to_str().unwrap())
        });
        let body = completion().to_string();
        let request = format!(
            "POST /v2/code/completions HTTP/1.1\r\nHOST: localhost\r\nCoNtEnT-TyPe: application/json\r\n\
             Content-LENGTH: {}\r\nConnection: close\r\n{}\r\n{body}",
            body.len(),
            lines.collect::<String>()
        );
        let stream = tokio::net::TcpStream::connect(&gateway.serving.address).await;
        let mut stream = stream.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_correlation_id_goes_to_the_model_and_comes_back() {
    let gateway = Fixture::start("alpha");
    for (token, state) in [
        (gateway.gitlab.token(), "completed"),
        ("x".into(), "refused"),
    ] {
        let id = format!("01JD-{state}");
        let request = gateway.post_as(&token, "/v2/code/completions", &completion());
        let answer = request.header("X-Request-ID", &id).send().await.unwrap();
        assert_eq!(answer.headers()["x-request-id"], id.as_str());
        answer.text().await.unwrap();
        let row = row(&gateway, &id);
        assert_eq!(row["state"], state, "{row}");
    }
    let asked = gateway.upstream.last();
    assert_eq!(asked.header("x-request-id"), "01JD-completed");
    let answer = gateway.post("/v2/code/completions", &completion());
    let answer = answer.send().await.unwrap();
    assert!(!answer.headers()["x-request-id"].is_empty(), "a new one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_megabyte_is_read_and_one_beyond_the_limit_is_not() {
    let gateway = Fixture::start("alpha");
    let mut body = completion();
    let file =
        |letters: usize| json!({"type": "file", "name": "a.py", "content": "x".repeat(letters)});
    body["context"] = json!([file(500_000), file(500_000)]);
    let (status, answer) = gateway.ask("/v2/code/completions", &body).await;
    assert_eq!(status, 200, "{answer}");
    body["context"] = vec![file(500_000); 9].into();
    let (status, answer) = gateway.ask("/v2/code/completions", &body).await;
    assert_eq!(status, 413);
    assert!(told(&answer).contains("limit"), "{answer}");
}
