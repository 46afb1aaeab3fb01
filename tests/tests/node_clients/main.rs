//! The official packages for Node as clients.

use std::process::Command;

use serde_json::{Value, json};
use tests::root;

#[path = "../clients/mod.rs"]
mod clients;

use clients::{Vendors, WORDS};

/// Runs a module with the gateway's address as its argument.
#[track_caller]
fn node(vendors: &Vendors, script: &str) -> Value {
    let folder = root().join(".work/node");
    assert!(
        folder.join("node_modules").exists(),
        "the clients are installed by cargo xtask setup"
    );
    let mut command = Command::new("node");
    command.args(["--input-type=module", "-e", script]);
    // Packages are found from the folder that it runs in.
    command.current_dir(folder);
    command.env("GATEWAY", vendors.serving.url(""));
    clients::run(command)
}

#[test]
#[ignore = "needs the clients for Node: cargo xtask test"]
fn openai_gets_the_same_from_every_vendor() {
    let vendors = Vendors::start();
    let result = node(
        &vendors,
        r#"
import OpenAI from "openai";
const client = new OpenAI({ baseURL: process.env.GATEWAY + "/v1", apiKey: "any", maxRetries: 0 });
const messages = [{ role: "user", content: "How cold is it?" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "look_up", parameters } }];
const name = async (action) => {
    try { await action(); return null; } catch (error) { return [error.constructor.name, error.status ?? null]; }
};
const read = async (stream) => {
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    return text;
};
const result = {};
for (const model of ["openai", "anthropic", "bedrock"]) {
    const whole = await client.chat.completions.create({ model, messages });
    const stream = await read(await client.chat.completions.create({ model, messages, stream: true }));
    const helper = client.chat.completions.stream({ model, messages, tools });
    const call = (await helper.finalMessage()).tool_calls[0].function;
    const answer = await client.responses.create({ model, input: "How cold is it?" });
    let last = "";
    for await (const event of await client.responses.create({ model, input: "x", stream: true })) last = event.type;
    result[model] = {
        whole: whole.choices[0].message.content, usage: whole.usage.total_tokens, stream,
        call: [call.name, JSON.parse(call.arguments)], answer: answer.output_text, last,
        busy: await name(() => client.chat.completions.create({ model: model + "-busy", messages })),
        dies: (await name(async () => read(await client.chat.completions.create({ model: model + "-dies", messages, stream: true }))))?.[0],
    };
}
console.log(JSON.stringify(result));
"#,
    );
    for vendor in ["openai", "anthropic", "bedrock"] {
        let expected = json!({
            "whole": WORDS, "usage": 15, "stream": WORDS, "call": ["look_up", {"city": "Köln"}],
            "answer": WORDS, "last": "response.completed", "busy": ["RateLimitError", 429],
            "dies": "APIError",
        });
        assert_eq!(result[vendor], expected, "{vendor}");
    }
}

#[test]
#[ignore = "needs the clients for Node: cargo xtask test"]
fn anthropic_gets_the_same_from_every_vendor() {
    let vendors = Vendors::start();
    let result = node(
        &vendors,
        r#"
import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic({ baseURL: process.env.GATEWAY, apiKey: "any", maxRetries: 0 });
const messages = [{ role: "user", content: "How cold is it?" }];
const input_schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ name: "look_up", description: "Looks up.", input_schema }];
const name = async (action) => {
    try { await action(); return null; } catch (error) { return [error.constructor.name, error.status ?? null]; }
};
const result = {};
for (const model of ["openai", "anthropic", "bedrock"]) {
    const ask = { model, max_tokens: 100, messages };
    const whole = await client.messages.create(ask);
    const stream = await client.messages.stream(ask).finalText();
    const final = await client.messages.stream({ ...ask, tools }).finalMessage();
    const call = final.content.at(-1);
    const counted = await client.messages.countTokens({ model, messages });
    result[model] = {
        whole: whole.content[0].text, usage: whole.usage.output_tokens, stream,
        call: [call.name, call.input], finish: final.stop_reason, counted: counted.input_tokens > 3,
        busy: await name(() => client.messages.create({ ...ask, model: model + "-busy" })),
        dies: (await name(() => client.messages.stream({ ...ask, model: model + "-dies" }).finalText())) !== null,
    };
}
console.log(JSON.stringify(result));
"#,
    );
    for vendor in ["openai", "anthropic", "bedrock"] {
        let expected = json!({
            "whole": WORDS, "usage": 8, "stream": WORDS, "call": ["look_up", {"city": "Köln"}],
            "finish": "tool_use", "counted": true, "busy": ["RateLimitError", 429], "dies": true,
        });
        assert_eq!(result[vendor], expected, "{vendor}");
    }
}
