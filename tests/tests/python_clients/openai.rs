use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::model;
use tests::upstream::Upstream;

use crate::clients::{Vendors, WORDS};

/// Runs a script with `client` at hand, and returns what it printed as JSON.
#[track_caller]
fn python(base_url: &str, key: &str, script: &str) -> Value {
    let start = "import json, sys, openai\nclient = openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0)\n";
    crate::python(&[base_url, key], &format!("{start}{script}"))
}

#[test]
#[ignore = "needs the clients for Python and the model server: cargo xtask test"]
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
#[ignore = "needs the clients for Python: cargo xtask test"]
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

/// Streaming, functions and errors, whichever vendor is behind.
#[test]
#[ignore = "needs the clients for Python: cargo xtask test"]
fn it_gets_the_same_from_every_vendor() {
    let vendors = Vendors::start();
    let result = python(
        &vendors.serving.url("/v1"),
        "none",
        r#"
messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How cold is it?"}]
schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"type": "function", "function": {"name": "look_up", "parameters": schema}}]
def name(action):
    try:
        return [None, action()]
    except openai.APIError as error:
        return [type(error).__name__, getattr(error, "status_code", None), str(error)]
def chat(model):
    whole = client.chat.completions.create(model=model, messages=messages)
    chunks = list(client.chat.completions.create(
        model=model, messages=messages, stream=True, stream_options={"include_usage": True}))
    with client.chat.completions.stream(model=model, messages=messages, tools=tools) as stream:
        stream.until_done()
        final = stream.get_final_completion().choices[0]
    call = final.message.tool_calls[0]
    turn = {"role": "assistant", "tool_calls": [
        {"id": call.id, "type": "function", "function": {"name": "look_up", "arguments": call.function.arguments}}]}
    result = {"role": "tool", "tool_call_id": call.id, "content": "3 C"}
    told = client.chat.completions.create(model=model, messages=messages + [turn, result], tools=tools)
    return {
        "whole": whole.choices[0].message.content, "usage": whole.usage.total_tokens,
        "stream": "".join(c.choices[0].delta.content or "" for c in chunks if c.choices),
        "counted": chunks[-1].usage.total_tokens, "finish": final.finish_reason,
        "call": [call.function.name, json.loads(call.function.arguments)],
        "told": told.choices[0].message.content,
    }
def responses(model):
    whole = client.responses.create(model=model, input="How cold is it?")
    with client.responses.stream(model=model, input="How cold is it?", tools=[
            {"type": "function", "name": "look_up", "parameters": schema, "strict": False}]) as stream:
        kinds = [event.type for event in stream]
        call = stream.get_final_response().output[-1]
    return {"whole": whole.output_text, "tokens": whole.usage.total_tokens,
        "call": [call.name, json.loads(call.arguments)], "last": kinds[-1]}
result = {}
for model in ["openai", "anthropic", "bedrock"]:
    result[model] = {"chat": chat(model), "responses": responses(model),
        "busy": name(lambda: client.chat.completions.create(model=model + "-busy", messages=messages)),
        "dies": name(lambda: list(client.chat.completions.create(
            model=model + "-dies", messages=messages, stream=True)))}
print(json.dumps(result))
"#,
    );
    let call = json!(["look_up", {"city": "Köln"}]);
    for vendor in ["openai", "anthropic", "bedrock"] {
        let said = &result[vendor];
        let chat = json!({"whole": WORDS, "usage": 15, "stream": WORDS, "counted": 15,
            "finish": "tool_calls", "call": call, "told": "The function said: 3 C"});
        assert_eq!(said["chat"], chat, "{vendor}");
        let responses =
            json!({"whole": WORDS, "tokens": 15, "call": call, "last": "response.completed"});
        assert_eq!(said["responses"], responses, "{vendor}");
        assert_eq!(said["busy"][0], "RateLimitError", "{vendor}: {said}");
        assert_eq!(
            said["dies"][0], "APIError",
            "a dead stream raises: {vendor}: {said}"
        );
    }
    drop(vendors);
}
