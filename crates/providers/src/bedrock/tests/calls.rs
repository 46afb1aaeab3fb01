use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use http::{HeaderMap, Method};
use serde::Deserialize;

use super::Model;
use crate::bedrock::environment::Environment;
use crate::bedrock::{chat_in, region, sign};
use crate::{AnswerForm, Ask, Call, Message, Role};

const SIGNATURES: &str = include_str!("../../../tests/bedrock/signatures.json");

fn ask(stream: bool) -> Ask {
    Ask {
        messages: vec![Message::of_text(Role::User, "Hi")],
        stream,
        ..Ask::default()
    }
}

fn url(model: &Model, variables: &[(&str, &str)], stream: bool) -> String {
    match chat_in(&Environment::of(variables), model.target(), &ask(stream)) {
        Ok(call) => call.url.into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_id_is_one_segment_of_the_path() {
    let arn = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.x";
    for (name, stream, path) in [
        (
            "anthropic.claude-v1:0",
            false,
            "anthropic.claude-v1%3A0/converse",
        ),
        ("converse/m", true, "m/converse-stream"),
        ("eu-central-1/m", false, "m/converse"),
        ("converse/eu-central-1/m", false, "m/converse"),
        ("invoke/eu-central-1/mistral.m", false, "mistral.m/invoke"),
        (
            "invoke/mistral.m",
            true,
            "mistral.m/invoke-with-response-stream",
        ),
        (
            arn,
            false,
            "arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.x/converse",
        ),
        ("a/b", false, "a%2Fb/converse"),
        ("100%", false, "100%25/converse"),
        ("%2e%2e", false, "%252e%252e/converse"),
        ("m?x#y", false, "m%3Fx%23y/converse"),
        ("é ü", false, "%C3%A9%20%C3%BC/converse"),
    ] {
        let expected = format!("https://bedrock-runtime.eu-central-1.amazonaws.com/model/{path}");
        assert_eq!(url(&Model::of(name), &[], stream), expected, "{name}");
    }
    for name in [
        "..",
        ".",
        "../m",
        "a/../b",
        "invoke/..",
        "converse/",
        "a//b",
    ] {
        let refusal = url(&Model::of(name), &[], false);
        assert!(
            refusal.contains("is not the id of a Bedrock model"),
            "{name}: {refusal}"
        );
    }
}

#[test]
fn the_endpoint_is_the_models_then_the_environments_then_the_vendors() {
    let variable = [(
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
        "https://vpce-1.example/a/",
    )];
    let own = Model::of("m").at("http://10.0.0.7:8443/base/");
    assert_eq!(
        url(&own, &variable, false),
        "http://10.0.0.7:8443/base/model/m/converse"
    );
    assert_eq!(
        url(&Model::of("m"), &variable, false),
        "https://vpce-1.example/a/model/m/converse"
    );
    let china = Model::of("cn-north-1/m");
    assert_eq!(
        url(&china, &[], false),
        "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/m/converse"
    );
    let bad = [("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://169.254.169.254")];
    assert!(url(&Model::of("m"), &bad, false).contains("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"));
}

#[test]
fn the_region_is_the_first_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(
        &file,
        "[default]\nregion = sa-east-1\n[profile p]\nregion = af-south-1\n",
    )
    .unwrap();
    let mut variables = vec![
        ("AWS_REGION", "eu-north-1"),
        ("AWS_DEFAULT_REGION", "eu-south-1"),
        ("AWS_REGION_NAME", "eu-south-2"),
        ("AWS_PROFILE", "p"),
        ("AWS_CONFIG_FILE", file.to_str().unwrap()),
    ];
    let arn = "arn:aws:bedrock:ap-south-1:123456789012:inference-profile/x";
    let host = "https://vpce-1.bedrock-runtime.ca-central-1.vpce.amazonaws.com";
    let mut model = Model::of(&format!("us-west-2/{arn}")).at(host);
    let found = |model: &Model, variables: &[(&str, &str)]| {
        region::find(&Environment::of(variables), model.target()).unwrap()
    };
    let check = |model: &Model, variables: &[(&str, &str)], expected: &str| {
        assert_eq!(found(model, variables).as_deref(), Some(expected));
    };
    check(&model, &variables, "us-west-2");
    model.name = arn.into();
    check(&model, &variables, "ap-south-1");
    model.name = "eu.anthropic.claude".into();
    check(&model, &variables, "eu-central-1");
    model.connection.region = None;
    check(&model, &variables, "ca-central-1");
    model.server = None;
    for expected in [
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "af-south-1",
        "sa-east-1",
    ] {
        check(&model, &variables, expected);
        variables.remove(0);
    }
    assert_eq!(found(&model, &[]), None);
    let missing = url(&model, &[], false);
    assert!(missing.contains("no AWS region"), "{missing}");
    let wrong = url(&model, &[("AWS_REGION", "Frankfurt")], false);
    assert!(
        wrong.contains("AWS_REGION") && wrong.contains("Frankfurt"),
        "{wrong}"
    );
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    region: String,
    method: String,
    url: String,
    body: Option<String>,
    token: Option<String>,
    date: String,
    authorization: String,
}

#[test]
fn signatures_are_those_of_botocore() {
    let vectors: Vec<Vector> = serde_json::from_str(SIGNATURES).unwrap();
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        let call = Call {
            method: Method::from_bytes(vector.method.as_bytes()).unwrap(),
            url: vector.url.parse().unwrap(),
            headers: HeaderMap::new(),
            body: vector.body.map(Into::into),
            form: AnswerForm::Converse,
            notes: Vec::new(),
        };
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let keys = Credentials::new("AKIDEXAMPLE", secret, vector.token.clone(), None, "test");
        // 2026-01-02T03:04:05Z.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let headers = sign::headers(&call, &vector.region, &keys, now).unwrap();
        assert_eq!(headers["x-amz-date"], vector.date, "{}", vector.name);
        assert_eq!(
            headers["authorization"], vector.authorization,
            "{}",
            vector.name
        );
        let token = headers.get("x-amz-security-token");
        assert_eq!(
            token.map(|value| value.to_str().unwrap()),
            vector.token.as_deref()
        );
        assert!(!format!("{headers:?}").contains("SESSIONTOKEN"));
    }
}

#[test]
fn a_call_is_sent_as_the_vector_has_it() {
    let vectors: Vec<Vector> = serde_json::from_str(SIGNATURES).unwrap();
    let mut asked = ask(false);
    asked.parameters.max_tokens = Some(16);
    let mut model = Model::of("us-east-1/anthropic.claude-3-5-sonnet-20240620-v1:0");
    model.connection.region = None;
    let call = chat_in(&Environment::of(&[]), model.target(), &asked).unwrap();
    assert_eq!(call.url.as_str(), vectors[0].url);
    assert_eq!(
        call.body.as_deref(),
        vectors[0].body.as_deref().map(str::as_bytes)
    );
}
