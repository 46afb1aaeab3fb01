//! What people and clients type: identifiers, endpoints and request bodies, damaged. No panic; what
//! is taken is what was typed; what is read can be written for every provider, or is refused.

use domain::{
    Connection, DomainError, Endpoint, FAMILIES, FamilyRecord, Identifier, PROVIDERS, Provider,
    Query, ServerEndpoint, ServerKind,
};
use forms::{Form, read_gap, read_prompt};
use fuzz::{damaged, fuzz};
use proptest::prelude::*;
use providers::Target;

/// Identifiers of every kind, good and bad.
const IDENTIFIERS: [&str; 14] = [
    "custom_openai/Mixtral-8x7B-Instruct-v0.1",
    "mistralai/Mixtral-8x7B",
    "openai/gpt-4o",
    "hosted_vllm/../../etc/passwd",
    "azure/gpt-35-turbo",
    "bedrock/eu-central-1/anthropic.claude-3-5-sonnet-20240620-v1:0",
    "bedrock/arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.c-v1:0",
    "bedrock/converse/us.meta.llama3-1-8b-instruct-v1:0",
    "anthropic/claude-sonnet-4-5",
    "ollama/qwen2.5-coder:7b",
    "mistral/codestral-latest",
    "a%2f..%2fb?x=1#y",
    "/",
    "text-completion-openai/",
];

fn as_text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn seeds(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn queries() {
    let seeds = seeds(&[
        "model:\"a b\"* -client:curl* status:>=500 status:4xx \"timed out\" mix* \\ \"\\\"\"",
        "since:2026-11-03T10:30:00+01:00 until:10:30 since:1.5h until:2026-11-03 first:>=0.25ms",
        "feature:duo_chat state:failed provider:bedrock streamed:yes retries:>0 method:post id:* -",
    ]);
    fuzz(&damaged(seeds), |bytes| {
        // A refusal must name its term; what is read must mean the same in its normal form.
        match as_text(bytes).parse::<Query>() {
            Ok(query) => prop_assert_eq!(query.to_string().parse::<Query>(), Ok(query)),
            Err(DomainError::Query { term, .. }) => prop_assert!(!term.is_empty()),
            Err(other) => prop_assert!(false, "{other:?}"),
        }
        Ok(())
    });
}

#[test]
fn identifiers() {
    let damaged = damaged(seeds(&IDENTIFIERS)).prop_map(as_text);
    fuzz(&prop_oneof![damaged, "\\PC*"], |text| {
        let Ok(identifier) = text.parse::<Identifier>() else {
            return Ok(());
        };
        prop_assert_eq!(identifier.as_str(), text.trim());
        prop_assert!(identifier.as_str().ends_with(identifier.served_name()));
        prop_assert!(!identifier.served_name().is_empty());
        prop_assert!(!identifier.as_str().chars().any(char::is_control));
        let has_slash = identifier.as_str().contains('/');
        prop_assert!(has_slash || identifier.provider().is_none());
        let document = serde_json::to_string(&identifier).expect("it is a text");
        prop_assert_eq!(
            serde_json::from_str::<Identifier>(&document).ok(),
            Some(identifier)
        );
        Ok(())
    });
}

#[test]
fn endpoints() {
    let texts = [
        "http://gpu-1:8000/v1",
        "https://res.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        "http://169.254.169.254/latest",
        "http://user:pass@host/",
        "http://[::1]:8080/v1",
        "http://bedrockselfhostedmodel.com",
        "sample",
    ];
    let damaged = damaged(seeds(&texts)).prop_map(as_text);
    fuzz(&prop_oneof![damaged, "\\PC*"], |text| {
        if let Ok(Endpoint::Server(server)) = text.parse::<Endpoint>() {
            let base = server.base();
            prop_assert!(matches!(base.scheme(), "http" | "https"), "{}", base);
            prop_assert!(
                base.username().is_empty() && base.password().is_none(),
                "{}",
                base
            );
            prop_assert!(base.has_host(), "{}", base);
        }
        Ok(())
    });
}

/// Requests of every form, with everything in them that the forms know.
const BODIES: [&str; 5] = [
    r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"u"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],"tool_choice":{"type":"function","function":{"name":"f"}},"max_tokens":5,"temperature":0.5,"top_p":1,"stop":["a"],"stream":true,"stream_options":{"include_usage":true},"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{},"strict":true}},"seed":1,"x":{"y":[1]}}"#,
    r#"{"model":"m","instructions":"i","input":[{"role":"user","content":[{"type":"input_text","text":"u"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"r"},{"type":"reasoning","summary":[]}],"tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":false}],"text":{"format":{"type":"json_object"}},"max_output_tokens":9,"reasoning":{"effort":"low"},"stream":false,"store":false}"#,
    r#"{"model":"m","system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"c2ln"},{"type":"tool_use","id":"c","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}],"is_error":true},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},"max_tokens":5,"stop_sequences":["a"],"top_k":3,"thinking":{"type":"enabled","budget_tokens":1024},"stream":true}"#,
    r#"{"model":"m","prompt":"def f(","suffix":"\n    return x","max_tokens":64,"temperature":0,"stop":"\n\n","stream":true}"#,
    r#"{"model":"m","prompt":["a","b"],"echo":true,"n":2,"logprobs":5}"#,
];

#[test]
fn bodies() {
    let family = FAMILIES
        .iter()
        .find(|family| family.name.as_str() == "general");
    let family = family.expect("there is a family for everything else");
    let server: ServerEndpoint = match "http://127.0.0.1:9".parse() {
        Ok(Endpoint::Server(server)) => *server,
        other => panic!("it is a server: {other:?}"),
    };
    let forms = [Form::Chat, Form::Responses, Form::Messages];
    fuzz(&damaged(seeds(&BODIES)), |bytes| {
        let _ = read_gap(&bytes);
        let _ = read_prompt(&bytes);
        for form in forms {
            let Ok(asked) = form.read(&bytes) else {
                continue;
            };
            for record in PROVIDERS {
                let target = target(record.provider, &server, family);
                if let Ok(call) = providers::chat(target, &asked.ask) {
                    let body = call.body.unwrap_or_default();
                    let is_json = serde_json::from_slice::<serde_json::Value>(&body).is_ok();
                    prop_assert!(is_json, "{:?} wrote no JSON", record.provider);
                }
            }
        }
        Ok(())
    });
}

fn target<'a>(
    provider: Provider,
    server: &'a ServerEndpoint,
    family: &'a FamilyRecord,
) -> Target<'a> {
    static CONNECTION: std::sync::LazyLock<Connection> = std::sync::LazyLock::new(|| Connection {
        region: Some("eu-central-1".into()),
        ..Connection::default()
    });
    Target {
        provider,
        server: Some(server),
        name: "m",
        connection: &CONNECTION,
        family,
        key: None,
        kind: ServerKind::Other,
    }
}

#[test]
fn bodies_that_nest_ten_thousand_deep_or_are_long_are_no_panic() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("\"{}\"", "x".repeat(1_000_000));
    for inside in [&deep, &long] {
        for field in ["messages", "input", "tools", "prompt", "suffix", "x"] {
            let body = format!("{{\"model\":\"m\",\"{field}\":{inside}}}");
            for form in [Form::Chat, Form::Responses, Form::Messages] {
                let _ = form.read(body.as_bytes());
            }
            let _ = (read_gap(body.as_bytes()), read_prompt(body.as_bytes()));
        }
    }
}
