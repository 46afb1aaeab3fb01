use serde_json::json;

use crate::clients::{Vendors, WORDS};

/// Streaming, functions, counts and errors, whichever vendor is behind.
#[test]
#[ignore = "needs the clients for Python: cargo xtask test"]
fn it_gets_the_same_from_every_vendor() {
    let vendors = Vendors::start();
    let result = crate::python(
        &[&vendors.serving.url(""), "any"],
        r#"
import json, sys, anthropic
client = anthropic.Anthropic(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0)
messages = [{"role": "user", "content": "How cold is it?"}]
schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"name": "look_up", "description": "Looks up.", "input_schema": schema}]
def name(action):
    try:
        return [None, action()]
    except anthropic.APIError as error:
        return [type(error).__name__, str(error)]
def dies(model):
    with client.messages.stream(model=model, max_tokens=100, messages=messages) as stream:
        return stream.get_final_text()
def ask(model):
    whole = client.messages.create(model=model, max_tokens=100, system="Be brief.", messages=messages)
    with client.messages.stream(model=model, max_tokens=100, messages=messages) as stream:
        text = "".join(stream.text_stream)
        counted = stream.get_final_message().usage
    with client.messages.stream(model=model, max_tokens=100, messages=messages, tools=tools) as stream:
        final = stream.get_final_message()
    call = final.content[-1]
    turns = messages + [
        {"role": "assistant", "content": [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "3 C"}]}]
    told = client.messages.create(model=model, max_tokens=100, messages=turns, tools=tools)
    short = client.messages.create(model=model, max_tokens=3, messages=messages)
    return {
        "whole": whole.content[0].text, "end": whole.stop_reason, "out": whole.usage.output_tokens,
        "stream": text, "counted": counted.output_tokens, "call": [call.name, call.input],
        "finish": final.stop_reason, "told": told.content[0].text, "short": short.stop_reason,
        "tokens": client.messages.count_tokens(model=model, messages=messages).input_tokens > 3,
    }
result = {"nobody": name(lambda: ask("nobody"))}
for model in ["openai", "anthropic", "bedrock"]:
    result[model] = {"ask": ask(model), "dies": name(lambda: dies(model + "-dies")),
        "busy": name(lambda: client.messages.create(model=model + "-busy", max_tokens=9, messages=messages))}
print(json.dumps(result))
"#,
    );
    for vendor in ["openai", "anthropic", "bedrock"] {
        let said = &result[vendor];
        let ask = json!({
            "whole": WORDS, "end": "end_turn", "out": 8, "stream": WORDS, "counted": 8,
            "call": ["look_up", {"city": "Köln"}], "finish": "tool_use",
            "told": "The function said: 3 C", "short": "max_tokens", "tokens": true,
        });
        assert_eq!(said["ask"], ask, "{vendor}");
        assert_eq!(said["busy"][0], "RateLimitError", "{vendor}: {said}");
        let died = said["dies"][0].as_str().unwrap_or_default();
        assert!(
            died.ends_with("Error"),
            "a dead stream raises: {vendor}: {said}"
        );
    }
    assert_eq!(result["nobody"][0], "NotFoundError", "{result}");
}
