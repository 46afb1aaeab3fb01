use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::bedrock::{API_KEY, OLD_API_KEY};
use tests::upstream::said::words;
use tests::upstream::{Upstream, Vendor, signature};

use crate::fixture::{Fixture, message, register};

const ARN: &str = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.c-v1:0";

/// A gateway whose model `m` has this identifier and these words of the command, beside a key.
fn model(identifier: &str, key: &str, more: &[&str]) -> Fixture {
    let upstream = Upstream::of(Vendor::Bedrock);
    let mut gatehouse = Gatehouse::new();
    let endpoint = upstream.root();
    let mut words = vec![
        "model",
        "add",
        "m",
        "--family",
        "general",
        "--endpoint",
        &endpoint,
    ];
    words.extend(["--identifier", identifier]);
    words.extend(more);
    gatehouse.run(&words).succeeded();
    gatehouse.set("AWS_EC2_METADATA_DISABLED", "true");
    if !key.is_empty() {
        gatehouse.set("GATEHOUSE_KEY_M", key);
    }
    Fixture::behind(upstream, gatehouse)
}

const SIGNED: [&str; 4] = ["--auth", "aws-keys", "--access-key-id", signature::KEY_ID];

#[tokio::test(flavor = "multi_thread")]
async fn ids_profiles_and_arns_are_signed_for_their_region() {
    let id = "anthropic.claude-3-5-sonnet-20240620-v1:0";
    let in_path = "anthropic.claude-3-5-sonnet-20240620-v1%3A0";
    let arn = format!("bedrock/{ARN}");
    let arn_in_path = ARN.replace(':', "%3A").replace('/', "%2F");
    #[rustfmt::skip]
    let cases = [
        (format!("bedrock/{id}"), Some("us-east-1"), format!("/model/{in_path}/converse"), "us-east-1"),
        (format!("bedrock/eu-central-1/{id}"), None, format!("/model/{in_path}/converse"), "eu-central-1"),
        (format!("bedrock/converse/{id}"), Some("us-east-1"), format!("/model/{in_path}/converse"), "us-east-1"),
        (format!("bedrock/invoke/{id}"), Some("us-east-1"), format!("/model/{in_path}/invoke"), "us-east-1"),
        (arn, None, format!("/model/{arn_in_path}/converse"), "eu-west-1"),
    ];
    for (identifier, region, path, signed_for) in cases {
        let region = region.map(|region| ["--region", region]);
        let more = [&SIGNED[..], region.as_ref().map_or(&[], |words| &words[..])].concat();
        let gateway = model(&identifier, signature::SECRET, &more);
        let (status, body) = gateway.ask("m", json!({"max_tokens": 100})).await;
        assert_eq!(status, 200, "{identifier}: {body}");
        assert_eq!(body["choices"][0]["message"]["content"], words(8).concat());
        let sent = gateway.upstream.last();
        assert_eq!(sent.path, path, "{identifier}");
        assert_eq!(
            signature::check(&sent),
            Ok(signed_for.to_owned()),
            "{identifier}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_come_from_the_model_the_key_or_the_environment() {
    let gateway = model("bedrock/x", API_KEY, &["--region", "eu-central-1"]);
    assert_eq!(gateway.ask("m", json!({})).await.0, 200);
    assert_eq!(
        gateway.upstream.last().header("authorization"),
        format!("Bearer {API_KEY}")
    );

    let upstream = Upstream::of(Vendor::Bedrock);
    let mut gatehouse = Gatehouse::new();
    // GitLab's stand-in for an endpoint: the environment says where to go.
    let mut words = vec![
        "model",
        "add",
        "m",
        "--family",
        "claude_3",
        "--identifier",
        "bedrock/x",
    ];
    words.extend([
        "--endpoint",
        "http://bedrockselfhostedmodel.com",
        "--auth",
        "aws-chain",
    ]);
    gatehouse.run(&words).succeeded();
    gatehouse.set("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", &upstream.root());
    gatehouse.set("AWS_EC2_METADATA_DISABLED", "true");
    gatehouse.set("AWS_REGION", "ap-southeast-2");
    gatehouse.set("AWS_ACCESS_KEY_ID", signature::KEY_ID);
    gatehouse.set("AWS_SECRET_ACCESS_KEY", signature::SECRET);
    gatehouse.set("AWS_SESSION_TOKEN", "SESSIONTOKEN");
    let gateway = Fixture::behind(upstream, gatehouse);
    let (status, body) = gateway.ask("m", json!({})).await;
    assert_eq!(status, 200, "{body}");
    let sent = gateway.upstream.last();
    assert_eq!(signature::check(&sent), Ok("ap-southeast-2".to_owned()));
    assert_eq!(sent.header("x-amz-security-token"), "SESSIONTOKEN");
    assert!(
        sent.header("authorization")
            .contains("x-amz-security-token"),
        "it is signed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bedrock_refuses_is_explained() {
    let signed = [&SIGNED[..], &["--region", "us-east-1"]].concat();
    let key = ["--region", "us-east-1"];
    for (identifier, secret, more, status, words) in [
        (
            "bedrock/anthropic.needs-profile-v1:0",
            signature::SECRET,
            &signed[..],
            400,
            "inference profile",
        ),
        ("bedrock/x", "a wrong secret", &signed[..], 403, "secret"),
        (
            "bedrock/clock-off",
            signature::SECRET,
            &signed[..],
            403,
            "clock",
        ),
        ("bedrock/x", OLD_API_KEY, &key[..], 403, "expired"),
    ] {
        let gateway = model(identifier, secret, more);
        let (answered, body) = gateway.ask("m", json!({})).await;
        assert_eq!(answered, status, "{identifier}: {body}");
        let said = message(&body);
        assert!(said.to_lowercase().contains(words), "{words}: {said}");
        assert!(secret.len() < 10 || !said.contains(secret), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_or_region_nothing_is_sent() {
    let chain = ["--auth", "aws-chain", "--region", "us-east-1"];
    for (more, words) in [(&chain[..], "credentials"), (&SIGNED[..], "region")] {
        let gateway = model(
            "bedrock/x",
            if words == "region" {
                signature::SECRET
            } else {
                ""
            },
            more,
        );
        let (status, body) = gateway.ask("m", json!({})).await;
        assert!(status >= 400, "{body}");
        assert!(message(&body).contains(words), "{words}: {body}");
        assert!(gateway.upstream.received().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_an_error_and_never_text() {
    let gateway = Fixture::of(Vendor::Bedrock, &["flipped-bit"]);
    let request = gateway
        .chat("flipped-bit", json!({"stream": true}))
        .header("x-request-id", "bit");
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains("Grüße"),
        "what came before is passed on: {text}"
    );
    assert!(
        text.contains("\"error\"") && !text.contains("[DONE]"),
        "{text}"
    );
    let said: String = crate::client::events(&text)
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert!(words(8).concat().starts_with(&said), "no garbage: {said}");
    assert_eq!(gateway.gatehouse.row("bit")["state"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_cut_anywhere_and_models_of_a_vendors_own_form_stream_the_same() {
    let upstream = Upstream::of(Vendor::Bedrock);
    let mut gatehouse = Gatehouse::new();
    for (name, id) in [
        ("cut", "cut-character"),
        ("claude", "invoke/anthropic.claude-3-haiku-20240307-v1:0"),
        ("mixtral", "invoke/mistral.mixtral-8x7b-instruct-v0:1"),
    ] {
        register(&mut gatehouse, &upstream, Vendor::Bedrock, name, id);
    }
    let gateway = Fixture::behind(upstream, gatehouse);
    for model in ["cut", "claude", "mixtral"] {
        let usage =
            json!({"stream": true, "max_tokens": 100, "stream_options": {"include_usage": true}});
        let text = gateway
            .chat(model, usage)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let said = crate::client::Form::Chat.read_stream(&text);
        assert_eq!(
            (said.text, said.finish.as_str()),
            (words(8).concat(), "stop"),
            "{model}"
        );
        assert_eq!(said.usage, (7, 8), "{model}: {text}");
    }
    let sent: Value = gateway.upstream.last().body;
    assert!(
        sent["prompt"].as_str().unwrap().contains("[INST]"),
        "{sent}"
    );
}
