//! The official `openai` package as a client: it decides what OpenAI-compatible means.

use std::process::Command;

use serde_json::Value;
use tests::gatehouse::Gatehouse;
use tests::upstream::Upstream;
use tests::{model, root};

/// Runs a script with `client` at hand, and returns what it printed as JSON.
#[track_caller]
fn python(base_url: &str, key: &str, script: &str) -> Value {
    let python = root().join(".work/openai/bin/python");
    assert!(
        python.exists(),
        "the client is installed by cargo xtask setup"
    );
    let start = "import json, sys, openai\nclient = openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0)\n";
    let mut command = Command::new(python);
    command
        .arg("-c")
        .arg(format!("{start}{script}"))
        .args([base_url, key]);
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    let output = command.output().expect("Python starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

#[test]
#[ignore = "needs the openai package and the model server: cargo xtask test"]
fn it_streams_and_does_not_stream() {
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("smollm", &model::endpoint(), model::NAME);
    let serving = gatehouse.serve();
    let result = python(
        &serving.url("/v1"),
        "no key is needed and the package wants one",
        r#"
messages = [{"role": "user", "content": "Say hello."}]
whole = client.chat.completions.create(model="smollm", messages=messages, max_tokens=8)
stream = client.chat.completions.create(
    model="smollm", messages=messages, max_tokens=8, stream=True, stream_options={"include_usage": True})
chunks = list(stream)
text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
completion = client.completions.create(model="smollm", prompt="One, two,", max_tokens=4)
print(json.dumps({
    "models": [m.id for m in client.models.list()],
    "whole": whole.choices[0].message.content, "tokens": whole.usage.completion_tokens,
    "text": text, "chunks": len(chunks), "usage": chunks[-1].usage.completion_tokens,
    "completion": completion.choices[0].text,
}))
"#,
    );
    assert_eq!(result["models"][0], "smollm", "{result}");
    assert!(
        !result["whole"].as_str().unwrap().is_empty()
            && !result["text"].as_str().unwrap().is_empty()
    );
    assert!(result["chunks"].as_u64().unwrap() > 3, "{result}");
    assert!(
        result["usage"].as_u64().unwrap() > 0 && result["tokens"].as_u64().unwrap() > 0,
        "{result}"
    );
    assert!(
        !result["completion"].as_str().unwrap().is_empty(),
        "{result}"
    );
    let rows = gatehouse.rows();
    assert_eq!(
        rows.iter()
            .filter(|row| row["path"] == "/v1/chat/completions")
            .count(),
        2
    );
}

#[test]
#[ignore = "needs the openai package: cargo xtask test"]
fn it_understands_our_errors() {
    let upstream = Upstream::start();
    let gatehouse = Gatehouse::new();
    for model in ["stops-short", "error-azure"] {
        gatehouse.add_model(model, &upstream.endpoint(), model);
    }
    let key = gatehouse
        .run(&["key", "create", "python"])
        .succeeded()
        .json();
    let serving = gatehouse.serve();
    let result = python(
        &serving.url("/v1"),
        key["key"].as_str().unwrap(),
        r#"
def attempt(action):
    try:
        action()
        return None
    except openai.OpenAIError as error:
        return [type(error).__name__, str(error)]
def chat(model, **more):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "x"}], **more)
wrong = openai.OpenAI(base_url=sys.argv[1], api_key="wrong", max_retries=0)
print(json.dumps({
    "key": attempt(lambda: wrong.models.list()),
    "model": attempt(lambda: chat("nobody")),
    "azure": attempt(lambda: chat("error-azure")),
    "cut": attempt(lambda: list(chat("stops-short", stream=True))),
}))
"#,
    );
    assert_eq!(result["key"][0], "AuthenticationError", "{result}");
    assert_eq!(result["model"][0], "NotFoundError", "{result}");
    assert!(
        result["azure"][1]
            .as_str()
            .unwrap()
            .contains("deployment does not exist"),
        "{result}"
    );
    assert_eq!(
        result["cut"][0], "APIError",
        "a cut stream raises: {result}"
    );
}
